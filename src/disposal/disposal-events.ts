import type { LogEvent } from '../audit/index.js';
import { sha256 } from '../crypto/index.js';
import { isDestroyed, type Reason } from '../model/index.js';
import { emptyOutcome, type TargetOutcome } from '../shred/index.js';
import type { Run } from '../store/index.js';
import type { ClaimRequest } from './row-deletion.js';
import { type DisposalOutcome, isOfRows } from './rows-outcome.js';

/** What the entries of one run name beside the item: the run, and its plan where it has one. */
function runSubject(run: Pick<Run, 'id' | 'planId'>): Readonly<Record<string, string>> {
  return { ...(run.planId !== null && { plan: run.planId }), run: run.id };
}

/** The log entry before an irreversible act. Members are in the order of canonical JSON. */
export function intentEvent({ target, files, assessment, rows }: ClaimRequest, run: Run): LogEvent {
  return {
    action: 'item.dispose',
    outcome: 'intent',
    subject: { item: target.itemId, ...runSubject(run) },
    data: {
      file_system: assessment.fileSystem,
      files,
      residual: assessment.residual.map((reason) => reason.code),
      ...(rows !== undefined && { rows }),
    },
  };
}

/** The log entry of what became of an item: ids, codes and counts. */
export function outcomeEvent(outcome: DisposalOutcome, run: Run): LogEvent {
  const refused = outcome.outcome === 'refused';
  const done = isDestroyed(outcome.outcome) || outcome.outcome === 'archived';
  return {
    action: 'item.dispose',
    outcome: done ? 'done' : refused ? 'refused' : 'failed',
    subject: { item: outcome.itemId, ...runSubject(run) },
    data: {
      bytes: outcome.bytes,
      files: outcome.files,
      links: outcome.links,
      method: outcome.method,
      outcome: outcome.outcome,
      passes: outcome.passes,
      ...(outcome.protectionLifted !== undefined && { protection_lifted: outcome.protectionLifted }),
      reasons: outcome.reasons.map((reason) => reason.code),
      // What a certificate says of limits and reasons in words, and the log does not: names can be in it.
      result_sha256: sha256(JSON.stringify(outcome)),
      ...(isOfRows(outcome) && { rows: outcome.deleted.reduce((sum, { rows }) => sum + rows, 0) }),
      verified_from: outcome.verifiedFrom,
    },
  };
}

/** The outcome of an item that nothing was done to. */
export function refusedOutcome(itemId: string, reason: Reason): TargetOutcome {
  return emptyOutcome(itemId, 'refused', [reason], null);
}
