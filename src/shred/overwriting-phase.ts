import { type BigIntStats, lstatSync } from 'node:fs';
import type { Reason } from '../model/index.js';
import { sourceAt } from './direct-reading.js';
import type { DirectoryHandle } from './directory-handle.js';
import { DirectoryPool } from './directory-pool.js';
import type { DisposalJournal, OverwrittenMark } from './disposal-journal.js';
import type { DisposalStep, PlannedEntry } from './disposal-target.js';
import { looksUntouched, obstacleAfterInterruption, obstacleBeforeWriting } from './file-identity.js';
import {
  type AfterOverwrite,
  type BufferLoan,
  hasState,
  type OverwriteResult,
  overwriteFile,
} from './file-overwrite.js';
import type { ItemWork } from './item-work.js';
import { runInLanes } from './lanes.js';
import { type LinkedFile, type LinkedFiles, namesLeft } from './linked-files.js';
import { isKeptInMemory } from './linux-medium-inspector.js';
import { holdsOnlyOurs } from './own-content.js';
import { liftProtection } from './protection.js';
import { reason, reasonOf, reasonOfFolder } from './reasons.js';
import type { Throttle } from './throttle.js';
import { takeTransferBuffers } from './transfer-buffers.js';

/** What all phases of one batch share. */
export interface DisposalContext {
  journal: DisposalJournal;
  signal: AbortSignal | undefined;
  observe: (step: DisposalStep) => void;
  throttle: Throttle | undefined;
  /** Files of several names, all of which are disposed of. */
  linked: LinkedFiles;
  /** Attributes and permission bits that forbid changes may be taken away. */
  liftProtection: boolean;
}

/**
 * Files under way at once. Each waits for the disk most of the time; on ext4 over a virtual disk 16 overwrote twice
 * as many small files a second as 4, and 32 no more.
 */
const LANES = 16;

interface Job {
  work: ItemWork;
  /** Undefined: the item has no file to overwrite, and is only asked about. */
  index: number | undefined;
}

function* jobsOf(works: readonly ItemWork[]): Generator<Job> {
  for (const work of works) {
    let files = 0;
    let pending = 0;
    for (const [index, entry] of work.page()) {
      if (work.progress(index).state !== 'pending') continue;
      pending += 1;
      if (entry.type !== 'file') continue;
      files += 1;
      yield { work, index };
    }
    // Names of links and folders are removed only with a yes. What an earlier run overwrote is destroyed already.
    if (files === 0 && pending > 0) yield { work, index: undefined };
  }
}

/** Overwrites and verifies every pending file on the pages of the items that are still authorized. Removes nothing. */
export async function overwritePending(
  works: readonly ItemWork[],
  context: DisposalContext,
): Promise<OverwrittenMark[]> {
  const marks: OverwrittenMark[] = [];
  const pool = new DirectoryPool();
  const buffers = takeTransferBuffers(LANES);
  try {
    await runInLanes(jobsOf(works), LANES, async ({ work, index }, lane) => {
      if (!(await mayGoOn(work, context))) {
        if (index !== undefined) leaveUnfinished(work, index, pool);
        return;
      }
      if (index === undefined) return;
      const mark = await overwriteEntry(work, index, {
        pool,
        context,
        buffers: (size) => buffers.lend(lane, size),
      });
      if (mark !== undefined) marks.push(mark);
    });
  } finally {
    pool.close();
    buffers.release();
  }
  return marks;
}

async function mayGoOn(work: ItemWork, context: DisposalContext): Promise<boolean> {
  if (context.signal?.aborted === true) work.stopped ??= reason('stopped');
  const refusal = await work.authorize((itemId) => context.journal.stillAuthorized(itemId));
  return refusal === undefined;
}

/** A cut-off run may have written to the file before a hold came: then "untouched" would be a guess. */
function leaveUnfinished(work: ItemWork, index: number, pool: DirectoryPool): void {
  if (!work.resumed) return;
  const entry = work.entry(index);
  let untouched = false;
  try {
    const folder = pool.acquire(work, entry.path);
    try {
      const stat = lstatSync(folder.child(work.currentName(index)), { bigint: true });
      untouched = looksUntouched(entry, stat);
    } finally {
      pool.release(folder);
    }
  } catch {
    untouched = false;
  }
  if (untouched) work.leave(index, 'refused', reason('interrupted-untouched'));
  else work.leave(index, 'failed', reason('interrupted-then-held'));
}

/**
 * Files whose writing a system error cut off in this process, by their neutral name, with the state that they were
 * left in: as long as they have it, all that is not ours in them is what was planned, and a further attempt may go on.
 */
const cutOff = new Map<string, AfterOverwrite>();

/** What the content that the file is overwritten with follows from. */
export function contentSeedOf(entry: PlannedEntry): string {
  return entry.contentSeed ?? neutralNameOf(entry);
}

export function neutralNameOf(entry: PlannedEntry): string {
  if (entry.neutralName === null) throw new RangeError('only files and links have a neutral name');
  return entry.neutralName;
}

function remember(seed: string, result: OverwriteResult): void {
  if (!result.done && result.left !== undefined) cutOff.set(seed, result.left);
  else if (result.done || result.touched) cutOff.delete(seed);
}

