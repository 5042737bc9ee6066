import { randomBytes } from 'node:crypto';
import { type AttestedStatement, attestedMethods, type CustodyStep } from '../certificate/index.js';
import { canonicalJson } from '../crypto/index.js';
import { placesThroughLinks } from '../disposal/index.js';
import { requireHoldsAsLogged } from '../holds/index.js';
import {
  type Approval,
  badInput,
  type CalendarDate,
  classesOf,
  disposalClause,
  isDoneByProgram,
  type Plan,
  type RecordClass,
  refused,
} from '../model/index.js';
import type { Session } from '../session/index.js';
import type { CertificateRecord, Run, StoredItem, StoreTransaction } from '../store/index.js';
import { dateIn, instant } from '../workspace/index.js';
import { approvalsNow, requireApproved } from './approval.js';
import { neededApprovals } from './approval-need.js';
import { requireChain } from './destruction-details.js';
import { itemDigest } from './item-digest.js';
import type { Overlap } from './location-overlap.js';
import { overlapsOfArchives } from './overlap-search.js';
import type { PlanItemLine } from './plan-document.js';
import { parsedLine, type VerifiedPlan, verifiedPlan } from './plan-reading.js';
import { type Rulebook, readRulebook } from './rulebook.js';
import { certifyRun, type DisposalResult } from './run-certificate.js';

export interface AttestationRequest {
  planId: string;
  itemIds: readonly string[];
  statement: Omit<AttestedStatement, 'recordedBy'>;
  /** Through whose hands the items went before, in order. */
  custody?: readonly CustodyStep[];
}

/**
 * Records that people destroyed items which this program cannot reach: paper, media, devices (M.G.L. c. 93I
 * § 2). The items must be in an approved plan, still due, and on no hold, and the destruction must lie after what
 * allowed it. The certificate says that it was stated, by whom, and that this program did not see it.
 *
 * Asked again with the same statement of the same items where no certificate was issued, it issues that one.
 *
 * @throws Fault `plan-unknown`, `plan-changed`, `approval-missing`, `item-not-planned`, `medium-by-program`,
 *   `method-not-allowed`, `method-not-enough`, `date-in-future`, `destroyed-before-due`, `destroyed-before-approval`,
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
  const stated = { attested, custody };
  const cutOff = await uncertifiedRun(session, plan, lines, stated);
  const run = cutOff ?? (await recordRun(session, verified, lines, stated));
  return { run, certificate: await certifyRun(session, plan, run) };
}

/** What a person stated, and through whose hands the items went. */
interface Stated {
  attested: AttestedStatement;
  custody: readonly CustodyStep[];
}

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
    await requireHoldsAsLogged(transaction);
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
    const disposals = await session.store.runs.disposals(run.id);
    const same = disposals.every(({ itemId, result }) => ids.has(itemId) && states(result, stated));
    if (same && disposals.length === ids.size) return run;
  }
  return undefined;
}

function states(result: string | null, stated: Stated): boolean {
  const recorded = result === null ? {} : (JSON.parse(result) as Partial<Stated>);
  const words = ({ attested, custody }: Stated) =>
    canonicalJson({ attested: { ...attested, recordedBy: '' }, custody });
  const { attested, custody = [] } = recorded;
  return attested !== undefined && words({ attested, custody }) === words(stated);
}

const INCIDENT =
  'Look at the day that you gave. If it is right, the record was destroyed without authority: that is an incident, and a person has to look into it; no certificate is issued of it';

/** @throws Fault `destroyed-before-approval` (exit 4) */
function requireAfterApproval(
  session: Session,
  plan: Plan,
  approvals: readonly Approval[],
  { performedOn }: AttestedStatement,
): void {
  const last = approvals[neededApprovals(session, plan) - 1];
  if (last === undefined) return;
  const day = dateIn(session.settings().timeZone, new Date(last.approvedAt));
  if (performedOn >= day) return;
  throw refused(
    'destroyed-before-approval',
    `The plan ${plan.id} was approved on ${day}, after ${performedOn}`,
    {
      hint: INCIDENT,
    },
  );
}

export async function plannedLines(
  session: Session,
  plan: Plan,
  ids: readonly string[],
): Promise<PlanItemLine[]> {
  const lines: PlanItemLine[] = [];
  for (let at = 0; at < ids.length; at += IDS_AT_ONCE) {
    const stored = await session.store.plans.linesOf(plan.id, ids.slice(at, at + IDS_AT_ONCE));
    lines.push(...stored.flatMap((each) => parsedLine(each) ?? []));
  }
  const disposals = lines.filter((line) => line.decision === 'dispose');
  const missing = ids.filter((id) => !disposals.some((line) => line.itemId === id));
  if (missing.length === 0) return disposals;
  throw badInput('item-not-planned', `The plan ${plan.id} does not dispose of: ${missing.join(', ')}`, {
    hint: `See what it holds with: quietus sweep show ${plan.id}`,
  });
}

