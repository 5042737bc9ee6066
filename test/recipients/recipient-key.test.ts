import { execFileSync } from 'node:child_process';
import { createHash, generateKeyPairSync } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { sealPrivateKey, sealSecret } from '../../src/crypto/index.js';
import { IDENTITY_KIND } from '../../src/identities/identity-files.js';
import { readRecipientKey } from '../../src/recipients/index.js';
import { ageKeygen, opensslCertificate } from '../cli/encryption-desk.js';
import { temporaryFolder } from '../cli/harness.js';
import { mustRun } from '../crypto/tools.js';

const DAY_MS = 24 * 60 * 60 * 1000;
/** Tomorrow: the certificates of the test are valid from the second in which it makes them. */
const NOW = new Date(Date.now() + DAY_MS);

describe('the key of a recipient', () => {
  let folder: string;
  let certificate: string;
  let key: string;
  beforeAll(() => {
    folder = temporaryFolder();
    ({ certificate, key } = opensslCertificate(folder));
  });
  const openssl = (name: string, ...args: string[]): string => {
    execFileSync('openssl', [...args, '-out', join(folder, name)], { stdio: 'ignore' });
    return join(folder, name);
  };

  test('has one fingerprint, in capitals and with white space around it, too', async () => {
    const { recipient } = ageKeygen(folder, 'capitals.txt');
    const file = join(folder, 'capitals.pub');
    writeFileSync(file, `${recipient.toUpperCase()}\r\n`);
    for (const value of [recipient, recipient.toUpperCase(), ` ${recipient}\n`, file]) {
      expect(await readRecipientKey({ kind: 'age', value }, NOW)).toEqual({
        kind: 'age',
        publicKey: recipient,
        fingerprint: createHash('sha256').update(recipient).digest('hex'),
      });
    }
    const mixed = recipient.slice(0, 10) + recipient.slice(10).toUpperCase();
    await expect(readRecipientKey({ kind: 'age', value: mixed }, NOW)).rejects.toMatchObject({
      code: 'recipient-invalid',
    });
  });

  test('is never private: age, PEM and DER of every kind, sealed or not, PKCS#12', async () => {
    const both = join(folder, 'both.pem');
    writeFileSync(both, readFileSync(certificate, 'utf8') + readFileSync(key, 'utf8'));
    const files = [
      ageKeygen(folder).file,
      both,
      key,
      openssl('pkcs8.der', 'pkcs8', '-topk8', '-nocrypt', '-in', key, '-outform', 'DER'),
      openssl('sealed.pem', 'pkcs8', '-topk8', '-in', key, '-passout', 'pass:secret'),
      openssl('sealed.der', 'pkcs8', '-topk8', '-in', key, '-outform', 'DER', '-passout', 'pass:secret'),
      openssl('rsa.der', 'rsa', '-in', key, '-traditional', '-outform', 'DER'),
      openssl('ec.der', 'ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-outform', 'DER'),
      openssl('ed.der', 'genpkey', '-algorithm', 'ED25519', '-outform', 'DER'),
      openssl('all.p12', 'pkcs12', '-export', '-in', certificate, '-inkey', key, '-passout', 'pass:secret'),
    ];
    for (const value of files) {
      for (const kind of ['age', 'certificate'] as const) {
        await expect(readRecipientKey({ kind, value }, NOW), `${kind} ${value}`).rejects.toMatchObject({
          code: 'recipient-holds-secret',
          message: expect.not.stringMatching(/SECRET-KEY|BEGIN/),
        });
      }
    }
  });

  const refusesSecret = async (value: string) => {
    for (const kind of ['age', 'certificate'] as const) {
      await expect(readRecipientKey({ kind, value }, NOW), `${kind} ${value}`).rejects.toMatchObject({
        code: 'recipient-holds-secret',
        message: 'There is a private key in the file; nothing was registered',
      });
    }
  };
  const file = (name: string, content: string | Uint8Array): string => {
    writeFileSync(join(folder, name), content);
    return join(folder, name);
  };

  test('is never a secret key of OpenPGP as gpg exports it', async (context) => {
    const home = join(folder, 'gnupg');
    mkdirSync(home, { mode: 0o700 });
    const gpg = (...args: string[]) =>
      mustRun(context, 'gpg', [
        ...['--homedir', home, '--batch', '--pinentry-mode', 'loopback', '--passphrase', 'x'],
        ...args,
      ]);
    try {
      gpg('--quick-generate-key', 'Pat <pat@example.org>', 'future-default', 'default');
      const armored = gpg('--armor', '--export-secret-keys');
      const binary = gpg('--export-secret-keys');
      const subkeys = gpg('--export-secret-subkeys');
      const published = gpg('--export');
      await refusesSecret(file('armored.asc', armored));
      await refusesSecret(file('binary.gpg', binary));
      await refusesSecret(file('subkeys.gpg', subkeys));
      await refusesSecret(file('behind.gpg', Buffer.concat([published, binary])));
      await refusesSecret(file('cut-off.gpg', binary.subarray(0, 40)));
      // RFC 9580, 4.2.1: the same packet with a header in the new format.
      const length = binary[1] ?? 0;
      const packet = binary.subarray(2, 2 + length);
      expect(binary[0]).toBe(0x94);
      for (const tag of [5, 7])
        await refusesSecret(
          file(`new-${tag}.gpg`, Buffer.concat([Buffer.of(0xc0 | tag, 0xff, 0, 0, 0, length), packet])),
        );
      await expect(
        readRecipientKey({ kind: 'age', value: file('public.gpg', published) }, NOW),
      ).rejects.toMatchObject({ code: expect.not.stringMatching('holds-secret') });
    } finally {
      execFileSync('gpgconf', ['--homedir', home, '--kill', 'all']);
    }
  });

  test('is never private in UTF-16, as PowerShell writes it', async () => {
    const texts = [readFileSync(ageKeygen(folder, 'utf16.txt').file, 'utf8'), readFileSync(key, 'utf8')];
    for (const [index, text] of texts.entries()) {
      const little = Buffer.from(`\ufeff${text}`, 'utf16le');
      await refusesSecret(file(`little-${index}`, little));
      await refusesSecret(file(`big-${index}`, Buffer.from(little).swap16()));
    }
  });

  test('is never a key file of this program, sealed or not', async () => {
    for (const [index, passphrase] of [null, 'secret'].entries()) {
      const sealed = [
        await sealPrivateKey(generateKeyPairSync('ed25519').privateKey, passphrase),
        await sealSecret(IDENTITY_KIND, Buffer.alloc(40, 1), Buffer.alloc(40, 2), passphrase),
      ];
      for (const [kind, text] of sealed.entries()) {
        await refusesSecret(file(`own-${index}-${kind}.json`, text));
        await refusesSecret(file(`own-utf16-${index}-${kind}.json`, Buffer.from(`\ufeff${text}`, 'utf16le')));
      }
    }
  });

  test('is a certificate that may be used for encryption now', async () => {
    const der = openssl('county.cer', 'x509', '-in', certificate, '-outform', 'DER');
    const pem = await readRecipientKey({ kind: 'certificate', value: certificate }, NOW);
    expect(await readRecipientKey({ kind: 'certificate', value: der }, NOW)).toEqual(pem);
    const read = (value: string, at = NOW) => readRecipientKey({ kind: 'certificate', value }, at);
    const unfit = { code: 'certificate-unfit', exitCode: 4 };
    await expect(read(certificate, new Date(NOW.getTime() + 31 * DAY_MS))).rejects.toMatchObject(unfit);
    await expect(read(certificate, new Date(NOW.getTime() - 2 * DAY_MS))).rejects.toMatchObject(unfit);
    const signing = opensslCertificate(folder, { name: 'signing', usage: 'digitalSignature' });
    await expect(read(signing.certificate)).rejects.toMatchObject(unfit);
    const small = opensslCertificate(folder, { name: 'small', key: 'rsa:1024' });
    await expect(read(small.certificate)).rejects.toMatchObject(unfit);
  });

  test('is one age recipient in a file with comments, and no more', async () => {
    const { recipient } = ageKeygen(folder, 'one.txt');
    const file = join(folder, 'recipients');
    const read = (text: string) => {
      writeFileSync(file, text);
      return readRecipientKey({ kind: 'age', value: file }, NOW);
    };
    expect(await read(`# from Pat\r\n\r\n  ${recipient}\r\n`)).toMatchObject({ publicKey: recipient });
    await expect(read(`${recipient}\n${recipient}\n`)).rejects.toMatchObject({
      code: 'recipient-file-invalid',
    });
    await expect(read('# from Pat\n')).rejects.toMatchObject({
      code: 'recipient-file-invalid',
      message: 'There is no age recipient in the file',
    });
    await expect(read('#'.repeat(70_000))).rejects.toMatchObject({ code: 'recipient-file-invalid' });
    await expect(read('ssh-ed25519 AAAA')).rejects.toMatchObject({ code: 'recipient-unsupported' });
  });
});
