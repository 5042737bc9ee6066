import type { Reason } from '../model/index.js';
import type { Session } from '../session/index.js';
import { itemDigest } from './item-digest.js';
import { plannedDisposals } from './plan-reading.js';
import { readRulebook } from './rulebook.js';

/** An item that a plan disposes of, and that a run would leave out as things are now. */
export interface PlanObjection extends Reason {
  itemId: string;
  /** Ids of the holds that reach it now. */
  holds: readonly string[];
}

const PAGE = 1000;
const ITEM_CHANGED = 'It has changed in the inventory since the plan was made';

/**
 * What has come between a plan and its run: holds, cooling-off periods, gates, events, changed items and rules. The
 * run finds the same when it claims the items; what lies on disk is not looked at here.
 */
export async function planObjections(session: Session, planId: string): Promise<PlanObjection[]> {
  const rules = await readRulebook(session.store, session.settings());
  const objections: PlanObjection[] = [];
  for await (const lines of plannedDisposals(session, planId, PAGE)) {
    const items = await session.store.items.byIds(lines.map((line) => line.itemId));
    for (const line of lines) {
      const item = items.get(line.itemId);
      const judgement = item && rules.judge(item, item.state, session.today());
      if (item === undefined || judgement === undefined || itemDigest(item) !== line.itemSha256) {
        const holds = judgement?.holds ?? [];
        objections.push({ itemId: line.itemId, code: 'item-changed', text: ITEM_CHANGED, holds });
      } else if (judgement.decision !== 'dispose') {
        const { reason, explanation, holds } = judgement;
        objections.push({ itemId: line.itemId, code: reason, text: explanation, holds });
      }
    }
  }
  return objections;
}