/** Why the open file may not be overwritten. */
function judge(
  work: ItemWork,
  entry: PlannedEntry,
  { stat, descriptor }: { stat: BigIntStats; descriptor: number },
  context: DisposalContext,
): Promise<Reason | undefined> | Reason | undefined {
  return work.resumed
    ? judgeResumed(work, entry, { stat, descriptor }, context)
    : obstacleBeforeWriting(entry, stat, namesOf(entry, context));
}

function namesOf(entry: PlannedEntry, context: DisposalContext): bigint {
  const shared = context.linked.of(entry);
  return shared === undefined ? 1n : namesLeft(shared);
}

async function judgeResumed(
  work: ItemWork,
  entry: PlannedEntry,
  { stat, descriptor }: { stat: BigIntStats; descriptor: number },
  context: DisposalContext,
): Promise<Reason | undefined> {
  const left = cutOff.get(contentSeedOf(entry));
  try {
    return await obstacleAfterInterruption(entry, stat, namesOf(entry, context), async () => {
      if (left !== undefined && hasState(stat, left)) return true;
      const { method } = work;
      const contents = Array.from({ length: method.passes }, (_, pass) =>
        method.content(contentSeedOf(entry), pass),
      );
      return await holdsOnlyOurs(descriptor, stat, entry, contents, context.throttle);
    });
  } catch (error) {
    return reasonOf(error);
  }
}

interface Tools {
  pool: DirectoryPool;
  buffers: (size: number) => BufferLoan | Promise<BufferLoan>;
  context: DisposalContext;
}

async function overwriteEntry(
  work: ItemWork,
  index: number,
  tools: Tools,
): Promise<OverwrittenMark | undefined> {
  const entry = work.entry(index);
  const { itemId } = work.target;
  // After an interruption nobody knows whether something was written before.
  const refusedState = work.resumed ? 'failed' : 'refused';
  let folder: DirectoryHandle;
  try {
    folder = tools.pool.acquire(work, entry.path);
  } catch (error) {
    work.leave(index, refusedState, reasonOfFolder(error));
    return undefined;
  }
  try {
    const path = folder.child(work.currentName(index));
    const result = await overwriteShared(work, entry, path, tools.context, () =>
      overwriteNow(work, index, path, tools),
    );
    if (!result.done) {
      work.leave(index, result.touched ? 'failed' : refusedState, result.reason);
      return undefined;
    }
    work.set(index, { state: 'overwritten', after: result.after });
    work.noteVerification(result.verifiedFrom);
    return { itemId, index, verifiedFrom: result.verifiedFrom };
  } finally {
    tools.pool.release(folder);
  }
}

/** A file of several names is overwritten once, when the first of them comes up. */
async function overwriteShared(
  work: ItemWork,
  entry: PlannedEntry,
  path: Buffer,
  context: DisposalContext,
  overwrite: () => Promise<OverwriteResult>,
): Promise<OverwriteResult> {
  const shared = context.linked.of(entry);
  if (shared === undefined) return await overwrite();
  if (shared.overwriting === undefined) {
    shared.overwriting = overwriteForAll(shared, context, overwrite);
    return await shared.overwriting;
  }
  const result = await shared.overwriting;
  if (!result.done) return result;
  // The name that comes up may lead elsewhere by now.
  const stat = lstatSync(path, { bigint: true, throwIfNoEntry: false });
  const same = stat !== undefined && String(stat.dev) === shared.device && String(stat.ino) === shared.inode;
  const changed = !same || shared.after === null || !hasState(stat, shared.after);
  return changed ? { done: false, touched: !work.resumed, reason: reason('changed') } : result;
}

/** Whatever keeps one of its names keeps its content. */
async function overwriteForAll(
  shared: LinkedFile,
  context: DisposalContext,
  overwrite: () => Promise<OverwriteResult>,
): Promise<OverwriteResult> {
  for (const other of new Set(shared.names.map(({ work }) => work))) {
    if (await mayGoOn(other, context)) continue;
    return { done: false, touched: false, reason: other.stopped ?? reason('stopped') };
  }
  const result = await overwrite();
  if (result.done) shared.after = result.after;
  return result;
}

async function overwriteNow(
  work: ItemWork,
  index: number,
  path: Buffer,
  { buffers, context }: Tools,
): Promise<OverwriteResult> {
  const entry = work.entry(index);
  const { itemId } = work.target;
  const result = await overwriteFile({
    path,
    obstacle: (stat, descriptor) => judge(work, entry, { stat, descriptor }, context),
    method: work.method,
    seed: contentSeedOf(entry),
    buffers,
    observe: (step) => context.observe({ step, itemId, fileIndex: index }),
    throttle: context.throttle,
    inMemory: isKeptInMemory(work.assessment.fileSystem),
    copiedWhenOpened: work.assessment.fileSystem === 'overlay',
    ...(context.liftProtection && {
      lift: async (file) => {
        const why = await liftProtection(path, file);
        if (why === undefined) work.noteLifted();
        return why;
      },
    }),
  });
  remember(contentSeedOf(entry), result);
  if (!result.done) return result;
  work.noteHoles(result.holes);
  const { verifiedFrom } = result;
  return { ...result, verifiedFrom: verifiedFrom && sourceAt(work.assessment, verifiedFrom) };
}
