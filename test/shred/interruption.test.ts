import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { asyncProperty, assert as check, integer } from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { DisposalTarget } from '../../src/shred/index.js';
import { Sandbox, snapshot } from './sandbox.js';

let tools: string;
let box: Sandbox;
let complete: string;

beforeAll(async () => {
  tools = mkdtempSync(join(tmpdir(), 'quietus-shred-process-'));
  await build({
    entryPoints: ['test/shred/disposal-process.ts'],
    bundle: true,
    platform: 'node',
    format: 'esm',
    outfile: join(tools, 'process.mjs'),
  });
});
afterAll(() => {
  rmSync(tools, { recursive: true, force: true });
});
beforeEach(async () => {
  box = new Sandbox();
  complete = await box.destroyed();
});
afterEach(() => {
  box.remove();
});

/** Runs `destroy` (with targets) or `resume` in another process; true when it died as ordered. */
function runProcess(dieAt: number, targets: DisposalTarget[] | null): string | undefined {
  const orders = join(box.root, 'orders.json');
  writeFileSync(
    orders,
    JSON.stringify({ journal: box.journal.path, protectedPaths: box.protectedPaths, targets, dieAt }),
  );
  const child = spawnSync(process.execPath, [join(tools, 'process.mjs'), orders], { cwd: tmpdir() });
  expect(child.stderr.toString()).toBe('');
  if (child.signal === 'SIGKILL') return child.stdout.toString().trim();
  expect(child.status).toBe(0);
  return undefined;
}

/**
 * A file that was cut off in the middle of its own writing, which is seldom: it is left, and said to be. Only the large
 * one takes more than one write.
 */
const LEFT = {
  ...{ itemId: 'big', outcome: 'failed', files: 0, filesPlanned: 1, bytes: '0' },
  fileOutcomes: [{ index: 0, outcome: 'failed', reason: { code: 'changed-since' } }],
};

/** What the tree and the journal must hold after the last resume. */
function expected(before: Record<string, string>): object {
  if (Object.keys(box.journal.read().outcomes).length === 0)
    return { pending: [], files: before, outcomes: [] };
  const one = { outcome: complete, links: 0, fileOutcomes: [] };
  const whole = { ...one, itemId: 'big', files: 1, filesPlanned: 1, bytes: '1200000' };
  const big = box.path('big.bin');
  const partlyWritten = box.journal.read().outcomes.big?.outcome === 'failed';
  // What is untouched would have been overwritten again: only a file that was partly written may be left.
  if (partlyWritten) expect(snapshot(box.data)[big]).not.toBe(before[big]);
  return {
    pending: [],
    files: {
      [box.path('kept')]: 'file kept',
      // Whatever it holds: it is told from no file that somebody changed.
      ...(partlyWritten ? { [big]: snapshot(box.data)[big] } : {}),
    },
    outcomes: [
      { ...one, itemId: 'a', files: 1, filesPlanned: 1, bytes: '5000' },
      partlyWritten ? LEFT : whole,
      { ...one, itemId: 'f', files: 3, filesPlanned: 3, bytes: '9300', links: 1 },
    ],
  };
}

/** Whatever happened before: all is destroyed and recorded, or nothing of it was begun and all is as it was. */
function found(): unknown {
  const outcomes = Object.values(box.journal.read().outcomes);
  return { pending: box.journal.pending(), files: snapshot(box.data), outcomes };
}

describe('a process that is killed', () => {
  it('at any step: resume ends what was begun, and touches nothing else', async () => {
    const seen = new Set<string>();
    for (let dieAt = 1; ; dieAt += 1) {
      const targets = await box.fillThree();
      const before = snapshot(box.data);
      const diedAt = runProcess(dieAt, targets);
      if (diedAt === undefined) break;
      seen.add(diedAt);
      await box.resume();
      expect(found()).toMatchObject(expected(before));
      // Resuming again finds nothing to do.
      expect(await box.resume()).toEqual([]);
      box.remove();
      box = new Sandbox();
    }
    expect([...seen].toSorted()).toEqual([
      'begun',
      'examined',
      'finished',
      'folder-synced',
      'journal after',
      'journal before',
      'marked',
      'overwritten',
      'renamed',
      'truncated',
      'unlinked',
      'verified',
    ]);
  }, 240_000);

  it('and killed again while it resumes: the same', async () => {
    await check(
      asyncProperty(integer({ min: 4, max: 45 }), integer({ min: 1, max: 40 }), async (first, second) => {
        box.remove();
        box = new Sandbox();
        const targets = await box.fillThree();
        const before = snapshot(box.data);
        runProcess(first, targets);
        runProcess(second, null);
        await box.resume();
        expect(found()).toMatchObject(expected(before));
      }),
      { numRuns: 25 },
    );
  }, 240_000);
});
