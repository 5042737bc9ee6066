import { constants, privateDecrypt, publicEncrypt } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeAll, describe, expect, it, type TestContext } from 'vitest';
import { formatOf, makeSelfSigned, recognize } from '../../src/crypto/index.js';
import { temporaryFolder } from '../temporary-folder.js';
import { content, decrypted, encrypted, fileOf, outputOf, streamOf, verdict } from './format-harness.js';
import { KEY_TYPES, type MadeCertificate, makeCertificate } from './openssl-certificates.js';
import { mustRun } from './tools.js';

const MIB = 1024 * 1024;
const cms = await formatOf('cms');
type KeyType = keyof typeof KEY_TYPES;
const TYPES = Object.keys(KEY_TYPES) as KeyType[];

const made = new Map<KeyType, Promise<MadeCertificate>>();
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'quietus-cms-'));
  return () => rmSync(folder, { recursive: true, force: true });
});

async function certificate(context: TestContext, type: KeyType): Promise<MadeCertificate> {
  const known =
    made.get(type) ?? Promise.resolve().then(() => makeCertificate(context, folder, KEY_TYPES[type]));
  made.set(type, known);
  return await known;
}
const to = ({ pem }: MadeCertificate) => [{ kind: 'certificate', pem }] as const;
const with_ = ({ pem, privateKey }: MadeCertificate) => [{ kind: 'certificate', pem, privateKey }] as const;

function opensslOpens(context: TestContext, file: Buffer, key: MadeCertificate, form = 'DER'): Buffer {
  const [path, out] = [join(temporaryFolder(), 'x.p7m'), join(temporaryFolder(), 'out')];
  writeFileSync(path, file);
  mustRun(context, 'openssl', [
    ...['cms', '-decrypt', '-binary', '-inform', form, '-in', path, '-out', out],
    ...['-recip', key.path, '-inkey', key.keyPath],
  ]);
  return readFileSync(out);
}

describe('a CMS file that we write', () => {
  for (const type of TYPES) {
    it(`is opened by openssl with a key of type ${type}`, async (context) => {
      const key = await certificate(context, type);
      for (const size of [1, 200_000]) {
        const plaintext = content(size);
        for (const input of [await fileOf(plaintext), streamOf(plaintext)]) {
          const file = await encrypted(cms, input, to(key));
          expect(opensslOpens(context, file, key).equals(plaintext)).toBe(true);
        }
      }
    });
  }

  it('is opened by each of several recipients, also as text, and with PKCS#1 v1.5', async (context) => {
    const keys = await Promise.all(TYPES.map(async (type) => await certificate(context, type)));
    const plaintext = content(MIB + 1);
    for (const input of [streamOf(plaintext)]) {
      const file = await encrypted(cms, input, keys.flatMap(to), { armor: true, rsaPadding: 'pkcs1-v1.5' });
      expect(file.toString('latin1')).toMatch(
        /^-----BEGIN CMS-----\n[A-Za-z0-9+/=\n]+\n-----END CMS-----\n$/,
      );
      for (const key of keys) {
        expect(opensslOpens(context, file, key, 'PEM').equals(plaintext)).toBe(true);
        const { plaintext: opened, result } = await decrypted(cms, await fileOf(file), with_(key));
        expect(opened.equals(plaintext)).toBe(true);
        expect(result).toEqual({ plaintextBytes: plaintext.length, openedBy: 0, entryName: null });
      }
    }
  });

  it('is DER where the size is known, as openssl parses it', async (context) => {
    const key = await certificate(context, 'P-256');
    const path = join(temporaryFolder(), 'x.p7m');
    writeFileSync(path, await encrypted(cms, await fileOf(content(1000)), to(key)));
    const parsed = mustRun(context, 'openssl', ['asn1parse', '-inform', 'DER', '-in', path]).toString();
    expect(parsed).not.toContain('l=inf');
    const printed = mustRun(context, 'openssl', [
      'cms',
      '-cmsout',
      '-print',
      '-inform',
      'DER',
      '-in',
      path,
    ]).toString();
    expect(printed).toContain('id-smime-ct-authEnvelopedData');
    expect(printed).toContain('aes-256-gcm');
    expect(printed).toContain('dhSinglePass-stdDH-sha256kdf-scheme');
  });

  it('is what openssl writes when it encodes it again', async (context) => {
    const keys = await Promise.all(TYPES.map(async (type) => await certificate(context, type)));
    const path = join(temporaryFolder(), 'x.p7m');
    const file = await encrypted(cms, await fileOf(content(500)), keys.toReversed().flatMap(to));
    writeFileSync(path, file);
    const again = ['cms', '-cmsout', '-inform', 'DER', '-outform', 'DER', '-in', path];
    expect(mustRun(context, 'openssl', again).equals(file)).toBe(true);
  });

  it('is empty where nothing went in', async (context) => {
    const key = await certificate(context, 'RSA 2048');
    const file = await encrypted(cms, await fileOf(Buffer.alloc(0)), to(key));
    expect((await decrypted(cms, await fileOf(file), with_(key))).plaintext.length).toBe(0);
  });
});

