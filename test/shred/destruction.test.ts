import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type DisposalTarget, METHOD_LIMITS } from '../../src/shred/index.js';
import { codesOf, MARKER, marked, Sandbox, snapshot } from './sandbox.js';

let box: Sandbox;
let complete: string;
beforeEach(async () => {
  box = new Sandbox();
  complete = await box.destroyed();
});
afterEach(() => {
  box.remove();
});

describe('destroy: what it does', () => {
  it('overwrites, verifies, marks, renames, truncates, unlinks and flushes, in this order', async () => {
    writeFileSync(box.path('a.csv'), marked(5000));
    const target = await box.target('item-1', 'a.csv');
    const steps: string[] = [];
    const names: Record<string, string[]> = {};
    let atVerified = '';
    const outcome = await box.runOne(
      target,
      {},
      {
        observe: ({ step }) => {
          steps.push(step);
          if (step === 'verified') atVerified = readFileSync(box.path('a.csv'), 'latin1');
          names[step] = readdirSync(box.data).map((name) => `${name} ${statSync(box.path(name)).size}`);
        },
      },
    );
    expect(steps).toEqual([
      'examined',
      'begun',
      'overwritten',
      'verified',
      'marked',
      'renamed',
      'truncated',
      'unlinked',
      'folder-synced',
      'finished',
    ]);
    expect(box.journal.calls).toEqual(['begin', 'stillAuthorized', 'overwritten', 'finish']);
    // 5,000 bytes are rounded up to whole blocks, and no piece of the content is left in them.
    expect(names.renamed).toEqual([expect.stringMatching(/^[0-9a-f]{32} [1-9]/)]);
    expect(names.truncated).toEqual([expect.stringMatching(/^[0-9a-f]{32} 0$/)]);
    expect(atVerified.length % 512).toBe(0);
    expect(atVerified.length).toBeGreaterThan(5000);
    expect(atVerified).not.toContain(MARKER.slice(0, 8));
    expect(readdirSync(box.data)).toEqual([]);
    expect(outcome).toMatchObject({
      itemId: 'item-1',
      outcome: complete,
      files: 1,
      filesPlanned: 1,
      bytes: '5000',
      links: 0,
      method: 'overwrite-aes-ctr-1-pass',
      passes: 1,
      fileOutcomes: [],
    });
    expect(outcome.assessment?.limits).toEqual(expect.arrayContaining([...METHOD_LIMITS]));
    expect(box.journal.read().outcomes['item-1']).toEqual(outcome);
  });

  it('overwrites two files of the same content differently', async () => {
    const seen: string[] = [];
    for (const name of ['a', 'b']) {
      writeFileSync(box.path(name), Buffer.alloc(4096));
      await box.run([await box.target(name, name)], {
        verified: () => seen.push(readFileSync(box.path(name), 'latin1')),
      });
    }
    expect(seen[0]).not.toBe(seen[1]);
    // Zero bytes in a random block of 4,096: 16 expected; 80 is beyond chance (p < 1e-30).
    for (const content of seen) expect(content.split('\0').length).toBeLessThan(80);
  });

  it('disposes of a folder with everything in it and nothing outside', async () => {
    mkdirSync(box.path('f', 'sub', 'empty', 'deeper'), { recursive: true });
    mkdirSync(box.path('outside'));
    writeFileSync(box.path('outside', 'kept'), 'kept');
    writeFileSync(box.path('f', 'a'), marked(10));
    writeFileSync(box.path('f', 'sub', 'b'), marked(100_000));
    writeFileSync(box.path('f', 'sub', 'none'), '');
    symlinkSync('../outside', box.path('f', 'to-folder'));
    symlinkSync(box.path('outside', 'kept'), box.path('f', 'sub', 'to-file'));
    const outcome = await box.runOne(await box.target('folder', 'f', 'folder'));
    expect(outcome).toMatchObject({
      outcome: complete,
      files: 3,
      filesPlanned: 3,
      bytes: '100010',
      links: 2,
    });
    expect(readdirSync(box.data)).toEqual(['outside']);
    expect(readFileSync(box.path('outside', 'kept'), 'utf8')).toBe('kept');
  });

  it('flushes each folder that remains once a batch', async () => {
    mkdirSync(box.path('f'));
    const targets: DisposalTarget[] = [];
    for (const name of ['f/a', 'f/b', 'f/c', 'top']) {
      writeFileSync(box.path(name), 'x');
      targets.push(await box.target(name, name));
    }
    let synced = 0;
    await box.run(
      targets,
      {},
      {
        observe: ({ step }) => {
          synced += step === 'folder-synced' ? 1 : 0;
        },
      },
    );
    expect(synced).toBe(2);
  });

  it('handles names that are not UTF-8 or hold a line feed', async () => {
    mkdirSync(box.path('f'));
    for (const name of [Buffer.from([0x61, 0xff, 0x2e]), Buffer.from('li\nne'), Buffer.from('50%41')]) {
      writeFileSync(Buffer.concat([Buffer.from(`${box.path('f')}/`), name]), marked(300));
    }
    writeFileSync(box.path('single\nfile'), marked(300));
    const targets = [await box.target('f', 'f', 'folder'), await box.target('s', 'single\nfile')];
    const outcomes = await box.run(targets);
    expect(outcomes.map((each) => [each.outcome, each.files])).toEqual([
      [complete, 3],
      [complete, 1],
    ]);
    expect(readdirSync(box.data)).toEqual([]);
  });

  it('says that there was nothing to overwrite in an empty file or folder', async () => {
    writeFileSync(box.path('empty'), '');
    mkdirSync(box.path('f', 'g'), { recursive: true });
    const outcomes = await box.run([await box.target('e', 'empty'), await box.target('f', 'f', 'folder')]);
    for (const outcome of outcomes) {
      expect(outcome).toMatchObject({ outcome: 'unlinked-only', verifiedFrom: null, bytes: '0' });
      expect(codesOf(outcome)).toContain('nothing-to-overwrite');
    }
    expect(readdirSync(box.data)).toEqual([]);
  });

  it('overwrites what a sparse file of 3 GiB holds, without filling its holes', async () => {
    writeFileSync(box.path('sparse'), marked(4000));
    truncateSync(box.path('sparse'), 3 * 1024 ** 3);
    const file = openSync(box.path('sparse'), 'r+');
    writeSync(file, marked(4000), 2.5 * 1024 ** 3);
    const allocated = statSync(box.path('sparse')).blocks;
    let after = 0;
    let found = true;
    const outcome = await box.runOne(await box.target('s', 'sparse'), {
      verified: () => {
        after = statSync(box.path('sparse')).blocks;
        const pieces = [0, 2.5 * 1024 ** 3].map((position) => {
          const piece = Buffer.alloc(4096);
          readSync(file, piece, 0, 4096, position);
          return piece.toString('latin1');
        });
        found = pieces.some((piece) => piece.includes(MARKER.slice(0, 8)));
      },
    });
    closeSync(file);
    expect(outcome).toMatchObject({ outcome: complete, bytes: String(3 * 1024 ** 3) });
    // Two pieces of at most 1 MiB each may become allocated.
    expect(after).toBeLessThanOrEqual(allocated + 2 * 2048);
    expect(found).toBe(false);
  }, 120_000);

  it.each([1, 511, 4096, 4097, 1_048_575, 1_048_576, 1_048_577, 3_500_000])(
    'overwrites all of %d bytes',
    async (size) => {
      writeFileSync(box.path('a'), marked(size));
      let content = Buffer.alloc(0);
      const outcome = await box.runOne(await box.target('a', 'a'), {
        verified: () => {
          content = readFileSync(box.path('a'));
        },
      });
      expect(outcome).toMatchObject({ outcome: complete, bytes: String(size) });
      expect(content.length).toBeGreaterThanOrEqual(size);
      expect(content.includes(MARKER.slice(0, 10))).toBe(false);
      // A stretch of 64 equal bytes would be a place that was not written.
      expect(/([\s\S])\1{63}/.test(content.toString('latin1'))).toBe(false);
    },
  );
});

