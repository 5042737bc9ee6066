import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  renameSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createExaminer, type Examination, examine } from '../../src/shred/index.js';
import { Sandbox, snapshot } from './sandbox.js';

let box: Sandbox;
beforeEach(() => {
  box = new Sandbox();
});
afterEach(() => {
  box.remove();
});

function codeOf(examined: Examination): string {
  return examined.status === 'ready' ? 'ready' : examined.reason.code;
}

async function look(path: string, medium: 'file' | 'folder' = 'file'): Promise<string> {
  const examined = await examine(path, medium, box);
  const words = examined.status === 'ready' ? '' : examined.reason.text;
  expect(words).not.toContain(box.root);
  return codeOf(examined);
}

function fill(): void {
  mkdirSync(box.path('f', 'sub', 'empty'), { recursive: true });
  writeFileSync(box.path('f', 'sub', 'b'), '22');
  writeFileSync(box.path('f', 'sub-a'), '333');
  symlinkSync('/etc/passwd', box.path('f', 'link'));
}

describe('examine: a file', () => {
  it('gives the numbers that lstat gives, and changes nothing', async () => {
    writeFileSync(box.path('a.csv'), 'twelve bytes');
    const before = lstatSync(box.path('a.csv'), { bigint: true });
    const examined = await examine(box.path('a.csv'), 'file', box);
    expect(examined).toMatchObject({
      status: 'ready',
      location: box.path('a.csv'),
      bytes: 12n,
      fingerprint: {
        kind: 'file',
        device: String(before.dev),
        inode: String(before.ino),
        size: '12',
        modifiedNs: String(before.mtimeNs),
        changedNs: String(before.ctimeNs),
      },
      entries: [{ path: '', type: 'file', size: '12' }],
    });
    expect(lstatSync(box.path('a.csv'), { bigint: true })).toEqual(before);
  });

  it('resolves links in the parent folders once, and says where they led', async () => {
    mkdirSync(box.path('real'));
    writeFileSync(box.path('real', 'a'), 'x');
    symlinkSync('real', box.path('alias'));
    const examined = await examine(box.path('alias', 'a'), 'file', box);
    expect(examined).toMatchObject({ status: 'ready', location: box.path('real', 'a') });
  });

  it('tells absent from refused', async () => {
    expect(await look(box.path('none'))).toBe('absent');
    expect(await look(box.path('no', 'folder', 'none'))).toBe('absent');
    writeFileSync(box.path('file'), 'x');
    expect(await look(box.path('file', 'below'))).toBe('absent');
  });

  it.each(['relative/path', 'a', '', '/tmp/../etc/passwd', '/tmp/./x', '/tmp/nul\0byte'])(
    'refuses the location %j',
    async (location) => {
      expect(await look(location)).toBe('not-absolute');
    },
  );

  it('refuses links, also with a slash at the end', async () => {
    mkdirSync(box.path('real'));
    symlinkSync('real', box.path('alias'));
    symlinkSync('/nowhere', box.path('dangling'));
    expect(await look(box.path('alias'), 'folder')).toBe('is-symlink');
    expect(await look(`${box.path('alias')}/`, 'folder')).toBe('is-symlink');
    expect(await look(box.path('dangling'))).toBe('is-symlink');
  });

  it('refuses the other type, hard links, pipes, sockets and devices', async () => {
    writeFileSync(box.path('a'), 'x');
    mkdirSync(box.path('f'));
    expect(await look(box.path('a'), 'folder')).toBe('wrong-type');
    expect(await look(box.path('f'), 'file')).toBe('wrong-type');
    linkSync(box.path('a'), box.path('b'));
    expect(await look(box.path('a'))).toBe('hard-linked');
    execFileSync('mkfifo', [box.path('pipe')]);
    expect(await look(box.path('pipe'))).toBe('special-file');
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(box.path('socket'), resolve));
    expect(await look(box.path('socket'))).toBe('special-file');
    await new Promise((resolve) => server.close(resolve));
    expect(await look('/dev/null')).toBe('special-file');
  });

  it('refuses what must not be destroyed', async () => {
    const inside = join(box.root, 'workspace', 'quietus.db');
    writeFileSync(inside, 'x');
    expect(await look(inside)).toBe('protected-path');
    expect(await look(join(box.root, 'workspace'), 'folder')).toBe('protected-path');
    expect(await look(box.root, 'folder')).toBe('protected-path');
    for (const path of ['/', homedir(), '/etc', '/usr', process.cwd()]) {
      expect(await look(path, 'folder')).toBe('protected-path');
    }
    expect(await look('/proc/self/status')).toBe('protected-path');
  });

  it('finds a protected file under another path (bind mount or other spelling) by its identity', async () => {
    writeFileSync(box.path('kept'), 'x');
    symlinkSync(box.path('kept'), join(box.root, 'pointer'));
    const options = { protectedPaths: [join(box.root, 'pointer')] };
    expect(codeOf(await examine(box.path('kept'), 'file', options))).toBe('protected-path');
    expect(codeOf(await examine(box.data, 'folder', options))).toBe('protected-path');
  });
});

