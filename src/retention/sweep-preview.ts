import { canonicalJson } from '../crypto/index.js';
import type { Plan, Reason } from '../model/index.js';
import type { Session } from '../session/index.js';
import type { StoredItem } from '../store/index.js';
import { itemDigest } from './item-digest.js';
import { Examiners } from './item-identity.js';
import type { PlanItemLine } from './plan-document.js';
import { plannedDisposals, verifiedPlan } from './plan-reading.js';
import { type Rulebook, readRulebook } from './rulebook.js';

/** What a run would do with one item now. */
export interface PreviewItem {
  itemId: string;
  would: 'overwrite' | 'archive' | 'delete-rows' | 'wait' | 'leave';
  /** Why it would be left, or what overwriting would not reach. */
  reasons: readonly Reason[];
}

/**
 * What `sweep run` would do now, found by the same checks, changing nothing. Approvals are not asked for.
 *
 * @throws Fault `plan-unknown`, `plan-changed`
 */
export async function previewSweep(
  session: Session,
  planId: string,
): Promise<{ plan: Plan; items: readonly PreviewItem[] }> {
  const { plan } = await verifiedPlan(session, planId);
  const rules = await readRulebook(session.store, session.settings());
  const examiners = new Examiners(session);
  const items: PreviewItem[] = [];
  try {
    for await (const lines of plannedDisposals(session, plan.id, 500)) {
      const stored = await session.store.items.byIds(lines.map((line) => line.itemId));
      for (const line of lines) {
        items.push(
          await preview(line, stored.get(line.itemId), { rules, examiners, today: session.today() }),
        );
      }
    }
  } finally {
    await examiners.close();
  }
  return { plan, items };
}

async function preview(
  line: PlanItemLine,
  item: StoredItem | undefined,
  context: { rules: Rulebook; examiners: Examiners; today: ReturnType<Session['today']> },
): Promise<PreviewItem> {
  const { itemId } = line;
  const leave = (reason: Reason): PreviewItem => ({ itemId, would: 'leave', reasons: [reason] });
  if (item === undefined || itemDigest(item) !== line.itemSha256) {
    return leave({ code: 'item-changed', text: 'It has changed in the inventory since the plan was made' });
  }
  const judgement = context.rules.judge(item, item.state, context.today);
  if (judgement.decision !== 'dispose') {
    return leave({ code: judgement.reason, text: judgement.explanation });
  }
  const examination = await context.examiners.again(line, item);
  if (examination === undefined) return { itemId, would: 'wait', reasons: [] };
  if (examination.status !== 'ready') return leave(examination.reason);
  if (canonicalJson(examination.fingerprint) !== canonicalJson(line.fingerprint)) {
    return leave({
      code: 'changed',
      text: 'It was changed on disk or in the database since the plan was made',
    });
  }
  if (!('assessment' in examination)) return { itemId, would: 'delete-rows', reasons: [] };
  const would = line.reason === 'due-archive' ? 'archive' : 'overwrite';
  return { itemId, would, reasons: examination.assessment.residual };
}
