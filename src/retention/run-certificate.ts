import {
  type AttestedStatement,
  type CertificateFacts,
  type CertifiedItemFacts,
  type CustodyStep,
  certifiedClasses,
  type ExceptionFacts,
  isCertified,
  issueCertificate,
  type LogReference,
  type MediaFacts,
  type Sanitization,
  type Whereabouts,
} from '../certificate/index.js';
import {
  type DisposalOutcome,
  disposalFacts,
  disposalMethods,
  loggedOutcomes,
  logReference,
  requireAllOutcomes,
} from '../disposal/index.js';
import {
  classesOf,
  isDoneByProgram,
  type Plan,
  type PlanItem,
  type Reason,
  type RecordClass,
} from '../model/index.js';
import type { Session } from '../session/index.js';
import type { CertificateRecord, Disposal, Run } from '../store/index.js';
import { type ApprovalMoment, approvalsAtBeginning, validApprovals } from './approval.js';
import { plannedDisposals, type VerifiedPlan, verifiedPlan } from './plan-reading.js';
import { requireRunAsLogged } from './run-evidence.js';
import type { StatedMedia } from './stated-media.js';
import { disposedOf } from './sweep-result.js';

/** What a disposal's `result` holds: the outcome of `destroy()`, or what a person stated. */
export type DisposalResult = DisposalOutcome | ({ attested: AttestedStatement } & Partial<StatedBeside>);

/** What people stated of the items, beside the destruction itself. Statements of earlier versions lack some. */
export interface StatedBeside extends Whereabouts {
  custody: readonly CustodyStep[];
  media: StatedMedia | null;
  sanitization: Sanitization | null;
}

/**
 * Issues the certificate of a finished run, once: asked again, it gives the one that was issued. A run that
 * destroyed nothing gets none.
 *
 * @throws Fault `plan-changed`, `schedule-changed`, `run-changed`, `outcome-changed` (exit 5)
 */
export async function certifyRun(session: Session, plan: Plan, run: Run): Promise<CertificateRecord | null> {
  const issued = await session.store.certificates.ofRun(run.id);
  if (issued) return issued;
  // Once more: what was found good when the run began may have been changed since.
  const verified = await verifiedPlan(session, plan.id);
  await requireRunAsLogged(session.store, verified, run);
  const disposals = await session.store.disposals.ofRun(run.id);
  await requireAllOutcomes(session, run, disposals, verified.plannedSeq);
  if (!disposals.some(({ outcome }) => outcome !== null && isCertified(outcome))) return null;
  return await issueCertificate(session, await runFacts(session, verified, run, disposals));
}

async function runFacts(
  session: Session,
  { plan, schedule }: VerifiedPlan,
  run: Run,
  disposals: readonly Disposal[],
): Promise<CertificateFacts> {
  const classes = new Map(schedule.classes.map((each) => [each.id, each]));
  const { items, exceptions, limits } = await sortOut(session, plan, run, disposals, classes);
  const operator = await session.store.operators.get(run.startedBy);
  return {
    subject: {
      kind: run.kind === 'attested' ? 'physical' : 'sweep',
      id: run.id,
      plan: { id: plan.id, sha256: plan.sha256, asOf: plan.asOf, scheduleVersion: plan.scheduleVersion },
    },
    startedAt: run.startedAt,
    finishedAt: run.finishedAt ?? run.startedAt,
    operator: {
      id: run.startedBy,
      name: operator?.name ?? run.startedBy,
      account: operator?.account ?? '',
    },
    approvals: await certifiedApprovals(session, plan, approvalsAtBeginning(session, run)),
    items,
    exceptions,
    methods: disposalMethods(items),
    limits: [...limits.values()],
    holdsInForce: (await session.store.holds.active()).length,
  };
}

interface SortedDisposals {
  items: CertifiedItemFacts[];
  exceptions: ExceptionFacts[];
  limits: Map<string, Reason>;
}

/** Goes through the plan's disposals and parts what was destroyed from what was not. */
async function sortOut(
  session: Session,
  plan: Plan,
  run: Run,
  disposals: readonly Disposal[],
  classes: ReadonlyMap<string, RecordClass>,
): Promise<SortedDisposals> {
  const done = new Map(disposals.map((disposal) => [disposal.itemId, disposal]));
  const items: CertifiedItemFacts[] = [];
  const exceptions: ExceptionFacts[] = [];
  const limits = new Map<string, Reason>();
  const archives = await keptArchives(session);
  for await (const lines of plannedDisposals(session, plan.id, 500)) {
    const pageDisposals = lines.flatMap((line) => done.get(line.itemId) ?? []);
    const hashes = await loggedOutcomes(session, run, pageDisposals);
    const titles = await itemTitles(session, lines);
    const doneByOthers = await disposedOf(
      session,
      lines.filter(({ itemId }) => !done.has(itemId)),
    );
    for (const line of lines) {
      const disposal = done.get(line.itemId);
      // What people destroyed is certified on its own: what it does not name is no exception to it, nor is it one here.
      if (disposal === undefined && (run.kind === 'attested' || doneByOthers.has(line.itemId))) continue;
      // What was archived still exists: it is neither destroyed nor left.
      if (disposal?.outcome === 'archived') continue;
      const title = titles.get(line.itemId) ?? null;
      const result = disposal?.result ? (JSON.parse(disposal.result) as DisposalResult) : undefined;
      for (const limit of result && 'assessment' in result ? (result.assessment?.limits ?? []) : [])
        limits.set(limit.code, limit);
      const own = classesOf(line).flatMap((id) => classes.get(id) ?? []);
      const log = disposal && logReference(disposal, hashes);
      const certified = disposal?.outcome && isCertified(disposal.outcome) && result && own.length > 0 && log;
      const archive = line.medium === 'archive' ? undefined : archives.get(line.itemId);
      if (certified && archive !== undefined) limits.set(ARCHIVE_KEPT.code, ARCHIVE_KEPT);
      if (certified) items.push({ ...certifiedItem(line, own, result, title, log), ...stateAfter(archive) });
      else exceptions.push(exception(line, disposal, result, title, log ?? null));
    }
  }
  return { items, exceptions, limits };
}

