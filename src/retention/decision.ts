import {
  type CalendarDate,
  classesOf,
  type Decision,
  type Disposition,
  type ItemState,
  isOverwritable,
  mostProtective,
  type RecordClass,
} from '../model/index.js';
import { lastDay } from '../schedule/index.js';
import { explain } from './decision-explanation.js';
import { DECISION_REASONS, type DecisionInput, type DecisionReason } from './decision-reasons.js';

export interface DecisionResult {
  decision: Decision;
  reason: DecisionReason;
  /** One sentence with rule, dates and authority, without a final period and without personal information. */
  explanation: string;
}

/**
 * Decides whether an item is disposed of, and says why. Nothing but its input counts: no clock, disk or database.
 *
 * The first that applies decides: the item's state, a legal hold, one that was released a few days ago, a defect, an
 * event that is waited for, a permanent rule, a duty to keep that lasts (`asOf` up to and including `keepUntil`), a
 * person's decision to keep it for longer, a disposition other than `destroy` (one for `review` is as good as that once a
 * person decided that it may go), a gate that is not satisfied, an item to be kept in the same place. Where the item
 * has several classes, the one that protects it most decides each of these. Only what passes all of them is disposed of: what is unknown is kept.
 */
export function decide(input: DecisionInput): DecisionResult {
  const reason = reasonOf(input);
  return {
    decision: DECISION_REASONS[reason].decision,
    reason,
    // A run decides about every item again, and needs the words of the few that may not go.
    get explanation() {
      return explain(reason, input);
    },
  };
}

function reasonOf(input: DecisionInput): DecisionReason {
  const { due, classes, asOf } = input;
  if (input.state !== 'active') return STATE_REASONS[input.state];
  if (input.holds.length > 0) return 'legal-hold';
  if (input.cooling !== undefined && input.cooling.length > 0) return 'cooling-off';
  if (due.defect !== null) return due.defect;
  const disposing = mostProtective(classes);
  if (disposing === undefined || classes.length < classesOf(input.item).length) return 'class-unknown';
  if (due.permanent) return 'permanent';
  if (due.missingTrigger !== null) return 'waiting-for-event';
  if (due.keepUntil === null) return 'trigger-date-missing';
  if (asOf <= due.keepUntil) {
    return due.deleteBy !== null && due.deleteBy < due.keepUntil ? 'limit-conflict' : 'not-due';
  }
  const { review } = input;
  if (review?.keepUntil !== undefined && review.keepUntil !== null && asOf <= review.keepUntil)
    return 'review-keeps';
  const asked =
    disposing.disposition === 'archive'
      ? archiveReason(input, disposing, due.keepUntil)
      : DISPOSITION_REASONS[disposing.disposition];
  const reason = asked === 'awaits-review' && review?.decision === 'dispose' ? 'reviewed' : asked;
  if (DECISION_REASONS[reason].decision !== 'dispose') return reason;
  const gate = input.gates?.[0];
  if (gate !== undefined) return `gate-${gate.kind}`;
  return input.overlaps.length > 0 ? 'contains-kept-item' : reason;
}

/** First the item is archived, then its archive is kept for the period that the rule names, and then its key goes. */
function archiveReason(
  { item, asOf }: DecisionInput,
  disposing: RecordClass,
  keepUntil: CalendarDate,
): DecisionReason {
  const { archiveFor } = disposing;
  if (item.medium !== 'archive') {
    return archiveFor !== undefined && isOverwritable(item.medium) ? 'due-archive' : 'awaits-archive';
  }
  const until = archiveFor === undefined ? null : archivedUntil(keepUntil, archiveFor);
  if (until === null) return 'kept-in-archive';
  return asOf <= until ? 'in-archive' : 'archive-ended';
}

/** Last day of an archive; null after the year 9999. */
function archivedUntil(keepUntil: CalendarDate, archiveFor: string): CalendarDate | null {
  return lastDay(keepUntil, archiveFor, 'none');
}

const STATE_REASONS = {
  claimed: 'in-progress',
  disposed: 'already-disposed',
  transferred: 'already-transferred',
} as const satisfies Record<Exclude<ItemState, 'active'>, DecisionReason>;

const DISPOSITION_REASONS = {
  destroy: 'due',
  review: 'awaits-review',
  redact: 'awaits-redaction',
  archive: 'awaits-archive',
  transfer: 'awaits-transfer',
  permanent: 'permanent',
} as const satisfies Record<Disposition, DecisionReason>;
