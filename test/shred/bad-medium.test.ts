// Bad sectors, and a stick that is pulled out: what could not be overwritten is never called so.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, type TestContext } from 'vitest';
import { destroy, examine, type TargetOutcome } from '../../src/shred/index.js';
import { BadMedium, type BadSector } from './bad-medium.js';
import { LoopVolume } from './loop-volume.js';
import { codesOf, marked, Sandbox } from './sandbox.js';

let volume: LoopVolume;
let medium: BadMedium;
let box: Sandbox;
beforeEach(() => {
  volume = new LoopVolume();
  medium = new BadMedium();
  box = new Sandbox();
});
afterEach(async () => {
  volume.unmountLazily();
  await medium.remove();
  volume.remove();
  box.remove();
});

const EXT4 = ['mkfs.ext4', '-q', '-F', '-b', '4096', '-O', '^has_journal'];
const at = (name: string): string => join(volume.point, name);

/** Sector in the middle of a file, as the file system says where its blocks are. */
function sectorOf(name: string): number {
  const { stdout } = spawnSync('filefrag', ['-s', '-b512', '-v', at(name)], { encoding: 'utf8' });
  const extent = /^\s*0:\s+0\.\.\s*(\d+):\s+(\d+)\.\./m.exec(stdout);
  if (extent === null) throw new Error(stdout);
  return Number(extent[2]) + Math.floor(Number(extent[1]) / 2);
}

/** Makes the files, then mounts the same image from a device with bad sectors in the middle of the one named `bad`. */
async function fill(
  context: TestContext,
  sizes: Record<string, number>,
  on: readonly BadSector['on'][],
): Promise<void> {
  volume.mount(context, EXT4);
  for (const [name, size] of Object.entries(sizes)) writeFileSync(at(name), marked(size));
  execFileSync('sync', ['-f', volume.point]);
  const sector = on.length === 0 ? 0 : sectorOf('bad');
  volume.unmount();
  const bad = on.map((each) => ({ sector, on: each }));
  execFileSync('mount', [await medium.serve(context, volume.image, bad), volume.point]);
}

async function destroyAll(
  names: readonly string[],
  observe: (step: string) => void = () => undefined,
): Promise<TargetOutcome[]> {
  const targets = [];
  for (const name of names) {
    const found = await examine(at(name), 'file', box);
    if (found.status !== 'ready') throw new Error(found.reason.code);
    const { location, fingerprint } = found;
    targets.push({ itemId: name, location, medium: 'file' as const, fingerprint });
  }
  return await destroy(targets, box.journal, {
    protectedPaths: box.protectedPaths,
    // An image that a program serves: it is said before and after that copies may be left there.
    acceptResidual: true,
    observe: ({ step }) => observe(step),
  });
}

it.for([
  ['a small file that cannot be written', 4000, 'write'],
  ['a large file that cannot be written', 12_000_000, 'write'],
  ['a small file that cannot be read back', 4000, 'read'],
  ['a large file that cannot be read back', 12_000_000, 'read'],
] as const)('keeps %s, says why, and destroys the others', async ([, size, on], context) => {
  await fill(context, { bad: size, good: 5000 }, [on]);
  // Where it cannot be read the device mixes up what is written at the same time, see there: the other one waits until the
  // first is over, and the large one, of which several parts are written at once, may be found not to hold what was written.
  const runs = on === 'read' ? [['bad'], ['good']] : [['bad', 'good']];
  const mixesUp = on === 'read' && size > 1_000_000;
  const outcomes: TargetOutcome[] = [];
  for (const names of runs) outcomes.push(...(await destroyAll(names)));
  const [bad, good] = outcomes;
  expect([bad?.outcome, bad?.files]).toEqual(['failed', 0]);
  const either = expect.stringMatching(/^(io-error|verification-failed)$/);
  expect(bad && codesOf(bad)).toEqual([mixesUp ? either : 'io-error']);
  expect(good?.outcome).toBe('overwritten-residual');
  expect([existsSync(at('bad')), existsSync(at('good'))]).toEqual([true, false]);
  expect(box.journal.read().items.bad?.entries[0]?.state).toBe('pending');
});

it('ends with a reason for each file where the stick is pulled out, and calls none overwritten', async (context) => {
  const names = Array.from({ length: 40 }, (_, index) => `f${index}`);
  await fill(context, Object.fromEntries(names.map((name) => [name, 300_000])), []);
  let pulled: Promise<void> | undefined;
  const outcomes = await destroyAll(names, (step) => {
    if (step === 'overwritten') pulled ??= medium.pullOut();
  });
  await pulled;
  expect(pulled).toBeDefined();
  const destroyed = outcomes.filter(({ outcome }) => outcome === 'overwritten-residual');
  const failed = outcomes.filter(({ outcome }) => outcome === 'failed' || outcome === 'refused');
  expect(failed.length).toBeGreaterThan(20);
  expect(destroyed.length + failed.length).toBe(40);
  expect(failed.map(codesOf)).toEqual(failed.map(() => [expect.stringMatching(/^(io-error|not-removed)$/)]));
});
