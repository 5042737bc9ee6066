import { compileCoolingOff, compileHolds } from '../holds/index.js';
import {
  badInput,
  type CalendarDate,
  classesOf,
  type DueDates,
  type Hold,
  type InventoryItem,
  type ItemState,
  type RecordClass,
  type StoredSchedule,
} from '../model/index.js';
import { dueDateCalculator, keepingClass } from '../schedule/index.js';
import type { Repositories, WrittenItem } from '../store/index.js';
import { type DecisionResult, decide } from './decision.js';
import { compileStatements, type OpenGate } from './gate-state.js';
import { loggedFacts, type RulebookFacts } from './logged-facts.js';
import { compileReviews } from './review-standing.js';
import { requireScheduleInForce } from './schedule-evidence.js';

/** What was decided for an item, with the facts that it rests on. */
export interface Judgement extends DecisionResult {
  due: DueDates;
  holds: readonly string[];
  /** Released holds that still protect the item for some days. */
  cooling: readonly { id: string; until: CalendarDate }[];
  /** What must be stated before it may be disposed of, and is not. */
  openGates: readonly OpenGate[];
}

/** The schedule and the holds in force, read once, and the decision over them. */
export interface Rulebook {
  schedule: StoredSchedule;
  holds: readonly Hold[];
  /** The rules of all the item's classes, as far as the schedule has them. */
  classesOf(item: InventoryItem): readonly RecordClass[];
  /** Of an item with several classes the one whose duty to keep it ends last. */
  keepingClass(item: WrittenItem, keepUntil: CalendarDate | null): RecordClass | undefined;
  /** Recomputes the item's dates from the rule and decides; stored dates are never trusted for a disposal. */
  judge(item: WrittenItem, state: ItemState, asOf: CalendarDate, overlaps?: readonly string[]): Judgement;
}

/**
 * @param repositories those of a transaction, where the decision must still hold when it is acted on
 * @param settings those of the session: what is compared with the log is compared once for each such object
 * @throws Fault `schedule-missing` where no schedule was imported, `schedule-changed` where it is not what was imported,
 *   `hold-changed`, `statement-changed`, `review-changed` (exit 5) where the log tells of something else
 */
export async function readRulebook(
  repositories: Repositories,
  settings: RulebookSettings,
): Promise<Rulebook> {
  const schedule = await repositories.schedules.latest();
  if (schedule === undefined) {
    throw badInput('schedule-missing', 'The workspace has no retention schedule yet', {
      hint: 'Write schedule.yaml, then run: quietus schedule import schedule.yaml',
    });
  }
  await requireScheduleInForce(repositories, schedule, settings);
  return rulebook(schedule, await loggedFacts(repositories, settings), settings);
}

export interface RulebookSettings {
  timeZone: string;
  fiscalYearEnd: string;
  gates: { statementDays: number };
}

export function rulebook(
  schedule: StoredSchedule,
  facts: RulebookFacts,
  settings: RulebookSettings,
): Rulebook {
  const classes = new Map(schedule.classes.map((each) => [each.id, each]));
  const dueOf = dueDateCalculator(schedule, settings);
  const standing = compileHolds(facts.holds);
  const coolingOff = compileCoolingOff(facts.holds);
  const statements = compileStatements(facts.statements, settings.gates);
  const reviewOf = compileReviews(facts.reviews, settings.timeZone);
  const rulesOf = (item: InventoryItem) =>
    item.otherClasses.length === 0
      ? (single.get(item.recordClass ?? '') ?? [])
      : classesOf(item).flatMap((id) => classes.get(id) ?? []);
  const single = new Map(schedule.classes.map((each) => [each.id, [each]]));
  return {
    schedule,
    holds: facts.holds,
    classesOf: rulesOf,
    keepingClass: (item, keepUntil) => keepingClass(item, rulesOf(item), keepUntil, settings),
    judge(item, state, asOf, overlaps = []) {
      const due = dueOf(item);
      const reaching = standing.on(item);
      const rules = rulesOf(item);
      const cooling = coolingOff(item, asOf);
      const openGates = statements.openOn(item, rules, due, asOf);
      const review = reviewOf(item);
      const result = decide({
        item,
        state,
        due,
        classes: rules,
        scheduleVersion: schedule.version,
        fiscalYearEnd: settings.fiscalYearEnd,
        holds: reaching,
        cooling,
        gates: openGates,
        review,
        asOf,
        overlaps,
      });
      const { decision, reason } = result;
      return {
        decision,
        reason,
        get explanation() {
          return result.explanation;
        },
        ...{ due, holds: reaching, cooling, openGates },
      };
    },
  };
}
