import { execFileSync } from 'node:child_process';
import {
  closeSync,
  existsSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type DisposalTarget, destroy, resume, type TargetOutcome } from '../../src/shred/index.js';
import { JsonJournal } from './json-journal.js';
import { MARKER, marked, Sandbox, snapshot } from './sandbox.js';

let box: Sandbox;
let complete: string;
beforeEach(async () => {
  box = new Sandbox();
  complete = await box.destroyed();
});
afterEach(() => {
  box.remove();
});

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

describe('resume', () => {
  it('overwrites a pending file only with authorization: untouched ones are refused', async () => {
    await crashAt('begun', await single());
    box.journal.hold('a');
    expect(shown(await box.resume())).toEqual([['refused', 'held', 'interrupted-untouched']]);
    expect(readFileSync(box.path('a'), 'utf8')).toBe(marked(5000));
  });

  it('overwrites a pending file only with authorization: half-overwritten ones are reported', async () => {
    await crashAt('overwritten', await single());
    box.journal.hold('a');
    const content = readFileSync(box.path('a'));
    expect(shown(await box.resume())).toEqual([['failed', 'held', 'interrupted-then-held']]);
    expect(readFileSync(box.path('a'))).toEqual(content);
  });

  it('removes what is marked without asking: it is destroyed already', async () => {
    await crashAt('marked', await single());
    box.journal.hold('a');
    box.journal.calls.length = 0;
    const outcomes = await box.resume();
    expect(outcomes.map((each) => each.outcome)).toEqual([complete]);
    expect(box.journal.calls).toEqual(['finish']);
    expect(readdirSync(box.data)).toEqual([]);
    expect(outcomes[0]).toMatchObject({ files: 1, bytes: '5000' });
    expect(outcomes[0]?.verifiedFrom).not.toBeNull();
  });

  it('does not say destroyed of a pending file that is gone', async () => {
    await crashAt('begun', await single());
    rmSync(box.path('a'));
    expect(shown(await box.resume())).toEqual([['unknown', 'gone-unverified']]);
  });

  it('says destroyed of a marked file that is gone', async () => {
    await crashAt('unlinked', await single());
    expect(readdirSync(box.data)).toEqual([]);
    expect((await box.resume()).map((each) => each.outcome)).toEqual([complete]);
  });

  it.each([
    ['begun', 'unknown'],
    ['marked', 'destroyed'],
    ['unlinked', 'destroyed'],
  ])('never touches a new file under the name (%s)', async (step, result) => {
    await crashAt(step, await single());
    rmSync(box.path('a'), { force: true });
    writeFileSync(box.path('a'), 'a new file');
    const outcomes = await box.resume();
    expect(outcomes.map((each) => each.outcome)).toEqual([result === 'destroyed' ? complete : result]);
    expect(outcomes[0]?.reasons.map((why) => why.code)).toContain('name-reused');
    expect(readFileSync(box.path('a'), 'utf8')).toBe('a new file');
  });

  it('tells a new file with the same inode number from the old one', async (context) => {
    await crashAt('marked', await single());
    const { ino, birthtimeNs } = lstatSync(box.path('a'), { bigint: true });
    if (birthtimeNs === 0n) context.skip('this file system records no time of creation');
    // A stand-in for an inode number that was given out again: the journal names the number of a later file.
    rmSync(box.path('a'));
    writeFileSync(box.path('a'), 'a new file');
    const later = lstatSync(box.path('a'), { bigint: true });
    const text = readFileSync(box.journal.path, 'utf8').replaceAll(`"${ino}"`, `"${later.ino}"`);
    writeFileSync(box.journal.path, text);
    await box.resume();
    expect(readFileSync(box.path('a'), 'utf8')).toBe('a new file');
  });

  it('is not sure of a marked file where no time of creation is recorded, and leaves it', async () => {
    await crashAt('marked', await single());
    const text = readFileSync(box.journal.path, 'utf8').replace(/"bornNs":"\d+"/, '"bornNs":"0"');
    writeFileSync(box.journal.path, text);
    expect(shown(await box.resume())).toEqual([['failed', 'identity-uncertain']]);
    expect(existsSync(box.path('a'))).toBe(true);
  });

  it.each(['time of creation', 'no time of creation'])(
    'goes on with a large file that was overwritten and not marked (%s)',
    async (born) => {
      writeFileSync(box.path('a'), marked(3_000_000));
      await crashAt('overwritten', [await box.target('a', 'a')]);
      const text = readFileSync(box.journal.path, 'utf8');
      if (born !== 'time of creation')
        writeFileSync(box.journal.path, text.replace(/"bornNs":"\d+"/, '"bornNs":"0"'));
      expect((await box.resume()).map((each) => each.outcome)).toEqual([complete]);
      expect(readdirSync(box.data)).toEqual([]);
    },
  );

  it.each(['overwritten', 'marked', 'renamed', 'truncated'])(
    'goes on with a sparse file, and one that is nothing but a hole (%s)',
    async (step) => {
      for (const name of ['a', 'b']) writeFileSync(box.path(name), '');
      const file = openSync(box.path('a'), 'r+');
      for (const at of [0, 3, 5]) writeSync(file, marked(5000), at * 1024 * 1024);
      closeSync(file);
      for (const name of ['a', 'b']) truncateSync(box.path(name), 9_000_001);
      await crashAt(step, [await box.target('a', 'a'), await box.target('b', 'b')], 2);
      expect((await box.resume()).map((each) => each.outcome)).toEqual([complete, complete]);
      expect(readdirSync(box.data)).toEqual([]);
    },
  );

  it('writes what openssl makes of the seed, so that a later run can tell it from anything else', async () => {
    writeFileSync(box.path('a'), marked(2_500_000));
    await crashAt('overwritten', [await box.target('a', 'a')]);
    const seed = box.journal.pending()[0]?.entries[0]?.neutralName ?? '';
    const written = readFileSync(box.path('a'));
    const args = ['enc', '-aes-128-ctr', '-nopad', '-K', seed, '-iv', '0'.repeat(32)];
    const input = Buffer.alloc(1024 * 1024);
    const stream = execFileSync('openssl', args, { input, maxBuffer: 10_000_000 });
    const expected = Buffer.concat([stream, stream, stream]).subarray(0, written.length);
    for (let sector = 0; sector * 512 < expected.length; sector += 1) {
      expected.writeUInt32LE((expected.readUInt32LE(sector * 512) ^ sector) >>> 0, sector * 512);
    }
    expect(written.equals(expected)).toBe(true);
  });

  it.each(['marked', 'renamed', 'truncated', 'unlinked'])(
    'finds no content once it is at %s',
    async (step) => {
      await crashAt(step, await box.fillThree());
      const left = Object.entries(snapshot(box.data)).filter(([, content]) =>
        content.includes(MARKER.slice(0, 8)),
      );
      expect(left).toEqual([]);
      expect((await box.resume()).map((each) => each.outcome)).toEqual([complete, complete, complete]);
    },
  );

  it('goes on in a folder, and leaves what was put there since', async () => {
    const targets = await box.fillThree();
    await crashAt('renamed', targets, 3);
    writeFileSync(box.path('f', 'sub', 'new'), 'new');
    const outcomes = await box.resume();
    expect(outcomes.map((each) => [each.itemId, each.outcome])).toEqual([
      ['a', complete],
      ['big', complete],
      ['f', 'failed'],
    ]);
    expect(outcomes[2]).toMatchObject({ files: 3, filesPlanned: 3 });
    expect(Object.keys(snapshot(box.data)).toSorted()).toEqual(
      ['f', 'f/sub', 'f/sub/new', 'kept'].map((name) => box.path(name)),
    );
  });

  it('does not follow a folder that became a link meanwhile', async () => {
    const targets = await box.fillThree();
    await crashAt('verified', targets, 3);
    renameSync(box.path('f'), box.path('moved'));
    mkdirSync(box.path('victim', 'sub'), { recursive: true });
    for (const name of ['one', 'empty', 'sub/two']) writeFileSync(box.path('victim', name), 'victim');
    symlinkSync('victim', box.path('f'));
    const before = snapshot(box.path('victim'));
    const outcomes = await box.resume();
    expect(outcomes[2]?.outcome).toBe('unknown');
    expect(snapshot(box.path('victim'))).toEqual(before);
  });

  it('refuses a place that became protected, and a volume that is not there', async () => {
    await crashAt('begun', await single());
    const stored = readFileSync(box.journal.path, 'utf8');
    const pending = box.journal.pending();
    const guarded = await resume(pending, box.journal, { protectedPaths: [box.data], acceptResidual: true });
    expect(shown(guarded)).toEqual([['unknown', 'protected-path']]);
    expect(readFileSync(box.path('a'), 'utf8')).toBe(marked(5000));
    const elsewhere = new JsonJournal(join(box.root, 'second.json'));
    writeFileSync(elsewhere.path, stored.replaceAll(/"device":"\d+"/g, '"device":"1"'));
    rmSync(box.path('a'));
    expect(shown(await box.resume(elsewhere))).toEqual([['unknown', 'volume-absent']]);
  });

  it('leaves items pending that a signal stops', async () => {
    await crashAt('begun', await single());
    const options = { protectedPaths: box.protectedPaths, acceptResidual: true, signal: AbortSignal.abort() };
    expect(await resume(box.journal.pending(), box.journal, options)).toEqual([]);
    expect(box.journal.pending()).toHaveLength(1);
    expect((await box.resume()).map((each) => each.outcome)).toEqual([complete]);
  });
});
