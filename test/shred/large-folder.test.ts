// Folders of more entries than are held in memory at once: they are worked through page by page.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, onTestFinished } from 'vitest';
import { type DisposalTarget, HELD, PAGE, type PendingEntry } from '../../src/shred/index.js';
import { compileProgram } from '../child-program.js';
import { makeWorld } from '../retention/sweep-world.js';
import { temporaryFolder } from '../temporary-folder.js';
import { JsonJournal } from './json-journal.js';
import { codesOf, Sandbox, snapshot } from './sandbox.js';

let box: Sandbox;
let complete: string;
beforeEach(async () => {
  box = new Sandbox();
  complete = await box.destroyed();
});
afterEach(() => {
  box.remove();
});

/** Names of which some sort between a folder and its content, in nested folders. */
function fill(files: number): void {
  const folders = ['f', 'f/a', 'f/a-', 'f/a--b', 'f/a/x', 'f/a/x/y', 'f/empty', 'f/z'];
  for (const folder of folders) mkdirSync(box.path(folder), { recursive: true });
  for (let at = 0; at < files; at += 1) {
    writeFileSync(box.path(folders[at % folders.length] ?? 'f', `${at}`), `record ${at}`);
  }
}

const allPaths = (folder: string): string[] =>
  (readdirSync(folder, { recursive: true }) as string[]).toSorted((a, b) =>
    Buffer.compare(Buffer.from(a), Buffer.from(b)),
  );

/** Held in memory, and worked through in three pages. */
const FILES = 2 * PAGE + 100;

async function largeTarget(files = FILES): Promise<DisposalTarget> {
  fill(files);
  return await box.target('large', 'f', 'folder');
}

it('is told of to the journal in the order of the bytes of the paths, and destroyed', async () => {
  const target = await largeTarget();
  const paths = allPaths(box.path('f'));
  let told: PendingEntry[] = [];
  const outcome = await box.runOne(target, {
    begun: () => {
      told = box.journal.read().items.large?.entries ?? [];
    },
  });
  expect(told.map(({ path }) => path)).toEqual(['', ...paths]);
  expect(outcome).toMatchObject({
    outcome: complete,
    files: FILES,
    filesPlanned: FILES,
    fileOutcomes: [],
  });
  expect(existsSync(box.path('f'))).toBe(false);
  const calls = box.journal.calls.filter((name) => name !== 'stillAuthorized');
  expect(calls).toEqual(['begin', 'overwritten', 'overwritten', 'overwritten', 'finish']);
});

it('is refused where it changes while the journal takes it down, and nothing is touched', async () => {
  const target = await largeTarget(HELD);
  const before = snapshot(box.data);
  class Meanwhile extends JsonJournal {
    override async begin(...[requests]: Parameters<JsonJournal['begin']>) {
      writeFileSync(box.path('f', 'z', 'new'), 'new');
      return await super.begin(requests);
    }
  }
  const journal = new Meanwhile(box.journal.path);
  Object.defineProperty(box, 'journal', { value: journal });
  const outcome = await box.runOne(target);
  expect([outcome.outcome, codesOf(outcome)]).toEqual(['refused', ['changed']]);
  expect(journal.read().items).toEqual({});
  expect(snapshot(box.data)).toEqual({ ...before, [box.path('f', 'z', 'new')]: 'file new' });
});

it('is left where the journal gives back something else than it was told', async () => {
  const target = await largeTarget(HELD);
  writeFileSync(box.path('kept'), 'kept');
  const before = snapshot(box.data);
  class Changed extends JsonJournal {
    override async entries(...[itemId, from, count]: Parameters<JsonJournal['entries']>) {
      const entries = await super.entries(itemId, from, count);
      return entries.map((entry, at) => (at === 7 ? { ...entry, path: 'elsewhere' } : entry));
    }
  }
  Object.defineProperty(box, 'journal', { value: new Changed(box.journal.path) });
  await expect(box.runOne(target)).rejects.toThrow('other entries');
  expect(snapshot(box.data)).toEqual(before);
});

it('leaves what somebody changed, with its folders, and destroys the rest', async () => {
  const target = await largeTarget();
  const left = box.path('f', 'a', 'x', 'y', '5');
  const outcome = await box.runOne(target, { begun: () => writeFileSync(left, 'changed since') });
  expect([outcome.outcome, codesOf(outcome)]).toEqual(['failed', ['changed']]);
  expect(outcome.files).toBe(FILES - 1);
  expect(allPaths(box.path('f'))).toEqual(['a', 'a/x', 'a/x/y', 'a/x/y/5']);
  expect(outcome.fileOutcomes.map(({ reason }) => reason.code)).toEqual([
    ...['not-emptied', 'not-emptied', 'not-emptied', 'not-emptied', 'changed'],
  ]);
});

it.each(['overwritten', 'marked', 'renamed', 'unlinked'] as const)(
  'goes on where it was stopped on the second page (%s)',
  async (at) => {
    const target = await largeTarget();
    // What was stopped is not over.
    class Keeping extends JsonJournal {
      override async finish() {}
    }
    const finishing = box.journal;
    Object.defineProperty(box, 'journal', { value: new Keeping(finishing.path) });
    const stop = new AbortController();
    const stopped = await box.runOne(
      target,
      {},
      {
        signal: stop.signal,
        observe: ({ step, fileIndex }) => {
          if (step === at && (fileIndex ?? 0) > PAGE) stop.abort();
        },
      },
    );
    expect(codesOf(stopped)).toContain('stopped');
    expect(existsSync(box.path('f'))).toBe(true);
    const [outcome] = await box.resume(finishing);
    expect(outcome).toMatchObject({ outcome: complete, files: FILES, fileOutcomes: [] });
    expect(existsSync(box.path('f'))).toBe(false);
  },
);

it('of 50,000 files needs no more memory than a small one', async () => {
  const { session, root, records } = await makeWorld(temporaryFolder());
  onTestFinished(() => session.close());
  const folder = join(records, 'many');
  for (let at = 0; at < 50; at += 1) {
    mkdirSync(join(folder, `${at}`), { recursive: true });
    for (let file = 0; file < 1000; file += 1) writeFileSync(join(folder, `${at}`, `${file}.txt`), 'record');
  }
  const program = await compileProgram('disposal/dispose-program.ts');
  // Held as objects, this many entries take more than 100 MB.
  const flags = ['--max-old-space-size=56', '--max-semi-space-size=4'];
  const run = spawnSync(process.execPath, [...flags, program, root, '-1', folder], {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  expect(run.status, run.stderr.slice(0, 2000)).toBe(0);
  expect(existsSync(folder)).toBe(false);
}, 300_000);
