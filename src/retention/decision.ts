import {
  type CalendarDate,
  classesOf,
  type Decision,
  type Disposition,
  type DueDates,
  type ItemState,
  isOverwritable,
  type RecordClass,
  type Review,
} from '../model/index.js';
import { lastDay } from '../schedule/index.js';
import type { WrittenItem } from '../store/index.js';
import type { OpenGate } from './gate-state.js';
import {
  awaitedEvents,
  type GoverningRules,
  governingRules,
  lackingClass,
  limitInWords,
  mostProtective,
  ruleInWords,
} from './governing-rules.js';

/** Every reason that a decision can have. Codes are stable: plans, `--json` and scripts keep them. */
export const DECISION_REASONS = {
  due: { decision: 'dispose', text: 'The duty to keep it has ended' },
  'not-due': { decision: 'keep', text: 'The duty to keep it has not ended' },
  'limit-conflict': {
    decision: 'keep',
    text: 'It must be kept longer than it may be kept; the duty to keep wins',
  },
  permanent: { decision: 'keep', text: 'Its rule keeps it for ever' },
  'waiting-for-event': { decision: 'keep', text: 'An event that its rule counts from is not recorded yet' },
  reviewed: {
    decision: 'dispose',
    text: 'The duty to keep it has ended, and a person decided that it may go',
  },
  'review-keeps': {
    decision: 'keep',
    text: 'The duty to keep it has ended, and a person decided to keep it for longer',
  },
  'awaits-review': { decision: 'keep', text: 'It is due, and a person must review it' },
  'awaits-redaction': { decision: 'keep', text: 'It is due to be redacted, not destroyed' },
  'awaits-archive': { decision: 'keep', text: 'It is due to be archived, not destroyed' },
  'due-archive': { decision: 'dispose', text: 'The duty to keep it in the open has ended; it is archived' },
  'in-archive': { decision: 'keep', text: 'It is archived, and the period of the archive has not ended' },
  'kept-in-archive': { decision: 'keep', text: 'It is archived, and its rule says no end of that' },
  'archive-ended': { decision: 'dispose', text: 'The period of its archive has ended; its key is destroyed' },
  'awaits-transfer': { decision: 'keep', text: 'It is due to be handed over, not destroyed' },
  'contains-kept-item': {
    decision: 'keep',
    text: 'Disposing of it would destroy another item that must be kept',
  },
  'gate-open-charge': { decision: 'keep', text: 'It is due, and a charge about it is open' },
  'gate-notice': { decision: 'keep', text: 'It is due, and a notice must be given before' },
  'gate-permission': { decision: 'keep', text: 'It is due, and a written permission is needed before' },
  'gate-no-open-charge': {
    decision: 'keep',
    text: 'It is due, and somebody must state that no charge is open',
  },
  'gate-copies-checked': {
    decision: 'keep',
    text: 'It is due, and somebody must check the copies elsewhere',
  },
  'in-progress': { decision: 'keep', text: 'A run is disposing of it' },
  'already-disposed': { decision: 'keep', text: 'It was disposed of before' },
  'already-transferred': { decision: 'keep', text: 'It was handed over to another party' },
  'legal-hold': { decision: 'held', text: 'A legal hold reaches it' },
  'cooling-off': { decision: 'held', text: 'A legal hold reached it until a few days ago' },
  'schedule-missing': { decision: 'defect', text: 'The workspace has no retention schedule' },
  'class-missing': { decision: 'defect', text: 'It has no record class' },
  'class-unknown': { decision: 'defect', text: 'The schedule does not have its record class' },
  'trigger-date-missing': { decision: 'defect', text: 'A date that its rule counts from is missing' },
  'date-overflow': { decision: 'defect', text: 'Its period ends after the year 9999' },
} as const satisfies Readonly<Record<string, { decision: Decision; text: string }>>;

export type DecisionReason = keyof typeof DECISION_REASONS;

/** A person's decision about an item, as far as it still holds. */
export type StandingReview = Pick<Review, 'decision' | 'keepUntil' | 'decidedAt' | 'decidedBy'>;

export interface DecisionInput {
  item: WrittenItem;
  state: ItemState;
  /** Under the rule below; see `dueDates`. */
  due: DueDates;
  /** The rules of the item's classes, as far as the schedule has them. */
  classes: readonly RecordClass[];
  /** Version of the schedule that the rule is from; null where there is no schedule. */
  scheduleVersion: number | null;
  /** Last day of the organization's fiscal year, MM-DD. */
  fiscalYearEnd: string;
  /** Ids of the holds in force that reach the item; see `holdsOn`. */
  holds: readonly string[];
  /** Holds that were released, and whose cooling-off period lasts on the day that is decided for. */
  cooling?: readonly { id: string; until: CalendarDate }[];
  /** What a person decided of it, and what still holds of that; see `standingReview`. */
  review?: StandingReview | undefined;
  /** What must be stated before it may be disposed of; see `CompiledStatements`. */
  gates?: readonly OpenGate[];
  /** The day that is decided for. */
  asOf: CalendarDate;
  /** Ids of items that lie at, in or around the item's place and must be kept: disposing of it would destroy them. */
  overlaps: readonly string[];
}

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

const AWAITED: Readonly<Partial<Record<DecisionReason, string>>> = {
  'awaits-review': 'a review',
  'awaits-redaction': 'redaction, not destruction',
  'awaits-archive': 'archiving, not destruction',
  'awaits-transfer': 'hand-over, not destruction',
};

const HEADS: Readonly<Record<Decision, string>> = {
  dispose: 'Due',
  keep: 'Kept',
  held: 'Held',
  defect: 'Defect',
};

