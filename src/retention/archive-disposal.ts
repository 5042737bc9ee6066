import { type ArchiveRequest, archiveKey, type CreatedArchive, createArchive } from '../archive/index.js';
import { requireFitToDestroy } from '../audit/index.js';
import { placesElsewhere, protectedPaths, refusedOutcome } from '../disposal/index.js';
import { protectionOf } from '../holds/index.js';
import { badInput, Fault, isOverwritable, type Reason } from '../model/index.js';
import type { Session } from '../session/index.js';
import { createExaminer, type DisposalOptions, type TargetOutcome } from '../shred/index.js';
import { instant, takeRunLock } from '../workspace/index.js';
import { neighbourOf } from './overlap-search.js';
import type { PlanItemLine } from './plan-document.js';
import type { SweepJournal } from './sweep-journal.js';

/** What a person asks for who archives one item by its id. */
export type ArchiveOrder = Pick<
  ArchiveRequest,
  'itemId' | 'folder' | 'keepPlaintext' | 'acceptResidual' | 'signal' | 'observe'
>;

/**
 * Archives one item before its period ends: its content goes on existing, encrypted, so no plan is needed. Legal holds
 * forbid it, because they keep things as they are.
 *
 * @throws Fault `run-lock-held`, and as `createArchive`
 */
export async function archiveItem(session: Session, order: ArchiveOrder): Promise<CreatedArchive> {
  const operator = await session.operator();
  const lock = await takeRunLock(session.paths.lock, {
    operator: operator.id,
    command: 'archive create',
    since: instant(session.clock),
  });
  try {
    await requireFitToDestroy(session);
    return await createArchive(session, {
      ...order,
      eraseAfter: null,
      objection: neighbourObjection(session, order),
      protectedPaths: protectedPaths(session.paths),
    });
  } finally {
    await lock.release();
  }
}

/** A sweep lets what is due go in an order; archived by name, an item must lie alone. */
function neighbourObjection(
  { paths }: Session,
  { itemId, keepPlaintext }: Pick<ArchiveOrder, 'itemId' | 'keepPlaintext'>,
): ArchiveRequest['objection'] {
  return async (repositories) => {
    const item = keepPlaintext ? undefined : await repositories.items.get(itemId);
    if (item === undefined) return undefined;
    const other = await neighbourOf(repositories, item, await placesElsewhere(repositories, paths));
    if (other === undefined) return undefined;
    return { code: 'contains-kept-item', text: `Its place and that of ${other} overlap.` };
  };
}

/** What stands against archiving an item, and what would be left of its content. Changes nothing. */
export async function previewArchive(
  session: Session,
  { itemId, keepPlaintext }: Pick<ArchiveOrder, 'itemId' | 'keepPlaintext'>,
): Promise<{ recipient: string | null; reasons: Reason[] }> {
  const item = await session.store.items.get(itemId);
  if (item === undefined) throw badInput('item-unknown', `The inventory has no item ${itemId}`);
  const reasons: Reason[] = [];
  const { store } = session;
  const objection =
    protectionOf(item, await store.holds.standing(), session.today()) ??
    (await neighbourObjection(session, { itemId, keepPlaintext })(store));
  if (objection !== undefined) reasons.push(objection);
  if (item.state !== 'active' || !isOverwritable(item.medium)) {
    reasons.push({
      code: 'item-not-archivable',
      text: `It is no active file or folder (${item.medium}, ${item.state})`,
    });
  } else {
    const examiner = createExaminer({ protectedPaths: protectedPaths(session.paths) });
    const examined = examiner.examineNow(item.location, item.medium);
    if (examined.status === 'ready')
      reasons.push(...examined.assessment.residual, ...examined.assessment.limits);
    else
      reasons.push(
        examined.status === 'refused' ? examined.reason : { code: 'absent', text: examined.reason.text },
      );
  }
  return { recipient: (await archiveKey(session))?.recipient ?? null, reasons };
}

/**
 * Archives one item of a plan whose class says so, and records the outcome in the run: `archived`, or why not. What was
 * cut off is gone on with.
 */
export async function archiveLine(work: ArchivingWork, line: PlanItemLine): Promise<void> {
  const { session, journal, disposal } = work;
  journal.expect([line]);
  const known = await session.store.archives.ofItem(line.itemId);
  const done = known?.state === 'kept' && (await session.store.items.get(line.itemId))?.medium === 'archive';
  const outcome = done ? archivedOutcome(line, []) : await archived(work, line);
  if (outcome === null) return;
  await journal.finishAside(outcome);
  work.ended(outcome);
  disposal.observe?.({ step: 'finished', itemId: line.itemId, fileIndex: null });
}

/** The parts of a sweep's work that archiving needs. */
interface ArchivingWork {
  session: Session;
  journal: Pick<SweepJournal, 'expect' | 'stillAuthorized' | 'finishAside'>;
  disposal: DisposalOptions;
  ended: (outcome: TargetOutcome) => void;
}

/** @returns null where a signal stopped it: the next run goes on */
async function archived(
  { session, journal, disposal }: ArchivingWork,
  line: PlanItemLine,
): Promise<TargetOutcome | null> {
  try {
    const { facts, archive } = await createArchive(session, {
      itemId: line.itemId,
      folder: null,
      keepPlaintext: false,
      acceptResidual: disposal.acceptResidual ?? false,
      eraseAfter: null,
      objection: (repositories) => journal.stillAuthorized(line.itemId, repositories),
      protectedPaths: disposal.protectedPaths,
      ...(disposal.signal ? { signal: disposal.signal } : {}),
    });
    const reasons = facts.plaintext?.reasons ?? [];
    if (archive.state === 'kept') return archivedOutcome(line, reasons);
    if (facts.plaintext === null) return null;
    return {
      ...archivedOutcome(line, reasons),
      outcome: facts.plaintext.outcome === 'refused' ? 'refused' : 'failed',
    };
  } catch (error) {
    if (disposal.signal?.aborted) return null;
    if (!(error instanceof Fault)) throw error;
    return refusedOutcome(line.itemId, { code: error.code, text: error.message });
  }
}

function archivedOutcome(line: PlanItemLine, reasons: Reason[]): TargetOutcome {
  const { fingerprint } = line;
  const size = fingerprint?.kind === 'file' ? fingerprint.size : '0';
  return {
    ...refusedOutcome(line.itemId, { code: 'archived', text: '' }),
    outcome: 'archived',
    reasons,
    files: fingerprint?.kind === 'folder' ? fingerprint.files : 1,
    bytes: fingerprint?.kind === 'folder' ? fingerprint.bytes : size,
  };
}
