import { existsSync, lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { takeRunLock } from '../../src/workspace/index.js';
import { compileProgram, startProgram } from '../child-program.js';
import { temporaryFolder } from '../temporary-folder.js';

const WHO = { operator: 'jdoe', command: 'sweep run', since: '2026-01-02T03:04:05.000Z' };

describe('the run lock', () => {
  let program: string;
  beforeAll(async () => {
    program = await compileProgram('workspace/locking-program.ts');
  });

  it('is held by one at a time, and can be taken again after its release', async () => {
    const path = join(temporaryFolder(), 'run.lock');
    const lock = await takeRunLock(path, WHO);
    await expect(takeRunLock(path, WHO)).rejects.toMatchObject({ code: 'run-lock-held', exitCode: 7 });
    await lock.release();
    await lock.release();
    await (await takeRunLock(path, WHO)).release();
  });

  it('is not lost when the same process asks for it again (POSIX drops locks when any descriptor closes)', async () => {
    const path = join(temporaryFolder(), 'run.lock');
    const lock = await takeRunLock(path, WHO);
    await expect(takeRunLock(path, WHO)).rejects.toMatchObject({ code: 'run-lock-held' });
    expect((await startProgram(program, [path, 'other']).ended).stdout).toMatch(/^refused run-lock-held/);
    await lock.release();
  });

  it('held by another process names operator, command, process, host and time', async () => {
    const path = join(temporaryFolder(), 'run.lock');
    const holder = startProgram(program, [path, 'asmith']);
    await holder.line(/^locked/);
    const attempt = takeRunLock(path, WHO);
    await expect(attempt).rejects.toThrow(
      new RegExp(
        `asmith \\(sweep run, process ${holder.process.pid} on .+, since 2026-01-02T03:04:05.000Z\\)`,
      ),
    );
    await expect(attempt).rejects.toMatchObject({
      details: { operator: 'asmith', command: 'sweep run', pid: holder.process.pid },
    });
  });

  it('is free again the moment its holder is killed', async () => {
    const path = join(temporaryFolder(), 'run.lock');
    const holder = startProgram(program, [path, 'asmith']);
    await holder.line(/^locked/);
    await expect(takeRunLock(path, WHO)).rejects.toMatchObject({ code: 'run-lock-held' });
    await holder.kill();
    expect(existsSync(`${path}.holder.json`)).toBe(true);
    const lock = await takeRunLock(path, WHO);
    await expect(takeRunLock(path, WHO)).rejects.toThrow(/jdoe/);
    await lock.release();
  });

  it('is won by exactly one of several that ask at once', async () => {
    const path = join(temporaryFolder(), 'run.lock');
    const children = Array.from({ length: 4 }, (_, index) => startProgram(program, [path, `op${index}`]));
    const answers = await Promise.all(
      children.map((child) => child.line(/^(?:locked|refused run-lock-held)/)),
    );
    expect(answers.filter((answer) => answer === 'locked')).toHaveLength(1);
  });

  it('leaves files that only the owner can use, and no holder after its release', async () => {
    const folder = temporaryFolder();
    const before = process.umask(0);
    try {
      const lock = await takeRunLock(join(folder, 'run.lock'), WHO);
      for (const name of readdirSync(folder))
        expect(lstatSync(join(folder, name)).mode & 0o077, name).toBe(0);
      await lock.release();
    } finally {
      process.umask(before);
    }
    expect(readdirSync(folder)).toEqual(['run.lock']);
  });

  it('fails where its folder is missing', async () => {
    await expect(takeRunLock(join(temporaryFolder(), 'none', 'run.lock'), WHO)).rejects.toMatchObject({
      code: 'ENOENT',
    });
  });
});
