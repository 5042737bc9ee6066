import { entriesOf } from '../audit/index.js';
import { type Approval, type Plan, verificationFailed } from '../model/index.js';
import type { Repositories } from '../store/index.js';

/** Number of the entry which says that this plan was made, with this very digest. */
export async function loggedPlan(repositories: Repositories, plan: Plan): Promise<number | undefined> {
  for await (const { seq, subject, data } of entriesOf(repositories, 'sweep.plan')) {
    if (subject.plan === plan.id) return data.sha256 === plan.sha256 ? seq : undefined;
  }
  return undefined;
}

/**
 * Whether the workspace did not let the planner approve when the plan was made: the stricter of that day's setting and of today's
 * counts. Plans of an older version do not tell.
 */
export async function plannedForOthers(repositories: Repositories, plan: Plan): Promise<boolean> {
  for await (const { subject, data } of entriesOf(repositories, 'sweep.plan')) {
    if (subject.plan === plan.id) return data.planner_may_approve === false;
  }
  return false;
}

/**
 * Looks for each approval in the log: its operator, its signature and the digest of the plan.
 *
 * @throws Fault `approval-forged` (exit 5) where an entry is missing or says something else
 */
export async function requireLoggedApprovals(
  repositories: Repositories,
  plan: Plan,
  approvals: readonly Approval[],
): Promise<void> {
  if (approvals.length === 0) return;
  const logged = new Set<string>();
  for await (const { operator, subject, data } of entriesOf(repositories, 'sweep.approve')) {
    if (subject.plan === plan.id && data.sha256 === plan.sha256)
      logged.add(`${operator} ${String(data.signature)}`);
  }
  const unknown = approvals.find(({ operatorId, signature }) => !logged.has(`${operatorId} ${signature}`));
  if (unknown === undefined) return;
  throw verificationFailed(
    'approval-forged',
    `The log does not tell of the approval of ${plan.id} by ${unknown.operatorId}`,
    {
      hint: 'Somebody changed the database. Run: quietus log verify, and keep the workspace as it is',
    },
  );
}