const IDS_AT_ONCE = 500;

/** @throws Fault `medium-by-program`, `method-not-allowed` (exit 2) */
export function requireMethod(line: PlanItemLine, method: AttestedStatement['method']): void {
  if (isDoneByProgram(line)) {
    throw badInput(
      'medium-by-program',
      `${line.itemId} is a ${line.medium}, which the sweep destroys by itself`,
      {
        hint: 'Run the plan with: quietus sweep run PLAN',
      },
    );
  }
  if (line.medium === 'archive') {
    throw badInput('medium-by-program', `${line.itemId} is an archive, whose key this program destroys`, {
      hint: `Run: quietus archive erase ${line.itemId} --plan PLAN`,
    });
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

/** The schedule can ask for more than the law does: records of this class are shredded, and not only redacted. */
function requireSanitization(item: StoredItem, classes: readonly RecordClass[], method: string): void {
  for (const { id, sanitization } of classes) {
    const asked = sanitization[item.medium];
    if (asked === undefined || asked === method) continue;
    throw refused('method-not-enough', `${id} asks that ${item.medium} is ${asked} (${item.id})`, {
      hint: `Have it ${asked}, and record that`,
    });
  }
}

/** What the sweep asks of an item, and that its period had ended on the day of the destruction. */
export async function requireStillDue(
  session: Session,
  transaction: StoreTransaction,
  context: {
    lines: readonly PlanItemLine[];
    attested: AttestedStatement;
    planned: readonly RecordClass[];
  },
): Promise<void> {
  const { lines, attested, planned } = context;
  const rules = await readRulebook(transaction, session.settings());
  const items = await transaction.items.byIds(lines.map((line) => line.itemId));
  const overlaps = await keptInArchives(session, transaction, rules, [...items.values()]);
  for (const line of lines) {
    const item = items.get(line.itemId);
    if (!item || itemDigest(item) !== line.itemSha256) {
      throw refused(
        'item-changed',
        `${line.itemId} has changed in the inventory since the plan was made`,
        NEW_PLAN,
      );
    }
    requireSanitization(item, rules.classesOf(item), attested.method);
    const overlap = overlaps.find(({ id }) => id === line.itemId);
    const judgement = rules.judge(item, item.state, session.today(), overlap ? [overlap.with] : []);
    if (judgement.decision !== 'dispose') {
      throw refused(judgement.reason, `${line.itemId} may not be disposed of. ${judgement.explanation}`);
    }
    const before = classesOf(item).flatMap((id) => planned.find((each) => each.id === id) ?? []);
    if (JSON.stringify(before) !== JSON.stringify(rules.classesOf(item))) {
      throw refused(
        'rule-changed',
        `The rule of ${line.itemId} has changed since the plan was made`,
        NEW_PLAN,
      );
    }
    for (const keepUntil of [line.keepUntil, judgement.due.keepUntil]) {
      requireAfterPeriod(line.itemId, keepUntil, attested.performedOn);
    }
  }
}

/** What must be kept and may be in nothing but one of these archives. */
async function keptInArchives(
  session: Session,
  transaction: StoreTransaction,
  rules: Rulebook,
  items: readonly StoredItem[],
): Promise<Overlap[]> {
  const archived = items.filter(({ archivedFrom }) => archivedFrom !== undefined);
  if (archived.length === 0) return [];
  const isDue = (item: StoredItem) => rules.judge(item, item.state, session.today()).decision === 'dispose';
  return await overlapsOfArchives(transaction, archived, isDue, await placesThroughLinks(transaction));
}

const NEW_PLAN = { hint: 'Make a new plan: quietus sweep plan' };

/** @throws Fault `destroyed-before-due` (exit 4) */
function requireAfterPeriod(itemId: string, keepUntil: CalendarDate | null, performedOn: CalendarDate): void {
  if (keepUntil === null || performedOn > keepUntil) return;
  throw refused(
    'destroyed-before-due',
    `${itemId} had to be kept until ${keepUntil}, and was destroyed on ${performedOn}`,
    { hint: INCIDENT },
  );
}

async function recordAll(
  session: Session,
  transaction: StoreTransaction,
  context: { plan: Plan; run: Run; lines: readonly PlanItemLine[]; stated: Stated },
): Promise<void> {
  const { plan, run, lines, stated } = context;
  const { attested, custody } = stated;
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
        ...(custody.length > 0 && { custody_steps: custody.length }),
        ...(attested.vendorCertificate && { vendor_certificate_sha256: attested.vendorCertificate.sha256 }),
      },
    })),
  );
  await transaction.runs.insertDisposals(
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
