import type { KeyObject } from 'node:crypto';
import { Temporal } from 'temporal-polyfill';
import { canonicalJson, signText, verifyText } from '../crypto/index.js';
import {
  type Approval,
  badInput,
  type CalendarDate,
  type Operator,
  type Plan,
  refused,
  verificationFailed,
} from '../model/index.js';
import { requireDeactivationsAsLogged, requireProvenKey } from '../operators/index.js';
import type { Session } from '../session/index.js';
import type { Repositories, Run } from '../store/index.js';
import { dateIn, instant } from '../workspace/index.js';
import { neededApprovals } from './approval-need.js';
import { plannedForOthers, requireLoggedApprovals } from './plan-evidence.js';
import { awaitingTransfer, verifiedPlan } from './plan-reading.js';

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
  if (plan.counts.dispose === 0 && (await awaitingTransfer(session.store, plan.id)).length === 0) {
    throw badInput('nothing-to-approve', `The plan ${plan.id} disposes of nothing, and hands nothing over`);
  }
  const given = await session.store.plans.approvals(plan.id);
  const earlier = given.find((approval) => approval.operatorId === operator.id);
  if (earlier && approvalLapses(session, earlier) < session.today()) {
    throw approvalLapsed(session, plan, earlier);
  }
  if (earlier) throw badInput('approval-exists', `${operator.id} has approved the plan ${plan.id} before`);
  const planned = await plannedForOthers(session.store, plan);
  if ((planned || plannerExcluded(session, plan)) && operator.id === plan.plannedBy) {
    throw refused('approval-by-planner', `${operator.id} made the plan ${plan.id} and may not approve it`, {
      hint: 'Ask another operator to approve it',
    });
  }
}

/** With two-person approval neither may be the planner; with one the workspace decides. */
function plannerExcluded(session: Session, plan: Plan, moment?: ApprovalMoment): boolean {
  return neededApprovals(session, plan, moment) >= 2 || !session.settings().approvals.plannerMayApprove;
}

/** When approvals are counted. */
export interface ApprovalMoment {
  /** UTC, RFC 3339. Of a run that has begun it is its beginning, whenever the run is continued. */
  at: string;
  /** The day that an approval must not have lapsed before; null where that was looked at before. */
  day: CalendarDate | null;
  /** Of a run that has begun, which goes on under what the workspace asked for then. */
  begun?: boolean;
}

export function approvalsNow(session: Session): ApprovalMoment {
  return { at: instant(session.clock), day: session.today() };
}

/** The moment that decided for a run. A statement of people was weighed on the day that it names. */
export function approvalsAtBeginning(session: Session, run: Run): ApprovalMoment {
  const day = dateIn(session.settings().timeZone, new Date(run.startedAt));
  return { at: run.startedAt, day: run.kind === 'attested' ? null : day, begun: true };
}

/** Last day, in the organization's time zone, on which an approval counts. */
function approvalLapses(session: Session, approval: Approval): CalendarDate {
  const { approvals, timeZone } = session.settings();
  const given = Temporal.PlainDate.from(dateIn(timeZone, new Date(approval.approvedAt)));
  return given.add({ days: approvals.validDays }).toString() as CalendarDate;
}

interface Weighed {
  approval: Approval;
  counts: 'yes' | 'lapsed' | 'deactivated' | 'planner' | 'not-yet';
}

/** Every approval of the plan, with whether it counts at that moment. @throws Fault `approval-forged`, `operator-changed`, `operator-unproven` */
async function weighedApprovals(
  session: Session,
  repositories: Repositories,
  plan: Plan,
  moment: ApprovalMoment,
): Promise<Weighed[]> {
  const weighed: Weighed[] = [];
  await requireDeactivationsAsLogged(repositories);
  const planned = await plannedForOthers(repositories, plan);
  const given = await repositories.plans.approvals(plan.id);
  for (const approval of given) {
    const operator = await repositories.operators.get(approval.operatorId);
    if (!operator) continue;
    await requireProvenKey(session, repositories, operator);
    requireGenuine(session, plan, approval, operator);
    const counts =
      planned && operator.id === plan.plannedBy
        ? 'planner'
        : weigh(session, plan, approval, operator, moment);
    weighed.push({ approval, counts });
  }
  await requireLoggedApprovals(repositories, plan, given);
  return weighed;
}

