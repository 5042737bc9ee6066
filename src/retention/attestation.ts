import { randomBytes } from 'node:crypto';
import { type AttestedStatement, attestedMethods } from '../certificate/index.js';
import { badInput, disposalClause, isOverwritable, type Plan, refused } from '../model/index.js';
import type { Session } from '../session/index.js';
import type { CertificateRecord, Run, StoreTransaction } from '../store/index.js';
import { instant } from '../workspace/index.js';
import { requireApproved } from './approval.js';
import { itemDigest } from './item-digest.js';
import { type PlanItemLine, parsePlanLine } from './plan-document.js';
import { verifiedPlan } from './plan-reading.js';
import { readRulebook } from './rulebook.js';
import { certifyRun } from './run-certificate.js';

export interface AttestationRequest {
  planId: string;
  itemIds: readonly string[];
  statement: Omit<AttestedStatement, 'recordedBy'>;
}

/**
 * Records that people destroyed items which this program cannot reach: paper, media, devices (M.G.L. c. 93I
 * § 2). The items must be in an approved plan, still due, and on no hold. The certificate says that it was
 * stated, by whom, and that this program did not see it.
 *
 * @throws Fault `plan-unknown`, `approval-missing`, `item-not-planned`, `medium-by-program`,
 *   `method-not-allowed`, `date-in-future`, `item-changed`, or the reason why an item may not be disposed of
 */
export async function recordDestruction(
  session: Session,
  request: AttestationRequest,
): Promise<{ run: Run; certificate: CertificateRecord | null }> {
  const operator = await session.operator();
  const { plan } = await verifiedPlan(session, request.planId);
  if (plan.asOf > session.today()) {
    throw refused('plan-in-future', `The plan ${plan.id} was made for ${plan.asOf}, which has not come yet`);
  }
  if (request.statement.performedOn > session.today()) {
    throw badInput('date-in-future', 'The day of the destruction has not come yet');
  }
  if (request.itemIds.length === 0) throw badInput('items-missing', 'No item is named');
  await requireApproved(session, plan);
  const lines = await plannedLines(session, plan, [...new Set(request.itemIds)]);
  for (const line of lines) requireMethod(line, request.statement.method);
  const now = instant(session.clock);
  const run: Run = {
    id: `run-${plan.id.replace(/^plan-/, '')}-${randomBytes(2).toString('hex')}`,
    planId: plan.id,
    kind: 'attested',
    startedAt: now,
    startedBy: operator.id,
    finishedAt: now,
    acceptResidual: false,
  };
  const attested: AttestedStatement = { ...request.statement, recordedBy: operator.id };
  await session.store.transaction(async (transaction) => {
    await requireStillDue(session, transaction, lines);
    await transaction.runs.insert(run);
    await recordAll(session, transaction, { plan, run, lines, attested });
  });
  return { run, certificate: await certifyRun(session, plan, run) };
}

async function plannedLines(session: Session, plan: Plan, ids: readonly string[]): Promise<PlanItemLine[]> {
  const lines = await session.store.plans.linesOf(plan.id, ids);
  const disposals = lines.filter((line) => line.decision === 'dispose');
  const missing = ids.filter((id) => !disposals.some((line) => line.itemId === id));
  if (missing.length > 0) {
    throw badInput('item-not-planned', `The plan ${plan.id} does not dispose of: ${missing.join(', ')}`, {
      hint: `See what it holds with: quietus sweep show ${plan.id}`,
    });
  }
  return disposals.map(({ line, position }) => ({ ...parsePlanLine(line), position }));
}

function requireMethod(line: PlanItemLine, method: AttestedStatement['method']): void {
  if (isOverwritable(line.medium)) {
    throw badInput(
      'medium-by-program',
      `${line.itemId} is a ${line.medium}, which the sweep destroys by itself`,
      {
        hint: 'Run the plan with: quietus sweep run PLAN',
      },
    );
  }
  const clause = disposalClause(line.medium);
  const allowed = attestedMethods(clause);
  if (allowed.includes(method)) return;
  throw badInput(
    'method-not-allowed',
    `M.G.L. c. 93I § 2(${clause}) does not name "${method}" for ${line.medium} (${line.itemId})`,
    { hint: `Use one of: ${allowed.join(', ')}` },
  );
}

async function requireStillDue(
  session: Session,
  transaction: StoreTransaction,
  lines: readonly PlanItemLine[],
): Promise<void> {
  const rules = await readRulebook(transaction, session.settings());
  const items = await transaction.items.byIds(lines.map((line) => line.itemId));
  for (const line of lines) {
    const item = items.get(line.itemId);
    if (!item || itemDigest(item) !== line.itemSha256) {
      throw refused('item-changed', `${line.itemId} has changed in the inventory since the plan was made`, {
        hint: 'Make a new plan: quietus sweep plan',
      });
    }
    const judgement = rules.judge(item, item.state, session.today());
    if (judgement.decision === 'dispose') continue;
    throw refused(judgement.reason, `${line.itemId} may not be disposed of. ${judgement.explanation}`);
  }
}

async function recordAll(
  session: Session,
  transaction: StoreTransaction,
  context: { plan: Plan; run: Run; lines: readonly PlanItemLine[]; attested: AttestedStatement },
): Promise<void> {
  const { plan, run, lines, attested } = context;
  const records = await session.recorder.appendAll(
    transaction,
    lines.map((line) => ({
      action: 'item.attest',
      outcome: 'done' as const,
      subject: { item: line.itemId, plan: plan.id, run: run.id },
      data: { medium: line.medium, method: attested.method, performed_on: attested.performedOn },
    })),
  );
  for (const [at, line] of lines.entries()) {
    const seq = records[at]?.seq ?? null;
    await transaction.runs.insertDisposal({
      runId: run.id,
      itemId: line.itemId,
      position: line.position,
      state: 'done',
      target: '{}',
      outcome: 'attested',
      result: JSON.stringify({ attested }),
      // One statement, made afterwards, is both the intent and the outcome as far as this program knows.
      intentSeq: seq,
      outcomeSeq: seq,
    });
  }
  await transaction.items.moveState(
    lines.map((line) => line.itemId),
    'active',
    'disposed',
  );
}
