import { execFileSync, spawnSync } from 'node:child_process';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { writeFileAtomically } from '../../src/workspace/index.js';
import { compileProgram, startProgram } from '../child-program.js';
import { temporaryFolder } from '../temporary-folder.js';

describe('writeFileAtomically', () => {
  it('writes text and bytes, for the owner only whatever the umask', async () => {
    const folder = temporaryFolder();
    const before = process.umask(0);
    try {
      await writeFileAtomically(join(folder, 'text'), 'été\n');
      await writeFileAtomically(join(folder, 'bytes'), new Uint8Array([0, 255]));
      await writeFileAtomically(join(folder, 'shared'), '', { mode: 0o644 });
    } finally {
      process.umask(before);
    }
    expect(readFileSync(join(folder, 'text'), 'utf8')).toBe('été\n');
    expect([...readFileSync(join(folder, 'bytes'))]).toEqual([0, 255]);
    expect(lstatSync(join(folder, 'text')).mode & 0o777).toBe(0o600);
    expect(lstatSync(join(folder, 'shared')).mode & 0o777).toBe(0o644);
    expect(readdirSync(folder).toSorted()).toEqual(['bytes', 'shared', 'text']);
  });

  it('replaces a file, and a link rather than what it points at', async () => {
    const folder = temporaryFolder();
    const [file, link] = [join(folder, 'file'), join(folder, 'link')];
    writeFileSync(file, 'old');
    symlinkSync(file, link);
    await writeFileAtomically(link, 'new');
    expect(readFileSync(file, 'utf8')).toBe('old');
    expect(lstatSync(link).isSymbolicLink()).toBe(false);
    await writeFileAtomically(file, 'newer');
    expect(readFileSync(file, 'utf8')).toBe('newer');
  });

  it('with `exclusive` fails where the name is taken, and leaves nothing behind', async () => {
    const folder = temporaryFolder();
    const file = join(folder, 'file');
    await writeFileAtomically(file, 'first', { exclusive: true });
    await expect(writeFileAtomically(file, 'second', { exclusive: true })).rejects.toMatchObject({
      code: 'EEXIST',
    });
    symlinkSync(join(folder, 'nowhere'), join(folder, 'link'));
    await expect(writeFileAtomically(join(folder, 'link'), 'x', { exclusive: true })).rejects.toMatchObject({
      code: 'EEXIST',
    });
    expect(readFileSync(file, 'utf8')).toBe('first');
    expect(readdirSync(folder).toSorted()).toEqual(['file', 'link']);
    expect(lstatSync(file).nlink).toBe(1);
  });

  it('of many at once leaves one whole file', async () => {
    const file = join(temporaryFolder(), 'file');
    const texts = Array.from({ length: 20 }, (_, index) => String(index).repeat(50_000));
    await Promise.all(texts.map((text) => writeFileAtomically(file, text)));
    expect(texts).toContain(readFileSync(file, 'utf8'));
  });

  it('fails where there is no folder, or the target is one', async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'folder'));
    await expect(writeFileAtomically(join(folder, 'none', 'file'), '')).rejects.toMatchObject({
      code: 'ENOENT',
    });
    await expect(writeFileAtomically(join(folder, 'folder'), '')).rejects.toMatchObject({ code: 'EISDIR' });
    expect(readdirSync(folder)).toEqual(['folder']);
  });

  it('killed at any moment leaves the old file or the new one', async () => {
    const folder = temporaryFolder();
    const file = join(folder, 'file');
    const program = await compileProgram('workspace/rewriting-program.ts');
    writeFileSync(file, 'a'.repeat(2_000_000));
    for (let round = 0; round < 12; round += 1) {
      const child = startProgram(program, [file]);
      await child.line(/^writing/);
      await new Promise((done) => setTimeout(done, round * 3));
      await child.kill();
      expect(readFileSync(file, 'utf8')).toMatch(/^(?:a{2000000}|b{2000000})$/);
    }
    const left = readdirSync(folder).filter((name) => name !== 'file');
    for (const name of left) expect(name).toMatch(/^\.file\.[0-9a-f]{8}\.tmp$/);
  });

  it('on a full disk keeps the old file and takes the temporary one away', async (context) => {
    const folder = temporaryFolder();
    const disk = join(folder, 'disk');
    mkdirSync(disk);
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', disk]);
    if (mounted.status !== 0) return context.skip('this account may not mount a file system');
    try {
      const file = join(disk, 'file');
      await writeFileAtomically(file, 'old');
      await expect(writeFileAtomically(file, 'x'.repeat(2_000_000))).rejects.toMatchObject({
        code: 'ENOSPC',
      });
      expect(readFileSync(file, 'utf8')).toBe('old');
      expect(readdirSync(disk)).toEqual(['file']);
      await expect(
        writeFileAtomically(join(disk, 'new'), 'x'.repeat(2_000_000), { exclusive: true }),
      ).rejects.toMatchObject({ code: 'ENOSPC' });
      expect(existsSync(join(disk, 'new'))).toBe(false);
    } finally {
      execFileSync('umount', [disk]);
    }
  });
});
