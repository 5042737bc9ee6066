// Files of several names: destroyed where all names are in what is disposed of, left where one is not.
import { spawnSync } from 'node:child_process';
import { existsSync, linkSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import {
  createExaminer,
  type DisposalStep,
  type DisposalTarget,
  examine,
  PAGE,
} from '../../src/shred/index.js';
import { compileProgram } from '../child-program.js';
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

const SIZE = 9000;

/** A folder with two names of one file, one of them in a subfolder, and a file of its own. */
function fill(name = 'f'): void {
  mkdirSync(box.path(name, 'sub'), { recursive: true });
  writeFileSync(box.path(name, 'one'), marked(SIZE));
  linkSync(box.path(name, 'one'), box.path(name, 'sub', 'two'));
  writeFileSync(box.path(name, 'alone'), marked(100));
}

/** Targets as a plan of all of them would freeze them. */
function together(...names: [string, 'file' | 'folder'][]): DisposalTarget[] {
  const examiner = createExaminer({ protectedPaths: [] });
  const places = names.map(([name, medium]) => ({ location: box.path(name), medium }));
  const seen = places.map(({ location, medium }) => examiner.glance(location, medium));
  const found = examiner.completeLinks(seen, places);
  examiner.survey(found);
  return found.map((each, at) => {
    if (each.status !== 'ready') throw new Error(each.reason.code);
    const { location, fingerprint } = each;
    return { itemId: names[at]?.[0] ?? '', location, medium: names[at]?.[1] ?? 'file', fingerprint };
  });
}

it('are overwritten once and removed under all names of one folder', async () => {
  fill();
  const steps: DisposalStep['step'][] = [];
  const outcome = await box.runOne(
    await box.target('f', 'f', 'folder'),
    {},
    { observe: ({ step }) => steps.push(step) },
  );
  expect(outcome).toMatchObject({ outcome: complete, files: 3, bytes: String(SIZE + 100), fileOutcomes: [] });
  expect(existsSync(box.path('f'))).toBe(false);
  const count = (wanted: string): number => steps.filter((step) => step === wanted).length;
  expect([count('overwritten'), count('truncated'), count('unlinked')]).toEqual([2, 2, 3]);
});

it('are overwritten for real: a descriptor that is still open finds nothing under it', async () => {
  fill();
  const target = await box.target('f', 'f', 'folder');
  let content = '';
  await box.runOne(target, { marked: () => (content = readFileSync(box.path('f', 'sub', 'two'), 'latin1')) });
  expect(content.length).toBeGreaterThanOrEqual(SIZE);
  expect(content).not.toContain(marked(20));
});

it('are refused where a name is elsewhere, with the file and how many names there are', async () => {
  fill();
  linkSync(box.path('f', 'one'), box.path('elsewhere'));
  linkSync(box.path('f', 'one'), box.path('elsewhere2'));
  const examined = await examine(box.path('f'), 'folder', box);
  expect(examined).toMatchObject({
    status: 'refused',
    reason: { code: 'hard-linked', text: expect.stringContaining('2 further names are not among') },
    linked: [{ path: 'one', names: 4, found: 2 }],
  });
  expect(await examine(box.path('elsewhere'), 'file', box)).toMatchObject({
    reason: { text: expect.stringContaining('3 further names are not among') },
  });
});

it('of several items are destroyed with the last of them', async () => {
  fill();
  linkSync(box.path('f', 'one'), box.path('third'));
  const outcomes = await box.run(together(['f', 'folder'], ['third', 'file']));
  expect(outcomes.map(({ outcome }) => outcome)).toEqual([complete, complete]);
  expect(snapshot(box.data)).toEqual({});
});

it('of several items are left where one of these may not be disposed of', async () => {
  fill();
  linkSync(box.path('f', 'one'), box.path('third'));
  const targets = together(['f', 'folder'], ['third', 'file']);
  box.journal.hold('third');
  const [folder, third] = await box.run(targets);
  expect([folder?.outcome, codesOf(folder as never)]).toEqual(['failed', ['hard-linked']]);
  expect(third?.outcome).toBe('refused');
  expect(readFileSync(box.path('third'), 'latin1')).toBe(marked(SIZE));
});

it('are left where a hold reaches one of the items after the intent', async () => {
  fill();
  linkSync(box.path('f', 'one'), box.path('third'));
  const targets = together(['f', 'folder'], ['third', 'file']);
  await box.run(targets, { begun: () => box.journal.hold('third') });
  expect(readFileSync(box.path('third'), 'latin1')).toBe(marked(SIZE));
});

it('are left where one of the names was moved away to be kept', async () => {
  fill();
  const target = await box.target('f', 'f', 'folder');
  const outcome = await box.runOne(target, {
    begun: () => renameSync(box.path('f', 'sub', 'two'), box.path('kept')),
  });
  expect(outcome.outcome).toBe('failed');
  expect(codesOf(outcome)).toContain('hard-linked');
  expect(readFileSync(box.path('kept'), 'latin1')).toBe(marked(SIZE));
});

it.each(['verified', 'marked', 'renamed'] as const)(
  'leave a new file that takes one of their names at %s',
  async (step) => {
    fill();
    const target = await box.target('f', 'f', 'folder');
    const swap = () => {
      writeFileSync(box.path('new'), marked(SIZE));
      renameSync(box.path('new'), box.path('f', 'sub', 'two'));
    };
    const outcome = await box.runOne(target, { [step]: swap });
    expect(outcome.outcome).toBe('failed');
    expect(readFileSync(box.path('f', 'sub', 'two'), 'latin1')).toBe(marked(SIZE));
  },
);

it('are left where a name was added after the intent', async () => {
  fill();
  const target = await box.target('f', 'f', 'folder');
  await box.runOne(target, { begun: () => linkSync(box.path('f', 'one'), box.path('kept')) });
  expect(readFileSync(box.path('kept'), 'latin1')).toBe(marked(SIZE));
});

it('are destroyed where their names are on different pages of a large folder', async () => {
  fill();
  for (let at = 0; at < PAGE; at += 1) writeFileSync(box.path('f', `p${at}`), 'x');
  linkSync(box.path('f', 'one'), box.path('f', 'z'));
  const outcome = await box.runOne(await box.target('f', 'f', 'folder'));
  expect(outcome).toMatchObject({ outcome: complete, fileOutcomes: [], bytes: String(SIZE + 100 + PAGE) });
  expect(snapshot(box.data)).toEqual({});
});

it('are destroyed by a run that goes on after it was killed at any step', async () => {
  const program = await compileProgram('shred/disposal-process.ts');
  for (let dieAt = 1; ; dieAt += 1) {
    const orders = join(box.root, 'orders.json');
    fill(`f${dieAt}`);
    linkSync(box.path(`f${dieAt}`, 'one'), box.path('third'));
    const targets = together([`f${dieAt}`, 'folder'], ['third', 'file']);
    const before = snapshot(box.data);
    const { journal, protectedPaths } = box;
    writeFileSync(orders, JSON.stringify({ journal: journal.path, protectedPaths, targets, dieAt }));
    const child = spawnSync(process.execPath, [program, orders], { cwd: tmpdir(), encoding: 'utf8' });
    expect(child.stderr).toBe('');
    const outcomes = await box.resume();
    for (const { outcome, fileOutcomes } of outcomes) expect([outcome, fileOutcomes]).toEqual([complete, []]);
    if (child.signal === null) break;
    const begun = Object.keys(box.journal.read().items).length > 0;
    expect(snapshot(box.data), `${dieAt} ${child.stdout}`).toEqual(begun ? {} : before);
    box.remove();
    box = new Sandbox();
  }
}, 240_000);