function weigh(
  session: Session,
  plan: Plan,
  approval: Approval,
  operator: Operator,
  moment: ApprovalMoment,
): Weighed['counts'] {
  const { at, day } = moment;
  if (operator.deactivatedAt !== null && operator.deactivatedAt <= at) return 'deactivated';
  if (plannerExcluded(session, plan, moment) && operator.id === plan.plannedBy) return 'planner';
  if (approval.approvedAt > at) return 'not-yet';
  return day !== null && approvalLapses(session, approval) < day ? 'lapsed' : 'yes';
}

/**
 * The approvals of a plan that count: of an operator who was active at that moment, over this very digest, with a
 * good signature, and not older than the workspace allows.
 *
 * @throws Fault `approval-forged`, `operator-unproven`
 */
export async function validApprovals(
  session: Session,
  repositories: Repositories,
  plan: Plan,
  moment: ApprovalMoment = approvalsNow(session),
): Promise<Approval[]> {
  const weighed = await weighedApprovals(session, repositories, plan, moment);
  return weighed.filter(({ counts }) => counts === 'yes').map(({ approval }) => approval);
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
      statement.operator === operator.id &&
      statement.approved_at === approval.approvedAt;
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

/** Whether an approval of the plan is too old: who gave it can only approve a new plan. */
export async function hasLapsed(session: Session, plan: Plan): Promise<boolean> {
  const given = await session.store.plans.approvals(plan.id);
  return given.some((approval) => approvalLapses(session, approval) < session.today());
}

/**
 * @throws Fault `approval-lapsed` (exit 4) where an approval that is too old would have been enough,
 *   `approval-missing` (exit 4) otherwise, both with the next step
 */
export async function requireApproved(
  session: Session,
  plan: Plan,
  moment: ApprovalMoment = approvalsNow(session),
  repositories: Repositories = session.store,
): Promise<Approval[]> {
  const weighed = await weighedApprovals(session, repositories, plan, moment);
  const approvals = weighed.filter(({ counts }) => counts === 'yes').map(({ approval }) => approval);
  const needed = neededApprovals(session, plan, moment);
  if (approvals.length >= needed) return approvals;
  const lapsed = weighed.find(({ counts }) => counts === 'lapsed');
  if (lapsed) throw approvalLapsed(session, plan, lapsed.approval);
  const counted = `The plan ${plan.id} has ${approvals.length} of the ${needed} approvals that it needs`;
  const others = weighed.flatMap(({ approval, counts }) => {
    if (counts === 'yes' || counts === 'lapsed') return [];
    return [`that of ${approval.operatorId} does not count: ${WHY_NOT[counts]}`];
  });
  throw refused('approval-missing', [counted, ...others].join('; '), {
    hint: `Approve it with: quietus sweep approve ${plan.id}`,
  });
}

const WHY_NOT: Readonly<Record<Exclude<Weighed['counts'], 'yes' | 'lapsed'>, string>> = {
  deactivated: 'the operator was deactivated',
  planner: 'the operator made the plan',
  'not-yet': 'its time has not come yet by this clock',
};

function approvalLapsed(session: Session, plan: Plan, approval: Approval): Error {
  return refused(
    'approval-lapsed',
    `The approval of ${plan.id} by ${approval.operatorId} counted until ${approvalLapses(session, approval)}`,
    {
      hint: 'Make a new plan and have it approved: quietus sweep plan',
      details: { plan: plan.id, operator: approval.operatorId },
    },
  );
}
