import {
  badInput,
  type CalendarDate,
  type DueDates,
  type Hold,
  type InventoryItem,
  type ItemState,
  type RecordClass,
  type StoredSchedule,
} from '../model/index.js';
import { dueDateCalculator } from '../schedule/index.js';
import type { Repositories } from '../store/index.js';
import { type DecisionResult, decide } from './decision.js';
import { compileHolds } from './legal-hold.js';

/** What was decided for an item, with the facts that it rests on. */
export interface Judgement extends DecisionResult {
  due: DueDates;
  holds: readonly string[];
}

/** The schedule and the holds in force, read once, and the decision over them. */
export interface Rulebook {
  schedule: StoredSchedule;
  holds: readonly Hold[];
  classOf(item: InventoryItem): RecordClass | undefined;
  /** Recomputes the item's dates from the rule and decides; stored dates are never trusted for a disposal. */
  judge(item: InventoryItem, state: ItemState, asOf: CalendarDate, overlaps?: readonly string[]): Judgement;
}

/**
 * @param repositories those of a transaction, where the decision must still hold when it is acted on
 * @throws Fault `schedule-missing` where no schedule was imported
 */
export async function readRulebook(
  repositories: Repositories,
  settings: { fiscalYearEnd: string },
): Promise<Rulebook> {
  const schedule = await repositories.schedules.latest();
  if (schedule === undefined) {
    throw badInput('schedule-missing', 'The workspace has no retention schedule yet', {
      hint: 'Write schedule.yaml, then run: quietus schedule import schedule.yaml',
    });
  }
  const holds = await repositories.holds.active();
  return rulebook(schedule, holds, settings);
}

function rulebook(
  schedule: StoredSchedule,
  holds: readonly Hold[],
  settings: { fiscalYearEnd: string },
): Rulebook {
  const classes = new Map(schedule.classes.map((each) => [each.id, each]));
  const dueOf = dueDateCalculator(schedule, settings);
  const compiled = compileHolds(holds);
  const classOf = (item: InventoryItem) =>
    item.recordClass === null ? undefined : classes.get(item.recordClass);
  return {
    schedule,
    holds,
    classOf,
    judge(item, state, asOf, overlaps = []) {
      const due = dueOf(item);
      const reaching = compiled.on(item);
      const result = decide({
        item,
        state,
        due,
        recordClass: classOf(item),
        scheduleVersion: schedule.version,
        fiscalYearEnd: settings.fiscalYearEnd,
        holds: reaching,
        asOf,
        overlaps,
      });
      return { ...result, due, holds: reaching };
    },
  };
}
