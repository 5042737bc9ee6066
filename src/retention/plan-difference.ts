import { canonicalJson } from '../crypto/index.js';
import type { Plan, PlanItem } from '../model/index.js';
import { type DueSettings, dueDateCalculator } from '../schedule/index.js';
import type { Session } from '../session/index.js';
import type { StoredItem } from '../store/index.js';
import { loggedFacts } from './logged-facts.js';
import { parsePlanLine } from './plan-document.js';
import { type VerifiedPlan, verifiedPlan } from './plan-reading.js';
import { type Rulebook, rulebook } from './rulebook.js';

/** What of an item differs between two plans. */
export type PlanChange = 'decision' | 'reason' | 'class' | 'dates' | 'item' | 'place' | 'holds';

/** An item that two plans do not say the same of. */
export interface PlanDifferenceItem {
  itemId: string;
  /** What the plan says; null where it only counts the item, or does not know it. */
  first: PlanItem | null;
  second: PlanItem | null;
  changes: readonly PlanChange[];
  /** Why, in one sentence without a final period. */
  why: string;
}

/** Both plans were checked against their digests. Items are in the order of their ids. */
export interface PlanDifference {
  first: Plan;
  second: Plan;
  /** In the second plan only. */
  entered: readonly PlanDifferenceItem[];
  /** In the first plan only. */
  left: readonly PlanDifferenceItem[];
  /** In both, with another decision, reason, date, place or hold. */
  changed: readonly PlanDifferenceItem[];
  /** Number of items that both plans say the same of. */
  same: number;
}

/**
 * Compares two plans item by item, and says why they differ. What a plan does not list (items simply not due) is
 * explained from the inventory, the schedules and the holds as they are now.
 *
 * @throws Fault `plan-unknown`, `plan-changed`
 */
export async function comparePlans(
  session: Session,
  firstId: string,
  secondId: string,
): Promise<PlanDifference> {
  const [one, two] = [await verifiedPlan(session, firstId), await verifiedPlan(session, secondId)];
  const before = await itemsOf(one);
  const after = await itemsOf(two);
  const ids = [...new Set([...before.keys(), ...after.keys()])].toSorted();
  const differing = ids.filter((id) => differences(before.get(id), after.get(id)).length > 0);
  const reasons = await Reasons.read(session, one, two);
  const items: PlanDifferenceItem[] = [];
  for (let at = 0; at < differing.length; at += IDS_AT_ONCE) {
    const part = differing.slice(at, at + IDS_AT_ONCE);
    const stored = await session.store.items.byIds(part);
    for (const itemId of part) {
      const [first, second] = [before.get(itemId) ?? null, after.get(itemId) ?? null];
      const changes = differences(first, second);
      items.push({ itemId, first, second, changes, why: reasons.of(first, second, stored.get(itemId)) });
    }
  }
  return {
    first: one.plan,
    second: two.plan,
    entered: items.filter(({ first }) => first === null),
    left: items.filter(({ second }) => second === null),
    changed: items.filter(({ first, second }) => first !== null && second !== null),
    same: ids.length - differing.length,
  };
}

const IDS_AT_ONCE = 500;

async function itemsOf(verified: VerifiedPlan): Promise<Map<string, PlanItem>> {
  const items = new Map<string, PlanItem>();
  let header = true;
  for await (const line of verified.lines()) {
    if (!header) {
      const item = parsePlanLine(line);
      items.set(item.itemId, item);
    }
    header = false;
  }
  return items;
}

/** What each change looks at; the version of the rule alone changes nothing for an item. */
const LOOKS: Readonly<Record<PlanChange, (item: PlanItem) => unknown>> = {
  decision: (item) => item.decision,
  reason: (item) => item.reason,
  class: (item) => item.recordClass,
  dates: (item) => [item.keepUntil, item.deleteBy],
  item: (item) => item.itemSha256,
  place: (item) => [item.medium, item.location, item.fingerprint],
  holds: (item) => item.holds.toSorted(),
};

function differences(first: PlanItem | null | undefined, second: PlanItem | null | undefined): PlanChange[] {
  if (!first || !second) return ['decision'];
  return (Object.keys(LOOKS) as PlanChange[]).filter((change) => {
    const look = LOOKS[change];
    return canonicalJson(look(first)) !== canonicalJson(look(second));
  });
}

/** Finds the reason of a difference in the schedules of both plans and the holds in force. */
class Reasons {
  readonly #one: VerifiedPlan;
  readonly #two: VerifiedPlan;
  readonly #rules: Rulebook;
  readonly #oldDue: ReturnType<typeof dueDateCalculator>;

  private constructor(one: VerifiedPlan, two: VerifiedPlan, rules: Rulebook, settings: DueSettings) {
    this.#one = one;
    this.#two = two;
    this.#rules = rules;
    this.#oldDue = dueDateCalculator(one.schedule, settings);
  }

  static async read(session: Session, one: VerifiedPlan, two: VerifiedPlan): Promise<Reasons> {
    const settings = session.settings();
    const facts = await loggedFacts(session.store, session.settings());
    return new Reasons(one, two, rulebook(two.schedule, facts, settings), settings);
  }

  of(first: PlanItem | null, second: PlanItem | null, item: StoredItem | undefined): string {
    if (first && second) return this.#whyChanged(first, second);
    return second ? this.#whyEntered(second, item) : this.#whyLeft(item);
  }

  #whyEntered(second: PlanItem, item: StoredItem | undefined): string {
    const { plan: one } = this.#one;
    const { plan: two } = this.#two;
    const until = item === undefined ? null : this.#oldDue(item).keepUntil;
    if (second.decision === 'defect')
      return 'It was entered or changed after the first plan, or its rule was';
    if (until !== null && until >= one.asOf && until < two.asOf) {
      return `Its duty to keep lasted to the end of ${until}, and the first plan was as of ${one.asOf}`;
    }
    if (until !== null && until < one.asOf) {
      return 'It was entered or changed after the first plan, or an event was recorded';
    }
    if (one.scheduleVersion !== two.scheduleVersion) {
      return `Version ${two.scheduleVersion} of the schedule says so; version ${one.scheduleVersion} did not`;
    }
    return 'It was entered or changed after the first plan, or an event was recorded';
  }

  #whyLeft(item: StoredItem | undefined): string {
    if (item === undefined) return 'The inventory has no such item any more';
    const now = this.#rules.judge(item, item.state, this.#two.plan.asOf);
    if (now.decision === 'keep') return now.explanation;
    return `It was changed, or a hold on it was, after the second plan; now: ${now.explanation}`;
  }

  #whyChanged(first: PlanItem, second: PlanItem): string {
    if (first.explanation !== second.explanation) return second.explanation;
    if (first.itemSha256 !== second.itemSha256) return 'The inventory says something else of it now';
    return 'What lies at its place was changed or replaced';
  }
}
