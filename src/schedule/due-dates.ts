import {
  type CalendarDate,
  type CutOff,
  classesOf,
  type DueDates,
  type DueDefect,
  type EventDates,
  type InventoryItem,
  type PeriodClause,
  type RecordClass,
  type Schedule,
} from '../model/index.js';
import { combinedDueDates } from './due-combination.js';
import { cutOffDay, type DueSettings, lastDay, periodEnd } from './period-arithmetic.js';

/** What of an item its due dates depend on. */
export type DueItem = Pick<
  InventoryItem,
  'recordClass' | 'otherClasses' | 'created' | 'modified' | 'closed' | 'lastUsed' | 'events'
> & {
  /** Events of its subjects; see `withSubjectEvents`. */
  subjectEvents?: EventDates;
};

/** How one clause counts for one item; dates are null where they are unknown or lie after the year 9999. */
export interface ReckonedClause {
  clause: PeriodClause;
  /** The day of the trigger. */
  trigger: CalendarDate | null;
  /** The day that counting starts after: the trigger's, or the end of its cut-off period. */
  start: CalendarDate | null;
  /** Last day of the period. */
  until: CalendarDate | null;
}

/** Both clocks of an item, clause by clause. */
export interface Reckoning {
  retain: readonly ReckonedClause[];
  deleteWithin: ReckonedClause | null;
}

/**
 * The due dates of one item under the rule of its class, or under those of all its classes.
 *
 * `keepUntil` is the latest last day of all retain clauses, `deleteBy` the last day that `delete_within` allows.
 * Every trigger that the rule names must be known. A missing date of the item is the defect
 * `trigger-date-missing`; a missing event has not happened yet, and the item waits for it (see `isWaiting`).
 *
 * @param classes the classes of the schedule among which those are that the item names
 */
export function dueDates(item: DueItem, classes: readonly RecordClass[], settings: DueSettings): DueDates {
  return dueDateCalculator({ classes }, settings)(item);
}

/**
 * The same for many items: the arithmetic is done once for each class and trigger date.
 *
 * @param schedule undefined where the workspace has none yet
 */
export function dueDateCalculator(
  schedule: Pick<Schedule, 'classes'> | undefined,
  settings: DueSettings,
): (item: DueItem) => DueDates {
  if (schedule === undefined) return () => withDefect('schedule-missing');
  const endOf = sharedPeriodEnds(settings);
  const classes = new Map(schedule.classes.map((each) => [each.id, new CompiledClass(each, endOf)]));
  return (item) => {
    if (item.recordClass === null) return withDefect('class-missing');
    const first = classes.get(item.recordClass)?.dueDates(item) ?? withDefect('class-unknown');
    if (item.otherClasses.length === 0) return first;
    return combinedDueDates(
      classesOf(item).map((id) => classes.get(id)?.dueDates(item) ?? withDefect('class-unknown')),
      isDateTrigger,
    );
  };
}

/** Whether an item has no due date because an event of its rule has not been recorded: nothing is wrong, it is kept. */
export function isWaiting(due: DueDates): boolean {
  return due.defect === null && due.missingTrigger !== null;
}

/** The dates behind `dueDates`, for explanations. Clauses are in the order of the rule. */
export function reckon(item: DueItem, recordClass: RecordClass, settings: DueSettings): Reckoning {
  const one = (clause: PeriodClause, cutOff: CutOff): ReckonedClause => {
    const trigger = triggerReader(clause.after)(item);
    if (trigger === null) return { clause, trigger, start: null, until: null };
    return { clause, trigger, ...counted(trigger, clause.for, cutOff, settings) };
  };
  return {
    retain: recordClass.retain.map((clause) => one(clause, recordClass.cutOff)),
    deleteWithin: recordClass.deleteWithin === null ? null : one(recordClass.deleteWithin, 'none'),
  };
}

/** A plan explains ten thousand items that share few dates; calendar arithmetic is what that would cost. */
const remembered = new Map<string, Pick<ReckonedClause, 'start' | 'until'>>();
const REMEMBERED = 20_000;

function counted(
  trigger: CalendarDate,
  period: string,
  cutOff: CutOff,
  settings: DueSettings,
): Pick<ReckonedClause, 'start' | 'until'> {
  const key = `${trigger} ${period} ${cutOff} ${settings.fiscalYearEnd}`;
  const known = remembered.get(key);
  if (known) return known;
  const start = cutOffDay(trigger, cutOff, settings);
  const dates = { start, until: start === null ? null : lastDay(start, period, cutOff) };
  if (remembered.size >= REMEMBERED) remembered.clear();
  remembered.set(key, dates);
  return dates;
}

