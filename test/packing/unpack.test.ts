import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { type Header, pack as tarPack } from 'tar-stream';
import { describe, expect, it } from 'vitest';
import { type UnpackOptions, unpack } from '../../src/packing/index.js';
import { temporaryFolder } from '../temporary-folder.js';

type Entry = Partial<Header> & { name: string; content?: string };

/** A tar file as somebody makes it who means no good. */
async function tarOf(entries: readonly Entry[]): Promise<Buffer> {
  const tar = tarPack();
  for (const { content, ...header } of entries) tar.entry(header, content ?? '');
  tar.finalize();
  const pieces: Buffer[] = [];
  for await (const piece of tar) pieces.push(piece as Buffer);
  return Buffer.concat(pieces);
}

async function* pieces(bytes: Uint8Array, size = 1000) {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

/** Extracts below a fresh folder and says how it ended; whatever happens, nothing else may be there. */
async function outcome(file: Uint8Array, options?: UnpackOptions): Promise<string> {
  const parent = temporaryFolder();
  const folder = join(parent, 'box');
  mkdirSync(folder);
  writeFileSync(join(folder, 'bystander'), 'untouched');
  let code = 'extracted';
  try {
    await unpack(pieces(file), join(folder, 'out'), options);
  } catch (error) {
    code = (error as { code?: string }).code ?? String(error);
  }
  expect(readdirSync(folder)).toEqual(code === 'extracted' ? ['bystander', 'out'] : ['bystander']);
  expect(readFileSync(join(folder, 'bystander'), 'utf8')).toBe('untouched');
  expect(readdirSync(parent)).toEqual(['box']);
  return code;
}

const file = (name: string, content = 'x'): Entry => ({ name, content });
const link = (name: string, linkname: string): Entry => ({ name, type: 'symlink', linkname });

/** Whether entries can lie together on every system, by a list of all their names. */
function allFit(entries: readonly { name: string; type: string }[]): boolean {
  const known = new Map<string, { name: string; kind: string }>();
  const takes = (name: string, kind: string): boolean => {
    const folded = name.normalize('NFC').toLowerCase();
    const there = known.get(folded);
    if (there === undefined || (there.kind === 'implied' && kind === 'directory' && there.name === name)) {
      known.set(folded, { name, kind });
      return true;
    }
    return there.name === name && kind === 'implied' && /implied|directory/.test(there.kind);
  };
  return entries.every(({ name, type }) => {
    const parts = name.split('/');
    const above = parts.slice(1).map((_, index) => parts.slice(0, index + 1).join('/'));
    return above.every((folder) => takes(folder, 'implied')) && takes(name, type);
  });
}

describe('a tar file that means no good', () => {
  const cases: Record<string, Entry[]> = {
    'an absolute name': [file('/etc/quietus-test')],
    '..': [file('../bystander')],
    '.. within': [file('a/../../bystander')],
    '.. that stays inside': [file('a/../b')],
    'a backslash': [file('..\\bystander')],
    'a drive letter': [file('C:/windows')],
    'a drive letter further down': [file('a/c:b')],
    'an empty part': [file('a//b')],
    'a control character': [file('a\u001b[2Jb')],
    'a line feed': [file('a\nb')],
    'a name that turns its direction': [file('invoice\u202efdp.exe')],
    'a part that is too long': [file('x'.repeat(256))],
    'a path that is too long': [file(`${'x/'.repeat(2100)}y`)],
    'a name twice': [file('a', '1'), file('a', '2')],
    'a folder twice': [
      { name: 'a', type: 'directory' },
      { name: 'a', type: 'directory' },
    ],
    'a file where a folder is': [file('a/b'), file('a')],
    'a file in a file': [file('a'), file('a/b')],
    'names that differ in case only': [file('Readme'), file('README')],
    'folders that differ in case only': [file('Dir/a'), file('dir/b')],
    'names that differ in normalization only': [file('caf\u00e9'), file('cafe\u0301')],
    'a device': [{ name: 'null', type: 'character-device', devmajor: 1, devminor: 3 }],
    'a block device': [{ name: 'disk', type: 'block-device', devmajor: 8, devminor: 0 }],
    'a pipe': [{ name: 'pipe', type: 'fifo' }],
    'an absolute link': [link('a', '/etc/passwd')],
    'an empty link': [link('a', '')],
    'a link that leaves': [link('a', '../bystander')],
    'a link that leaves from below': [link('d/a', '../../bystander')],
    'a link with a backslash': [link('a', '..\\bystander')],
    'a link that leaves by way of a later one': [
      link('a', 'b/../../../bystander'),
      link('b', 'c/d'),
      file('c/d/e'),
    ],
    'a link that seems to stay inside': [link('a', 'b/../bystander'), link('b', '.')],
    'a chain that leaves': [link('one', 'two/..'), link('two', 'd'), link('three', 'one/..'), file('d/x')],
    'a file through a link by its name in another case': [link('dir', '..'), file('DIR/bystander')],
    'a file through a link by its name in another normalization': [
      link('caf\u00e9', '..'),
      file('cafe\u0301/bystander'),
    ],
    'a file through a link by its name with what is passed over': [
      link('dir', '..'),
      file('d\u200dir/bystander'),
    ],
    // `up` is the root of the tree, and `UP/..` what is above it, where case does not count.
    'a link that leaves where case does not count': [
      link('a/b/up', '../..'),
      link('a/b/out', 'UP/../bystander'),
      file('a/b/c'),
    ],
    'a link that leaves where normalization does not count': [
      link('a/b/\u00e9', '../..'),
      link('a/b/out', 'e\u0301/../bystander'),
    ],
    'a link that leaves where the case of a folder does not count': [
      link('a/b/up', '../..'),
      link('a/out', 'B/up/../bystander'),
    ],
    'a link that leaves by way of the capital sharp s': [
      link('a/b/stra\u00dfe', '../..'),
      link('a/b/out', 'STRA\u1e9eE/../bystander'),
    ],
    'a link to a name that is too long': [link('a', './'.repeat(3000))],
    'a name in another case after thousands of others': [
      ...Array.from({ length: 3000 }, (_, index) => link(`d/f${index}`, 'x')),
      link('D/F0', 'x'),
    ],
    'a folder in another case after others': [file('d/e/a'), file('f/b'), file('d/E/c')],
    'links in a circle': [link('a', 'b'), link('b', 'a')],
    'a file through a link': [link('a', '.'), file('a/b')],
    'a file through a link that leaves': [link('a', '..'), file('a/bystander')],
    'a link where a file is': [file('a'), link('a', 'b')],
    'a file where a link is': [link('a', 'b'), file('a')],
    'a hard link out': [{ name: 'a', type: 'link', linkname: '/etc/passwd' }],
    'a hard link to a link': [link('a', 'b'), { name: 'c', type: 'link', linkname: 'a' }],
    'a hard link to what comes later': [{ name: 'a', type: 'link', linkname: 'b' }, file('b')],
    'a hard link by way of ..': [file('b'), { name: 'a', type: 'link', linkname: '../out/b' }],
  };
  it.each(Object.entries(cases))('with %s', async (_, entries) => {
    expect(await outcome(await tarOf([file('before'), ...entries, file('after')]))).toBe('unsafe-pack');
  });

  it('of names that meet is refused where a list of all names would say so', async () => {
    const part = fc.constantFrom('a', 'A', '\u00e9', 'e\u0301', 'b');
    const entry = fc.record({
      name: fc.array(part, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/')),
      type: fc.constantFrom('file' as const, 'directory' as const, 'symlink' as const),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(entry, { minLength: 1, maxLength: 5 }), async (entries) => {
        const tar = await tarOf(
          entries.map((facts) => (facts.type === 'symlink' ? { ...facts, linkname: 'nowhere' } : facts)),
        );
        expect(await outcome(tar)).toBe(allFit(entries) ? 'extracted' : 'unsafe-pack');
      }),
      { numRuns: 150 },
    );
  });

  it.skipIf(process.platform !== 'linux')(
    'with a name that is not UTF-8 is refused, as GNU tar writes it',
    async () => {
      const folder = temporaryFolder();
      // Two such names would be read as one and the same.
      writeFileSync(Buffer.concat([Buffer.from(`${folder}/a`), Buffer.from([0xe9])]), 'x');
      const tar = execFileSync('tar', ['-C', folder, '-cf', '-', '.']);
      expect(tar.includes(0xe9)).toBe(true);
      expect(await outcome(tar)).toBe('unsafe-pack');
    },
  );

  it('with any name is extracted inside or not at all', async () => {
    const part = fc.oneof(
      fc.constantFrom('..', '.', '', '/', 'a', '\\', 'C:', '...', ' ', '~', 'CON', 'a\u0000b', '\u202e', 'ä'),
      fc.string({ unit: 'binary', maxLength: 12 }),
    );
    const entry = fc.record({
      name: fc.array(part, { minLength: 1, maxLength: 5 }).map((parts) => parts.join('/')),
      type: fc.constantFrom('file' as const, 'directory' as const, 'symlink' as const, 'link' as const),
      linkname: fc.array(part, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/')),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(entry, { minLength: 1, maxLength: 5 }), async (entries) => {
        const tar = await tarOf(
          entries.map(({ linkname, ...facts }) => (/link/.test(facts.type) ? { ...facts, linkname } : facts)),
        );
        expect(['extracted', 'unsafe-pack', 'pack-damaged']).toContain(await outcome(tar));
      }),
      { numRuns: 80 },
    );
  });
});

describe('a tar file that costs too much', () => {
  it('is refused for its number of entries', async () => {
    const tar = await tarOf(Array.from({ length: 11 }, (_, index) => file(`f${index}`)));
    expect(await outcome(tar, { maxEntries: 10 })).toBe('pack-too-large');
    expect(await outcome(tar, { maxEntries: 11 })).toBe('extracted');
  });

  it('is refused for folders that no entry names', async () => {
    const tar = await tarOf([file('a/b/c/d')]);
    expect(await outcome(tar, { maxEntries: 3 })).toBe('pack-too-large');
    expect(await outcome(tar, { maxEntries: 4 })).toBe('extracted');
  });

  it('is refused for its size before it is written', async () => {
    expect(
      await outcome(await tarOf([file('a', 'x'.repeat(600)), file('b', 'x'.repeat(600))]), {
        maxBytes: 1000,
      }),
    ).toBe('pack-too-large');
    // What a header says it has counts: 8 EiB less one fits no disk.
    const tar = await tarOf([file('a')]);
    const huge = Buffer.from(tar);
    huge.write('77777777777', 124, 'latin1');
    huge.write('        ', 148, 'latin1');
    const sum = huge.subarray(0, 512).reduce((total, byte) => total + byte, 0);
    huge.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
    expect(['pack-too-large', 'pack-damaged']).toContain(await outcome(huge, { maxBytes: 1_000_000_000 }));
  });

  it('is refused for what it grows to, compressed', async () => {
    const bomb = gzipSync(await tarOf([file('zeros', '\0'.repeat(100_000_000))]), { level: 1 });
    expect(bomb.length).toBeLessThan(600_000);
    expect(await outcome(bomb)).toBe('pack-too-large');
    expect(await outcome(bomb, { maxRatio: 1100 })).toBe('extracted');
  });

  it('is refused for a name of many megabytes', async () => {
    expect(['pack-damaged', 'unsafe-pack']).toContain(
      await outcome(await tarOf([file('x'.repeat(6_000_000))])),
    );
  });
});

describe('extraction', () => {
  it('takes away what gives rights', async () => {
    const folder = temporaryFolder();
    await unpack(
      pieces(
        await tarOf([
          { name: 'a', mode: 0o6755, content: 'x' },
          { name: 'd', type: 'directory', mode: 0o3777 },
        ]),
      ),
      join(folder, 'out'),
    );
    expect(statSync(join(folder, 'out', 'a')).mode & 0o7777).toBe(0o755);
    expect(statSync(join(folder, 'out', 'd')).mode & 0o7777).toBe(0o777);
  });

  it('keeps folders that nobody may write to, and cleans up behind them', async () => {
    const entries: Entry[] = [
      { name: 'locked', type: 'directory', mode: 0o500 },
      { name: 'locked/a', mode: 0o400, content: 'x' },
    ];
    const folder = temporaryFolder();
    await unpack(pieces(await tarOf(entries)), join(folder, 'out'));
    expect(lstatSync(join(folder, 'out', 'locked')).mode & 0o777).toBe(0o500);
    expect(lstatSync(join(folder, 'out', 'locked', 'a')).mode & 0o777).toBe(0o400);
    expect(await outcome(await tarOf([...entries, link('bad', '/')]))).toBe('unsafe-pack');
  });

  it('keeps what its owner may not read', async () => {
    const folder = temporaryFolder();
    await unpack(pieces(await tarOf([{ name: 'a', mode: 0o200, content: 'x' }])), join(folder, 'out'));
    expect(lstatSync(join(folder, 'out', 'a')).mode & 0o777).toBe(0o200);
  });

  it('makes links to links, to what comes later and to what is not there', async () => {
    const folder = temporaryFolder();
    const links = { one: 'd/two', 'd/two': '../three', three: 'd/file', 'd/lost': 'nowhere' };
    const entries = Object.entries(links).map(([name, target]) => ({
      ...link(name, target),
      mtime: new Date(1e12),
    }));
    await unpack(pieces(await tarOf([...entries, file('d/file', 'content')])), join(folder, 'out'));
    for (const [name, target] of Object.entries(links)) {
      expect(readlinkSync(join(folder, 'out', name))).toBe(target);
      expect(lstatSync(join(folder, 'out', name)).mtimeMs).toBe(1e12);
    }
    expect(readFileSync(join(folder, 'out', 'one'), 'utf8')).toBe('content');
    expect(readdirSync(join(folder, 'out')).sort()).toEqual(['d', 'one', 'three']);
  });

  it('gives a second name to a file that is there', async () => {
    const folder = temporaryFolder();
    await unpack(
      pieces(await tarOf([file('a', 'content'), { name: 'd/b', type: 'link', linkname: 'a' }])),
      join(folder, 'out'),
    );
    expect(readFileSync(join(folder, 'out', 'd', 'b'), 'utf8')).toBe('content');
  });

  it('writes into nothing that is already there', async () => {
    const folder = temporaryFolder();
    const tar = await tarOf([file('a')]);
    mkdirSync(join(folder, 'there'));
    symlinkSync('nowhere', join(folder, 'link'));
    for (const name of ['there', 'link']) {
      await expect(unpack(pieces(tar), join(folder, name))).rejects.toMatchObject({ code: 'target-exists' });
    }
    expect(readdirSync(folder).sort()).toEqual(['link', 'there']);
    expect(readdirSync(join(folder, 'there'))).toEqual([]);
  });

  it.skipIf(process.platform !== 'linux').each(['a link', 'a folder'])(
    'writes and removes nothing elsewhere when somebody puts %s in the place of what it makes',
    async (what) => {
      const [folder, elsewhere] = [temporaryFolder(), temporaryFolder()];
      writeFileSync(join(elsewhere, 'bystander'), 'untouched');
      const tar = await tarOf([file('a'), file('b', 'x'.repeat(100_000)), file('c')]);
      async function* swapping() {
        for await (const piece of pieces(tar, 10_000)) {
          const [made] = readdirSync(folder).filter((name) => name.startsWith('.quietus-plain'));
          const swapped = existsSync(join(folder, 'moved'));
          if (made !== undefined && !swapped && existsSync(join(folder, made, 'a'))) {
            renameSync(join(folder, made), join(folder, 'moved'));
            if (what === 'a link') symlinkSync(elsewhere, join(folder, made));
            else renameSync(elsewhere, join(folder, made));
          }
          yield piece;
          await nextTurn();
        }
      }
      await expect(unpack(swapping(), join(folder, 'out'))).rejects.toMatchObject({ code: 'output-swapped' });
      const left = readdirSync(folder).sort();
      expect(left).toEqual([expect.stringMatching(/^\.quietus-plain/), 'moved']);
      expect(readdirSync(join(folder, left[0] ?? ''))).toEqual(['bystander']);
      expect(readdirSync(join(folder, 'moved'))).toEqual([]);
    },
  );

  // Another name of a file, since a link is not followed anyway: what is written to it would be in both.
  it('writes into no file that somebody puts where it is about to make one', async () => {
    const [folder, elsewhere] = [temporaryFolder(), temporaryFolder()];
    const bystander = join(elsewhere, 'bystander');
    writeFileSync(bystander, 'untouched');
    const tar = await tarOf([file('a'), file('b', 'x'.repeat(100_000)), file('c', 'written')]);
    async function* planting() {
      for await (const piece of pieces(tar, 10_000)) {
        const [made] = readdirSync(folder).filter((name) => name.startsWith('.quietus-plain'));
        const place = join(folder, made ?? '', 'c');
        if (made !== undefined && !existsSync(place)) linkSync(bystander, place);
        yield piece;
        await nextTurn();
      }
    }
    await expect(unpack(planting(), join(folder, 'out'))).rejects.toMatchObject({ code: 'EEXIST' });
    expect(readFileSync(bystander, 'utf8')).toBe('untouched');
    expect(readdirSync(folder)).toEqual([]);
  });

  it.each(['1e300', '-1e300', '9007199254740993'])('refuses %s for a time', async (mtime) => {
    expect(await outcome(await tarOf([{ ...file('a'), pax: { mtime } }]))).toBe('pack-damaged');
  });

  it('refuses what is no tar file, is empty, or is cut off anywhere', async () => {
    expect(await outcome(Buffer.alloc(0))).toBe('pack-damaged');
    expect(await outcome(Buffer.alloc(2048))).toBe('pack-damaged');
    expect(await outcome(Buffer.from('not a tar file at all'.repeat(100)))).toBe('pack-damaged');
    const tar = await tarOf([file('a', 'x'.repeat(1500)), file('b', 'y'.repeat(10))]);
    for (let cut = 1; cut < 3584; cut += 61) {
      // Between two entries nothing shows that there was more: the encryption around it does.
      if (cut % 512 !== 0) expect(await outcome(tar.subarray(0, cut)), `cut at ${cut}`).toBe('pack-damaged');
    }
    expect(await outcome(gzipSync(tar).subarray(0, 60))).toBe('pack-damaged');
  });

  it('passes on what its source says, and keeps nothing', async () => {
    const folder = temporaryFolder();
    const tar = await tarOf([file('a', 'x'.repeat(5000))]);
    async function* broken() {
      yield tar.subarray(0, 2000);
      throw Object.assign(new Error('the source broke'), { code: 'ciphertext-damaged' });
    }
    await expect(unpack(broken(), join(folder, 'out'))).rejects.toThrow('the source broke');
    expect(readdirSync(folder)).toEqual([]);
  });

  it('stops when it is told to, and keeps nothing', async () => {
    const folder = temporaryFolder();
    const stop = new AbortController();
    const tar = await tarOf(Array.from({ length: 50 }, (_, index) => file(`f${index}`)));
    const extraction = unpack(pieces(tar), join(folder, 'out'), {
      signal: stop.signal,
      onProgress: () => stop.abort(new Error('enough')),
    });
    await expect(extraction).rejects.toThrow();
    expect(existsSync(join(folder, 'out'))).toBe(false);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('writes the bytes of every file as they are', async () => {
    const folder = temporaryFolder();
    const contents = Array.from({ length: 30 }, (_, index) =>
      createHash('sha256')
        .update(`${index}`)
        .digest('hex')
        .repeat(index * 10),
    );
    await unpack(
      pieces(await tarOf(contents.map((content, index) => file(`f${index}`, content))), 77),
      join(folder, 'out'),
    );
    contents.forEach((content, index) => {
      expect(readFileSync(join(folder, 'out', `f${index}`), 'utf8')).toBe(content);
    });
  });
});
