import { randomBytes } from 'node:crypto';
import type { AttestedStatement, CustodyStep, Sanitization, Whereabouts } from '../certificate/index.js';
import { canonicalJson } from '../crypto/index.js';
import { badInput, type Plan, refused } from '../model/index.js';
import type { Session } from '../session/index.js';
import type { CertificateRecord, Run, StoreTransaction } from '../store/index.js';
import { instant } from '../workspace/index.js';
import { approvalsNow, requireApproved } from './approval.js';
import { plannedLines, requireAfterApproval, requireMethod, requireStillDue } from './by-hand-checks.js';
import { requireChain } from './destruction-details.js';
import { requireFactsAsLogged } from './logged-facts.js';
import type { PlanItemLine } from './plan-document.js';
import { type VerifiedPlan, verifiedPlan } from './plan-reading.js';
import { certifyRun, type DisposalResult, type StatedBeside } from './run-certificate.js';
import { requireMediaOf, type StatedMedia } from './stated-media.js';

export interface AttestationRequest {
  planId: string;
  itemIds: readonly string[];
  statement: Omit<AttestedStatement, 'recordedBy'>;
  /** Through whose hands the items went before, in order. */
  custody?: readonly CustodyStep[];
  /** Where they came from, and what becomes of what is left of them. */
  whereabouts?: Whereabouts;
  /** What the one medium was that it is about. */
  media?: StatedMedia | null;
  /** The category that they say it comes up to. */
  sanitization?: Sanitization | null;
}

/**
 * Records that people destroyed items which this program cannot reach: paper, media, devices (M.G.L. c. 93I
 * § 2). The items must be in an approved plan, still due, and on no hold, and the destruction must lie after what
 * allowed it. The certificate says that it was stated, by whom, and that this program did not see it.
 *
 * Asked again with the same statement of the same items where no certificate was issued, it issues that one.
 *
 * @throws Fault `plan-unknown`, `plan-changed`, `approval-missing`, `item-not-planned`, `medium-by-program`,
 *   `method-not-allowed`, `method-not-enough`, `media-not-one`, `media-is-paper`, `category-not-allowed`, `date-in-future`, `destroyed-before-due`, `destroyed-before-approval`,
 *   `hold-changed`, `item-changed`, `rule-changed`, or the reason why an item may not be disposed of
 */
export async function recordDestruction(
  session: Session,
  request: AttestationRequest,
): Promise<{ run: Run; certificate: CertificateRecord | null }> {
  const operator = await session.operator();
  const verified = await verifiedPlan(session, request.planId);
  const { plan } = verified;
  if (plan.asOf > session.today()) {
    throw refused('plan-in-future', `The plan ${plan.id} was made for ${plan.asOf}, which has not come yet`);
  }
  if (request.statement.performedOn > session.today()) {
    throw badInput('date-in-future', 'The day of the destruction has not come yet');
  }
  const custody = request.custody ?? [];
  requireChain(custody, request.statement.performedOn);
  if (request.itemIds.length === 0) throw badInput('items-missing', 'No item is named');
  const lines = await plannedLines(session, plan, [...new Set(request.itemIds)]);
  for (const line of lines) requireMethod(line, request.statement.method);
  const attested: AttestedStatement = { ...request.statement, recordedBy: operator.id };
  const { media = null, sanitization = null } = request;
  const stated: Stated = { attested, custody, ...(request.whereabouts ?? NOT_SAID), media, sanitization };
  requireMediaOf(lines, attested.method, stated);
  const cutOff = await uncertifiedRun(session, plan, lines, stated);
  const run = cutOff ?? (await recordRun(session, verified, lines, stated));
  return { run, certificate: await certifyRun(session, plan, run) };
}

/** What a person stated: of the destruction, of the items before it and of what is left after it. */
interface Stated extends StatedBeside {
  attested: AttestedStatement;
}

const NOT_SAID: Whereabouts = { source: null, destination: null };

