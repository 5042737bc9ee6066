import { tellsOfEvent } from '../audit/index.js';
import { verificationFailed } from '../model/index.js';
import type { LogRecord, Repositories, Run } from '../store/index.js';
import type { VerifiedPlan } from './plan-reading.js';

/** A run has an entry of its beginning and one of its end; an attested one has one for each item. */
const MOST = 10;
/** An entry is written in the transaction of the change, whose time is taken right before; others may write meanwhile. */
const LATE_MS = 60_000;

/**
 * Compares a run with the log: who began it, when, and what was accepted. Approvals are weighed by that moment, and a run that
 * has begun goes on under what it began with, so that one which somebody wrote into the database would need no others.
 *
 * @throws Fault `run-changed` (exit 5)
 */
export async function requireRunAsLogged(
  { log }: Repositories,
  { plan, plannedSeq }: VerifiedPlan,
  run: Run,
): Promise<void> {
  const action = run.kind === 'attested' ? 'item.attest' : 'sweep.run';
  const entries = await log.page(plannedSeq, MOST, { action, subject: { kind: 'run', id: run.id } });
  const subject = { plan: plan.id, run: run.id };
  const begun =
    run.kind === 'attested'
      ? { action, outcome: 'done' as const, subject }
      : {
          action,
          outcome: 'intent' as const,
          subject,
          data: { sha256: plan.sha256, accept_residual: run.acceptResidual },
        };
  const isBeginning = (record: LogRecord) =>
    record.operator === run.startedBy && isOf(record, run.startedAt) && tellsOfEvent(record, begun);
  const isEnd = (record: LogRecord, at: string) =>
    isOf(record, at) && tellsOfEvent(record, { action, outcome: 'done', subject });
  const { finishedAt } = run;
  const sound =
    run.planId === plan.id &&
    entries.some(isBeginning) &&
    (finishedAt === null || entries.some((record) => isEnd(record, finishedAt)));
  if (sound) return;
  throw verificationFailed('run-changed', `The log does not tell of the run ${run.id} as the database does`, {
    hint: 'Somebody changed the database. Run: quietus log verify, keep the workspace as it is, and dispose of nothing until this is explained',
    details: { run: run.id },
  });
}

/** Whether the entry was written for something of that moment. */
function isOf({ time }: LogRecord, at: string): boolean {
  return Math.abs(Date.parse(time) - Date.parse(at)) <= LATE_MS;
}
