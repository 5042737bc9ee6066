import { spawnSync } from 'node:child_process';
import { readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { configure, Uint8ArrayReader, Uint8ArrayWriter, ZipReader, ZipWriter } from '@zip.js/zip.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatOf, recognize } from '../../src/crypto/index.js';
import { temporaryFolder } from '../temporary-folder.js';
import { content, decrypted, encrypted, fileOf, outputOf, streamOf, verdict } from './format-harness.js';
import { mustRun, tool } from './tools.js';

const PASSPHRASE = 'correct horse battery staple';
const KEYS = [{ kind: 'passphrase', passphrase: PASSPHRASE }] as const;
const zip = await formatOf('zip');
const MIB = 1024 * 1024;

describe('a zip file that we write', () => {
  it.each([
    ['file', 'file'],
    ['file', 'stream'],
    ['stream', 'file'],
    ['stream', 'stream'],
  ] as const)('from a %s to a %s is opened by 7-Zip and bsdtar', async (from, into) => {
    for (const size of [0, 1, 15, 16, 17, 65_536, MIB, 2 * MIB + 5]) {
      const plaintext = content(size);
      const input = from === 'file' ? await fileOf(plaintext) : streamOf(plaintext);
      const path = join(temporaryFolder(), 'x.zip');
      writeFileSync(path, await encrypted(zip, input, KEYS, { entryName: 'content.tar', into }));
      for (const [command, ...args] of [
        ['7z', 'x', `-p${PASSPHRASE}`, '-so', path, 'content.tar'],
        ['bsdtar', '-x', '-O', '--passphrase', PASSPHRASE, '-f', path],
      ] as const) {
        const { status, stdout, error } = spawnSync(command, args, { maxBuffer: 1 << 28 });
        if (error && process.env.CI !== 'true') continue;
        expect(status, `${command}, ${size} bytes`).toBe(0);
        expect(stdout.equals(plaintext), `${command}, ${size} bytes`).toBe(true);
      }
    }
  });

  it('is not opened by them with another passphrase, and passes the test of 7-Zip', async (context) => {
    const path = join(temporaryFolder(), 'x.zip');
    writeFileSync(path, await encrypted(zip, await fileOf(content(100_000)), KEYS));
    expect(mustRun(context, '7z', ['t', `-p${PASSPHRASE}`, path]).toString()).toContain('Everything is Ok');
    expect(mustRun(context, '7z', ['l', '-slt', path]).toString()).toMatch(/Method = AES-256 Store/);
    expect(tool(context, '7z', ['t', '-pother', path]).status).not.toBe(0);
    expect(tool(context, 'bsdtar', ['-x', '-O', '--passphrase', 'other', '-f', path]).status).not.toBe(0);
  });
});

describe('reading a zip file', () => {
  it('opens what we wrote, from and to files and streams', async () => {
    const plaintext = content(2 * MIB + 77);
    const file = await encrypted(zip, await fileOf(plaintext), KEYS, { entryName: 'content.tar' });
    expect((await recognize(file.subarray(0, 4096)))?.id).toBe('zip');
    for (const input of [await fileOf(file), streamOf(file)]) {
      const { result, plaintext: opened } = await decrypted(zip, input, KEYS);
      expect(opened.equals(plaintext)).toBe(true);
      expect(result).toEqual({ plaintextBytes: plaintext.length, openedBy: 0, entryName: 'content.tar' });
    }
    const keys = [{ kind: 'passphrase', passphrase: 'other' }, ...KEYS] as const;
    const { result, plaintext: streamed } = await decrypted(zip, await fileOf(file), keys, 'stream');
    expect(streamed.equals(plaintext)).toBe(true);
    expect(result.openedBy).toBe(1);
    expect(await zip.inspect(await fileOf(file))).toMatchObject({
      format: 'zip',
      recipients: ['the passphrase'],
      plaintextBytes: plaintext.length,
    });
  });

  it.each(['-mx0', '-mx9'])('opens what 7-Zip wrote (%s)', async (level) => {
    const folder = temporaryFolder();
    const text = Buffer.from('name,amount\n'.repeat(20_000));
    writeFileSync(join(folder, 'payroll.csv'), text);
    const path = join(folder, 'x.zip');
    const made = spawnSync('7z', [
      'a',
      '-tzip',
      '-mem=AES256',
      level,
      `-p${PASSPHRASE}`,
      path,
      join(folder, 'payroll.csv'),
    ]);
    if (made.error && process.env.CI !== 'true') return;
    expect(made.status).toBe(0);
    const { result, plaintext } = await decrypted(zip, await fileOf(readFileSync(path)), KEYS);
    expect(plaintext.equals(text)).toBe(true);
    expect(result.entryName).toBe('payroll.csv');
  });

  it('and zip.js understand each other', async () => {
    configure({ useWebWorkers: false });
    const plaintext = content(300_000);
    const ours = new ZipReader(new Uint8ArrayReader(await encrypted(zip, await fileOf(plaintext), KEYS)), {
      password: PASSPHRASE,
    });
    const [entry] = await ours.getEntries();
    if (entry === undefined || entry.directory) throw new Error('no entry');
    expect(Buffer.from(await entry.getData(new Uint8ArrayWriter())).equals(plaintext)).toBe(true);
    for (const level of [0, 6]) {
      const writer = new ZipWriter(new Uint8ArrayWriter(), {
        password: PASSPHRASE,
        encryptionStrength: 3,
        level,
      });
      await writer.add('content', new Uint8ArrayReader(plaintext));
      const { plaintext: opened } = await decrypted(zip, await fileOf(await writer.close()), KEYS);
      expect(opened.equals(plaintext)).toBe(true);
    }
  });

  it('says that no passphrase fits', async () => {
    const file = await encrypted(zip, await fileOf(content(10)), KEYS);
    for (const passphrase of ['', 'correct horse battery stapl', `${PASSPHRASE} `])
      await expect(
        decrypted(zip, await fileOf(file), [{ kind: 'passphrase', passphrase }]),
      ).rejects.toMatchObject({
        code: expect.stringMatching(/^(no-key-fits|ciphertext-damaged)$/),
      });
    await expect(decrypted(zip, await fileOf(file), [])).rejects.toMatchObject({
      code: 'no-key-fits',
      exitCode: 4,
    });
  });

  it('refuses ZipCrypto, AES-128, AE-1, several entries, and files without encryption', async (context) => {
    const folder = temporaryFolder();
    for (const name of ['a', 'b']) writeFileSync(join(folder, name), 'x'.repeat(1000));
    const make = (name: string, options: string[], ...files: string[]) => {
      const path = join(folder, name);
      mustRun(context, '7z', ['a', '-tzip', ...options, path, ...files]);
      return readFileSync(path);
    };
    const [a, b] = [join(folder, 'a'), join(folder, 'b')];
    const weak = { code: 'encryption-too-weak', exitCode: 4 };
    const attempt = async (bytes: Buffer) => await decrypted(zip, await fileOf(bytes), KEYS);
    await expect(attempt(make('1.zip', ['-mem=ZipCrypto', `-p${PASSPHRASE}`], a))).rejects.toMatchObject(
      weak,
    );
    await expect(attempt(make('2.zip', ['-mem=AES128', `-p${PASSPHRASE}`], a))).rejects.toMatchObject(weak);
    await expect(attempt(make('3.zip', ['-mem=AES256', `-p${PASSPHRASE}`], a, b))).rejects.toMatchObject(
      weak,
    );
    await expect(attempt(make('4.zip', [], a))).rejects.toMatchObject(weak);
    const ae1 = await encrypted(zip, await fileOf(content(10)), KEYS);
    for (let at = ae1.indexOf('\x02\x00AE'); at >= 0; at = ae1.indexOf('\x02\x00AE', at)) ae1[at] = 1;
    await expect(attempt(ae1)).rejects.toMatchObject({ message: expect.stringContaining('AE-1') });
  });
});

describe('damage to a zip file', () => {
  it('is noticed wherever a bit is flipped, unless the content stays the same', async () => {
    const plaintext = content(40);
    for (const from of ['file', 'stream'] as const) {
      const file = await encrypted(
        zip,
        from === 'file' ? await fileOf(plaintext) : streamOf(plaintext),
        KEYS,
      );
      for (let bit = 0; bit < file.length * 8; bit += 5) {
        const changed = Buffer.from(file);
        changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        expect(await verdict(zip, changed, KEYS, plaintext), `bit ${bit}`).not.toBe('other');
      }
      const data = file.indexOf('AE') + 7;
      await fc.assert(
        fc.asyncProperty(fc.nat({ max: 8 * (40 + 28) - 1 }), async (bit) => {
          const changed = Buffer.from(file);
          changed[data + (bit >> 3)] = (changed[data + (bit >> 3)] ?? 0) ^ (1 << (bit & 7));
          expect(await verdict(zip, changed, KEYS, plaintext)).toMatch(/^(no-key-fits|ciphertext-damaged)$/);
        }),
        { numRuns: 50 },
      );
    }
  });

  it('is noticed where the two headers contradict each other', async () => {
    const plaintext = content(50);
    const file = await encrypted(zip, await fileOf(plaintext), KEYS, { entryName: 'content.tar' });
    // Fields of the local header: flags, method, sizes, name.
    for (const [at, bit] of [
      [7, 8],
      [8, 4],
      [18, 1],
      [22, 1],
      [30, 1],
    ] as const) {
      const changed = Buffer.from(file);
      changed[at] = (changed[at] ?? 0) ^ bit;
      expect(await verdict(zip, changed, KEYS, plaintext), `byte ${at}`).toBe('ciphertext-damaged');
    }
  });

  it('is noticed wherever it is cut off, and where something follows', async () => {
    const plaintext = content(30);
    const file = await encrypted(zip, await fileOf(plaintext), KEYS);
    for (let length = 0; length < file.length; length += 1)
      expect(await verdict(zip, file.subarray(0, length), KEYS, plaintext)).toBe('ciphertext-damaged');
    for (const more of [Buffer.alloc(1), file])
      expect(await verdict(zip, Buffer.concat([file, more]), KEYS, plaintext)).toBe('ciphertext-damaged');
    expect(await verdict(zip, Buffer.concat([Buffer.alloc(1), file]), KEYS, plaintext)).toBe(
      'ciphertext-damaged',
    );
  });

  it('is noticed when what was written is read back', async () => {
    const { output, bytes } = await outputOf('file');
    const result = await zip.encrypt(await fileOf(content(5000)), output, KEYS);
    const written = bytes();
    const { ciphertextSha256 } = await result.prove(await fileOf(written));
    expect(ciphertextSha256).toMatch(/^[0-9a-f]{64}$/);
    const failed = { code: 'readback-differs', exitCode: 5 };
    for (const at of [0, 40, 70, 100, 2500, written.length - 1]) {
      const changed = Buffer.from(written);
      changed[at] = (changed[at] ?? 0) ^ 1;
      await expect(result.prove(await fileOf(changed)), `byte ${at}`).rejects.toMatchObject(failed);
    }
    await expect(result.prove(await fileOf(written.subarray(1)))).rejects.toMatchObject(failed);
    result.forget();
    await expect(result.prove(await fileOf(written))).rejects.toMatchObject(failed);
  });
});

describe('encrypting', () => {
  it('refuses keys and passphrases that a zip file cannot have, and names that tell something', async () => {
    const unfit = { code: 'recipients-unfit', exitCode: 2 };
    const attempt =
      (...keys: Parameters<typeof zip.requireFit>[0][number][]) =>
      () =>
        zip.requireFit(keys);
    expect(attempt()).toThrow(expect.objectContaining(unfit));
    expect(attempt(...KEYS, ...KEYS)).toThrow(expect.objectContaining(unfit));
    expect(attempt({ kind: 'age', recipient: 'age1x' })).toThrow(expect.objectContaining(unfit));
    for (const passphrase of ['', 'schön', 'x'.repeat(100), 'a\nb'])
      expect(attempt({ kind: 'passphrase', passphrase })).toThrow(expect.objectContaining(unfit));
    expect(attempt({ kind: 'passphrase', passphrase: 'x'.repeat(99) })).not.toThrow();
    const { output } = await outputOf('file');
    for (const entryName of ['../x', 'a/b', '', 'ä', '.x'])
      await expect(zip.encrypt(await fileOf(content(1)), output, KEYS, { entryName })).rejects.toMatchObject({
        code: 'entry-name-unfit',
      });
  });

  it('notices that the file changed, or is not as long as it was said', async () => {
    const input = await fileOf(content(100));
    const { output } = await outputOf('file');
    for (const size of [99, 101])
      await expect(zip.encrypt({ ...input, size }, output, KEYS)).rejects.toMatchObject({
        code: 'input-changed',
        exitCode: 3,
      });
  });

  it('writes ZIP64 where 32 bits do not suffice', async (context) => {
    const folder = temporaryFolder();
    const [sparse, path] = [join(folder, 'sparse'), join(folder, 'x.zip')];
    if (process.env.QUIETUS_TEST_LARGE !== '1') context.skip('takes 4 GiB of disk: set QUIETUS_TEST_LARGE=1');
    const size = 2 ** 32 + 10;
    writeFileSync(sparse, '');
    truncateSync(sparse, size);
    const [file, output] = [await open(sparse, 'r'), await open(path, 'w+')];
    const result = await zip.encrypt({ kind: 'file', file, size }, { kind: 'file', file: output }, KEYS);
    await result.prove({ kind: 'file', file: output, size: statSync(path).size });
    await Promise.all([file.close(), output.close()]);
    expect(mustRun(context, '7z', ['t', `-p${PASSPHRASE}`, path]).toString()).toContain('Everything is Ok');
  });
});
