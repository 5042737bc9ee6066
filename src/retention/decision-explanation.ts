import { classesOf, type Decision } from '../model/index.js';
import { DECISION_REASONS, type DecisionInput, type DecisionReason } from './decision-reasons.js';
import {
  awaitedEvents,
  type GoverningRules,
  governingRules,
  lackingClass,
  limitInWords,
  ruleInWords,
} from './governing-rules.js';

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

/** The reason in one sentence, with rule, dates and authority. */
export function explain(reason: DecisionReason, input: DecisionInput): string {
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
  const decided = review === undefined ? '' : `${review.decidedBy} on ${review.decidedOn}`;
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