/** Names of the triggers that a rule needs and an item does not have, in alphabetical order. */
export function missingTriggers(item: DueItem, recordClass: RecordClass): string[] {
  const clauses = [...recordClass.retain, ...(recordClass.deleteWithin ? [recordClass.deleteWithin] : [])];
  const missing = clauses.map(({ after }) => after).filter((name) => triggerReader(name)(item) === null);
  return [...new Set(missing)].toSorted();
}

/** Whether a trigger is a date of every item, and not an event. */
export function isDateTrigger(name: string): boolean {
  return DATE_READERS.has(name);
}

const DATE_READERS: ReadonlyMap<string, (item: DueItem) => CalendarDate | null> = new Map([
  ['created', (item) => item.created],
  ['modified', (item) => item.modified],
  ['closed', (item) => item.closed],
  ['last-used', (item) => item.lastUsed],
]);

function triggerReader(name: string): (item: DueItem) => CalendarDate | null {
  const reader = DATE_READERS.get(name);
  // Any name of letters may be an event, so the names that every object inherits, such as `constructor`, too.
  return (
    reader ??
    (({ events, subjectEvents }) => {
      const own = dayOf(events, name);
      const theirs = subjectEvents === undefined ? null : dayOf(subjectEvents, name);
      return later(own, theirs);
    })
  );
}

function dayOf(events: EventDates, name: string): CalendarDate | null {
  return Object.hasOwn(events, name) ? (events[name] ?? null) : null;
}

/** Where the item and its subjects say different days of an event, the later one keeps it longer. */
function later(a: CalendarDate | null, b: CalendarDate | null): CalendarDate | null {
  if (a === null || b === null) return a ?? b;
  return a > b ? a : b;
}

interface CompiledClause {
  after: string;
  trigger: (item: DueItem) => CalendarDate | null;
  /** Last day of the period after a trigger; null past the year 9999. */
  until: (trigger: CalendarDate) => CalendarDate | null;
}

type PeriodEnds = (period: string, cutOff: CutOff) => CompiledClause['until'];

/** Classes with the same period and cut-off share what was computed for them. */
function sharedPeriodEnds(settings: DueSettings): PeriodEnds {
  const shared = new Map<string, CompiledClause['until']>();
  return (period, cutOff) => {
    const key = `${period} ${cutOff}`;
    const end = shared.get(key) ?? periodEnd(period, cutOff, settings);
    shared.set(key, end);
    return end;
  };
}

class CompiledClass {
  readonly #permanent: boolean;
  readonly #retain: readonly CompiledClause[];
  readonly #deleteWithin: CompiledClause | null;

  constructor(recordClass: RecordClass, endOf: PeriodEnds) {
    const { retain, cutOff, deleteWithin, disposition } = recordClass;
    this.#permanent = disposition === 'permanent';
    const compile = (clause: PeriodClause, start: CutOff): CompiledClause => ({
      after: clause.after,
      trigger: triggerReader(clause.after),
      until: endOf(clause.for, start),
    });
    this.#retain = retain.map((clause) => compile(clause, cutOff));
    this.#deleteWithin = deleteWithin && compile(deleteWithin, 'none');
  }

  dueDates(item: DueItem): DueDates {
    if (this.#permanent) return { ...NOTHING, permanent: true };
    // A rule without a clause has nothing to count from. No schedule file can say so, but what is unknown is kept.
    if (this.#retain.length === 0) return withDefect('trigger-date-missing');
    let missing: string | null = null;
    let overflow = false;
    const endOf = (clause: CompiledClause): CalendarDate | null => {
      const trigger = clause.trigger(item);
      const until = trigger === null ? null : clause.until(trigger);
      if (trigger === null) missing = firstMissing(missing, clause.after);
      else if (until === null) overflow = true;
      return until;
    };
    let keepUntil: CalendarDate | null = null;
    for (const clause of this.#retain) {
      const until = endOf(clause);
      if (until !== null && (keepUntil === null || until > keepUntil)) keepUntil = until;
    }
    const deleteBy = this.#deleteWithin && endOf(this.#deleteWithin);
    if (missing !== null && isDateTrigger(missing)) return withDefect('trigger-date-missing', missing);
    if (overflow) return withDefect('date-overflow');
    if (missing !== null) return { ...NOTHING, missingTrigger: missing };
    return { keepUntil, deleteBy, permanent: false, defect: null, missingTrigger: null };
  }
}

const NOTHING: DueDates = {
  keepUntil: null,
  deleteBy: null,
  permanent: false,
  defect: null,
  missingTrigger: null,
};

function withDefect(defect: DueDefect, missingTrigger: string | null = null): DueDates {
  return { ...NOTHING, defect, missingTrigger };
}

/** A date of the item before an event, since it is a defect; then the alphabet, so that the rule's order is nothing. */
function firstMissing(current: string | null, name: string): string {
  if (current === null) return name;
  const [a, b] = [isDateTrigger(current), isDateTrigger(name)];
  if (a !== b) return a ? current : name;
  return current < name ? current : name;
}
