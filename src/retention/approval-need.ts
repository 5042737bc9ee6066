import type { Plan } from '../model/index.js';
import type { Session } from '../session/index.js';

/**
 * How many approvals a plan needs: what it was frozen with, and never less than the workspace asks for now. A run that
 * has begun goes on under what it began with, for an approval given later could not count for it.
 */
export function neededApprovals(session: Session, plan: Plan, moment: { begun?: boolean } = {}): number {
  if (moment.begun === true) return plan.approvalsRequired;
  return Math.max(plan.approvalsRequired, session.settings().approvals.minimum);
}
