import type { CalendarDate, DueDates, Schedule } from '../model/index.js';
import { dueDateCalculator } from './due-dates.js';
import { type ComparedItem, type Going, goingUnder, type Widening, wideningOf } from './going.js';
import type { DueSettings } from './period-arithmetic.js';

/** What one schedule says of an item on a day. */
export interface DueSide {
  due: DueDates;
  /** What stands before its disposal; null where it is not to be disposed of at all. */
  going: Going | null;
}

/** What changes for one item where one schedule takes the place of another. */
export interface DueChange {
  before: DueSide;
  after: DueSide;
  /** Why it needs a permission; null where it needs none. */
  widening: Widening | null;
}

/**
 * Compares what two schedules say of items on a day. Only rules and dates count: no holds, no statements at gates, and
 * nothing of what lies on a disk, all of which can change without a new schedule.
 *
 * @param before undefined where no schedule is in force yet: then nothing has ever been due
 * @param settingsBefore what dates were computed with so far
 */
export function scheduleComparison(
  before: Pick<Schedule, 'classes'> | undefined,
  after: Pick<Schedule, 'classes'>,
  settings: DueSettings,
  asOf: CalendarDate,
  settingsBefore: DueSettings = settings,
): (item: ComparedItem, due?: DueDates) => DueChange {
  const [old, next] = [sideOf(before, settingsBefore, asOf), sideOf(after, settings, asOf)];
  return (item, due) => {
    const change = { before: old(item), after: next(item, due) };
    return { ...change, widening: wideningOf(change.before.going, change.after.going) };
  };
}

function sideOf(
  schedule: Pick<Schedule, 'classes'> | undefined,
  settings: DueSettings,
  asOf: CalendarDate,
): (item: ComparedItem, due?: DueDates) => DueSide {
  const dueOf = dueDateCalculator(schedule, settings);
  const goingOf = goingUnder(schedule?.classes ?? []);
  return (item, computed) => {
    const due = computed ?? dueOf(item);
    const { keepUntil } = due;
    return { due, going: keepUntil !== null && keepUntil < asOf ? goingOf(item, keepUntil, asOf) : null };
  };
}

/** Ids of the classes that only one of the schedules has, or that have another rule in each. */
export function changedClasses(
  before: Pick<Schedule, 'classes'> | undefined,
  after: Pick<Schedule, 'classes'>,
): ReadonlySet<string> {
  const old = new Map((before?.classes ?? []).map((each) => [each.id, JSON.stringify(each)]));
  const changed = after.classes
    .filter((each) => old.get(each.id) !== JSON.stringify(each))
    .map(({ id }) => id);
  return new Set([...changed, ...removedClasses(before, after)]);
}

/** Ids of the classes of the old schedule that the new one does not have. */
export function removedClasses(
  before: Pick<Schedule, 'classes'> | undefined,
  after: Pick<Schedule, 'classes'>,
): ReadonlySet<string> {
  const kept = new Set(after.classes.map(({ id }) => id));
  return new Set((before?.classes ?? []).map(({ id }) => id).filter((id) => !kept.has(id)));
}
