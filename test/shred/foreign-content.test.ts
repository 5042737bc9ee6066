import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  closeSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type DisposalTarget, destroy, type TargetOutcome } from '../../src/shred/index.js';
import { marked, Sandbox } from './sandbox.js';

let box: Sandbox;
let complete: string;
beforeEach(async () => {
  box = new Sandbox();
  complete = await box.destroyed();
});
afterEach(() => {
  box.remove();
});

function spoil(path: string, at: number): void {
  const file = openSync(path, 'r+');
  const byte = Buffer.alloc(1);
  readSync(file, byte, 0, 1, at);
  writeSync(file, Buffer.from([byte.readUInt8() ^ 1]), 0, 1, at);
  closeSync(file);
}

/** Destroys, and stops as a crash would: by an error out of the journal or an observer. */
async function crashAt(step: string, targets: DisposalTarget[], nth = 1): Promise<void> {
  let left = nth;
  const run = destroy(targets, box.journal, {
    protectedPaths: box.protectedPaths,
    acceptResidual: true,
    observe: (seen) => {
      if (seen.step !== step) return;
      left -= 1;
      if (left === 0) throw new Error('crash');
    },
  });
  await expect(run).rejects.toThrow('crash');
}

const shown = (outcomes: TargetOutcome[]): unknown[] =>
  outcomes.map((each) => [each.outcome, ...each.reasons.map((why) => why.code)]);

async function single(): Promise<DisposalTarget[]> {
  writeFileSync(box.path('a'), marked(5000));
  return [await box.target('a', 'a')];
}

describe('resume: what somebody wrote since', () => {
  it.each([
    ['longer', marked(8192), 'changed-since'],
    ['of the same length', 'x'.repeat(5000), 'changed-since'],
    ['shorter', 'short', 'changed'],
  ])('leaves a file that somebody changed after the run was cut off (%s)', async (_, content, code) => {
    await crashAt('begun', await single());
    await new Promise((resolve) => setTimeout(resolve, 20));
    writeFileSync(box.path('a'), content);
    expect(shown(await box.resume())).toEqual([['failed', code]]);
    expect(readFileSync(box.path('a'), 'utf8')).toBe(content);
  });

  it('leaves a file of which only a part is what the run wrote: the rest may be new', async () => {
    writeFileSync(box.path('a'), marked(3_000_000));
    await crashAt('overwritten', [await box.target('a', 'a')]);
    const file = openSync(box.path('a'), 'r+');
    writeSync(file, marked(1_500_000), 1024 * 1024);
    closeSync(file);
    const content = readFileSync(box.path('a'));
    expect(shown(await box.resume())).toEqual([['failed', 'changed-since']]);
    expect(readFileSync(box.path('a')).equals(content)).toBe(true);
    // A new plan takes it as it is now.
    box.journal.calls.length = 0;
    expect((await box.run([await box.target('a', 'a')])).map((each) => each.outcome)).toEqual([complete]);
  });

  it.each([
    ['appended', (path: string) => appendFileSync(path, 'a new line')],
    ['one byte at the end', (path: string) => spoil(path, statSync(path).size - 1)],
    ['one byte in the middle', (path: string) => spoil(path, 1_200_000)],
    ['cut off', (path: string) => truncateSync(path, 1_600_000)],
    ['all new', (path: string) => writeFileSync(path, 'n'.repeat(statSync(path).size))],
    ['emptied', (path: string) => truncateSync(path, 0)],
    ['zeros', (path: string) => writeFileSync(path, Buffer.alloc(statSync(path).size))],
  ])('leaves an overwritten file that somebody wrote to since: %s', async (what, change) => {
    for (const step of ['overwritten', 'marked', 'renamed']) {
      writeFileSync(box.path('a'), marked(1_700_000));
      await crashAt(step, [await box.target('a', 'a')]);
      const [name = ''] = readdirSync(box.data);
      change(box.path(name));
      const before = readFileSync(box.path(name));
      const outcomes = await box.resume();
      if (step === 'renamed' && what === 'emptied') {
        // Under the neutral name an empty file is what the run itself leaves.
        expect(outcomes.map((each) => each.outcome)).toEqual([complete]);
        continue;
      }
      const code = step === 'overwritten' && /cut off|emptied/.test(what) ? 'changed' : 'changed-since';
      expect(shown(outcomes)).toEqual([['failed', code]]);
      expect(readFileSync(box.path(name)).equals(before)).toBe(true);
      box.remove();
      box = new Sandbox();
    }
  });

  it('believes no mark of a file that was never overwritten', async () => {
    await crashAt('begun', await single());
    const text = readFileSync(box.journal.path, 'utf8');
    const forged = text.replace(
      '"state":"pending","verifiedFrom":null',
      '"state":"overwritten","verifiedFrom":"medium"',
    );
    expect(forged).not.toBe(text);
    writeFileSync(box.journal.path, forged);
    expect(shown(await box.resume())).toEqual([['failed', 'changed-since']]);
    expect(readFileSync(box.path('a'), 'utf8')).toBe(marked(5000));
  });

  it('leaves a pending file with new content whose time was put back', async () => {
    await crashAt('begun', await single());
    execFileSync('touch', ['-r', box.path('a'), join(box.root, 'time')]);
    writeFileSync(box.path('a'), 'n'.repeat(5000));
    execFileSync('touch', ['-r', join(box.root, 'time'), box.path('a')]);
    expect(shown(await box.resume())).toEqual([['failed', 'changed-since']]);
    expect(readFileSync(box.path('a'), 'utf8')).toBe('n'.repeat(5000));
  });
});
