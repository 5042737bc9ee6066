import type { CutOff, RecordClass } from '../model/index.js';
import {
  type DueItem,
  isDateTrigger,
  missingTriggers,
  type ReckonedClause,
  type Reckoning,
  reckon,
} from './due-dates.js';
import { periodInWords } from './period.js';
import type { DueSettings } from './period-arithmetic.js';

const CUT_OFF_WORDS: Readonly<Record<CutOff, string>> = {
  none: 'day',
  month: 'month',
  'calendar-year': 'calendar year',
  'fiscal-year': 'fiscal year',
};

/** The clause whose last day is the latest; of equal ones the first by name, so that the rule's order is nothing. */
export function governingClause(reckoning: Reckoning): ReckonedClause | undefined {
  const dated = reckoning.retain.filter(({ until }) => until !== null);
  return dated.toSorted((a, b) => {
    if (a.until !== b.until) return (a.until ?? '') > (b.until ?? '') ? -1 : 1;
    return `${a.clause.after} ${a.clause.for}` < `${b.clause.after} ${b.clause.for}` ? -1 : 1;
  })[0];
}

/** A clause with its dates: `P3Y after closed 2024-03-31`, `P5Y after 2024-12-31, the end of the calendar year of created 2024-03-05`. */
export function clauseInWords({ clause, trigger, start }: ReckonedClause, cutOff: CutOff): string {
  const event = `${clause.after} ${trigger ?? '(unknown)'}`;
  if (cutOff === 'none') return `${clause.for} after ${event}`;
  return `${clause.for} after ${start ?? '(unknown)'}, the end of the ${CUT_OFF_WORDS[cutOff]} of ${event}`;
}

/**
 * How the due dates of an item come about, one sentence a step, for a person who has to trust them.
 *
 * @param recordClass the class that the item names, or undefined where the schedule has no such class
 * @returns sentences without personal information: rule, dates, authority
 */
export function explainDue(
  item: DueItem,
  recordClass: RecordClass | undefined,
  settings: DueSettings,
): string[] {
  if (item.recordClass === null)
    return ['No record class is given, so no rule applies. It is kept, as a defect.'];
  if (recordClass === undefined) {
    return [`The schedule has no class ${item.recordClass}, so no rule applies. It is kept, as a defect.`];
  }
  const { id, title, authority, disposition, cutOff } = recordClass;
  const steps = [
    `Its class is ${id} (${title}), under ${authority.citation}, last checked ${authority.checked}.`,
  ];
  if (authority.warning !== null) steps.push(`Warning of the schedule: ${authority.warning}.`);
  if (disposition === 'permanent') return [...steps, 'Records of this class are kept for ever.'];
  const reckoning = reckon(item, recordClass, settings);
  for (const each of reckoning.retain)
    steps.push(...stepsOfClause(each, cutOff, 'must be kept to the end of'));
  if (reckoning.deleteWithin)
    steps.push(...stepsOfClause(reckoning.deleteWithin, 'none', 'must be gone by the end of'));
  return [...steps, ...conclusion(item, recordClass, reckoning)];
}

function stepsOfClause(each: ReckonedClause, cutOff: CutOff, verb: string): string[] {
  const { clause, trigger, start, until } = each;
  if (trigger === null) {
    const what = isDateTrigger(clause.after) ? 'Its date is missing' : 'The event is not recorded';
    return [
      `It counts ${periodInWords(clause.for)} (${clause.for}) from ${clause.after}. ${what}: ${clause.after}.`,
    ];
  }
  const steps = [`The date of ${clause.after} is ${trigger}.`];
  if (cutOff !== 'none') {
    steps.push(
      `Counting starts at the end of its ${CUT_OFF_WORDS[cutOff]}: ${start ?? 'after the year 9999'}.`,
    );
  }
  const day = until ?? 'a day after the year 9999';
  return [...steps, `${periodInWords(clause.for)} (${clause.for}) later: it ${verb} ${day}.`];
}

function conclusion(item: DueItem, recordClass: RecordClass, reckoning: Reckoning): string[] {
  const missing = missingTriggers(item, recordClass);
  const clauses = [...reckoning.retain, ...(reckoning.deleteWithin ? [reckoning.deleteWithin] : [])];
  if (missing.some(isDateTrigger))
    return ['A date is missing, so it has no due date. It is kept, as a defect.'];
  if (clauses.some(({ trigger, until }) => trigger !== null && until === null)) {
    return ['A date lies after the year 9999, so it has no due date. It is kept, as a defect.'];
  }
  if (missing.length > 0) return [`It waits for ${missing.join(' and ')}, and is kept until then.`];
  const keepUntil = governingClause(reckoning)?.until ?? null;
  if (keepUntil === null) return ['Its rule has no period, so it has no due date. It is kept, as a defect.'];
  const steps = reckoning.retain.length > 1 ? [`The latest of these days counts: ${keepUntil}.`] : [];
  const deleteBy = reckoning.deleteWithin?.until ?? null;
  if (deleteBy !== null && deleteBy < keepUntil) {
    steps.push(`It must be gone by ${deleteBy}, but kept until ${keepUntil}: the duty to keep wins.`);
  }
  return [...steps, `It is due on the day after ${keepUntil}.`];
}