describe('examine: a folder', () => {
  it('lists all entries by the bytes of their paths and does not follow links', async () => {
    fill();
    const examined = await examine(box.path('f'), 'folder', box);
    expect(examined).toMatchObject({ status: 'ready', bytes: 5n, fingerprint: { files: 2, bytes: '5' } });
    if (examined.status !== 'ready') return;
    expect(examined.entries?.map((entry) => `${entry.type} ${entry.path}`)).toEqual([
      'directory ',
      'symlink link',
      'directory sub',
      'file sub-a',
      'file sub/b',
      'directory sub/empty',
    ]);
  });

  it('has the digest of the documented bytes, computed here from lstat', async () => {
    fill();
    const paths = ['link', 'sub', 'sub-a', 'sub/b', 'sub/empty'];
    const lines = paths.map((path) => {
      const stat = lstatSync(box.path('f', path), { bigint: true });
      const folder = stat.isDirectory();
      const letter = folder ? 'd' : stat.isFile() ? 'f' : 'l';
      const state = folder ? '0\u00000\u00000' : `${stat.size}\0${stat.mtimeNs}\0${stat.ctimeNs}`;
      return `${letter}\0${stat.dev}\0${stat.ino}\0${state}\0${path}\0`;
    });
    const expected = createHash('sha256')
      .update(`quietus-tree-2\n${lines.join('')}`)
      .digest('hex');
    const examined = await examine(box.path('f'), 'folder', box);
    expect(examined).toMatchObject({ fingerprint: { treeSha256: expected } });
  });

  it.each([
    ['a file more', () => writeFileSync(box.path('f', 'new'), '')],
    ['a folder more', () => mkdirSync(box.path('f', 'new'))],
    ['another name', () => renameSync(box.path('f', 'sub-a'), box.path('f', 'sub-b'))],
    [
      'content of the same length, with the time put back',
      () => {
        execFileSync('touch', ['-r', box.path('f', 'sub', 'b'), box.path('time')]);
        writeFileSync(box.path('f', 'sub', 'b'), '55');
        execFileSync('touch', ['-r', box.path('time'), box.path('f', 'sub', 'b')]);
      },
    ],
    ['another time of change', () => utimesSync(box.path('f', 'sub-a'), 1, 1)],
    ['more content', () => writeFileSync(box.path('f', 'sub', 'b'), '4444')],
  ])('has another digest after %s', async (_, change) => {
    fill();
    const before = await examine(box.path('f'), 'folder', box);
    const unchanged = await examine(box.path('f'), 'folder', box);
    expect({ ...unchanged, readAgain: null }).toEqual({ ...before, readAgain: null });
    change();
    const after = await examine(box.path('f'), 'folder', box);
    if (before.status !== 'ready' || after.status !== 'ready') throw new Error('not ready');
    expect(after.fingerprint).not.toEqual(before.fingerprint);
  });

  it('refuses the whole folder for one pipe or hard link in it', async () => {
    fill();
    linkSync(box.path('f', 'sub', 'b'), box.path('elsewhere'));
    expect(await look(box.path('f'), 'folder')).toBe('hard-linked');
    execFileSync('rm', [box.path('elsewhere')]);
    expect(await look(box.path('f'), 'folder')).toBe('ready');
    execFileSync('mkfifo', [box.path('f', 'sub', 'pipe')]);
    expect(await look(box.path('f'), 'folder')).toBe('special-file');
  });

  it('handles names that are not UTF-8, and names with a line feed or a percent sign', async () => {
    mkdirSync(box.path('f'));
    const names = [
      Buffer.from([0x61, 0xff]),
      Buffer.from('line\nfeed'),
      Buffer.from('50%'),
      Buffer.from('é'),
    ];
    for (const name of names) writeFileSync(Buffer.concat([Buffer.from(`${box.path('f')}/`), name]), 'x');
    const examined = await examine(box.path('f'), 'folder', box);
    if (examined.status !== 'ready') throw new Error(examined.reason.code);
    expect(examined.entries?.map((entry) => entry.path)).toEqual(['', '50%25', 'a%FF', 'line%0Afeed', 'é']);
  });

  it('refuses a bind mount below and at the location, though the device number is the same', async (context) => {
    fill();
    mkdirSync(box.path('f', 'sub', 'mounted'));
    mkdirSync(box.path('other'));
    const mounted = spawnSync('mount', ['--bind', box.path('other'), box.path('f', 'sub', 'mounted')]);
    if (mounted.status !== 0) context.skip('bind mounts are not permitted here');
    try {
      expect(await look(box.path('f'), 'folder')).toBe('mount-point');
      expect(await look(box.path('f', 'sub', 'mounted'), 'folder')).toBe('mount-point');
    } finally {
      execFileSync('umount', [box.path('f', 'sub', 'mounted')]);
    }
    expect(await look(box.path('f'), 'folder')).toBe('ready');
  });
});