describe('destroy: a signal', () => {
  it('finishes what is under way and leaves the rest', async () => {
    const targets: DisposalTarget[] = [];
    for (let at = 0; at < 60; at += 1) {
      writeFileSync(box.path(`f${at}`), marked(100));
      targets.push(await box.target(`f${at}`, `f${at}`));
    }
    const stop = new AbortController();
    const outcomes = await box.run(targets, { verified: () => stop.abort() }, { signal: stop.signal });
    const done = outcomes.filter((each) => each.outcome === complete);
    const left = outcomes.filter((each) => each.outcome === 'refused' && codesOf(each)[0] === 'stopped');
    expect(done.length).toBeGreaterThan(0);
    expect(left.length).toBeGreaterThan(0);
    expect(done.length + left.length).toBe(60);
    for (const { itemId } of done) expect(existsSync(box.path(itemId))).toBe(false);
    for (const { itemId } of left) expect(readFileSync(box.path(itemId), 'utf8')).toBe(marked(100));
    expect(box.journal.pending()).toEqual([]);
  });

  it.each(['signal', 'hold'])(
    'stops in the middle of a folder and leaves its links and folders too (%s)',
    async (by) => {
      mkdirSync(box.path('f', 'empty'), { recursive: true });
      symlinkSync('/etc', box.path('f', 'link'));
      for (let at = 0; at < 60; at += 1) writeFileSync(box.path('f', `f${at}`), marked(100));
      const target = await box.target('f', 'f', 'folder');
      const stop = new AbortController();
      const verified = (): void => {
        if (by === 'signal') stop.abort();
        else box.journal.hold('f');
        // Longer than a yes of the journal holds.
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300);
      };
      const outcome = await box.runOne(target, { verified }, { signal: stop.signal });
      const left = Object.entries(snapshot(box.path('f'))).filter(
        ([, content]) => content === `file ${marked(100)}`,
      );
      expect(outcome.outcome).toBe('failed');
      expect(codesOf(outcome)).toEqual([by === 'signal' ? 'stopped' : 'held']);
      expect(outcome.files).toBeGreaterThan(0);
      expect(left.length).toBeGreaterThan(0);
      expect(outcome.files + left.length).toBe(60);
      expect(Object.keys(snapshot(box.path('f')))).toEqual(
        expect.arrayContaining([box.path('f', 'link'), box.path('f', 'empty')]),
      );
    },
  );

  it('begins nothing when it came first', async () => {
    writeFileSync(box.path('a'), 'x');
    const target = await box.target('a', 'a');
    const outcome = await box.runOne(target, {}, { signal: AbortSignal.abort() });
    expect([outcome.outcome, ...codesOf(outcome)]).toEqual(['refused', 'stopped']);
    expect(readFileSync(box.path('a'), 'utf8')).toBe('x');
  });
});
