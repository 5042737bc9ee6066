import { canonicalJson } from '../crypto/index.js';
import {
  type CalendarDate,
  classesOf,
  DISPOSITIONS_BY_PROTECTION,
  type Disposition,
  type DueDates,
  type RecordClass,
  type Schedule,
} from '../model/index.js';
import { type DueItem, dueDateCalculator } from './due-dates.js';
import type { DueSettings } from './period-arithmetic.js';

/** What one schedule says of an item on a day. */
export interface DueSide {
  due: DueDates;
  /** What stands before its disposal; null where it is not to be disposed of at all. */
  going: Going | null;
}

/** The conditions of a disposal that is due: the duty to keep has ended, and no review is asked for. */
interface Going {
  approvals: number;
  /** Canonical texts of the gates. */
  gates: ReadonlySet<string>;
}

/** What changes for one item where one schedule takes the place of another. */
export interface DueChange {
  before: DueSide;
  after: DueSide;
  /** Why it needs a permission; null where it needs none. */
  widening: Widening | null;
}

/** The item was not due and is now; or it is due in both, and less stands before its disposal. */
export type Widening = 'due' | 'fewer-gates' | 'fewer-approvals';

/** Under these the item stays where it is, whatever day it is. */
const STAYING: ReadonlySet<Disposition> = new Set(['review', 'permanent']);

/**
 * Compares what two schedules say of items on a day. Only rules and dates count: no holds, no statements at gates, and
 * nothing of what lies on a disk, all of which can change without a new schedule.
 *
 * @param before undefined where no schedule is in force yet: then nothing has ever been due
 */
export function scheduleComparison(
  before: Pick<Schedule, 'classes'> | undefined,
  after: Pick<Schedule, 'classes'>,
  settings: DueSettings,
  asOf: CalendarDate,
): (item: DueItem, due?: DueDates) => DueChange {
  const [old, next] = [sideOf(before, settings, asOf), sideOf(after, settings, asOf)];
  return (item, due) => {
    const change = { before: old(item), after: next(item, due) };
    return { ...change, widening: wideningOf(change.before.going, change.after.going) };
  };
}

function wideningOf(before: Going | null, after: Going | null): Widening | null {
  if (after === null) return null;
  if (before === null) return 'due';
  if ([...before.gates].some((gate) => !after.gates.has(gate))) return 'fewer-gates';
  return after.approvals < before.approvals ? 'fewer-approvals' : null;
}

function sideOf(
  schedule: Pick<Schedule, 'classes'> | undefined,
  settings: DueSettings,
  asOf: CalendarDate,
): (item: DueItem, due?: DueDates) => DueSide {
  const dueOf = dueDateCalculator(schedule, settings);
  const rules = new Map((schedule?.classes ?? []).map((each) => [each.id, each]));
  // Thousands of items have the same classes.
  const known = new Map<string, Going | null>();
  return (item, computed) => {
    const due = computed ?? dueOf(item);
    if (due.keepUntil === null || due.keepUntil >= asOf) return { due, going: null };
    const ids = classesOf(item);
    const key = ids.join(' ');
    const going = known.get(key) ?? goingOf(ids.flatMap((id) => rules.get(id) ?? []));
    known.set(key, going);
    return { due, going };
  };
}

/** What stands before the disposal of an item with these classes; null where it stays. */
function goingOf(classes: readonly RecordClass[]): Going | null {
  const disposition = DISPOSITIONS_BY_PROTECTION.find((each) =>
    classes.some((rule) => rule.disposition === each),
  );
  if (disposition === undefined || STAYING.has(disposition)) return null;
  return {
    approvals: Math.max(...classes.map(({ approvals }) => approvals)),
    gates: new Set(classes.flatMap(({ gates }) => gates).map((gate) => canonicalJson({ ...gate }))),
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