describe('examine: permissions', () => {
  it('finds files and folders that this account may not change', async (context) => {
    if (process.getuid?.() !== 0) context.skip('only root can make files of other accounts');
    for (const folder of ['mine', 'theirs', 'sticky']) {
      mkdirSync(box.path(folder));
      writeFileSync(box.path(folder, 'a'), 'x');
      chmodSync(box.path(folder, 'a'), 0o666);
      chownSync(box.path(folder), 65534, 65534);
    }
    chownSync(box.path('theirs'), 0, 0);
    chmodSync(box.path('theirs'), 0o755);
    chownSync(box.path('sticky'), 0, 0);
    chmodSync(box.path('sticky'), 0o1777);
    writeFileSync(box.path('mine', 'readonly'), 'x');
    chmodSync(box.path('mine', 'readonly'), 0o444);
    chmodSync(box.root, 0o755);
    const paths = ['mine/a', 'theirs/a', 'sticky/a', 'mine/readonly'].map((name) => box.path(name));
    const script = join(box.root, 'look.mjs');
    await build({
      stdin: {
        contents: `import { examine } from './src/shred/index.ts';
          const codes = [];
          for (const path of process.argv.slice(2)) {
            const examined = await examine(path, 'file', { protectedPaths: [] });
            codes.push(examined.status === 'ready' ? 'ready' : examined.reason.code);
          }
          console.log(codes.join(' '));`,
        resolveDir: process.cwd(),
      },
      bundle: true,
      platform: 'node',
      format: 'esm',
      outfile: script,
    });
    const child = spawnSync(process.execPath, [script, ...paths], { uid: 65534, gid: 65534, cwd: '/' });
    expect(child.stderr.toString()).toBe('');
    expect(child.stdout.toString().trim()).toBe('ready no-permission no-permission no-permission');
  });

  it('finds the immutable attribute', async (context) => {
    writeFileSync(box.path('fixed'), 'x');
    if (spawnSync('chattr', ['+i', box.path('fixed')]).status !== 0) {
      context.skip('this file system or account has no immutable attribute');
    }
    try {
      expect(await look(box.path('fixed'))).toBe('immutable');
      expect(await look(box.data, 'folder')).toBe('immutable');
    } finally {
      execFileSync('chattr', ['-i', box.path('fixed')]);
    }
  });
});

it('examines thousands of files in one series without changing any', async () => {
  for (let at = 0; at < 2000; at += 1) writeFileSync(box.path(`f${at}`), `${at}`);
  const before = snapshot(box.data);
  const examiner = createExaminer(box);
  const codes = new Set<string>();
  for (const name of readdirSync(box.data)) codes.add(codeOf(await examiner.examine(box.path(name), 'file')));
  expect([...codes]).toEqual(['ready']);
  expect(snapshot(box.data)).toEqual(before);
});
