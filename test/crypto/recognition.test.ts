import { mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, type TestContext } from 'vitest';
import { formatOf, recognizeEncrypted } from '../../src/crypto/index.js';
import { temporaryFolder } from '../temporary-folder.js';
import { content, encrypted, fileOf } from './format-harness.js';
import { makeCertificate } from './openssl-certificates.js';
import { mustRun } from './tools.js';

const PASSPHRASE = [{ kind: 'passphrase', passphrase: 'correct horse battery staple' }] as const;
const TEXT = Buffer.from('name,amount\n'.repeat(500));

const evidence = async (bytes: Uint8Array) => await recognizeEncrypted(await fileOf(bytes));

/** Neither a part of the file nor the file with something behind it counts. */
async function expectWholeOnly(bytes: Buffer, step = 41): Promise<void> {
  for (let length = 0; length < bytes.length; length += step)
    expect(await evidence(bytes.subarray(0, length)), `${length} bytes of it`).toBeNull();
  expect(await evidence(bytes.subarray(0, -2)), 'without its end').toBeNull();
  expect(await evidence(Buffer.concat([bytes, TEXT])), 'with text behind it').toBeNull();
}

/** Runs gpg with a home of its own. */
function gpg(context: TestContext, args: readonly string[], input: Buffer): Buffer {
  const home = temporaryFolder();
  return mustRun(
    context,
    'gpg',
    [
      '--homedir',
      home,
      '--batch',
      '--quiet',
      '--pinentry-mode',
      'loopback',
      '--passphrase',
      'x',
      '--s2k-count',
      '65536',
      ...args,
    ],
    input,
  );
}

function archive(context: TestContext, name: string, ...options: string[]): Buffer {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'in', 'sub'), { recursive: true });
  for (const path of ['in/a.csv', 'in/sub/b.csv']) writeFileSync(join(folder, path), TEXT);
  mustRun(context, '7z', ['a', ...options, join(folder, name), join(folder, 'in')]);
  return readFileSync(join(folder, name));
}

describe('files in our formats', () => {
  it('are recognized as a whole, and not in part', async (context) => {
    const certificate = makeCertificate(context, temporaryFolder());
    for (const [id, keys] of [
      ['zip', PASSPHRASE],
      ['html', PASSPHRASE],
      ['cms', [{ kind: 'certificate', pem: certificate.pem }]],
    ] as const) {
      const file = await encrypted(await formatOf(id), await fileOf(TEXT), keys);
      expect(await evidence(file)).toMatchObject({ certainty: 'whole' });
      await expectWholeOnly(file, 301);
    }
  });
});

