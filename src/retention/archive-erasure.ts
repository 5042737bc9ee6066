import { type CopyStatements, type Erasure, eraseArchives, erasureEvent, factsOf } from '../archive/index.js';
import { requireFitToDestroy, tellsOfEvent } from '../audit/index.js';
import {
  type CertificateFacts,
  type CertifiedItemFacts,
  certifiedClasses,
  issueCertificate,
} from '../certificate/index.js';
import type { DecryptionKey } from '../crypto/index.js';
import { outcomeChanged } from '../disposal/index.js';
import { badInput, classesOf, type Reason, type RecordClass, refused } from '../model/index.js';
import type { Session } from '../session/index.js';
import type { ArchiveRecord, CertificateRecord } from '../store/index.js';
import { dateIn, instant, takeRunLock } from '../workspace/index.js';
import { approvalsNow, requireApproved } from './approval.js';
import { plannedLines, requireStillDue } from './by-hand-checks.js';
import { requireFactsAsLogged } from './logged-facts.js';
import type { PlanItemLine } from './plan-document.js';
import { type VerifiedPlan, verifiedPlan } from './plan-reading.js';
import { certifiedApprovals, keptUnder } from './run-certificate.js';

export interface ErasureOrder {
  planId: string;
  /** Ids of items whose archives are to be erased. */
  itemIds: readonly string[];
  secrets: readonly DecryptionKey[];
  passphrase: string | null;
  statements: CopyStatements;
}

export interface ErasedArchive {
  erasure: Erasure;
  /** Null where nothing was erased. */
  certificate: CertificateRecord | null;
}

/**
 * Destroys the keys of archives that an approved plan disposes of, and certifies each. The plan decides as it does for
 * paper: the items must still be due, on no hold, and as they were when they were planned. Asked again, it finishes what
 * was cut off and issues certificates that are missing.
 *
 * @throws Fault `run-lock-held`, `plan-unknown`, `plan-changed`, `plan-in-future`, `approval-missing`,
 *   `item-not-planned`, `item-not-archived`, `item-changed`, `item-held`, `archive-key-refused`, or the reason why an
 *   item may not be disposed of
 */
export async function eraseArchived(session: Session, order: ErasureOrder): Promise<ErasedArchive[]> {
  const operator = await session.operator();
  const lock = await takeRunLock(session.paths.lock, {
    operator: operator.id,
    command: 'archive erase',
    since: instant(session.clock),
  });
  try {
    await requireFitToDestroy(session);
    const { verified, lines, archives } = await plannedArchives(session, order.planId, order.itemIds);
    const open = archives.filter(({ state }) => state !== 'erased');
    const fresh = open.length === 0 ? [] : await erase(session, order, verified, { lines, archives: open });
    const before = archives.filter(({ state }) => state === 'erased').map(erasureOf);
    const erased: ErasedArchive[] = [];
    for (const erasure of [...before, ...fresh]) {
      const line = lines.find(({ itemId }) => itemId === erasure.itemId);
      const certificate =
        erasure.outcome === 'key-erased' && line ? await certify(session, verified, line, erasure) : null;
      erased.push({ erasure, certificate });
    }
    return erased;
  } finally {
    await lock.release();
  }
}

/**
 * The archives of items that a plan disposes of. Changes nothing, and asks for no approval.
 *
 * @throws Fault `plan-unknown`, `plan-changed`, `plan-in-future`, `item-not-planned`, `item-not-archived`
 */
export async function plannedArchives(
  session: Session,
  planId: string,
  itemIds: readonly string[],
): Promise<{ verified: VerifiedPlan; lines: PlanItemLine[]; archives: ArchiveRecord[] }> {
  const verified = await verifiedPlan(session, planId);
  const { plan } = verified;
  if (plan.asOf > session.today()) {
    throw refused('plan-in-future', `The plan ${plan.id} was made for ${plan.asOf}, which has not come yet`);
  }
  const lines = await plannedLines(session, plan, [...new Set(itemIds)]);
  const archives = await Promise.all(lines.map((line) => archiveOf(session, line)));
  return { verified, lines, archives };
}

/** The archive that a line of a plan means: its location is the archive's id. @throws Fault `item-not-archived` (exit 2) */
async function archiveOf(session: Session, line: PlanItemLine): Promise<ArchiveRecord> {
  const found = line.medium === 'archive' ? await session.store.archives.get(line.location ?? '') : undefined;
  if (found !== undefined && found.itemId === line.itemId) return found;
  throw badInput('item-not-archived', `${line.itemId} is not an archive in the plan (${line.medium})`, {
    hint: 'Files and folders are destroyed by: quietus sweep run PLAN',
  });
}

