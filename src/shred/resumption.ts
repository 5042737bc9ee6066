import { type BigIntStats, lstatSync } from 'node:fs';
import type { Reason } from '../model/index.js';
import { carryOut } from './carrying-out.js';
import { assertDistinct, contextOf, type DisposalOptions } from './destruction.js';
import { DirectoryPool } from './directory-pool.js';
import { createExaminer } from './disk-examiner.js';
import type { DisposalJournal } from './disposal-journal.js';
import type { PendingDisposal, PendingEntry, TargetOutcome } from './disposal-target.js';
import { type EntryPages, pagesOf, partsOf } from './entry-pages.js';
import type { Examiner } from './examination.js';
import { recognize } from './file-identity.js';
import { FilesOnMedium } from './file-survey.js';
import type { EntryProgress } from './item-tally.js';
import { ItemWork } from './item-work.js';
import { leadsThroughLink } from './links-on-the-way.js';
import { DEFAULT_METHOD } from './overwrite-method.js';
import type { DisposalContext } from './overwriting-phase.js';
import { errnoOf, reason, reasonOfFolder } from './reasons.js';

/** Where the planned file is now. */
type Found = 'original' | 'neutral' | 'absent' | 'replaced' | 'uncertain';

function statOf(path: Buffer): BigIntStats | undefined {
  return lstatSync(path, { bigint: true, throwIfNoEntry: false });
}

/** Throws a system error when the folder cannot be reached. */
function find(work: ItemWork, entry: PendingEntry, pool: DirectoryPool): Found {
  const folder = pool.acquire(work, entry.path);
  try {
    const neutral =
      entry.neutralName === null ? undefined : statOf(folder.child(Buffer.from(entry.neutralName)));
    if (neutral !== undefined && recognize(entry, neutral, true) === 'same') return 'neutral';
    const original = statOf(folder.child(work.plannedName(entry)));
    if (original === undefined) return neutral === undefined ? 'absent' : 'replaced';
    const seen = recognize(entry, original, entry.type !== 'file');
    if (seen === 'same') return 'original';
    return seen === 'other' ? 'replaced' : 'uncertain';
  } finally {
    pool.release(folder);
  }
}

/** What follows when the planned entry is under neither of its names. */
function conclusionOfAbsence(entry: PendingEntry, replaced: boolean): EntryProgress {
  // A pending file may have been removed by anybody; only a mark says that we had overwritten it before.
  if (entry.type === 'file' && entry.state === 'pending') {
    return { state: 'unknown', reason: reason('gone-unverified') };
  }
  if (entry.type !== 'file' && replaced) return { state: 'refused', reason: reason('name-reused') };
  return { state: 'removed' };
}

function locate(work: ItemWork, index: number, entry: PendingEntry, pool: DirectoryPool): EntryProgress {
  const overwritten = entry.state === 'overwritten';
  let found: Found;
  try {
    found = find(work, entry, pool);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return conclusionOfAbsence(entry, false);
    return { state: overwritten ? 'failed' : 'unknown', reason: reasonOfFolder(error) };
  }
  // What is in a pending file tells more than its numbers, and is looked at before it is written to.
  if (found === 'uncertain' && overwritten) return { state: 'failed', reason: reason('identity-uncertain') };
  if (found === 'absent') return conclusionOfAbsence(entry, false);
  if (found === 'replaced') {
    work.note(reason('name-reused'));
    return conclusionOfAbsence(entry, true);
  }
  if (found === 'neutral') work.neutral.add(index);
  return overwritten ? { state: 'overwritten', after: null } : { state: 'pending' };
}

/** Why nothing at all may be done or said at the place. */
function obstacleAt(
  pending: PendingDisposal,
  place: ReturnType<Examiner['examinePlace']>,
): Reason | undefined {
  const { target } = pending;
  if (place.obstacle !== undefined) return place.obstacle;
  if (leadsThroughLink(target.location)) return reason('parent-is-symlink');
  const otherVolume = place.volumeDevice !== target.fingerprint.device;
  const gone = lstatSync(target.location, { throwIfNoEntry: false }) === undefined;
  return otherVolume && gone ? reason('volume-absent') : undefined;
}

/** Finds out where each entry of the page is now. */
function locatePage(work: ItemWork, obstacle: Reason | undefined): void {
  const pool = new DirectoryPool();
  try {
    for (const [index, planned] of work.page()) {
      const entry = planned as PendingEntry;
      if (entry.state !== 'pending') work.noteVerification(entry.verifiedFrom);
      if (entry.state === 'removed') work.set(index, { state: 'removed' });
      else if (obstacle !== undefined) work.leave(index, 'unknown', obstacle);
      else work.set(index, locate(work, index, entry, pool));
    }
  } finally {
    pool.close();
  }
}

async function prepare(
  pending: PendingDisposal,
  examiner: Examiner,
  context: DisposalContext,
): Promise<ItemWork> {
  const { target } = pending;
  const entries: EntryPages<PendingEntry> = isList(pending.entries)
    ? pagesOf(pending.entries)
    : pending.entries;
  const place = examiner.examinePlace(target.location);
  const files = new FilesOnMedium();
  const linked: PendingEntry[] = [];
  let top: PendingEntry | undefined;
  for await (const part of partsOf(entries)) {
    top ??= part[0];
    files.add(place.assessment, part);
    linked.push(...part.filter(({ names }) => names !== undefined));
  }
  const obstacle = obstacleAt(pending, place);
  const work = new ItemWork({
    target,
    entries,
    method: top?.method ?? DEFAULT_METHOD,
    assessment: files.assess(place.assessment),
    locate: (located) => locatePage(located, obstacle),
  });
  context.linked.register(work, linked);
  return work;
}

function isList(entries: PendingDisposal['entries']): entries is readonly PendingEntry[] {
  return Array.isArray(entries);
}

/**
 * Goes on with targets whose run was cut off at any point after `begin`.
 *
 * A file that is not marked is overwritten again, if the journal still authorizes it and it is untouched, or wholly
 * overwritten. A marked one is removed once all of it was compared with what is written for its seed. A file that holds
 * anything else is left: it was written to since, or overwritten only in part. A file that is gone without a mark is
 * `unknown`; something else under its name is never touched. Items that a signal stops
 * are left out of the result and of `finish`: they stay pending, because part of them may be destroyed already.
 *
 * @param pending as the journal stored them; all entries of `begin`, in its order
 * @returns the outcomes that `finish` was told of
 * @throws as `destroy`
 */
export async function resume(
  pending: readonly PendingDisposal[],
  journal: DisposalJournal,
  options: DisposalOptions,
): Promise<TargetOutcome[]> {
  assertDistinct(pending.map((each) => each.target));
  const context = contextOf(journal, options);
  if (pending.length === 0 || options.signal?.aborted === true) return [];
  const examiner = createExaminer(options);
  const works: ItemWork[] = [];
  for (const each of pending) {
    works.push(await prepare(each, examiner, context));
    context.observe({ step: 'examined', itemId: each.target.itemId, fileIndex: null });
  }
  await carryOut(works, context);
  const outcomes = works.filter((work) => work.stopped?.code !== 'stopped').map((work) => work.outcome());
  if (outcomes.length > 0) await journal.finish(outcomes);
  for (const { itemId } of outcomes) context.observe({ step: 'finished', itemId, fileIndex: null });
  return outcomes;
}
