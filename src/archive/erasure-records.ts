import type { LogEvent } from '../audit/index.js';
import type { DecryptionKey } from '../crypto/index.js';
import { protectionOf } from '../holds/index.js';
import { type Reason, refused } from '../model/index.js';
import type { Session } from '../session/index.js';
import type { ArchiveRecord, Repositories, StoreTransaction } from '../store/index.js';
import { instant } from '../workspace/index.js';
import { factsOf, type KeyCopy } from './archive-facts.js';
import type { CopyStatements } from './erasure-conditions.js';
import type { ErasureProof } from './erasure-proof.js';
import type { KeyOpener } from './keyring.js';

export interface ErasureRequest {
  archiveIds: readonly string[];
  secrets: readonly DecryptionKey[];
  /** To write the next archive key, where the present one is under a passphrase. */
  passphrase: string | null;
  statements: CopyStatements;
  /** Called in the transaction of the intent: throws where it may not be. */
  authorize: (transaction: StoreTransaction, archives: readonly ArchiveRecord[]) => Promise<void>;
  /** Called in the transaction of each outcome. */
  erased: (transaction: StoreTransaction, erasure: Erasure) => Promise<void>;
  observe?: ((step: ErasureStep) => void) | undefined;
}

export type ErasureStep = 'intent' | 'new-keys' | 'old-keys-destroyed' | 'proved' | 'erased';

export interface Erasure {
  archiveId: string;
  itemId: string;
  /** `key-erased`, or `failed` where a proof failed. */
  outcome: 'key-erased' | 'failed';
  /** `purge` exactly where every condition of NIST SP 800-88 for a cryptographic erase is met. */
  sanitization: 'purge' | null;
  reasons: Reason[];
  proof: ErasureProof;
  keyCopies: readonly KeyCopy[];
  /** What opened the archive key: a passphrase, or these recipients. */
  opener: KeyOpener;
  statements: CopyStatements;
  startedAt: string;
  finishedAt: string;
  /** Id of the operator. */
  by: string;
  /** Numbers of its entries in the log. */
  intentSeq: number;
  outcomeSeq: number;
}

export interface Intent {
  at: string;
  /** Numbers of the entries in the log, by archive. */
  seqs: ReadonlyMap<string, number>;
}

/** Enters what is about to be destroyed, after holds and whoever asked for it were asked again. */
export async function recordIntent(
  session: Session,
  archives: readonly ArchiveRecord[],
  doomed: ReadonlySet<string>,
  request: ErasureRequest,
): Promise<Intent> {
  return await session.store.transaction(async (transaction) => {
    // Where the key is gone already, what is left is to prove and to record it, and no hold brings it back.
    const standing = archives.filter(({ id }) => doomed.has(id));
    await requireUnprotected(session, transaction, standing);
    await request.authorize(transaction, standing);
    const seqs = new Map<string, number>();
    for (const archive of archives) {
      if (archive.state !== 'erasing') {
        const moved =
          (await transaction.archives.advance(archive.id, 'kept', 'erasing')) ||
          (await transaction.archives.advance(archive.id, 'proved', 'erasing'));
        if (!moved)
          throw refused(
            'archive-busy',
            `The archive ${archive.id} is not ready to be erased (${archive.state})`,
          );
      }
      const entry = await session.recorder.append(transaction, {
        action: 'archive.erase',
        outcome: 'intent',
        subject: { item: archive.itemId, archive: archive.id },
        data: { statements: request.statements, key_copies: factsOf(archive).keyCopies.length },
      });
      seqs.set(archive.id, entry.seq);
    }
    return { at: instant(session.clock), seqs };
  });
}

/** Holds reach an archive where the item lies now and where its content lay: a hold on a folder stays one. */
async function requireUnprotected(
  session: Session,
  repositories: Repositories,
  archives: readonly ArchiveRecord[],
): Promise<void> {
  const holds = await repositories.holds.standing();
  for (const archive of archives) {
    const item = await repositories.items.get(archive.itemId);
    if (item === undefined) continue;
    const { location, medium } = factsOf(archive);
    const reason = protectionOf({ ...item, archivedFrom: { location, medium } }, holds, session.today());
    if (reason === undefined) continue;
    throw refused('item-held', `The key of ${archive.itemId} is kept. ${reason.text}`, {
      hint: 'See the holds with: quietus hold list --all',
      details: { reason: reason.code },
    });
  }
}

/** Enters what became of an archive's key. */
export async function recordErasure(
  session: Session,
  concluded: Omit<Erasure, 'finishedAt' | 'intentSeq' | 'outcomeSeq'>,
  intentSeq: number | undefined,
  request: ErasureRequest,
): Promise<Erasure> {
  const { archiveId, outcome } = concluded;
  return await session.store.transaction(async (transaction) => {
    const entry = await session.recorder.append(transaction, erasureEvent(concluded));
    const finishedAt = instant(session.clock);
    const erasure: Erasure = {
      ...concluded,
      finishedAt,
      intentSeq: intentSeq ?? entry.seq,
      outcomeSeq: entry.seq,
    };
    if (outcome === 'failed') return erasure;
    await transaction.archives.advance(archiveId, 'erasing', 'erased', {
      erasedAt: finishedAt,
      result: JSON.stringify(erasure),
    });
    await request.erased(transaction, erasure);
    return erasure;
  });
}

/** The entry of what became of an archive's key. */
export function erasureEvent({
  archiveId,
  itemId,
  outcome,
  sanitization,
  reasons,
  proof,
}: Omit<Erasure, 'finishedAt' | 'intentSeq' | 'outcomeSeq'>): LogEvent {
  return {
    action: 'archive.erase',
    outcome: outcome === 'failed' ? 'failed' : 'done',
    subject: { item: itemId, archive: archiveId },
    data: {
      outcome,
      sanitization,
      reasons: reasons.map(({ code }) => code),
      proof: {
        keys_tried: proof.keysTried,
        bytes_searched: proof.bytesSearched,
        old_key_refused: proof.oldKeyRefused,
      },
    },
  };
}
