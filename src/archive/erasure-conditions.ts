import { type Reason, refused } from '../model/index.js';
import type { Session } from '../session/index.js';
import type { ArchiveRecord } from '../store/index.js';
import type { ArchiveFacts } from './archive-facts.js';
import { archiveReason } from './archive-reasons.js';

/** What a person states about copies that no program can see. */
export interface CopyStatements {
  /** The copies of the key that were given out are destroyed. */
  keyCopiesDestroyed: boolean;
  /** No backup of the key folder exists that its passphrase or identities could open. */
  noKeyBackups: boolean;
  /** No copy of the content from before its encryption exists. */
  noPlaintextCopies: boolean;
}

/** Which conditions of a cryptographic erase are not met or not stated. */
export function conditions(facts: ArchiveFacts, statements: CopyStatements): Reason[] {
  const reasons: Reason[] = [];
  const { plaintext } = facts;
  const gone = plaintext?.outcome === 'overwritten-verified' || plaintext?.outcome === 'overwritten-residual';
  if (!gone) reasons.push(archiveReason('plaintext-left', plaintext?.outcome ?? 'unknown'));
  else if (facts.sameMedium) reasons.push(archiveReason('plaintext-on-medium', plaintext.outcome));
  if (facts.keyCopies.length > 0 && !statements.keyCopiesDestroyed) {
    reasons.push(archiveReason('key-copies-known', `${facts.keyCopies.length}`));
  }
  if (!statements.noKeyBackups) reasons.push(archiveReason('key-backups-unstated'));
  if (!statements.noPlaintextCopies) reasons.push(archiveReason('plaintext-copies-unstated'));
  return reasons;
}

/**
 * Refuses the statement that no copy of the content exists where the log tells that it was decrypted to a file.
 *
 * @throws Fault `content-written-out` (exit 4)
 */
export async function requireNoneWrittenOut(
  session: Pick<Session, 'store' | 'dayOf'>,
  archives: readonly ArchiveRecord[],
  { noPlaintextCopies }: CopyStatements,
): Promise<void> {
  if (!noPlaintextCopies) return;
  for (const { id, itemId } of archives) {
    const [opening] = await session.store.log.page(0, 1, {
      action: 'archive.open',
      subject: { kind: 'archive', id },
    });
    if (opening === undefined) continue;
    throw refused(
      'content-written-out',
      `The content of ${itemId} was decrypted to a file on ${session.dayOf(opening.time)} by ${opening.operator} (entry ${opening.seq} of the log); that no copy of it exists cannot be stated`,
      {
        hint: 'Destroy that file, and erase the key without --no-plaintext-copies: the certificate then says that nobody stated it',
        details: { item: itemId, seq: opening.seq },
      },
    );
  }
}
