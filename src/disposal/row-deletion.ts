import type { Reason, RowsFingerprint } from '../model/index.js';
import type { BeginAnswer, DisposalRequest } from '../shred/index.js';
import { hookLocation } from './database-hook.js';
import {
  countRows,
  type OpenHook,
  type RowExaminer,
  type RowsItem,
  reasonOfDatabase,
  valuesFor,
} from './row-examination.js';
import { type RowsOutcome, rowsOutcome } from './rows-outcome.js';

/** The intent to destroy something of one item, whatever it lies on. */
export interface ClaimRequest {
  target: { itemId: string };
  entries: DisposalRequest['entries'];
  files: number;
  assessment: DisposalRequest['assessment'];
  /** Rows that are to be deleted. */
  rows?: number;
}

/** The memory and the authority of a deletion, as `DisposalJournal` is for files. */
export interface RowJournal {
  begin(requests: readonly ClaimRequest[]): Promise<readonly BeginAnswer[]>;
  stillAuthorized(itemId: string): Promise<Reason | undefined>;
  /** Right before the commit: all was counted, deleted and counted again. Durable when it resolves. */
  aboutToCommit(itemId: string, transactionId: string | null): Promise<void>;
  finish(outcomes: readonly RowsOutcome[]): Promise<void>;
}

export interface RowWork {
  item: RowsItem;
  /** As the plan froze it. */
  fingerprint: RowsFingerprint;
  /** Of a run that was cut off: what `aboutToCommit` was told, if it was. Undefined for what was not begun. */
  begun: { aboutToCommit: boolean; transactionId: string | null } | undefined;
}

export interface RowOptions {
  signal?: AbortSignal | undefined;
  observe?: ((step: { step: RowStepName; itemId: string }) => void) | undefined;
}

export type RowStepName = 'begun' | 'rows-deleted' | 'marked' | 'committed' | 'finished';

/** Attempts at what failed because the database was in use. */
const ATTEMPTS = 3;

/**
 * Deletes the rows of items, one after the other, each in one transaction of its database: counted as planned, deleted
 * as counted, none left, or else taken back. A run that was cut off between the commit and the outcome asks the
 * database whether it was committed; where that cannot be found out the outcome is `unknown`.
 */
export async function deleteRows(
  works: readonly RowWork[],
  examiner: RowExaminer,
  journal: RowJournal,
  options: RowOptions,
): Promise<void> {
  for (const work of works) {
    if (options.signal?.aborted) return;
    const outcome = await deleteItem(work, { examiner, journal, options });
    await journal.finish([outcome]);
    options.observe?.({ step: 'finished', itemId: work.item.id });
  }
}

interface Context {
  examiner: RowExaminer;
  journal: RowJournal;
  options: RowOptions;
}

async function deleteItem(work: RowWork, context: Context): Promise<RowsOutcome> {
  const { item, fingerprint } = work;
  const refused = (reason: Reason): RowsOutcome => rowsOutcome(item.id, 'refused', [reason]);
  let open: OpenHook;
  try {
    open = await context.examiner.open(fingerprint.hook);
  } catch (error) {
    // Of what was begun it cannot be said whether it was committed.
    const reason = reasonOfDatabase(error);
    return work.begun?.aboutToCommit
      ? rowsOutcome(item.id, 'unknown', [UNCONFIRMED, reason])
      : refused(reason);
  }
  if (open.hook.sha256 !== fingerprint.hookSha256 || hookLocation(item.location)?.name !== open.hook.name) {
    return refused(HOOK_CHANGED);
  }
  if (work.begun) {
    const settled = await settle(work, open);
    if (settled) return settled;
  } else {
    const rows = fingerprint.counts.reduce((sum, each) => sum + each.rows, 0);
    const [answer] = await context.journal.begin([
      { target: { itemId: item.id }, entries: [], files: 0, assessment: assessmentOf(open), rows },
    ]);
    if (answer === undefined || !answer.go) return refused(answer?.reason ?? NO_ANSWER);
    context.options.observe?.({ step: 'begun', itemId: item.id });
  }
  return await attempt(work, context);
}

/** What a run that was cut off has done: undefined where the rows are still there and it can be done now. */
async function settle(
  { item, fingerprint, begun }: RowWork,
  { hook, database }: OpenHook,
): Promise<RowsOutcome | undefined> {
  try {
    const counts = await countRows(hook, database, item);
    if (sameCounts(counts, fingerprint)) return undefined;
    if (counts.some(({ rows }) => rows > 0)) return rowsOutcome(item.id, 'refused', [ROWS_CHANGED]);
    const { aboutToCommit, transactionId } = begun ?? { aboutToCommit: false, transactionId: null };
    const committed = transactionId === null ? undefined : await database.committed(transactionId);
    if (!aboutToCommit || committed !== true) return rowsOutcome(item.id, 'unknown', [UNCONFIRMED]);
    return rowsOutcome(item.id, 'rows-deleted', await tidy({ hook, database }), fingerprint.counts);
  } catch (error) {
    return rowsOutcome(item.id, 'unknown', [UNCONFIRMED, reasonOfDatabase(error)]);
  }
}

