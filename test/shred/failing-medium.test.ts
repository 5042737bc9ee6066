import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createExaminer, type DisposalJournal, type DisposalTarget, destroy } from '../../src/shred/index.js';
import { LoopVolume } from './loop-volume.js';
import { codesOf, marked, Sandbox } from './sandbox.js';

// A medium that returns errors: the image of a file system lies on a tmpfs that is smaller than it.

/** Says yes to everything and keeps nothing. */
const YES: DisposalJournal = {
  begin: async (requests) => requests.map(({ target }) => ({ itemId: target.itemId, go: true })),
  stillAuthorized: async () => undefined,
  overwritten: async () => undefined,
  finish: async () => undefined,
};

async function examined(locations: readonly string[]): Promise<DisposalTarget[]> {
  const examiner = createExaminer(box);
  return await Promise.all(
    locations.map(async (location) => {
      const found = await examiner.examine(location, 'file');
      if (found.status !== 'ready') throw new Error(found.reason.code);
      return { itemId: location, location, medium: 'file', fingerprint: found.fingerprint };
    }),
  );
}

let memory: LoopVolume;
let disk: LoopVolume;
let box: Sandbox;
beforeEach(() => {
  memory = new LoopVolume();
  disk = new LoopVolume();
  box = new Sandbox();
});
afterEach(() => {
  disk.remove();
  memory.remove();
  box.remove();
});

it('reports storage below that has no room for what is written, as of a thin volume, and keeps the file', async (context) => {
  const tmpfs = ['-t', 'tmpfs', '-o', 'size=8m', 'none', memory.point];
  if (spawnSync('mount', tmpfs).status !== 0) context.skip('mounts are not permitted here');
  const image = join(memory.point, 'image');
  writeFileSync(image, '');
  truncateSync(image, 64 * 1024 * 1024);
  // Nothing is written but the file system's own records; the blocks of files are there in name only.
  const made = spawnSync('mkfs.ext4', [
    '-q',
    '-F',
    '-O',
    '^has_journal',
    '-E',
    'lazy_itable_init=1,nodiscard',
    image,
  ]);
  if (made.status !== 0) context.skip('mkfs.ext4 is not available or failed');
  if (spawnSync('mount', ['-o', 'loop', image, disk.point]).status !== 0)
    context.skip('loop mounts are not permitted');
  writeFileSync(join(disk.point, 'small'), marked(5000));
  // Blocks that the file has, and that the image gets memory for only when they are written.
  const file = join(disk.point, 'large');
  execFileSync('fallocate', ['-l', '20M', file]);
  execFileSync('sync', ['-f', disk.point]);
  const targets = await examined([join(disk.point, 'small'), file]);
  const [small, large] = await destroy(targets, box.journal, box);
  expect(small?.outcome).toBe('overwritten-verified');
  expect(large).toMatchObject({ outcome: 'failed', files: 0 });
  expect(large && codesOf(large)).toEqual(['disk-full']);
  expect(statSync(file).size).toBe(20 * 1024 * 1024);
});

it('destroys all of a thousand but the one that may not be changed, and says which and why', async (context) => {
  const names = Array.from({ length: 1000 }, (_, at) => box.path(`${at}`));
  for (const name of names) writeFileSync(name, marked(10));
  const targets = await examined(names);
  if (spawnSync('chattr', ['+i', box.path('500')]).status !== 0) context.skip('chattr is not permitted here');
  try {
    const outcomes = await destroy(targets, YES, {
      protectedPaths: box.protectedPaths,
      acceptResidual: true,
    });
    const left = outcomes.filter(({ outcome }) => !outcome.startsWith('overwritten'));
    expect(left.map((each) => [basename(each.itemId), each.outcome, ...codesOf(each)])).toEqual([
      ['500', 'refused', expect.stringMatching(/^(immutable|changed)$/)],
    ]);
    expect(readFileSync(box.path('500'), 'utf8')).toBe(marked(10));
  } finally {
    spawnSync('chattr', ['-i', box.path('500')]);
  }
});

it('overwrites by an older method of several passes, and says what was done', async () => {
  mkdirSync(box.path('f'));
  writeFileSync(box.path('f', 'a'), marked(1_500_000));
  const target = await box.target('f', 'f', 'folder');
  const outcome = await box.runOne(target, {}, { method: 'overwrite-dod-3-pass' });
  expect(outcome).toMatchObject({
    outcome: await box.destroyed(),
    method: 'overwrite-dod-3-pass',
    passes: 3,
    pattern: '0x00, 0xFF, pseudo-random',
    files: 1,
  });
});

it.each(['overwrite-zero-1-pass', 'overwrite-dod-7-pass', 'overwrite-gutmann-35-pass'] as const)(
  'goes on by the method that the cut-off run began with (%s)',
  async (method) => {
    writeFileSync(box.path('a'), marked(5000));
    const crash = (): void => {
      throw new Error('crash');
    };
    await expect(box.run([await box.target('a', 'a')], { overwritten: crash }, { method })).rejects.toThrow(
      'crash',
    );
    const [outcome] = await box.resume();
    expect(outcome).toMatchObject({ outcome: await box.destroyed(), method });
  },
);