async function recordRun(
  session: Session,
  { plan, schedule }: VerifiedPlan,
  lines: readonly PlanItemLine[],
  stated: Stated,
): Promise<Run> {
  const { attested } = stated;
  const now = instant(session.clock);
  const run: Run = {
    id: `run-${plan.id.replace(/^plan-/, '')}-${randomBytes(2).toString('hex')}`,
    planId: plan.id,
    kind: 'attested',
    startedAt: now,
    startedBy: attested.recordedBy,
    finishedAt: now,
    acceptResidual: false,
  };
  // A destruction that was done in time may be written down later.
  const moment = { ...approvalsNow(session), day: attested.performedOn };
  await session.store.transaction(async (transaction) => {
    const approvals = await requireApproved(session, plan, moment, transaction);
    requireAfterApproval(session, plan, approvals, attested);
    await requireFactsAsLogged(transaction, session.settings());
    await requireStillDue(session, transaction, { lines, attested, planned: schedule.classes });
    await transaction.runs.insert(run);
    await recordAll(session, transaction, { plan, run, lines, stated });
  });
  return run;
}

/** What was recorded before, with the same words and of exactly these items, when the certificate was not issued. */
async function uncertifiedRun(
  session: Session,
  plan: Plan,
  lines: readonly PlanItemLine[],
  stated: Stated,
): Promise<Run | undefined> {
  const ids = new Set(lines.map(({ itemId }) => itemId));
  for (const run of await session.store.runs.attestedOf(plan.id)) {
    if (await session.store.certificates.ofRun(run.id)) continue;
    const disposals = await session.store.disposals.ofRun(run.id);
    const same = disposals.every(({ itemId, result }) => ids.has(itemId) && states(result, stated));
    if (same && disposals.length === ids.size) return run;
  }
  return undefined;
}

/** Statements of earlier versions leave out what was not said. */
const NOTHING_ELSE = { ...NOT_SAID, custody: [], media: null, sanitization: null };

function states(result: string | null, stated: Stated): boolean {
  const recorded = result === null ? {} : (JSON.parse(result) as Partial<Stated>);
  const words = ({ attested, ...rest }: Stated) =>
    canonicalJson({ ...rest, attested: { ...attested, recordedBy: '' } });
  const { attested, ...rest } = recorded;
  return attested !== undefined && words({ ...NOTHING_ELSE, ...rest, attested }) === words(stated);
}

async function recordAll(
  session: Session,
  transaction: StoreTransaction,
  context: { plan: Plan; run: Run; lines: readonly PlanItemLine[]; stated: Stated },
): Promise<void> {
  const { plan, run, lines, stated } = context;
  const { attested, custody, sanitization } = stated;
  const records = await session.recorder.appendAll(
    transaction,
    lines.map((line) => ({
      action: 'item.attest',
      outcome: 'done' as const,
      subject: { item: line.itemId, plan: plan.id, run: run.id },
      data: {
        medium: line.medium,
        method: attested.method,
        performed_on: attested.performedOn,
        // Also where nobody named one, so that none can be written in.
        sanitization,
        ...(custody.length > 0 && { custody_steps: custody.length }),
        ...(attested.vendorCertificate && { vendor_certificate_sha256: attested.vendorCertificate.sha256 }),
      },
    })),
  );
  await transaction.disposals.insert(
    lines.map((line, at) => ({
      runId: run.id,
      itemId: line.itemId,
      position: line.position,
      state: 'done',
      target: '{}',
      outcome: 'attested',
      result: JSON.stringify(stated satisfies DisposalResult),
      // One statement, made afterwards, is both the intent and the outcome as far as this program knows.
      intentSeq: records[at]?.seq ?? null,
      outcomeSeq: records[at]?.seq ?? null,
    })),
  );
  await transaction.items.moveState(
    lines.map((line) => line.itemId),
    'active',
    'disposed',
  );
}
