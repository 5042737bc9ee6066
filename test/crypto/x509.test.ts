import { createPrivateKey, createPublicKey } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, type TestContext } from 'vitest';
import {
  certificateProblems,
  certificatesIn,
  isChain,
  makePkcs12,
  makeSelfSigned,
  readCertificate,
  readPkcs12,
} from '../../src/crypto/index.js';
import { temporaryFolder } from '../temporary-folder.js';
import { mustRun } from './tools.js';

const NOW = new Date('2026-11-25T12:00:00Z');

let ours: ReturnType<typeof makeSelfSigned> | undefined;
/** One for all tests: its key takes a second. */
function selfSigned(): ReturnType<typeof makeSelfSigned> {
  ours ??= makeSelfSigned({
    commonName: 'Anna Müller',
    organization: 'Example & Söhne',
    email: 'anna@example.org',
    validFrom: new Date('2026-11-25T00:00:00Z'),
    validUntil: new Date('2029-11-25T00:00:00Z'),
    purposes: ['signature', 'encryption'],
  });
  return ours;
}

/** A key and a certificate that OpenSSL made. */
function issued(
  context: TestContext,
  folder: string,
  { newkey = ['rsa:2048'], extensions = [] as string[], days = '30' } = {},
): { key: string; pem: string; certificate: string } {
  const key = join(folder, 'key.pem');
  const certificate = join(folder, 'certificate.pem');
  const args = ['req', '-x509', '-nodes', '-newkey', ...newkey, '-keyout', key, '-out', certificate];
  args.push('-days', days, '-subj', '/C=US/O=Example, Inc./CN=Ann Lée', '-utf8');
  for (const extension of extensions) args.push('-addext', extension);
  mustRun(context, 'openssl', args);
  return { key, certificate, pem: readFileSync(certificate, 'utf8') };
}