describe('a CMS file that openssl wrote', () => {
  const cases: [string, KeyType, string[]][] = TYPES.flatMap((type) => [
    [`for ${type}`, type, []] as [string, KeyType, string[]],
  ]);
  for (const type of ['RSA 2048', 'P-256'] as const)
    cases.push(
      [`for ${type}, streamed`, type, ['-stream']],
      [`for ${type}, by key identifier`, type, ['-keyid']],
    );
  cases.push(
    ['with OAEP and SHA-1', 'RSA 2048', ['-keyopt', 'rsa_padding_mode:oaep']],
    [
      'with OAEP and SHA-256',
      'RSA 2048',
      ['-keyopt', 'rsa_padding_mode:oaep', '-keyopt', 'rsa_oaep_md:sha256'],
    ],
    ['with another key derivation', 'P-384', ['-keyopt', 'ecdh_kdf_md:sha384']],
  );
  it.each(cases)('is opened: %s', async (_, type, options) => {
    const context = { skip: () => undefined } as unknown as TestContext;
    const key = await certificate(context, type);
    const plaintext = content(100_000);
    for (const form of ['DER', 'PEM']) {
      const [path, from] = [join(temporaryFolder(), 'x.p7m'), join(temporaryFolder(), 'in')];
      writeFileSync(from, plaintext);
      mustRun(context, 'openssl', [
        ...['cms', '-encrypt', '-binary', '-aes-256-gcm', '-outform', form, '-in', from, '-out', path],
        ...(options.includes('-keyopt') ? [] : options),
        ...['-recip', key.path, ...(options.includes('-keyopt') ? options : [])],
      ]);
      const file = readFileSync(path);
      expect((await recognize(file.subarray(0, 4096)))?.id).toBe('cms');
      for (const into of ['file', 'stream'] as const)
        for (const input of [await fileOf(file), streamOf(file)]) {
          const opened = await decrypted(cms, input, with_(key), into);
          expect(opened.plaintext.equals(plaintext)).toBe(true);
        }
      const inspection = await cms.inspect(await fileOf(file));
      expect(inspection).toMatchObject({ format: 'cms', plaintextBytes: plaintext.length });
      if (!options.includes('-keyid'))
        expect(inspection.recipients[0]).toMatch(/serial [0-9A-F]+ of C=US, O=Example\\, Inc\., CN=Ann Lée$/);
    }
  });

  it('is refused where its content is not authenticated', async (context) => {
    const key = await certificate(context, 'RSA 2048');
    const path = join(temporaryFolder(), 'x.p7m');
    mustRun(
      context,
      'openssl',
      ['cms', '-encrypt', '-aes-256-cbc', '-outform', 'DER', '-out', path, key.path],
      'hello',
    );
    const file = readFileSync(path);
    expect((await recognize(file))?.id).toBe('cms');
    await expect(decrypted(cms, await fileOf(file), with_(key))).rejects.toMatchObject({
      code: 'encryption-too-weak',
      exitCode: 4,
    });
  });
});