function explain(reason: DecisionReason, input: DecisionInput): string {
  return `${HEADS[DECISION_REASONS[reason].decision]}: ${sentence(reason, input)}`;
}

function sentence(reason: DecisionReason, input: DecisionInput): string {
  const { item, classes, scheduleVersion } = input;
  switch (reason) {
    case 'legal-hold': {
      const ids = input.holds;
      return `${ids.length === 1 ? 'legal hold' : 'legal holds'} ${listed(ids)} ${ids.length === 1 ? 'reaches' : 'reach'} it${overdue(input)}`;
    }
    case 'cooling-off':
      return coolingSentence(input);
    case 'class-missing':
      return 'no record class is given, so nobody knows how long it must be kept';
    case 'class-unknown': {
      const unknown = classesOf(item).filter((id) => classes.every((each) => each.id !== id));
      return `the schedule${scheduleVersion === null ? '' : `, version ${scheduleVersion},`} has no class ${listed(unknown)}`.trimEnd();
    }
    case 'schedule-missing':
      return 'the workspace has no retention schedule yet';
    case 'contains-kept-item':
      return `disposing of it would destroy ${listed(input.overlaps)}, which must be kept`;
    case 'in-progress':
    case 'already-disposed':
    case 'already-transferred': {
      const { text } = DECISION_REASONS[reason];
      return `${text.charAt(0).toLowerCase()}${text.slice(1)}`;
    }
    default: {
      const rules = governingRules(item, classes, input.due, input.fiscalYearEnd);
      return rules === undefined ? DECISION_REASONS[reason].text : ruleSentence(reason, input, rules);
    }
  }
}

function coolingSentence(input: DecisionInput): string {
  const cooling = input.cooling ?? [];
  const until =
    cooling
      .map((each) => each.until)
      .toSorted()
      .at(-1) ?? '';
  const ids = listed(cooling.map(({ id }) => id));
  return `legal ${cooling.length === 1 ? 'hold' : 'holds'} ${ids} reached it, and it is left alone until ${until}${overdue(input)}`;
}

/** What the rules say, for the reasons that come from a rule. */
function ruleSentence(reason: DecisionReason, input: DecisionInput, rules: GoverningRules): string {
  const { item, classes, due, fiscalYearEnd } = input;
  const { keeping, limiting, disposing } = rules;
  const until = due.keepUntil ?? '';
  const rule = () => `(${ruleInWords(item, keeping, fiscalYearEnd)})`;
  const lacking = () => lackingClass(item, classes, due, fiscalYearEnd) ?? keeping;
  switch (reason) {
    case 'trigger-date-missing':
      return `${lacking().id} counts from ${due.missingTrigger ?? 'nothing'}, and that date is missing (${lacking().authority.citation})`;
    case 'date-overflow':
      return `the period of ${lacking().id} ends after the year 9999 (${lacking().authority.citation})`;
    case 'waiting-for-event': {
      const { id, authority } = lacking();
      return `${id} waits for ${listed(awaitedEvents(item, classes))}, not recorded yet (${authority.citation})`;
    }
    case 'permanent':
      return `${disposing.id} is kept for ever (${disposing.authority.citation})`;
    case 'not-due':
      return `${keeping.id} must be kept until ${until} ${rule()}`;
    case 'limit-conflict': {
      const whose =
        limiting === undefined || limiting === keeping ? 'its limit' : `the limit of ${limiting.id}`;
      const limit = limitInWords(item, limiting ?? keeping, due.deleteBy, fiscalYearEnd);
      return `${keeping.id} must be kept until ${until} ${rule()}, past ${whose} of ${limit}: the duty to keep wins`;
    }
    default:
      return `${keeping.id} had to be kept until ${until} ${rule()}${awaits(reason, input, rules)}${overdue(input)}`;
  }
}

/** What else must happen to an item whose duty to keep has ended. */
function awaits(
  reason: DecisionReason,
  { gates, review }: DecisionInput,
  { keeping, disposing }: GoverningRules,
): string {
  if (reason.startsWith('gate-')) {
    return `, and waits for ${(gates ?? []).map(({ missing }) => missing).join('; and for ')}`;
  }
  const decided = review === undefined ? '' : `${review.decidedBy} on ${review.decidedAt.slice(0, 10)}`;
  if (reason === 'reviewed') return `, and may go by the review of ${decided}`;
  if (reason === 'review-keeps')
    return `, and is kept until ${review?.keepUntil} by the review of ${decided}`;
  const { archiveFor } = disposing;
  if (reason === 'due-archive') return `, and is archived then for ${archiveFor}`;
  if (reason === 'in-archive' && archiveFor !== undefined) {
    return `, and is archived for ${archiveFor} after that`;
  }
  if (reason === 'kept-in-archive') return ', and is archived; the rule says no end of that';
  if (reason === 'archive-ended')
    return `, and was archived for ${archiveFor} after that; its key is destroyed`;
  const awaited = AWAITED[reason];
  if (awaited === undefined) return '';
  return `, and awaits ${awaited}${disposing === keeping ? '' : ` as ${disposing.id}`}`;
}

/** Said of what stays although its maximum has passed, and of what goes too late. */
function overdue({ due, asOf }: DecisionInput): string {
  return due.deleteBy !== null && asOf > due.deleteBy ? `; its limit of ${due.deleteBy} has passed` : '';
}

/** `a`, `a and b`, `a, b and 3 more`. */
function listed(ids: readonly string[]): string {
  const sorted = ids.toSorted();
  const shown = sorted.length > 3 ? [...sorted.slice(0, 2), `${sorted.length - 2} more`] : sorted;
  const last = shown.at(-1) ?? '';
  return shown.length < 2 ? last : `${shown.slice(0, -1).join(', ')} and ${last}`;
}
