import type { CalendarDate, Decision, Schedule, StoredSchedule } from '../model/index.js';
import { type DueChange, fiscalYearOfDates, scheduleComparison, type Widening } from '../schedule/index.js';
import type { Session } from '../session/index.js';
import type { StoredItem } from '../store/index.js';
import { DECISION_REASONS } from './decision-reasons.js';
import { loggedFacts } from './logged-facts.js';
import { type Rulebook, rulebook } from './rulebook.js';

/** An item that another schedule would make due, or would keep. */
export interface SimulatedItem {
  itemId: string;
  recordClass: string | null;
  /** Why importing the schedule asks for a permission; null for what is no longer due. */
  widening: Widening | null;
  /** Last days of the duty to keep; null where there is none. */
  keepUntil: { before: CalendarDate | null; after: CalendarDate | null };
  /** What would be decided for it under the other schedule: a hold keeps an item whatever a schedule says. */
  decision: Decision;
  /** The reasons under the schedule in force and under the other one. */
  explanation: { before: string; after: string };
  holds: readonly string[];
}

/** What a schedule would change for the items of one class. */
export interface SimulatedClass {
  /** Null for items without a class. */
  recordClass: string | null;
  items: number;
  newlyDue: number;
  noLongerDue: number;
  /** Items whose duty to keep would end earlier, or later; those of the two counts before are among them. */
  sooner: number;
  later: number;
  /** Items that would become defects, such as those whose class is removed. */
  newDefects: number;
}

export interface Simulation {
  asOf: CalendarDate;
  /** Version in force; null before the first import. */
  version: number | null;
  items: number;
  /** In the order of their ids. */
  newlyDue: readonly SimulatedItem[];
  noLongerDue: readonly SimulatedItem[];
  /** Classes with any item, in alphabetical order. */
  classes: readonly SimulatedClass[];
}

export interface SimulationOptions {
  asOf?: CalendarDate;
  signal?: AbortSignal;
  onProgress?: (items: number) => void;
}

/**
 * Shows what a schedule would change if it were in force, for the inventory and the holds as they are. It reads and
 * decides; it writes nothing, not even to the log. An item counts as due where its duty to keep has ended and its
 * rule does not ask for a review; one that has fewer gates or approvals before it counts as newly due. Their number is
 * the one that importing the schedule asks for. What lies on disk is not looked at.
 */
export async function simulateSchedule(
  session: Session,
  schedule: Schedule,
  options: SimulationOptions = {},
): Promise<Simulation> {
  const settings = session.settings();
  const asOf = options.asOf ?? session.today();
  const inForce = await session.store.schedules.latest();
  const facts = await loggedFacts(session.store, session.settings());
  const year = (await fiscalYearOfDates(session.store)) ?? settings.fiscalYearEnd;
  const settingsBefore = { ...settings, fiscalYearEnd: year };
  const compare = scheduleComparison(inForce, schedule, settings, asOf, settingsBefore);
  const before = inForce && rulebook(inForce, facts, settingsBefore);
  const after = rulebook(imagined(schedule, inForce), facts, settings);
  const classes = new Map<string | null, SimulatedClass>();
  const [newlyDue, noLongerDue]: [SimulatedItem[], SimulatedItem[]] = [[], []];
  let items = 0;
  for await (const page of session.store.items.all({ state: 'active' })) {
    options.signal?.throwIfAborted();
    for (const item of page) {
      const change = compare(item);
      const counts = classes.get(item.recordClass) ?? emptyCounts(item.recordClass);
      classes.set(item.recordClass, counts);
      count(counts, change);
      const dropsOut = change.before.going !== null && change.after.going === null;
      if (change.widening === null && !dropsOut) continue;
      const simulated = describe(item, change.widening, { before, after, asOf });
      (dropsOut ? noLongerDue : newlyDue).push(simulated);
    }
    items += page.length;
    options.onProgress?.(items);
  }
  const sorted = [...classes.values()].toSorted((a, b) =>
    (a.recordClass ?? '') < (b.recordClass ?? '') ? -1 : 1,
  );
  return { asOf, version: inForce?.version ?? null, items, newlyDue, noLongerDue, classes: sorted };
}

/** The schedule as it would be stored. */
function imagined(schedule: Schedule, inForce: StoredSchedule | undefined): StoredSchedule {
  const version = (inForce?.version ?? 0) + 1;
  return { ...schedule, version, importedAt: '', importedBy: '', sha256: '' };
}

function emptyCounts(recordClass: string | null): SimulatedClass {
  return { recordClass, items: 0, newlyDue: 0, noLongerDue: 0, sooner: 0, later: 0, newDefects: 0 };
}

function count(counts: SimulatedClass, { before, after, widening }: DueChange): void {
  counts.items += 1;
  if (widening !== null) counts.newlyDue += 1;
  if (before.going !== null && after.going === null) counts.noLongerDue += 1;
  if (before.due.defect === null && after.due.defect !== null) counts.newDefects += 1;
  const [old, next] = [before.due.keepUntil, after.due.keepUntil];
  if (next !== null && (old === null || next < old)) counts.sooner += 1;
  else if (old !== null && (next === null || next > old)) counts.later += 1;
}

function describe(
  item: StoredItem,
  widening: Widening | null,
  { before, after, asOf }: { before: Rulebook | undefined; after: Rulebook; asOf: CalendarDate },
): SimulatedItem {
  const old = before?.judge(item, item.state, asOf);
  const next = after.judge(item, item.state, asOf);
  return {
    itemId: item.id,
    recordClass: item.recordClass,
    widening,
    keepUntil: { before: old?.due.keepUntil ?? null, after: next.due.keepUntil },
    decision: next.decision,
    explanation: {
      before: old?.explanation ?? `Defect: ${DECISION_REASONS['schedule-missing'].text}`,
      after: next.explanation,
    },
    holds: next.holds,
  };
}