describe('reading a certificate', () => {
  it('says what openssl says', (context) => {
    const { pem, certificate } = issued(context, temporaryFolder(), {
      extensions: ['keyUsage=critical,digitalSignature,keyEncipherment'],
    });
    const facts = readCertificate(pem);
    const said = mustRun(context, 'openssl', [
      ...['x509', '-in', certificate, '-noout', '-serial', '-fingerprint', '-sha256', '-dates'],
      ...['-dateopt', 'iso_8601'],
    ]).toString();
    expect(said).toContain(`serial=${facts.serial}\n`);
    expect(said.replaceAll(':', '').toLowerCase()).toContain(`fingerprint=${facts.fingerprint}\n`);
    expect(said).toContain(`notBefore=${facts.validFrom.replace('T', ' ')}`);
    expect(said).toContain(`notAfter=${facts.validUntil.replace('T', ' ')}`);
    expect(facts).toMatchObject({
      subject: 'C=US, O=Example\\, Inc., CN=Ann Lée',
      commonName: 'Ann Lée',
      keyType: 'RSA 2048',
      keyUsage: ['digitalSignature', 'keyEncipherment'],
      authority: false,
    });
  });

  it.each([
    ['P-256', 'prime256v1'],
    ['P-384', 'secp384r1'],
    ['P-521', 'secp521r1'],
  ])('reads an EC key on %s', (name, curve) => {
    const context = { skip: () => undefined } as unknown as TestContext;
    const { pem } = issued(context, temporaryFolder(), {
      newkey: ['ec', '-pkeyopt', `ec_paramgen_curve:${curve}`],
    });
    expect(readCertificate(pem)).toMatchObject({ keyType: `EC ${name}`, keyUsage: null });
    expect(certificateProblems(pem, 'encryption', new Date())).toEqual([]);
  });

  it('reads a common name as it is written, without the escapes of its one-line form', (context) => {
    const names = ['Example, Inc. + "Sons"; <records> #1', '#1 at\\large'];
    for (const name of names) {
      const folder = temporaryFolder();
      const path = join(folder, 'named.pem');
      const subject = `/CN=${name.replaceAll(/[\\+]/g, '\\$&')}`;
      mustRun(context, 'openssl', [
        ...['req', '-x509', '-nodes', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'],
        ...['-keyout', join(folder, 'k'), '-out', path, '-subj', subject],
      ]);
      expect(readCertificate(readFileSync(path, 'utf8')).commonName).toBe(name);
    }
  });

  it('refuses text with a private key, with no certificate, with two, and with damage', (context) => {
    const { pem, key } = issued(context, temporaryFolder());
    const code = (text: string | Uint8Array): string => {
      try {
        readCertificate(text);
        return 'read';
      } catch (error) {
        return (error as { code: string }).code;
      }
    };
    expect(code(pem + readFileSync(key, 'utf8'))).toBe('private-key-given');
    expect(code('')).toBe('certificate-unreadable');
    expect(code(pem + pem)).toBe('certificate-unreadable');
    const [der = Buffer.alloc(0)] = certificatesIn(pem);
    expect(code(der)).toBe('read');
    expect(code(Buffer.concat([der, Buffer.from([0])]))).toBe('certificate-unreadable');
    for (let length = 0; length < der.length; length += 1)
      expect(code(der.subarray(0, length)), `${length} octets`).toBe('certificate-unreadable');
  });
});

describe('problems of a certificate', () => {
  it('names a key too short, a use that is not allowed, and a time outside its validity', (context) => {
    const folder = temporaryFolder();
    const weak = issued(context, folder, { newkey: ['rsa:1024'] });
    expect(certificateProblems(weak.pem, 'encryption', new Date())).toEqual([
      'its RSA key has 1024 bits, fewer than 2048',
    ]);
    const signing = issued(context, folder, { extensions: ['keyUsage=digitalSignature'] });
    expect(certificateProblems(signing.pem, 'encryption', new Date())).toEqual([
      'its key usage (digitalSignature) does not allow encryption',
    ]);
    expect(certificateProblems(signing.pem, 'signature', new Date())).toEqual([]);
    const { validFrom, validUntil } = readCertificate(signing.pem);
    const at = (instant: string, milliseconds: number) => new Date(Date.parse(instant) + milliseconds);
    expect(certificateProblems(signing.pem, 'signature', at(validFrom, -1))).toEqual([
      `it is not valid before ${validFrom}`,
    ]);
    expect(certificateProblems(signing.pem, 'signature', at(validUntil, 1))).toEqual([
      `it expired on ${validUntil}`,
    ]);
    expect(certificateProblems(signing.pem, 'signature', at(validUntil, 0))).toEqual([]);
  });

  it('names keys that cannot encrypt, and curves that are not used', (context) => {
    const folder = temporaryFolder();
    const { pem } = issued(context, folder, { newkey: ['ed25519'] });
    expect(certificateProblems(pem, 'signature', new Date())).toEqual([]);
    expect(certificateProblems(pem, 'encryption', new Date())).toEqual([
      'its key (Ed25519) is not fit for encryption',
    ]);
    const koblitz = issued(context, folder, { newkey: ['ec', '-pkeyopt', 'ec_paramgen_curve:secp256k1'] });
    expect(certificateProblems(koblitz.pem, 'encryption', new Date())).toEqual([
      'its key is on the curve secp256k1, not on P-256, P-384 or P-521',
    ]);
  });
});

describe('a self-signed certificate and its PKCS#12 file', () => {
  it('is one that openssl verifies and reads, and that we read back', async (context) => {
    const folder = temporaryFolder();
    const made = await selfSigned();
    expect(certificateProblems(made.certificate, 'signature', NOW)).toEqual([]);
    expect(certificateProblems(made.certificate, 'encryption', NOW)).toEqual([]);
    expect(readCertificate(made.certificate)).toMatchObject({
      subject: 'O=Example & Söhne, CN=Anna Müller, emailAddress=anna@example.org',
      keyType: 'RSA 3072',
      keyUsage: ['digitalSignature', 'nonRepudiation', 'keyEncipherment'],
      authority: false,
    });
    const pem = join(folder, 'c.pem');
    writeFileSync(pem, made.certificate);
    mustRun(context, 'openssl', [
      ...[
        'verify',
        '-check_ss_sig',
        '-x509_strict',
        '-partial_chain',
        '-attime',
        String(NOW.getTime() / 1000),
      ],
      ...['-CAfile', pem, pem],
    ]);

    const p12 = join(folder, 'k.p12');
    const bytes = await makePkcs12({ ...made, chain: [] }, 'pässword', 2000);
    writeFileSync(p12, bytes);
    const opened = mustRun(context, 'openssl', ['pkcs12', '-in', p12, '-nodes', '-passin', 'pass:pässword']);
    expect(createPrivateKey(opened).equals(made.privateKey)).toBe(true);
    const read = await readPkcs12(bytes, 'pässword');
    expect(read.privateKey.equals(made.privateKey)).toBe(true);
    expect(read).toMatchObject({ certificate: made.certificate, chain: [] });
    await expect(readPkcs12(bytes, 'password')).rejects.toMatchObject({
      code: 'passphrase-wrong',
      exitCode: 4,
    });
  });
});

describe('a PKCS#12 file of somebody else', () => {
  it.each([
    ['RSA', ['rsa:2048']],
    ['EC', ['ec', '-pkeyopt', 'ec_paramgen_curve:secp384r1']],
  ])('gives the %s key, its certificate and the chain in order', async (_, newkey) => {
    const context = { skip: () => undefined } as unknown as TestContext;
    const folder = temporaryFolder();
    const root = issued(context, folder);
    const rootPem = root.pem;
    const [key, request, leaf, p12] = ['leaf.pem', 'leaf.csr', 'leaf.crt', 'leaf.p12'].map((name) =>
      join(folder, name),
    ) as [string, string, string, string];
    mustRun(context, 'openssl', [
      ...[
        'req',
        '-new',
        '-nodes',
        '-newkey',
        ...newkey,
        '-keyout',
        key,
        '-out',
        request,
        '-subj',
        '/CN=Leaf',
      ],
    ]);
    mustRun(context, 'openssl', [
      ...['x509', '-req', '-in', request, '-CA', root.certificate, '-CAkey', root.key, '-out', leaf],
      ...['-CAcreateserial', '-days', '10'],
    ]);
    mustRun(context, 'openssl', [
      ...['pkcs12', '-export', '-inkey', key, '-in', leaf, '-certfile', root.certificate, '-out', p12],
      ...['-passout', 'pass:x'],
    ]);
    const read = await readPkcs12(readFileSync(p12), 'x');
    expect(createPublicKey(read.privateKey).equals(createPublicKey(readFileSync(key)))).toBe(true);
    expect(read.certificate).toBe(readFileSync(leaf, 'utf8'));
    expect(read.chain).toEqual([rootPem]);
    expect(isChain([read.certificate, ...read.chain])).toBe(true);
    expect(isChain([rootPem, read.certificate])).toBe(false);
    await expect(readPkcs12(readFileSync(p12), 'y')).rejects.toMatchObject({ code: 'passphrase-wrong' });
  });

  it('is refused before the work where it asks for too much, and where it is no such file', async () => {
    const made = await selfSigned();
    const costly = await makePkcs12({ ...made, chain: [] }, 'x', 0x1234);
    // The same two octets, as three with the highest value: lengths are kept by taking one from the salt before.
    const at = costly.indexOf(Buffer.from([0x02, 0x02, 0x12, 0x34]));
    expect(at).toBeGreaterThan(0);
    const forged = Buffer.from(costly);
    for (let from = at; from >= 0; from = forged.indexOf(Buffer.from([0x02, 0x02, 0x12, 0x34]), from + 1)) {
      const salt = forged.lastIndexOf(Buffer.from([0x04, 0x10]), from);
      forged[salt + 1] = 0x0e;
      forged.set([0x02, 0x04, 0x7f, 0xff, 0xff, 0xff], salt + 16);
    }
    const began = performance.now();
    await expect(readPkcs12(forged, 'x')).rejects.toMatchObject({ code: 'header-too-costly' });
    expect(performance.now() - began).toBeLessThan(2000);
    await expect(readPkcs12(Buffer.from('nothing'), 'x')).rejects.toMatchObject({
      code: 'pkcs12-unreadable',
    });
  });
});
