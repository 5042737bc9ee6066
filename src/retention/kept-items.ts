import type { PlanItem } from '../model/index.js';
import type { Session } from '../session/index.js';
import { type BuiltPlan, describeItem } from './plan-building.js';
import { readRulebook } from './rulebook.js';

/**
 * The items that a plan only counts, because they are simply not due: each with the decision and its reason.
 * They are decided again under the rules in force now, so ask right after planning.
 */
export async function* keptItems(session: Session, { plan, items }: BuiltPlan): AsyncGenerator<PlanItem> {
  const listed = new Set(items.map((item) => item.itemId));
  const rules = await readRulebook(session.store, session.settings());
  for await (const page of session.store.items.all({ state: 'active' })) {
    for (const item of page) {
      if (listed.has(item.id)) continue;
      yield describeItem(item, rules.judge(item, item.state, plan.asOf), rules);
    }
  }
}
