import { type ArchiveRequest, archiveKey, type CreatedArchive, createArchive } from '../archive/index.js';
import { protectedPaths } from '../disposal/index.js';
import { compileHolds } from '../holds/index.js';
import { badInput, isOverwritable, type Reason } from '../model/index.js';
import type { Session } from '../session/index.js';
import { createExaminer } from '../shred/index.js';
import { instant, takeRunLock } from '../workspace/index.js';

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
    return await createArchive(session, {
      ...order,
      eraseAfter: null,
      objection: async () => undefined,
      protectedPaths: protectedPaths(session.paths),
    });
  } finally {
    await lock.release();
  }
}

/** What stands against archiving an item, and what would be left of its content. Changes nothing. */
export async function previewArchive(
  session: Session,
  itemId: string,
): Promise<{ recipient: string | null; reasons: Reason[] }> {
  const item = await session.store.items.get(itemId);
  if (item === undefined) throw badInput('item-unknown', `The inventory has no item ${itemId}`);
  const reasons: Reason[] = [];
  const holds = compileHolds(await session.store.holds.standing()).on(item);
  if (holds.length > 0)
    reasons.push({ code: 'legal-hold', text: `Legal holds reach it: ${holds.join(', ')}` });
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
