import { createHash } from 'node:crypto';
import { isDestroyed, isDoneByProgram, type Plan, type PlanItem } from '../model/index.js';
import {
  hasLapsed,
  neededApprovals,
  planLine,
  plannedDisposals,
  validApprovals,
} from '../retention/index.js';
import type { Session } from '../session/index.js';

const PAGE = 500;

/** A crash right before a certificate is found among as many of the newest plans. */
const RECENT = 100;

/** Plans whose run was cut off or stopped at a quota, or was cut off right before its certificate. */
export async function unfinishedPlans(session: Session): Promise<string[]> {
  const { runs, plans, certificates, disposals } = session.store;
  const open = (await runs.unfinished()).flatMap(({ kind, planId }) =>
    kind === 'sweep' && planId !== null ? [planId] : [],
  );
  const finished = (await plans.list()).filter(({ state }) => state === 'finished').slice(-RECENT);
  for (const plan of finished) {
    const run = await runs.sweepOf(plan.id);
    if (run === undefined || run.finishedAt === null || (await certificates.ofRun(run.id))) continue;
    const known = await disposals.ofRun(run.id);
    if (known.some(({ outcome }) => outcome !== null && isDestroyed(outcome))) open.push(plan.id);
  }
  return open;
}

/** Plans that a person had approved, that have not begun, and that still have something for this program to do. */
export async function approvedPlans(session: Session): Promise<Plan[]> {
  const today = session.today();
  const found: Plan[] = [];
  for (const plan of await session.store.plans.list()) {
    if (plan.state !== 'planned' || plan.counts.dispose === 0 || plan.approvalsRequired === 0) continue;
    if (plan.asOf > today) continue;
    const approvals = await validApprovals(session, session.store, plan);
    if (approvals.length >= neededApprovals(session, plan) && (await hasWork(session, plan)))
      found.push(plan);
  }
  return found;
}

async function hasWork(session: Session, plan: Plan): Promise<boolean> {
  for await (const lines of plannedDisposals(session, plan.id, PAGE)) {
    const ids = lines.filter(isDoneByProgram).map(({ itemId }) => itemId);
    const items = await session.store.items.byIds(ids);
    if ([...items.values()].some(({ state }) => state === 'active')) return true;
  }
  return false;
}

/**
 * The newest plan that disposes of exactly these items, with the same decisions, rules and fingerprints: another one
 * would say nothing new. A plan that was run counts only where people have to destroy all of it, for then its run
 * changed nothing.
 *
 * @param approvals people who must approve it
 */
export async function samePlan(
  session: Session,
  disposals: readonly PlanItem[],
  approvals: number,
): Promise<Plan | undefined> {
  const byHand = !disposals.some(isDoneByProgram);
  const wanted = digest(disposals);
  for (const plan of (await session.store.plans.list()).toReversed()) {
    if (plan.counts.dispose !== disposals.length || plan.approvalsRequired !== approvals) continue;
    if (plan.asOf > session.today()) continue;
    if (plan.state !== 'planned' && !(byHand && plan.state === 'finished')) continue;
    // Who approved it in vain can only approve a new one.
    if (await hasLapsed(session, plan)) continue;
    const stored: PlanItem[] = [];
    for await (const lines of plannedDisposals(session, plan.id, PAGE)) stored.push(...lines);
    if (digest(stored) === wanted) return plan;
  }
  return undefined;
}

/** SHA-256 over the lines of a plan that dispose of something, without its header, and so without id and time. */
function digest(items: readonly PlanItem[]): string {
  const hash = createHash('sha256');
  for (const line of items.map(planLine).toSorted()) hash.update(line).update('\n');
  return hash.digest('hex');
}
