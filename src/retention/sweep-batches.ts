import {
  BATCH,
  type DisposalOutcome,
  deleteRows,
  destroyPatiently,
  PatientJournal,
  RowExaminer,
  type RowJournal,
  type RowStepName,
  type RowWork,
  pendingDisposal as storedDisposal,
} from '../disposal/index.js';
import { isDoneByProgram, isOverwritable, verificationFailed } from '../model/index.js';
import type { Session } from '../session/index.js';
import type { DisposalOptions, DisposalTarget, PendingDisposal } from '../shred/index.js';
import type { Disposal, Run } from '../store/index.js';
import { archiveLine } from './archive-disposal.js';
import type { PlanItemLine } from './plan-document.js';
import { plannedDisposals, type VerifiedPlan } from './plan-reading.js';
import type { SweepJournal } from './sweep-journal.js';
import type { SweepQuota } from './sweep-quota.js';

export interface BatchWork {
  session: Session;
  verified: VerifiedPlan;
  run: Run;
  journal: SweepJournal;
  quota: SweepQuota;
  disposal: DisposalOptions;
  /** Called after each outcome is durable. */
  ended: (outcome: DisposalOutcome) => void;
  rowStep?: (step: { step: RowStepName; itemId: string }) => void;
}

/** Finishes what was begun, then begins what the quota allows, until all is done, the quota is used up, or a signal comes. */
export async function workThrough(work: BatchWork): Promise<void> {
  const { session, verified, run, quota, disposal } = work;
  const patient = new PatientJournal(work.journal, work.ended);
  const halted = (): boolean => disposal.signal?.aborted === true;
  const known = await session.store.disposals.ofRun(run.id);
  const begun = new Set(known.filter(({ state }) => state === 'begun').map(({ itemId }) => itemId));
  if (begun.size > 0) {
    for await (const lines of plannedDisposals(session, verified.plan.id, 1000)) {
      const mine = lines.filter(({ itemId }) => begun.has(itemId));
      const files = mine.filter(({ medium }) => isOverwritable(medium));
      if (files.length > 0 && !halted()) await workOn(work, patient, files, false);
      await workOnRows(work, mine);
    }
  }
  const seen = new Set(known.map(({ itemId }) => itemId));
  for await (const lines of plannedDisposals(session, verified.plan.id, BATCH)) {
    if (halted()) return;
    const fresh = lines.filter((line) => isDoneByProgram(line) && !seen.has(line.itemId));
    const batch = quota.admit(fresh);
    const files = batch.filter(({ medium, reason }) => isOverwritable(medium) && reason !== ARCHIVING);
    if (files.length > 0) await workOn(work, patient, files, true);
    for (const line of batch.filter(({ reason }) => reason === ARCHIVING)) {
      if (halted()) return;
      await archiveLine(work, line);
    }
    await workOnRows(work, batch);
    if (batch.length < fresh.length) return;
    await work.journal.refuseByHand(lines.filter((line) => !isDoneByProgram(line) && !seen.has(line.itemId)));
  }
}

/** Those of the lines that are rows of a database, one after the other. */
async function workOnRows(work: BatchWork, lines: readonly PlanItemLine[]): Promise<void> {
  const { session, run, journal, disposal } = work;
  const rows = lines.flatMap((line) =>
    line.fingerprint?.kind === 'rows' ? [{ line, fingerprint: line.fingerprint }] : [],
  );
  if (rows.length === 0 || disposal.signal?.aborted) return;
  const items = await session.store.items.byIds(rows.map(({ line }) => line.itemId));
  const known = await session.store.disposals.ofRun(run.id, 'begun');
  const begun = new Map(known.map(({ itemId, target: noted }) => [itemId, noted]));
  const works = rows.map(({ line, fingerprint }): RowWork => {
    const item = items.get(line.itemId);
    const noted = begun.get(line.itemId);
    return {
      item: {
        id: line.itemId,
        location: line.location ?? '',
        recordClass: line.recordClass,
        subjects: item?.subjects ?? [],
      },
      fingerprint,
      begun:
        noted === undefined ? undefined : { aboutToCommit: false, transactionId: null, ...noteOf(noted) },
    };
  });
  journal.expect(lines);
  const examiner = new RowExaminer(session.paths);
  const observed: RowJournal = {
    begin: (requests) => journal.begin(requests),
    stillAuthorized: (itemId) => journal.stillAuthorized(itemId),
    aboutToCommit: (itemId, transactionId) => journal.aboutToCommit(itemId, transactionId),
    finish: async (outcomes) => {
      await journal.finish(outcomes);
      for (const outcome of outcomes) work.ended(outcome);
    },
  };
  try {
    await deleteRows(works, examiner, observed, {
      signal: disposal.signal,
      observe: (step) => work.rowStep?.(step),
    });
  } finally {
    await examiner.close();
  }
}

function noteOf(text: string): Partial<NonNullable<RowWork['begun']>> {
  const { aboutToCommit, transactionId } = JSON.parse(text) as Partial<NonNullable<RowWork['begun']>>;
  return aboutToCommit === true ? { aboutToCommit, transactionId: transactionId ?? null } : {};
}

/** Reason of the lines that are archived and not destroyed. */
const ARCHIVING = 'due-archive';

async function workOn(
  work: BatchWork,
  patient: PatientJournal,
  lines: readonly PlanItemLine[],
  untouched: boolean,
): Promise<void> {
  work.journal.expect(lines);
  const planned = new Map(lines.map((line) => [line.itemId, line]));
  const pendingOf = async (targets: readonly DisposalTarget[]): Promise<PendingDisposal[]> => {
    const ids = new Set(targets.map(({ itemId }) => itemId));
    const begun = await work.session.store.disposals.ofRun(work.run.id, 'begun');
    return await Promise.all(
      begun
        .filter(({ itemId }) => ids.has(itemId))
        .map((each) => pendingDisposal(work.session, each, planned.get(each.itemId))),
    );
  };
  await destroyPatiently(lines.map(target), { patient, disposal: work.disposal, pendingOf }, untouched);
}

/**
 * What was begun, with the target that the plan names: the plan's lines were checked against its digest, what the
 * journal stores was not.
 *
 * @throws Fault `disposal-changed` (exit 5)
 */
async function pendingDisposal(
  session: Session,
  disposal: Disposal,
  line: PlanItemLine | undefined,
): Promise<PendingDisposal> {
  if (line === undefined) throw disposalChanged(disposal);
  const pending = await storedDisposal(session, disposal.runId, target(line));
  if (pending === undefined) throw disposalChanged(disposal);
  return pending;
}

function disposalChanged({ itemId }: Disposal): Error {
  return verificationFailed(
    'disposal-changed',
    `What is stored of the disposal of ${itemId} is not what the plan says of it`,
    {
      hint: 'Somebody changed the database. Run: quietus log verify, and keep the workspace as it is',
    },
  );
}

function target(line: PlanItemLine): DisposalTarget {
  const { itemId, location, medium, fingerprint } = line;
  if (location === null || fingerprint === null || fingerprint.kind === 'rows' || !isOverwritable(medium)) {
    throw new Error('A line of the plan names nothing that can be overwritten');
  }
  return { itemId, location, medium, fingerprint };
}
