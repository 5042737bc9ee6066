import { execFileSync, spawnSync } from 'node:child_process';
import {
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  statSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { destroy, examine, resume } from '../../src/shred/index.js';
import { LoopVolume } from './loop-volume.js';
import { MARKER, marked, Sandbox } from './sandbox.js';

// Real file systems in image files, searched byte by byte after the disposal.

let volume: LoopVolume;
beforeEach(() => {
  volume = new LoopVolume();
});
afterEach(() => {
  volume.remove();
});

it.for([
  ['ext4', ['mkfs.ext4', '-q', '-F'], 'loop'],
  ['ext4 with 1 KiB blocks', ['mkfs.ext4', '-q', '-F', '-b', '1024'], 'loop'],
  ['ext4 data=writeback', ['mkfs.ext4', '-q', '-F'], 'loop,data=writeback'],
  ['ext2', ['mkfs.ext2', '-q', '-F'], 'loop'],
] as const)('%s: no content is left in the image', async ([, mkfs, options], context) => {
  volume.mount(context, mkfs, options);
  volume.usePastCache(context);
  const control = 'CONTROL-of-a-file-that-is-only-unlinked-';
  const box = new Sandbox(volume.point);
  mkdirSync(box.path('f', 'sub'), { recursive: true });
  writeFileSync(box.path('a'), marked(5000));
  writeFileSync(box.path('f', 'large'), marked(3_000_000));
  for (let at = 0; at < 50; at += 1) writeFileSync(box.path('f', 'sub', `${at}`), marked(100 + 97 * at));
  writeFileSync(box.path('control'), control.repeat(10_000));
  execFileSync('sync', ['-f', volume.point]);
  expect(volume.occurrences(MARKER)).toBeGreaterThan(100_000);

  unlinkSync(box.path('control'));
  const targets = [await box.target('a', 'a'), await box.target('f', 'f', 'folder')];
  const outcomes = await destroy(targets, box.journal, { protectedPaths: box.protectedPaths });
  execFileSync('umount', [volume.point]);
  expect(outcomes.map((each) => [each.outcome, each.files, each.verifiedFrom])).toEqual([
    ['overwritten-verified', 1, 'medium'],
    ['overwritten-verified', 51, 'medium'],
  ]);
  expect(volume.occurrences(MARKER.slice(0, 12))).toBe(0);
  // The search itself finds what is left of an ordinary removal.
  expect(volume.occurrences(control)).toBeGreaterThan(0);
});

it.for([
  ['as a mount option', ['mkfs.ext4', '-q', '-F'], 'loop,data=journal'],
  [
    'as the default of the file system',
    ['sh', '-c', 'mkfs.ext4 -q -F "$0" && tune2fs -o journal_data "$0"'],
    'loop',
  ],
] as const)('ext4 data=journal %s: found before anything is written', async ([, mkfs, options], context) => {
  volume.mount(context, mkfs, options);
  const box = new Sandbox(volume.point);
  writeFileSync(box.path('a'), marked(5000));
  const target = await box.target('a', 'a');
  const [outcome] = await destroy([target], box.journal, { protectedPaths: box.protectedPaths });
  expect(outcome?.outcome).toBe('refused');
  expect(outcome?.reasons.map((each) => each.code)).toEqual(['residual', 'data-journal']);
});

it('ext4 inline_data: a file whose content lies in the inode is found before anything is written', async (context) => {
  volume.mount(context, ['mkfs.ext4', '-q', '-F', '-O', 'inline_data', '-I', '256']);
  const box = new Sandbox(volume.point);
  mkdirSync(box.path('f'));
  for (const name of ['small', 'f/small']) writeFileSync(box.path(name), 'SSN 078-05-1120');
  for (const name of ['large', 'f/large']) writeFileSync(box.path(name), marked(5000));
  writeFileSync(box.path('block'), marked(600));
  const targets = [
    await box.target('small', 'small'),
    await box.target('large', 'large'),
    await box.target('block', 'block'),
    await box.target('f', 'f', 'folder'),
  ];
  const outcomes = await destroy(targets, box.journal, { protectedPaths: box.protectedPaths });
  expect(outcomes.map((each) => [each.outcome, ...each.reasons.map((why) => why.code)])).toEqual([
    ['refused', 'residual', 'inline-data'],
    ['overwritten-verified'],
    ['overwritten-verified'],
    ['refused', 'residual', 'inline-data'],
  ]);
  // Accepted and cut off: what a later run says is the same.
  const stop = {
    marked: () => {
      throw new Error('crash');
    },
  };
  await expect(box.run([await box.target('again', 'small')], stop)).rejects.toThrow('crash');
  const [resumed] = await box.resume();
  expect([resumed?.outcome, ...(resumed?.reasons ?? []).map((why) => why.code)]).toEqual([
    'overwritten-residual',
    'inline-data',
  ]);
});

it('resumes nothing at a place that has a second path by now', async (context) => {
  volume.mount(context, ['mkfs.ext4', '-q', '-F']);
  const box = new Sandbox(volume.point);
  writeFileSync(box.path('a'), marked(5000));
  const stop = {
    begun: () => {
      throw new Error('crash');
    },
  };
  await expect(box.run([await box.target('a', 'a')], stop)).rejects.toThrow('crash');
  const second = join(volume.folder, 'second');
  mkdirSync(second);
  execFileSync('mount', ['--bind', box.data, second]);
  try {
    const [outcome] = await box.resume();
    expect([outcome?.outcome, ...(outcome?.reasons ?? []).map((why) => why.code)]).toEqual([
      'unknown',
      'bind-mount',
    ]);
    expect(readFileSync(box.path('a'), 'utf8')).toBe(marked(5000));
  } finally {
    execFileSync('umount', [second]);
  }
});

it('refuses the root of a mount, and a folder with a mount below it', async (context) => {
  volume.mount(context, ['mkfs.ext4', '-q', '-F']);
  for (const [path, medium] of [
    [volume.point, 'folder'],
    [volume.folder, 'folder'],
  ] as const) {
    const examined = await examine(path, medium, { protectedPaths: [] });
    expect(examined).toMatchObject({ status: 'refused', reason: { code: 'mount-point' } });
  }
});

it('finds a file system that is mounted read-only', async (context) => {
  volume.mount(context, ['mkfs.ext4', '-q', '-F']);
  writeFileSync(join(volume.point, 'a'), 'x');
  execFileSync('mount', ['-o', 'remount,ro', volume.point]);
  const examined = await examine(join(volume.point, 'a'), 'file', { protectedPaths: [] });
  expect(examined).toMatchObject({ status: 'refused', reason: { code: 'read-only' } });
});

it('does not say gone of a file on a volume that is not mounted', async (context) => {
  volume.mount(context, ['mkfs.ext4', '-q', '-F']);
  writeFileSync(join(volume.point, 'a'), 'x');
  const box = new Sandbox();
  const examined = await examine(join(volume.point, 'a'), 'file', box);
  if (examined.status !== 'ready') throw new Error(examined.reason.code);
  const { location, fingerprint } = examined;
  execFileSync('umount', [volume.point]);
  const outcomes = await destroy([{ itemId: 'a', location, medium: 'file', fingerprint }], box.journal, box);
  expect(outcomes[0]?.outcome).toBe('refused');
  expect(outcomes[0]?.reasons.map((each) => each.code)).toEqual(['volume-absent']);
  box.remove();
});

it('reports a full file system as a failure of that file and removes nothing', async (context) => {
  volume.mount(context, ['mkfs.ext4', '-q', '-F', '-m', '0']);
  const box = new Sandbox(volume.point);
  // Each MiB holds one byte: overwriting needs 30 MiB where only some blocks are allocated.
  const file = openSync(box.path('sparse'), 'w');
  for (let at = 0; at < 30; at += 1) writeSync(file, 'x', at * 1024 * 1024);
  closeSync(file);
  spawnSync('sh', ['-c', `yes filler | dd of=${box.path('filler')} bs=64k status=none`]);
  const target = await box.target('sparse', 'sparse');
  // The journal lies elsewhere: on the full disk it could not record the outcome, and destroy() would say so.
  const elsewhere = new Sandbox();
  const finish = elsewhere.journal.finish.bind(elsewhere.journal);
  // Kept back, as a run does that tries again a little later.
  elsewhere.journal.finish = async () => undefined;
  const [outcome] = await destroy([target], elsewhere.journal, box);
  expect(outcome).toMatchObject({ outcome: 'failed', files: 0 });
  expect(outcome?.reasons.map((each) => each.code)).toEqual(['disk-full']);
  expect(statSync(box.path('sparse')).size).toBe(29 * 1024 * 1024 + 1);
  // Begun again in the same process, with space: what it left is known, and nobody else wrote to it.
  unlinkSync(box.path('filler'));
  elsewhere.journal.finish = finish;
  const [again] = await resume(elsewhere.journal.pending(), elsewhere.journal, box);
  expect(again).toMatchObject({ outcome: 'overwritten-verified', files: 1 });
  elsewhere.remove();
});
