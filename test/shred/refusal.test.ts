import { execFileSync, spawnSync } from 'node:child_process';
import {
  appendFileSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { MediumInspector } from '../../src/shred/index.js';
import { HELD } from './json-journal.js';
import { codesOf, marked, Sandbox, snapshot } from './sandbox.js';

let box: Sandbox;
let complete: string;
beforeEach(async () => {
  box = new Sandbox();
  complete = await box.destroyed();
});
afterEach(() => {
  box.remove();
});

describe('destroy: what it refuses', () => {
  it('reports what is gone as gone, and a missing volume as missing', async () => {
    writeFileSync(box.path('a'), 'x');
    const target = await box.target('a', 'a');
    rmSync(box.path('a'));
    expect(await box.runOne(target)).toMatchObject({ outcome: 'already-gone', files: 0 });
    const elsewhere = { ...target, fingerprint: { ...target.fingerprint, device: '1' } };
    const outcome = await box.runOne(elsewhere);
    expect(outcome.outcome).toBe('refused');
    expect(codesOf(outcome)).toEqual(['volume-absent']);
    // Neither reached `begin`; both were reported.
    expect(box.journal.calls).toEqual(['finish', 'finish']);
  });

  it('refuses the image of a loop device, alone and in a folder, however it is named', async (context) => {
    mkdirSync(box.path('f'));
    writeFileSync(box.path('f', 'image'), marked(65_536));
    const [whole, alone] = [await box.target('f', 'f', 'folder'), await box.target('i', 'f/image')];
    const made = spawnSync('losetup', ['-f', '--show', box.path('f', 'image')], { encoding: 'utf8' });
    if (made.status !== 0) context.skip('loop devices are not permitted here');
    try {
      for (const target of [whole, alone]) {
        const outcome = await box.runOne(target);
        expect([outcome.outcome, ...codesOf(outcome)]).toEqual(['refused', 'device-image']);
      }
    } finally {
      spawnSync('losetup', ['-d', made.stdout.trim()]);
    }
    expect(readFileSync(box.path('f', 'image'), 'utf8')).toBe(marked(65_536));
    expect((await box.runOne(whole)).outcome).toBe(complete);
  });

  it.each([
    ['content', () => appendFileSync(box.path('a'), 'more')],
    ['content of the same length', () => writeFileSync(box.path('a'), 'y')],
    [
      'content of the same length, with the time put back',
      () => {
        execFileSync('touch', ['-r', box.path('a'), box.path('time')]);
        writeFileSync(box.path('a'), 'y');
        execFileSync('touch', ['-r', box.path('time'), box.path('a')]);
      },
    ],
    [
      'the file, by another of the same content',
      () => {
        writeFileSync(box.path('n'), 'x');
        renameSync(box.path('n'), box.path('a'));
      },
    ],
  ])('refuses a file after a change of %s', async (_, change) => {
    writeFileSync(box.path('a'), 'x');
    const target = await box.target('a', 'a');
    // Times of change have a resolution of some milliseconds.
    await new Promise((resolve) => setTimeout(resolve, 20));
    change();
    const before = snapshot(box.data);
    const outcome = await box.runOne(target);
    expect([outcome.outcome, ...codesOf(outcome)]).toEqual(['refused', 'changed']);
    expect(snapshot(box.data)).toEqual(before);
  });

  it('refuses a hard link that was made after the plan, and one made after the examination', async () => {
    writeFileSync(box.path('a'), marked(100));
    writeFileSync(box.path('b'), marked(100));
    const targets = [await box.target('a', 'a'), await box.target('b', 'b')];
    linkSync(box.path('a'), box.path('a2'));
    const before = snapshot(box.data);
    const outcomes = await box.run(targets, { begun: () => linkSync(box.path('b'), box.path('b2')) });
    expect(outcomes.map(codesOf)).toEqual([['hard-linked'], ['hard-linked']]);
    expect(outcomes.map((each) => each.outcome)).toEqual(['refused', 'refused']);
    expect(snapshot(box.data)).toEqual({ ...before, [box.path('b2')]: `file ${marked(100)}` });
  });

  it('refuses a location that leads through a link, also when the file behind it is the planned one', async () => {
    mkdirSync(box.path('real'));
    writeFileSync(box.path('real', 'a'), 'x');
    const target = await box.target('a', 'real/a');
    symlinkSync('real', box.path('alias'));
    const outcome = await box.runOne({ ...target, location: box.path('alias', 'a') });
    expect([outcome.outcome, ...codesOf(outcome)]).toEqual(['refused', 'parent-is-symlink']);
    expect(readFileSync(box.path('real', 'a'), 'utf8')).toBe('x');
  });

  it('refuses the inner of two targets that lie in each other, and an item that is named twice', async () => {
    mkdirSync(box.path('f'));
    writeFileSync(box.path('f', 'a'), 'x');
    writeFileSync(box.path('f-a'), 'x');
    const outer = await box.target('outer', 'f', 'folder');
    const inner = await box.target('inner', 'f/a');
    const beside = await box.target('beside', 'f-a');
    await expect(box.run([outer, outer])).rejects.toThrow(RangeError);
    const outcomes = await box.run([inner, beside, outer]);
    expect(outcomes.map((each) => each.outcome)).toEqual(['refused', complete, complete]);
    expect(outcomes.slice(0, 1).map(codesOf)).toEqual([['overlaps']]);
  });

  it('refuses a medium that leaves data behind unless that is accepted, and then says so', async () => {
    const inspector: MediumInspector = {
      inspect: () => ({
        assessment: { fileSystem: 'btrfs', residual: [{ code: 'copy-on-write', text: 'x' }], limits: [] },
        pseudo: false,
      }),
      mountedAt: () => false,
      mountedBelow: () => false,
      hasSecondPath: () => false,
    };
    writeFileSync(box.path('a'), marked(100));
    const target = await box.target('a', 'a');
    const refused = await box.runOne(target, {}, { inspector, acceptResidual: false });
    expect([refused.outcome, ...codesOf(refused)]).toEqual(['refused', 'residual', 'copy-on-write']);
    expect(readFileSync(box.path('a'), 'utf8')).toBe(marked(100));
    const accepted = await box.runOne(target, {}, { inspector });
    expect([accepted.outcome, ...codesOf(accepted)]).toEqual(['overwritten-residual', 'copy-on-write']);
  });

  it('does nothing without the journal', async () => {
    writeFileSync(box.path('a'), 'x');
    writeFileSync(box.path('b'), 'x');
    const targets = [await box.target('a', 'a'), await box.target('b', 'b')];
    const before = snapshot(box.data);
    box.journal.hold('a');
    box.journal.begin = async () => [{ itemId: 'a', go: false, reason: HELD }];
    const outcomes = await box.run(targets);
    expect(outcomes.map((each) => [each.outcome, ...codesOf(each)])).toEqual([
      ['refused', 'held'],
      ['refused', 'no-authorization'],
    ]);
    box.journal.begin = () => Promise.reject(new Error('disk full'));
    await expect(box.run(targets)).rejects.toThrow('disk full');
    expect(snapshot(box.data)).toEqual(before);
  });

  it('removes nothing when the marks could not be stored', async () => {
    writeFileSync(box.path('a'), marked(100));
    const target = await box.target('a', 'a');
    box.journal.overwritten = () => Promise.reject(new Error('disk full'));
    await expect(box.run([target])).rejects.toThrow('disk full');
    expect(readdirSync(box.data)).toEqual(['a']);
    expect(box.journal.pending()).toHaveLength(1);
  });

  it('leaves an item that a hold reaches after begin', async () => {
    writeFileSync(box.path('a'), marked(100));
    const outcome = await box.runOne(await box.target('a', 'a'), { begun: () => box.journal.hold('a') });
    expect([outcome.outcome, ...codesOf(outcome)]).toEqual(['refused', 'held']);
    expect(readFileSync(box.path('a'), 'utf8')).toBe(marked(100));
  });
});
