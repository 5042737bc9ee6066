import { verificationFailed } from '../model/index.js';
import type { Session } from '../session/index.js';
import {
  DEFAULT_METHOD,
  type DisposalStep,
  type DisposalTarget,
  type PendingDisposal,
  type TargetOutcome,
  type Throttle,
} from '../shred/index.js';
import type { Run } from '../store/index.js';
import { AdHocJournal } from './ad-hoc-journal.js';
import { type AdHocLine, targetOf } from './ad-hoc-list.js';
import { BATCH, destroyPatiently } from './batch-work.js';
import { refusedOutcome } from './disposal-events.js';
import { pendingDisposal } from './disposal-records.js';
import { PatientJournal } from './patient-journal.js';
import { protectedPaths } from './protected-paths.js';

interface BatchesOptions {
  signal?: AbortSignal;
  throttle?: Throttle;
  observe?: (step: DisposalStep) => void;
  ended?: (outcome: TargetOutcome) => void;
  /** Begin nothing more. */
  onlyBegun: boolean;
}

/** Works through the frozen list: first what was begun before, then the rest, as far as the signal lets it. */
export async function destroyLines(
  session: Session,
  run: Run,
  lines: readonly AdHocLine[],
  options: BatchesOptions,
): Promise<void> {
  const { signal, throttle, observe, ended } = options;
  const journal = new AdHocJournal(session, run, lines);
  const patient = new PatientJournal(journal, (outcome) => ended?.(outcome));
  const known = new Map(
    (await session.store.disposals.ofRun(run.id)).map(({ itemId, state }) => [itemId, state]),
  );
  const left = lines.flatMap(({ itemId, left: reason }) =>
    reason !== null && !known.has(itemId) ? [refusedOutcome(itemId, reason)] : [],
  );
  if (left.length > 0 && !options.onlyBegun) await patient.finish(left);
  const batchOptions = {
    patient,
    disposal: {
      protectedPaths: protectedPaths(session.paths),
      acceptResidual: run.acceptResidual,
      method: lines[0]?.method ?? DEFAULT_METHOD,
      liftProtection: lines[0]?.liftProtection === true,
      ...(signal ? { signal } : {}),
      ...(observe ? { observe } : {}),
      ...(throttle ? { throttle } : {}),
    },
    pendingOf: (targets: readonly DisposalTarget[]) => pendingOf(session, run, targets),
  };
  const usable = lines.filter(({ fingerprint }) => fingerprint !== null);
  const begun = usable.filter(({ itemId }) => known.get(itemId) === 'begun');
  const fresh = options.onlyBegun ? [] : usable.filter(({ itemId }) => !known.has(itemId));
  for (const [todo, untouched] of [
    [begun, false],
    [fresh, true],
  ] as const) {
    for (const batch of batchesOf(todo)) {
      if (signal?.aborted === true) return;
      await destroyPatiently(batch.map(targetOf), batchOptions, untouched);
    }
  }
}

/** What shares files is in one batch, whatever its size. */
function* batchesOf(lines: readonly AdHocLine[]): Generator<readonly AdHocLine[]> {
  const linked = lines.filter((line) => line.linked === true);
  if (linked.length > 0) yield linked;
  const others = lines.filter((line) => line.linked !== true);
  for (let at = 0; at < others.length; at += BATCH) yield others.slice(at, at + BATCH);
}

/** @throws Fault `disposal-changed` (exit 5) */
async function pendingOf(
  session: Session,
  run: Run,
  targets: readonly DisposalTarget[],
): Promise<PendingDisposal[]> {
  const begun = new Set((await session.store.disposals.ofRun(run.id, 'begun')).map(({ itemId }) => itemId));
  const pending: PendingDisposal[] = [];
  for (const target of targets.filter(({ itemId }) => begun.has(itemId))) {
    const stored = await pendingDisposal(session, run.id, target);
    if (stored === undefined) {
      throw verificationFailed(
        'disposal-changed',
        `What is stored of the disposal of ${target.itemId} is not what was confirmed`,
        { hint: 'Somebody changed the database. Run: quietus log verify, and keep the workspace as it is' },
      );
    }
    pending.push(stored);
  }
  return pending;
}