async function erase(
  session: Session,
  order: ErasureOrder,
  { plan, schedule }: VerifiedPlan,
  { lines, archives }: { lines: readonly PlanItemLine[]; archives: readonly ArchiveRecord[] },
): Promise<Erasure[]> {
  const operator = await session.operator();
  const attested = {
    method: 'erased' as const,
    performedBy: operator.name,
    performedOn: session.today(),
    witness: null,
    vendor: null,
    reference: null,
    recordedBy: operator.id,
  };
  return await eraseArchives(session, {
    archiveIds: archives.map(({ id }) => id),
    secrets: order.secrets,
    passphrase: order.passphrase,
    statements: order.statements,
    authorize: async (transaction, standing) => {
      const ids = new Set(standing.map(({ itemId }) => itemId));
      const due = lines.filter(({ itemId }) => ids.has(itemId));
      await requireApproved(session, plan, approvalsNow(session), transaction);
      await requireFactsAsLogged(transaction, session.settings());
      await requireStillDue(session, transaction, { lines: due, attested, planned: schedule.classes });
    },
    erased: async (transaction, { itemId }) => {
      await transaction.items.moveState([itemId], 'active', 'disposed');
    },
  });
}

function erasureOf(archive: ArchiveRecord): Erasure {
  return JSON.parse(archive.result ?? '{}') as Erasure;
}

const METHOD: Reason = {
  code: 'cryptographic-erase',
  text:
    'The item was kept as an age v1 file (X25519, ChaCha20-Poly1305) under a key of its own. That key was destroyed: a new ' +
    'archive key was made, the keys of all other archives were encrypted to it, and the folder of the old key files was ' +
    'overwritten, read back and removed. The keys that exist were then tried on the file, and none opened it.',
};

const LIMITS: readonly Reason[] = [
  {
    code: 'copies-of-keys',
    text: 'Copies of the key or of the key folder that somebody made elsewhere are not reached; what was stated of them stands with the item.',
  },
];

async function certify(
  session: Session,
  { plan, schedule }: VerifiedPlan,
  line: PlanItemLine,
  erasure: Erasure,
): Promise<CertificateRecord> {
  const classes = classesOf(line).flatMap((id) => schedule.classes.find((each) => each.id === id) ?? []);
  const operator = await session.store.operators.get(erasure.by);
  const facts: CertificateFacts = {
    subject: {
      kind: 'archive',
      id: erasure.archiveId,
      plan: { id: plan.id, sha256: plan.sha256, asOf: plan.asOf, scheduleVersion: plan.scheduleVersion },
      ground: null,
    },
    startedAt: erasure.startedAt,
    finishedAt: erasure.finishedAt,
    operator: { id: erasure.by, name: operator?.name ?? erasure.by, account: operator?.account ?? '' },
    approvals: await certifiedApprovals(session, plan, {
      at: erasure.startedAt,
      day: dateIn(session.settings().timeZone, new Date(erasure.startedAt)),
      begun: true,
    }),
    items: [await certifiedArchive(session, line, classes, erasure)],
    exceptions: [],
    methods: [METHOD],
    limits: LIMITS,
    holdsInForce: (await session.store.holds.active()).length,
  };
  return await issueCertificate(session, facts);
}

async function certifiedArchive(
  session: Session,
  line: PlanItemLine,
  classes: readonly RecordClass[],
  erasure: Erasure,
): Promise<CertifiedItemFacts> {
  const { intentSeq, outcomeSeq } = erasure;
  if (!tellsOfEvent(await session.store.log.get(outcomeSeq), erasureEvent(erasure)))
    throw outcomeChanged(erasure.archiveId);
  const hashes = await session.store.log.hashes([intentSeq, outcomeSeq]);
  const archive = await session.store.archives.get(erasure.archiveId);
  return {
    id: line.itemId,
    title: null,
    ...certifiedClasses(classes, keptUnder(line, classes)),
    medium: line.medium,
    piElements: line.piElements,
    dataSubjects: line.dataSubjects,
    keepUntil: line.keepUntil,
    outcome: 'key-erased',
    sanitization: erasure.sanitization,
    method: METHOD.code,
    passes: 0,
    verification:
      erasure.proof.keysTried === null
        ? { result: 'not-performed', readFrom: null }
        : { result: 'passed', readFrom: null, method: 'key-refused', detail: proofInWords(erasure) },
    files: 1,
    bytes: archive === undefined ? 0 : (factsOf(archive).bytes ?? 0),
    preState: 'encrypted, and its key was kept',
    postState: 'encrypted, and its key was destroyed',
    residual: erasure.reasons,
    statement: null,
    log: {
      intentSeq,
      intentHash: hashes.get(intentSeq) ?? '',
      outcomeSeq,
      outcomeHash: hashes.get(outcomeSeq) ?? '',
    },
  };
}

function proofInWords({ proof, statements, keyCopies }: Erasure): string {
  const said = [
    proof.keysTried === 1
      ? 'the only key that exists was tried and refused'
      : `${proof.keysTried} keys that exist were tried and refused`,
    proof.bytesSearched ? 'no file of the workspace held the bytes of the key' : null,
    proof.oldKeyRefused === true ? 'the old archive key opened no key file' : null,
    `known copies of the key: ${keyCopies.length}${statements.keyCopiesDestroyed ? ', stated as destroyed' : ''}`,
    statements.noKeyBackups ? 'stated: no backup of the key folder exists' : null,
    statements.noPlaintextCopies ? 'stated: no earlier copy of the content exists' : null,
  ];
  return said.filter((part) => part !== null).join('; ');
}
