import { execFileSync } from 'node:child_process';
import { readdirSync, statfsSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { assessFreeSpace, wipeFreeSpace } from '../../src/shred/index.js';
import { LoopVolume } from './loop-volume.js';
import { MARKER, marked } from './sandbox.js';

let volume: LoopVolume;
beforeEach(() => {
  volume = new LoopVolume();
});
afterEach(() => {
  volume.remove();
});

/** Files are deleted in the ordinary way, so that their content is in free space. */
function leaveDeletedContent(): void {
  for (let at = 0; at < 40; at += 1) writeFileSync(join(volume.point, `${at}`), marked(100_000));
  execFileSync('sync', ['-f', volume.point]);
  for (let at = 0; at < 40; at += 1) unlinkSync(join(volume.point, `${at}`));
  writeFileSync(join(volume.point, 'kept'), 'kept');
  execFileSync('sync', ['-f', volume.point]);
}

it('fills free space, so that what was deleted is not left in the image, and frees it again', async (context) => {
  volume.mount(context, ['mkfs.ext4', '-q', '-F', '-m', '0']);
  volume.usePastCache(context);
  leaveDeletedContent();
  const there = volume.occurrences(MARKER);
  expect(there).toBeGreaterThan(100_000);
  const before = statfsSync(volume.point).bavail;
  const done = await wipeFreeSpace(volume.point, { reserveBytes: 0n, trim: false });
  expect([done.outcome, done.reasons, done.verifiedFrom]).toEqual(['filled-verified', [], 'medium']);
  expect(Number(done.verifiedBytes)).toBeGreaterThan(0.95 * Number(done.freeBytes));
  expect(readdirSync(volume.point).toSorted()).toEqual(['kept', 'lost+found']);
  expect(statfsSync(volume.point).bavail).toBe(before);
  volume.unmount();
  // A free block that ext4 takes for a record of its own meanwhile keeps what was in it: that is one of the limits.
  expect(volume.occurrences(MARKER)).toBeLessThan(there / 1000);
  expect(done.limits.map(({ code }) => code)).toContain('free-space-metadata');
});

it('leaves the reserve free at every moment, and says what it does not reach', async (context) => {
  volume.mount(context, ['mkfs.ext4', '-q', '-F', '-m', '0']);
  const reserve = 20n * 1024n * 1024n;
  let least = Number.POSITIVE_INFINITY;
  const done = await wipeFreeSpace(volume.point, {
    reserveBytes: reserve,
    progress: () => {
      const { bavail, bsize } = statfsSync(volume.point);
      least = Math.min(least, bavail * bsize);
    },
  });
  expect(done.outcome).toBe('filled-verified');
  // The file system takes some blocks for its own records.
  expect(least).toBeGreaterThan(Number(reserve) - 256 * 1024);
  expect(done.limits.map(({ code }) => code)).toEqual(
    expect.arrayContaining(['free-space-reserve', 'free-space-slack', 'free-space-metadata']),
  );
  expect(done.trim?.done === true ? Number(done.trim.bytes) > 0 : done.trim?.reason?.code).toBe(
    done.trim?.done === true ? true : 'not-trimmed',
  );
});

it('stops cleanly, and says so', async (context) => {
  volume.mount(context, ['mkfs.ext4', '-q', '-F']);
  const stop = new AbortController();
  const done = await wipeFreeSpace(volume.point, {
    signal: stop.signal,
    progress: () => stop.abort(),
    trim: false,
  });
  expect([done.outcome, done.reasons.map(({ code }) => code)]).toEqual([
    'filled-partly',
    ['stopped-filling'],
  ]);
  expect(readdirSync(volume.point)).toEqual(['lost+found']);
});

it('refuses memory and kernel file systems, and those that it does not know unless that is accepted', async () => {
  expect(assessFreeSpace('/proc').obstacle?.code).toBe('no-free-space');
  const refused = await wipeFreeSpace('/proc');
  expect([refused.outcome, refused.verifiedBytes]).toEqual(['refused', 0n]);
});
