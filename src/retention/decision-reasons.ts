import type { CalendarDate, Decision, DueDates, ItemState, RecordClass, Review } from '../model/index.js';
import type { WrittenItem } from '../store/index.js';
import type { OpenGate } from './gate-state.js';

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
export type StandingReview = Pick<Review, 'decision' | 'keepUntil' | 'decidedBy'> & {
  /** In the organization's time zone. */
  decidedOn: CalendarDate;
};

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
