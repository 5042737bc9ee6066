import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { readRecipientKey } from '../../src/recipients/index.js';
import { ageKeygen, opensslCertificate } from '../cli/encryption-desk.js';
import { temporaryFolder } from '../cli/harness.js';

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
    await expect(read('')).rejects.toMatchObject({ code: 'recipient-file-invalid' });
    await expect(read('#'.repeat(70_000))).rejects.toMatchObject({ code: 'recipient-file-invalid' });
    await expect(read('ssh-ed25519 AAAA')).rejects.toMatchObject({ code: 'recipient-unsupported' });
  });
});