describe('who cannot open it', () => {
  it('is told that no key fits', async (context) => {
    const [key, other] = [await certificate(context, 'RSA 2048'), await certificate(context, 'P-256')];
    const file = await encrypted(cms, await fileOf(content(10)), to(key));
    for (const keys of [[], with_(other), [{ kind: 'passphrase', passphrase: 'x' } as const]])
      await expect(decrypted(cms, await fileOf(file), keys)).rejects.toMatchObject({
        code: 'no-key-fits',
        exitCode: 4,
      });
  });

  it('gets nothing with the wrong private key for the certificate, whatever the padding', async (context) => {
    const [key, other] = [await certificate(context, 'RSA 2048'), makeCertificate(context, folder)];
    const plaintext = content(100);
    for (const rsaPadding of ['oaep', 'pkcs1-v1.5'] as const) {
      const file = await encrypted(cms, await fileOf(plaintext), to(key), { rsaPadding });
      const wrong = [{ kind: 'certificate', pem: key.pem, privateKey: other.privateKey } as const];
      expect(await verdict(cms, file, wrong, plaintext)).toBe('ciphertext-damaged');
      const { output, bytes } = await outputOf('file');
      await expect(cms.decrypt(await fileOf(file), output, wrong)).rejects.toMatchObject({ exitCode: 5 });
      expect(bytes().length).toBe(0);
    }
  });
});

describe('damage to a CMS file', () => {
  it('is noticed wherever a bit is flipped, and nothing is kept', async (context) => {
    const plaintext = content(40);
    for (const type of ['RSA 2048', 'P-256'] as const) {
      const key = await certificate(context, type);
      for (const input of [await fileOf(plaintext), streamOf(plaintext)]) {
        const file = await encrypted(cms, input, to(key), { rsaPadding: 'pkcs1-v1.5' });
        await fc.assert(
          fc.asyncProperty(fc.nat({ max: file.length * 8 - 1 }), async (bit) => {
            const changed = Buffer.from(file);
            changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
            expect(await verdict(cms, changed, with_(key), plaintext), `bit ${bit}`).toMatch(
              /^(ciphertext-damaged|no-key-fits|header-too-costly|encryption-too-weak)$/,
            );
          }),
          { numRuns: 100 },
        );
      }
    }
  });

  it('is noticed in the padding of PKCS#1 v1.5 around the right key', async (context) => {
    const key = await certificate(context, 'RSA 2048');
    const plaintext = content(40);
    const file = await encrypted(cms, await fileOf(plaintext), to(key), { rsaPadding: 'pkcs1-v1.5' });
    const at = file.indexOf(Buffer.from('04820100', 'hex')) + 4;
    const raw = { padding: constants.RSA_NO_PADDING } as const;
    const block = privateDecrypt({ key: key.privateKey, ...raw }, file.subarray(at, at + 256));
    const padded = async (octet: number, value: number) => {
      const changed = Buffer.from(block);
      changed[octet] = value;
      const other = Buffer.from(file);
      other.set(publicEncrypt({ key: key.pem, ...raw }, changed), at);
      return await verdict(cms, other, with_(key), plaintext);
    };
    // Block type 2, padding without zeros, a zero before the 32 octets of the key: RFC 8017, 7.2.2.
    expect(await padded(1, 2)).toBe('same');
    expect(await padded(20, 7)).toBe('same');
    for (const [octet, value] of [
      [1, 1],
      [2, 0],
      [20, 0],
      [222, 0],
      [223, 1],
    ] as const)
      expect(await padded(octet, value), `octet ${octet}`).toBe('ciphertext-damaged');
  });

  it('leaves no plaintext in the output file', async (context) => {
    const key = await certificate(context, 'P-256');
    const file = await encrypted(cms, await fileOf(content(3 * MIB)), to(key));
    const { output, bytes } = await outputOf('file');
    const changed = Buffer.from(file);
    changed[MIB] = (changed[MIB] ?? 0) ^ 1;
    await expect(cms.decrypt(await fileOf(changed), output, with_(key))).rejects.toMatchObject({
      code: 'ciphertext-damaged',
    });
    expect(bytes().length).toBe(0);
  });

  it('is noticed wherever it is cut off, and where something follows', async (context) => {
    const key = await certificate(context, 'P-256');
    const plaintext = content(30);
    for (const [input, armor] of [
      [await fileOf(plaintext), false],
      [streamOf(plaintext), false],
      [await fileOf(plaintext), true],
    ] as const) {
      const file = await encrypted(cms, input, to(key), { armor });
      // Without the line end behind it an armored file is whole.
      for (let length = 0; length < file.length - (armor ? 1 : 0); length += 1)
        expect(await verdict(cms, file.subarray(0, length), with_(key), plaintext)).toBe(
          'ciphertext-damaged',
        );
      for (const more of [Buffer.from('x'), file])
        expect(await verdict(cms, Buffer.concat([file, more]), with_(key), plaintext)).toBe(
          'ciphertext-damaged',
        );
    }
  });

  it('is noticed when what was written is read back', async (context) => {
    const key = await certificate(context, 'RSA 2048');
    for (const input of [await fileOf(content(5000)), streamOf(content(5000))]) {
      const { output, bytes } = await outputOf('file');
      const result = await cms.encrypt(input, output, to(key));
      const written = bytes();
      const { ciphertextSha256 } = await result.prove(await fileOf(written));
      expect(`${ciphertextSha256}  -\n`).toBe(mustRun(context, 'sha256sum', [], written).toString());
      for (const at of [0, 30, 200, 400, 2500, written.length - 5]) {
        const changed = Buffer.from(written);
        changed[at] = (changed[at] ?? 0) ^ 1;
        await expect(result.prove(await fileOf(changed)), `byte ${at}`).rejects.toMatchObject({
          code: 'readback-differs',
        });
      }
      await expect(result.prove(await fileOf(written.subarray(0, -1)))).rejects.toMatchObject({
        exitCode: 5,
      });
      result.forget();
      await expect(result.prove(await fileOf(written))).rejects.toMatchObject({ code: 'readback-differs' });
    }
  });

  it('costs no memory where lengths are forged', async () => {
    const head = Buffer.from('30847fffffff060b2a864886f70d0109100117a0847ffffff030847fffffe0020100', 'hex');
    const forged = Buffer.concat([head, Buffer.from('31847fffff00', 'hex'), Buffer.alloc(1000)]);
    await expect(cms.inspect(await fileOf(forged))).rejects.toMatchObject({
      code: 'header-too-costly',
      exitCode: 2,
    });
  });
});

