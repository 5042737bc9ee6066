import type { KeyObject } from 'node:crypto';
import { canonicalJson, signText, verifyText } from '../crypto/index.js';
import {
  type Approval,
  badInput,
  type Operator,
  type Plan,
  refused,
  verificationFailed,
} from '../model/index.js';
import type { Session } from '../session/index.js';
import type { Repositories } from '../store/index.js';
import { instant } from '../workspace/index.js';
import { verifiedPlan } from './plan-reading.js';

const FORMAT = 'quietus-approval/1';

/**
 * Signs the plan's digest with the operator's key: Ed25519 over the canonical JSON of a statement that names
 * workspace, plan, digest, operator and time. The statement is kept with the signature, so that
 * `openssl pkeyutl -verify` can check it years later.
 *
 * @throws Fault `plan-finished`, `approval-exists`, `approval-by-planner`, `nothing-to-approve`, `plan-changed`
 */
export async function approvePlan(session: Session, planId: string, key: KeyObject): Promise<Approval> {
  const operator = await session.operator();
  const { plan } = await verifiedPlan(session, planId);
  await requireApprovable(session, plan, operator);
  const approvedAt = instant(session.clock);
  const statement = canonicalJson({
    format: FORMAT,
    workspace: session.settings().workspaceId,
    plan: plan.id,
    plan_sha256: plan.sha256,
    dispose: plan.counts.dispose,
    operator: operator.id,
    approved_at: approvedAt,
  });
  const approval: Approval = {
    planId: plan.id,
    operatorId: operator.id,
    approvedAt,
    statement,
    signature: signText(statement, key),
  };
  if (!verifyText(statement, approval.signature, operator.publicKey)) {
    throw refused('key-not-yours', `The key is not the one registered for operator ${operator.id}`, {
      hint: 'Restore the right key file from a backup',
    });
  }
  await session.store.transaction(async (transaction) => {
    await transaction.plans.insertApproval(approval);
    await session.recorder.append(transaction, {
      action: 'sweep.approve',
      outcome: 'done',
      subject: { plan: plan.id },
      data: { sha256: plan.sha256, signature: approval.signature },
    });
  });
  return approval;
}

/** Throws where the operator may not approve the plan, before a passphrase is asked for. */
export async function requireApprovable(session: Session, plan: Plan, operator: Operator): Promise<void> {
  if (plan.state === 'finished') {
    throw badInput('plan-finished', `The plan ${plan.id} has been run`, {
      hint: 'Make a new one: quietus sweep plan',
    });
  }
  if (plan.counts.dispose === 0) {
    throw badInput('nothing-to-approve', `The plan ${plan.id} disposes of nothing`);
  }
  const given = await session.store.plans.approvals(plan.id);
  if (given.some((approval) => approval.operatorId === operator.id)) {
    throw badInput('approval-exists', `${operator.id} has approved the plan ${plan.id} before`);
  }
  if (plannerExcluded(session, plan) && operator.id === plan.plannedBy) {
    throw refused('approval-by-planner', `${operator.id} made the plan ${plan.id} and may not approve it`, {
      hint: 'Ask another operator to approve it',
    });
  }
}

/** With two-person approval neither may be the planner; with one the workspace decides. */
function plannerExcluded(session: Session, plan: Plan): boolean {
  return plan.approvalsRequired >= 2 || !session.settings().approvals.plannerMayApprove;
}

/** The approvals of a plan that count: of an active operator, over this very digest, with a good signature. */
export async function validApprovals(
  session: Session,
  repositories: Repositories,
  plan: Plan,
): Promise<Approval[]> {
  const valid: Approval[] = [];
  for (const approval of await repositories.plans.approvals(plan.id)) {
    const operator = await repositories.operators.get(approval.operatorId);
    if (!operator) continue;
    requireGenuine(session, plan, approval, operator);
    if (operator.deactivatedAt !== null) continue;
    if (plannerExcluded(session, plan) && operator.id === plan.plannedBy) continue;
    valid.push(approval);
  }
  return valid;
}

/** @throws Fault `approval-forged` (exit 5): an approval that nobody signed is worse than none */
function requireGenuine(session: Session, plan: Plan, approval: Approval, operator: Operator): void {
  const signed = verifyText(approval.statement, approval.signature, operator.publicKey);
  if (signed) {
    const statement = JSON.parse(approval.statement) as Record<string, unknown>;
    const genuine =
      statement.format === FORMAT &&
      statement.workspace === session.settings().workspaceId &&
      statement.plan === plan.id &&
      statement.plan_sha256 === plan.sha256 &&
      statement.operator === operator.id;
    if (genuine) return;
  }
  throw verificationFailed(
    'approval-forged',
    `The approval of ${plan.id} by ${operator.id} does not verify`,
    {
      hint: 'Somebody changed the database. Run: quietus log verify, and keep the workspace as it is',
    },
  );
}

/** @throws Fault `approval-missing` (exit 4) with the next step */
export async function requireApproved(session: Session, plan: Plan): Promise<Approval[]> {
  const approvals = await validApprovals(session, session.store, plan);
  if (approvals.length >= plan.approvalsRequired) return approvals;
  throw refused(
    'approval-missing',
    `The plan ${plan.id} has ${approvals.length} of the ${plan.approvalsRequired} approvals that it needs`,
    { hint: `Approve it with: quietus sweep approve ${plan.id}` },
  );
}