describe('files of other programs', () => {
  it.each([
    ['symmetric', ['--symmetric']],
    ['armored', ['--symmetric', '--armor']],
  ])('OpenPGP, %s', async (_, options) => {
    const context = { skip: () => undefined } as unknown as TestContext;
    const file = gpg(context, options, TEXT);
    expect(await evidence(file)).toMatchObject({
      format: expect.stringContaining('OpenPGP'),
      certainty: 'whole',
    });
    await expectWholeOnly(file);
  });

  it('OpenPGP with lengths in parts, but no message that is only signed or compressed', async (context) => {
    const large = gpg(context, ['--symmetric', '--compress-algo', 'none'], content(300_000));
    expect(await evidence(large)).toMatchObject({ certainty: 'whole' });
    expect(await evidence(gpg(context, ['--store'], TEXT))).toBeNull();
  });

  it('LUKS, but not with a cipher that is none', async (context) => {
    const image = join(temporaryFolder(), 'image');
    for (const type of ['luks1', 'luks2']) {
      writeFileSync(image, '');
      truncateSync(image, 40 * 1024 * 1024);
      mustRun(
        context,
        'cryptsetup',
        [
          ...[
            'luksFormat',
            '--batch-mode',
            '--type',
            type,
            '--pbkdf',
            'pbkdf2',
            '--pbkdf-force-iterations',
            '1000',
          ],
          ...[image, '-'],
        ],
        'passphrase',
      );
      const file = readFileSync(image);
      expect(await evidence(file)).toMatchObject({
        format: `${type.toUpperCase()} volume`,
        certainty: 'header',
      });
      const cipher = file.indexOf(type === 'luks1' ? 'aes\0' : 'aes-xts');
      file.write('nul', cipher, 'latin1');
      expect(await evidence(file)).toBeNull();
    }
  });

  it('7z with encrypted names, and not with names that can be read', async (context) => {
    const file = archive(context, 'x.7z', '-t7z', '-mhe=on', '-px');
    expect(await evidence(file)).toMatchObject({
      format: expect.stringContaining('7z'),
      certainty: 'header',
    });
    await expectWholeOnly(file);
    expect(await evidence(archive(context, 'x.7z', '-t7z', '-px'))).toBeNull();
    expect(await evidence(archive(context, 'x.7z', '-t7z'))).toBeNull();
  });

  it('zip with AES for every file, and not with ZipCrypto or a file without', async (context) => {
    const file = archive(context, 'x.zip', '-tzip', '-mem=AES256', '-px');
    expect(await evidence(file)).toMatchObject({
      format: 'zip archive, AES',
      note: expect.stringContaining('names'),
    });
    await expectWholeOnly(file);
    expect(await evidence(archive(context, 'x.zip', '-tzip', '-mem=ZipCrypto', '-px'))).toBeNull();
    expect(await evidence(archive(context, 'x.zip', '-tzip'))).toBeNull();
    const folder = temporaryFolder();
    const [mixed, more] = [join(folder, 'x.zip'), join(folder, 'plain.csv')];
    writeFileSync(mixed, file);
    writeFileSync(more, TEXT);
    mustRun(context, '7z', ['a', '-tzip', mixed, more]);
    expect(await evidence(readFileSync(mixed))).toBeNull();
  });

  it('PDF with a password, and not with an empty one', async (context) => {
    const folder = temporaryFolder();
    const plain = join(folder, 'plain.pdf');
    writeFileSync(plain, minimalPdf());
    const protect = (user: string, bits: string, ...more: string[]): Buffer => {
      const path = join(folder, 'out.pdf');
      mustRun(context, 'qpdf', [
        '--allow-weak-crypto',
        '--encrypt',
        user,
        'owner',
        bits,
        ...more,
        '--',
        plain,
        path,
      ]);
      return readFileSync(path);
    };
    for (const password of ['x', 'another', 'a third'])
      expect(await evidence(protect(password, '256'))).toMatchObject({ format: 'PDF, AES-256' });
    expect(await evidence(protect('x', '256', '--force-R5'))).toBeNull();
    expect(await evidence(protect('', '256'))).toBeNull();
    expect(await evidence(protect('x', '128', '--use-aes=y'))).toBeNull();
    expect(await evidence(readFileSync(plain))).toBeNull();
  });

  it('nothing else: text, random bytes, no bytes, and what only begins like a format', async () => {
    for (const bytes of [
      TEXT,
      content(5000),
      Buffer.alloc(0),
      Buffer.from('PK\x03\x04'),
      Buffer.alloc(5000, 0x85),
    ])
      expect(await evidence(bytes)).toBeNull();
    for (const start of [
      'LUKS\xba\xbe\x00\x01',
      '7z\xbc\xaf\x27\x1c',
      '%PDF-1.7\n/Encrypt 1 0 R',
      '-----BEGIN PGP MESSAGE-----\n\nAAAA',
    ])
      expect(await evidence(Buffer.concat([Buffer.from(start, 'latin1'), TEXT])), start).toBeNull();
  });
});

function minimalPdf(): Buffer {
  const objects = [
    '<< /Type /Catalog /Pages 2 0 R >>',
    '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
    '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 100 100] /Contents 4 0 R >>',
    '<< /Length 6 >>\nstream\n(text)\nendstream',
  ];
  let text = '%PDF-1.7\n';
  const offsets = objects.map((object, index) => {
    const offset = text.length;
    text += `${index + 1} 0 obj\n${object}\nendobj\n`;
    return offset;
  });
  const xref = text.length;
  const rows = offsets.map((offset) => `${String(offset).padStart(10, '0')} 00000 n \n`).join('');
  const size = objects.length + 1;
  return Buffer.from(
    `${text}xref\n0 ${size}\n0000000000 65535 f \n${rows}trailer\n<< /Size ${size} /Root 1 0 R >>\nstartxref\n${xref}\n%%EOF\n`,
    'latin1',
  );
}