describe('certificates that are not encrypted for', () => {
  it('are those that are expired, not yet valid, too short, or for another use', async (context) => {
    const unfit = { code: 'recipients-unfit', exitCode: 2 };
    const attempt =
      (...keys: Parameters<typeof cms.requireFit>[0][number][]) =>
      () =>
        cms.requireFit(keys);
    const day = 24 * 60 * 60 * 1000;
    const lasting = async (from: number, until: number) =>
      await makeSelfSigned({
        commonName: 'x',
        validFrom: new Date(Date.now() + from * day),
        validUntil: new Date(Date.now() + until * day),
        purposes: ['encryption'],
      });
    const pems = [
      (await lasting(-10, -1)).certificate,
      (await lasting(1, 10)).certificate,
      makeCertificate(context, folder, ['rsa:1024']).pem,
      makeCertificate(context, folder, ['ed25519']).pem,
      makeCertificate(context, folder, KEY_TYPES['RSA 2048'], ['keyUsage=digitalSignature']).pem,
      makeCertificate(context, folder, KEY_TYPES['P-256'], ['keyUsage=digitalSignature']).pem,
    ];
    for (const pem of pems)
      expect(attempt({ kind: 'certificate', pem })).toThrow(expect.objectContaining(unfit));
    expect(attempt()).toThrow(expect.objectContaining(unfit));
    expect(attempt({ kind: 'passphrase', passphrase: 'x' })).toThrow(expect.objectContaining(unfit));
    const { pem } = await certificate(context, 'P-256');
    expect(attempt({ kind: 'certificate', pem })).not.toThrow();
  });
});

it('refuses more than openssl can open', async (context) => {
  const key = await certificate(context, 'P-256');
  const { output } = await outputOf('file');
  const input = await fileOf(content(1));
  await expect(cms.encrypt({ ...input, size: 1534 * MIB + 1 }, output, to(key))).rejects.toMatchObject({
    code: 'too-large',
    exitCode: 2,
    hint: expect.stringContaining('age'),
  });
});
