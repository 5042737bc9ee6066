import { canonicalJson } from '../crypto/index.js';
import { badInput, type Plan, type StoredSchedule, verificationFailed } from '../model/index.js';
import type { Session } from '../session/index.js';
import { PlanDigest, type PlanItemLine, parsePlanLine, planHeader } from './plan-document.js';

export interface VerifiedPlan {
  plan: Plan;
  /** The schedule version that the plan was made with. */
  schedule: StoredSchedule;
  /** Canonical lines, the header first; `sha256sum` over them gives the plan's digest. */
  lines(): AsyncGenerator<string>;
}

const PAGE = 1000;

/**
 * A plan whose stored lines were checked against its digest.
 *
 * @throws Fault `plan-unknown` (exit 2), `plan-changed` (exit 5)
 */
export async function verifiedPlan(session: Session, planId: string): Promise<VerifiedPlan> {
  const plan = await session.store.plans.get(planId);
  if (plan === undefined) {
    throw badInput('plan-unknown', `There is no plan ${planId}`, {
      hint: 'List plans with: quietus sweep list',
    });
  }
  const schedule = await session.store.schedules.get(plan.scheduleVersion);
  if (schedule === undefined) throw changed(plan);
  const lines = () => planLines(session, plan, schedule);
  const digest = new PlanDigest();
  for await (const line of lines()) digest.add(line);
  if (digest.hex() !== plan.sha256) throw changed(plan);
  return { plan, schedule, lines };
}

async function* planLines(session: Session, plan: Plan, schedule: StoredSchedule): AsyncGenerator<string> {
  yield canonicalJson(
    planHeader(plan, { workspaceId: session.settings().workspaceId, scheduleSha256: schedule.sha256 }),
  );
  for (let after = -1; ; ) {
    const page = await session.store.plans.lines(plan.id, after, PAGE);
    for (const { line } of page) yield line;
    const last = page.at(-1);
    if (page.length < PAGE || last === undefined) return;
    after = last.position;
  }
}

/** The lines of a plan that are to be disposed of, in pages, from the position after `after`. */
export async function* plannedDisposals(
  session: Session,
  planId: string,
  pageSize: number,
): AsyncGenerator<PlanItemLine[]> {
  for (let after = -1; ; ) {
    const page = await session.store.plans.lines(planId, after, pageSize, 'dispose');
    if (page.length > 0) yield page.map(({ line, position }) => ({ ...parsePlanLine(line), position }));
    const last = page.at(-1);
    if (page.length < pageSize || last === undefined) return;
    after = last.position;
  }
}

function changed(plan: Plan): Error {
  return verificationFailed(
    'plan-changed',
    `The plan ${plan.id} is not what was planned: its digest differs`,
    {
      hint: 'Somebody changed the database. Run: quietus log verify, and make a new plan',
    },
  );
}
