import { execFileSync, spawn } from 'node:child_process';
import fs, {
  appendFileSync,
  closeSync,
  existsSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { DisposalTarget } from '../../src/shred/index.js';
import { codesOf, marked, Sandbox, snapshot } from './sandbox.js';

let box: Sandbox;
beforeEach(() => {
  box = new Sandbox();
});
afterEach(() => {
  box.remove();
});

function victims(): Record<string, string> {
  mkdirSync(box.path('victim', 'sub'), { recursive: true });
  for (const name of ['a', 'b', 'sub/c']) writeFileSync(box.path('victim', name), 'victim');
  return snapshot(box.path('victim'));
}

async function folderTarget(): Promise<DisposalTarget> {
  mkdirSync(box.path('f', 'sub'), { recursive: true });
  for (const name of ['a', 'b', 'sub/c']) writeFileSync(box.path('f', name), marked(100));
  return box.target('f', 'f', 'folder');
}

describe('destroy: while others change the tree', () => {
  it.each(['begun', 'overwritten', 'verified', 'marked', 'renamed', 'truncated', 'unlinked'] as const)(
    'does not follow a folder that becomes a link at %s',
    async (step) => {
      const before = victims();
      const target = await folderTarget();
      const outcome = await box.runOne(target, {
        [step]: () => {
          renameSync(box.path('f'), box.path('moved'));
          symlinkSync('victim', box.path('f'));
        },
      });
      expect(snapshot(box.path('victim'))).toEqual(before);
      expect(['refused', 'failed']).toContain(outcome.outcome);
    },
  );

  it.each(['begun', 'verified', 'marked', 'renamed'] as const)(
    'does not follow a subfolder that is swapped for another folder at %s',
    async (step) => {
      victims();
      const target = await folderTarget();
      const swap = (): void => {
        renameSync(box.path('f', 'sub'), box.path('moved'));
        renameSync(box.path('victim', 'sub'), box.path('f', 'sub'));
      };
      const outcome = await box.runOne(target, { [step]: swap });
      expect(readFileSync(box.path('f', 'sub', 'c'), 'utf8')).toBe('victim');
      expect(outcome.outcome).toBe('failed');
    },
  );

  it('does not follow a parent folder that becomes a link', async () => {
    const before = victims();
    mkdirSync(box.path('p'));
    writeFileSync(box.path('p', 'a'), marked(100));
    const target = await box.target('a', 'p/a');
    const outcome = await box.runOne(target, {
      begun: () => {
        renameSync(box.path('p'), box.path('moved'));
        symlinkSync('victim', box.path('p'));
      },
    });
    expect([outcome.outcome, ...codesOf(outcome)]).toEqual(['refused', 'parent-is-symlink']);
    expect(snapshot(box.path('victim'))).toEqual(before);
    expect(readFileSync(box.path('moved', 'a'), 'utf8')).toBe(marked(100));
  });

  it('does not open a pipe or follow a link that takes the place of a file', async () => {
    const before = victims();
    for (const name of ['a', 'b']) writeFileSync(box.path(name), marked(100));
    const targets = [await box.target('a', 'a'), await box.target('b', 'b')];
    const outcomes = await box.run(targets, {
      begun: () => {
        for (const name of ['a', 'b']) rmSync(box.path(name));
        execFileSync('mkfifo', [box.path('a')]);
        symlinkSync('victim/a', box.path('b'));
      },
    });
    expect(outcomes.map((each) => [each.outcome, ...codesOf(each)])).toEqual([
      ['refused', 'changed'],
      ['refused', 'changed'],
    ]);
    expect(snapshot(box.path('victim'))).toEqual(before);
  });

  it.each(['verified', 'marked'] as const)('leaves a new file that takes the name at %s', async (step) => {
    writeFileSync(box.path('a'), marked(100));
    const outcome = await box.runOne(await box.target('a', 'a'), {
      [step]: () => {
        writeFileSync(box.path('new'), 'new version');
        renameSync(box.path('new'), box.path('a'));
      },
    });
    expect(outcome.outcome).toBe('failed');
    expect(codesOf(outcome)).toEqual(['name-reused']);
    expect(readFileSync(box.path('a'), 'utf8')).toBe('new version');
  });

  it('loses no new version that another process puts in place, whatever the moment', async () => {
    const names = Array.from({ length: 400 }, (_, at) => `f${at}`);
    const targets: DisposalTarget[] = [];
    for (const name of names) {
      writeFileSync(box.path(name), marked(100));
      targets.push(await box.target(name, name));
    }
    const script = `const { existsSync, renameSync, writeFileSync } = require('node:fs');
      process.chdir(process.argv[1]);
      writeFileSync('../ready', '');
      while (!existsSync('../go'));
      for (const name of process.argv.slice(2)) {
        writeFileSync('new-' + name, 'new');
        renameSync('new-' + name, name);
        for (const until = performance.now() + 0.5; performance.now() < until; );
      }`;
    box.journal.stillAuthorized = async () => undefined;
    const other = spawn(process.execPath, ['-e', script, box.data, ...names.toReversed()]);
    const ended = new Promise((resolve) => other.on('exit', resolve));
    while (!existsSync(join(box.root, 'ready'))) await new Promise((resolve) => setTimeout(resolve, 5));
    // From both ends, so that they meet in the middle.
    const outcomes = await box.run(targets, { begun: () => writeFileSync(join(box.root, 'go'), '') });
    expect(await ended).toBe(0);
    expect(new Set(outcomes.map((each) => each.outcome)).size).toBeGreaterThan(1);
    expect(Object.entries(snapshot(box.data)).filter(([, content]) => content === 'file new').length).toBe(
      400,
    );
  });

  // The one moment that no observer sees, and another process hits only by chance: between the look and the renaming.
  it.each([
    ['a file', () => writeFileSync(box.path('new'), 'new'), 'file new'],
    ['a pipe', () => void execFileSync('mkfifo', [box.path('new')]), undefined],
    ['a link', () => symlinkSync('nowhere', box.path('new')), undefined],
  ])('gives %s its name back that comes between the look and the renaming', async (_, make, content) => {
    writeFileSync(box.path('a'), marked(100));
    const target = await box.target('a', 'a');
    make();
    const { ino } = lstatSync(box.path('new'));
    const rename = fs.renameSync;
    onTestFinished(() => {
      fs.renameSync = rename;
      syncBuiltinESMExports();
    });
    fs.renameSync = (from, to) => {
      // The journal renames files of its own.
      if (String(from).endsWith('/a')) rename(box.path('new'), box.path('a'));
      rename(from, to);
    };
    syncBuiltinESMExports();
    const outcome = await box.runOne(target);
    expect([outcome.outcome, ...codesOf(outcome)]).toEqual(['failed', 'name-reused']);
    expect(readdirSync(box.data)).toEqual(['a']);
    expect(lstatSync(box.path('a')).ino).toBe(ino);
    if (content !== undefined) expect(Object.values(snapshot(box.data))).toEqual([content]);
  });

  it('does not remove a file that is not what was written, or that somebody wrote to', async () => {
    for (const name of ['a', 'b', 'c']) writeFileSync(box.path(name), marked(5000));
    const spoil = (name: string): void => {
      const file = openSync(box.path(name), 'r+');
      // One byte would be what is there already in one of 256 runs.
      writeSync(file, 'X'.repeat(16), 4500);
      closeSync(file);
    };
    const atRead = await box.runOne(await box.target('a', 'a'), { overwritten: () => spoil('a') });
    expect([atRead.outcome, ...codesOf(atRead)]).toEqual(['failed', 'verification-failed']);
    await new Promise((resolve) => setTimeout(resolve, 20));
    const target = await box.target('b', 'b');
    const later = await box.runOne(target, {
      marked: () => {
        // Beyond the resolution of the time of change.
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
        appendFileSync(box.path('b'), 'more');
      },
    });
    expect([later.outcome, ...codesOf(later)]).toEqual(['failed', 'grew-while-running']);
    expect(readdirSync(box.data).toSorted()).toEqual(['a', 'b', 'c']);
  });

  it('does not remove a file that somebody wrote to and whose time was put back', async () => {
    writeFileSync(box.path('a'), marked(4096));
    const outcome = await box.runOne(await box.target('a', 'a'), {
      marked: () => {
        execFileSync('touch', ['-r', box.path('a'), join(box.root, 'time')]);
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
        writeFileSync(box.path('a'), 'n'.repeat(statSync(box.path('a')).size));
        execFileSync('touch', ['-r', join(box.root, 'time'), box.path('a')]);
      },
    });
    expect([outcome.outcome, ...codesOf(outcome)]).toEqual(['failed', 'grew-while-running']);
    expect(readFileSync(box.path('a'), 'utf8')).toMatch(/^n+$/);
  });

  it('leaves what was added to a folder, and the folder', async () => {
    const target = await folderTarget();
    const outcome = await box.runOne(target, {
      marked: () => writeFileSync(box.path('f', 'sub', 'new'), 'new'),
    });
    expect(outcome).toMatchObject({ outcome: 'failed', files: 3, filesPlanned: 3 });
    expect(codesOf(outcome)).toContain('folder-not-empty');
    expect(snapshot(box.data)).toEqual({
      [box.path('f')]: 'folder',
      [box.path('f', 'sub')]: 'folder',
      [box.path('f', 'sub', 'new')]: 'file new',
    });
  });

  it('does the other files of a folder when one fails, and counts', async () => {
    const target = await folderTarget();
    const outcome = await box.runOne(target, { begun: () => appendFileSync(box.path('f', 'b'), 'grown') });
    expect(outcome).toMatchObject({ outcome: 'failed', files: 2, filesPlanned: 3, bytes: '200' });
    expect(codesOf(outcome)).toEqual(['changed']);
    expect(Object.keys(snapshot(box.data)).toSorted()).toEqual([box.path('f'), box.path('f', 'b')]);
    expect(readFileSync(box.path('f', 'b'), 'utf8')).toBe(`${marked(100)}grown`);
  });
});
