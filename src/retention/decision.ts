import type {
  CalendarDate,
  Decision,
  Disposition,
  DueDates,
  InventoryItem,
  ItemState,
  RecordClass,
} from '../model/index.js';
import { clauseInWords, governingClause, missingTriggers, reckon } from '../schedule/index.js';

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
  'awaits-review': { decision: 'keep', text: 'It is due, and a person must review it' },
  'awaits-redaction': { decision: 'keep', text: 'It is due to be redacted, not destroyed' },
  'awaits-archive': { decision: 'keep', text: 'It is due to be archived, not destroyed' },
  'awaits-transfer': { decision: 'keep', text: 'It is due to be handed over, not destroyed' },
  'contains-kept-item': {
    decision: 'keep',
    text: 'Disposing of it would destroy another item that must be kept',
  },
  'in-progress': { decision: 'keep', text: 'A run is disposing of it' },
  'already-disposed': { decision: 'keep', text: 'It was disposed of before' },
  'legal-hold': { decision: 'held', text: 'A legal hold reaches it' },
  'schedule-missing': { decision: 'defect', text: 'The workspace has no retention schedule' },
  'class-missing': { decision: 'defect', text: 'It has no record class' },
  'class-unknown': { decision: 'defect', text: 'The schedule does not have its record class' },
  'trigger-date-missing': { decision: 'defect', text: 'A date that its rule counts from is missing' },
  'date-overflow': { decision: 'defect', text: 'Its period ends after the year 9999' },
} as const satisfies Readonly<Record<string, { decision: Decision; text: string }>>;

export type DecisionReason = keyof typeof DECISION_REASONS;

export interface DecisionInput {
  item: InventoryItem;
  state: ItemState;
  /** Under the rule below; see `dueDates`. */
  due: DueDates;
  /** The rule of the item's class; undefined where it has none. */
  recordClass: RecordClass | undefined;
  /** Version of the schedule that the rule is from; null where there is no schedule. */
  scheduleVersion: number | null;
  /** Last day of the organization's fiscal year, MM-DD. */
  fiscalYearEnd: string;
  /** Ids of the holds in force that reach the item; see `holdsOn`. */
  holds: readonly string[];
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
 * The first that applies decides: the item's state, a legal hold, a defect, an event that is waited for, a permanent
 * rule, a duty to keep that lasts (`asOf` up to and including `keepUntil`), a disposition other than `destroy`, an
 * item to be kept in the same place. Only what passes all of them is disposed of: what is unknown is kept.
 */
export function decide(input: DecisionInput): DecisionResult {
  const reason = reasonOf(input);
  return { decision: DECISION_REASONS[reason].decision, reason, explanation: explain(reason, input) };
}

function reasonOf(input: DecisionInput): DecisionReason {
  const { due, recordClass, asOf } = input;
  if (input.state !== 'active') return STATE_REASONS[input.state];
  if (input.holds.length > 0) return 'legal-hold';
  if (due.defect !== null) return due.defect;
  if (recordClass === undefined) return 'class-unknown';
  if (due.missingTrigger !== null) return 'waiting-for-event';
  if (due.permanent) return 'permanent';
  if (due.keepUntil === null) return 'trigger-date-missing';
  if (asOf <= due.keepUntil) {
    return due.deleteBy !== null && due.deleteBy < due.keepUntil ? 'limit-conflict' : 'not-due';
  }
  const reason = DISPOSITION_REASONS[recordClass.disposition];
  return reason === 'due' && input.overlaps.length > 0 ? 'contains-kept-item' : reason;
}

const STATE_REASONS = {
  claimed: 'in-progress',
  disposed: 'already-disposed',
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
  const { item, recordClass, scheduleVersion } = input;
  switch (reason) {
    case 'legal-hold': {
      const ids = input.holds;
      return `${ids.length === 1 ? 'legal hold' : 'legal holds'} ${listed(ids)} ${ids.length === 1 ? 'reaches' : 'reach'} it${overdue(input)}`;
    }
    case 'class-missing':
      return 'no record class is given, so nobody knows how long it must be kept';
    case 'class-unknown':
      return `the schedule${scheduleVersion === null ? '' : `, version ${scheduleVersion},`} has no class ${item.recordClass ?? ''}`.trimEnd();
    case 'schedule-missing':
      return 'the workspace has no retention schedule yet';
    case 'contains-kept-item':
      return `disposing of it would destroy ${listed(input.overlaps)}, which must be kept`;
    case 'in-progress':
    case 'already-disposed': {
      const { text } = DECISION_REASONS[reason];
      return `${text.charAt(0).toLowerCase()}${text.slice(1)}`;
    }
    default:
      return recordClass === undefined
        ? DECISION_REASONS[reason].text
        : ruleSentence(reason, input, recordClass);
  }
}

/** What the rule says, for the reasons that come from a rule. */
function ruleSentence(reason: DecisionReason, input: DecisionInput, recordClass: RecordClass): string {
  const { id, authority } = recordClass;
  const until = input.due.keepUntil ?? '';
  switch (reason) {
    case 'trigger-date-missing':
      return `${id} counts from ${input.due.missingTrigger ?? 'nothing'}, and that date is missing (${authority.citation})`;
    case 'date-overflow':
      return `the period of ${id} ends after the year 9999 (${authority.citation})`;
    case 'waiting-for-event': {
      const missing = missingTriggers(input.item, recordClass);
      return `${id} waits for ${listed(missing)}, not recorded yet (${authority.citation})`;
    }
    case 'permanent':
      return `${id} is kept for ever (${authority.citation})`;
    case 'not-due':
      return `${id} must be kept until ${until} (${ruleInWords(input, recordClass)})`;
    case 'limit-conflict':
      return `${id} must be kept until ${until} (${ruleInWords(input, recordClass)}), past its limit of ${limitInWords(input, recordClass)}: the duty to keep wins`;
    default: {
      const awaited = AWAITED[reason];
      const rest = awaited === undefined ? '' : `, and awaits ${awaited}`;
      return `${id} had to be kept until ${until} (${ruleInWords(input, recordClass)})${rest}${overdue(input)}`;
    }
  }
}

/** `P3Y after closed 2024-03-31; 29 CFR 516.5`: the clause that decided, and the authority. */
function ruleInWords({ item, fiscalYearEnd }: DecisionInput, recordClass: RecordClass): string {
  const clause = governingClause(reckon(item, recordClass, { fiscalYearEnd }));
  const words = clause === undefined ? [] : [clauseInWords(clause, recordClass.cutOff)];
  return [...words, recordClass.authority.citation].join('; ');
}

function limitInWords({ item, due, fiscalYearEnd }: DecisionInput, recordClass: RecordClass): string {
  const { deleteWithin } = reckon(item, recordClass, { fiscalYearEnd });
  const words = deleteWithin === null ? '' : ` (${clauseInWords(deleteWithin, 'none')})`;
  return `${due.deleteBy ?? ''}${words}`;
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