async function attempt(work: RowWork, context: Context): Promise<RowsOutcome> {
  const { item, fingerprint } = work;
  for (let count = 1; ; count += 1) {
    let open: OpenHook;
    try {
      open = await context.examiner.open(fingerprint.hook);
    } catch (error) {
      return rowsOutcome(item.id, 'failed', [reasonOfDatabase(error)]);
    }
    const state = { committing: false, transactionId: null as string | null };
    try {
      const objection = await inTransaction(work, open, context, state);
      if (objection) return rowsOutcome(item.id, 'refused', [objection]);
      context.options.observe?.({ step: 'committed', itemId: item.id });
      return rowsOutcome(item.id, 'rows-deleted', await tidy(open), fingerprint.counts);
    } catch (error) {
      const reason = reasonOfDatabase(error);
      // The connection may be what broke.
      await open.database.rollback();
      await context.examiner.forget(fingerprint.hook);
      if (state.committing) {
        const begun = { aboutToCommit: true, transactionId: state.transactionId };
        const settled = await reopened(context.examiner, fingerprint.hook, (again) =>
          settle({ ...work, begun }, again),
        );
        if (settled !== undefined) return settled;
      }
      if (reason.code !== 'busy' || count === ATTEMPTS) return rowsOutcome(item.id, 'failed', [reason]);
    }
  }
}

async function reopened(
  examiner: RowExaminer,
  name: string,
  action: (open: OpenHook) => Promise<RowsOutcome | undefined>,
): Promise<RowsOutcome | undefined> {
  try {
    return await action(await examiner.open(name));
  } catch (error) {
    reasonOfDatabase(error);
    return undefined;
  }
}

/** @returns why everything was taken back; undefined where it was committed */
async function inTransaction(
  { item, fingerprint }: RowWork,
  { hook, database }: OpenHook,
  { journal, options }: Context,
  state: { committing: boolean; transactionId: string | null },
): Promise<Reason | undefined> {
  await database.begin();
  const takenBack = async (reason: Reason): Promise<Reason> => {
    await database.rollback();
    return reason;
  };
  if (!sameCounts(await countRows(hook, database, item), fingerprint)) return await takenBack(ROWS_CHANGED);
  const objection = await journal.stillAuthorized(item.id);
  if (objection) return await takenBack(objection);
  for (const [at, step] of hook.steps.entries()) {
    let deleted = 0;
    for (const values of valuesFor(step.delete.parameters, item))
      deleted += await database.delete(step.delete, values);
    if (deleted !== fingerprint.counts[at]?.rows) return await takenBack(OTHER_NUMBER);
  }
  const left = await countRows(hook, database, item);
  if (left.some(({ rows }) => rows > 0)) return await takenBack(ROWS_LEFT);
  options.observe?.({ step: 'rows-deleted', itemId: item.id });
  state.transactionId = await database.transactionId();
  await journal.aboutToCommit(item.id, state.transactionId);
  options.observe?.({ step: 'marked', itemId: item.id });
  state.committing = true;
  await database.commit();
  return undefined;
}

function sameCounts(
  counts: readonly { table: string; rows: number }[],
  { counts: planned }: RowsFingerprint,
): boolean {
  return (
    counts.length === planned.length &&
    counts.every(({ table, rows }, at) => planned[at]?.table === table && planned[at]?.rows === rows)
  );
}

async function tidy({ hook, database }: OpenHook): Promise<Reason[]> {
  return await database.tidy(hook.steps.map(({ table }) => table));
}

function assessmentOf({ hook }: OpenHook): ClaimRequest['assessment'] {
  return { fileSystem: hook.place.kind, residual: [], limits: [] };
}

const HOOK_CHANGED: Reason = {
  code: 'hook-changed',
  text: 'The database hook has changed since the plan was made; nothing was deleted.',
};
const ROWS_CHANGED: Reason = {
  code: 'rows-changed',
  text: 'The database has another number of rows than when the plan was made; nothing was deleted.',
};
const OTHER_NUMBER: Reason = {
  code: 'rows-differ',
  text: 'The statement deleted another number of rows than were counted; everything was taken back.',
};
const ROWS_LEFT: Reason = {
  code: 'rows-left',
  text: 'Rows were left after the deletion; everything was taken back.',
};
const UNCONFIRMED: Reason = {
  code: 'rows-gone-unconfirmed',
  text: 'An earlier run was cut off at the moment of its commit; whether the rows went by it cannot be confirmed.',
};
const NO_ANSWER: Reason = {
  code: 'no-authorization',
  text: 'No authorization was given; nothing was deleted.',
};