/** Ids of the archives that can still be opened, by item. */
async function keptArchives({ store }: Session): Promise<ReadonlyMap<string, string>> {
  const archives = (await store.archives.list()).filter(({ state }) => state !== 'erased');
  return new Map(archives.map(({ itemId, id }) => [itemId, id]));
}

const ARCHIVE_KEPT: Reason = {
  code: 'archive-kept',
  text: 'Of some items an encrypted archive still exists, which can be opened until its key is destroyed',
};

/** A certificate must not read as if nothing of the item were left. */
function stateAfter(archive: string | undefined): Pick<CertifiedItemFacts, 'postState'> {
  if (archive === undefined) return {};
  return { postState: `destroyed where it lay; its encrypted archive ${archive} is kept` };
}

/** The class whose duty to keep the item ended last. Plans of an earlier version do not tell it of items with several. */
export function keptUnder(line: PlanItem, classes: readonly RecordClass[]): RecordClass | undefined {
  return classes.length === 1 ? classes[0] : classes.find(({ id }) => id === line.keptUnder);
}

function certifiedItem(
  line: PlanItem,
  classes: readonly RecordClass[],
  result: DisposalResult,
  title: string | null,
  log: LogReference,
): CertifiedItemFacts {
  const common = {
    id: line.itemId,
    title,
    ...certifiedClasses(classes, keptUnder(line, classes)),
    medium: line.medium,
    piElements: line.piElements,
    dataSubjects: line.dataSubjects,
    keepUntil: line.keepUntil,
    log,
  };
  if ('attested' in result) {
    return {
      ...common,
      outcome: 'attested',
      method: null,
      passes: 0,
      verification: { result: 'not-performed', readFrom: null },
      files: 0,
      bytes: 0,
      residual: [],
      statement: result.attested,
      custody: result.custody ?? [],
      source: result.source ?? null,
      destination: result.destination ?? null,
      media: result.media ? ofItem(result.media, line.itemId) : null,
      sanitization: result.sanitization ?? null,
    };
  }
  return { ...common, ...disposalFacts(result) };
}

/** The organization's own number on a medium is its number in the inventory. */
function ofItem(media: StatedMedia, itemId: string): MediaFacts {
  return { ...media, propertyNumber: itemId, capacityBytes: null };
}

function exception(
  line: PlanItem,
  disposal: Disposal | undefined,
  result: DisposalResult | undefined,
  title: string | null,
  log: LogReference | null,
): ExceptionFacts {
  const outcome = disposal?.outcome;
  const base = { id: line.itemId, title, recordClass: line.recordClass, medium: line.medium, log };
  if (outcome === null || outcome === undefined)
    return { ...base, outcome: 'waiting', reasons: [waitingReason(line)] };
  if (isCertified(outcome) || outcome === 'archived')
    throw new Error('What was destroyed or archived is no exception');
  return { ...base, outcome, reasons: result && 'reasons' in result ? result.reasons : [] };
}

function waitingReason(line: PlanItem): Reason {
  return isDoneByProgram(line)
    ? { code: 'not-begun', text: 'The run ended before it came to this item' }
    : { code: 'by-hand', text: `A person has to destroy this medium (${line.medium}) and record it` };
}

/** Titles may be personal information: certificates carry them only where the workspace says so. */
async function itemTitles(session: Session, lines: readonly PlanItem[]): Promise<Map<string, string>> {
  if (!session.settings().certificate.itemTitles) return new Map();
  const items = await session.store.items.byIds(lines.map((line) => line.itemId));
  return new Map([...items.values()].map((item) => [item.id, item.title]));
}

/** The approvals that counted at a moment, as a certificate prints them. */
export async function certifiedApprovals(
  session: Session,
  plan: Plan,
  moment: ApprovalMoment,
): Promise<CertificateFacts['approvals']> {
  const approvals = await validApprovals(session, session.store, plan, moment);
  const operators = new Map((await session.store.operators.list()).map((each) => [each.id, each]));
  return approvals.map((approval) => ({
    operatorId: approval.operatorId,
    operatorName: operators.get(approval.operatorId)?.name ?? approval.operatorId,
    approvedAt: approval.approvedAt,
    statement: approval.statement,
    signature: approval.signature,
  }));
}
