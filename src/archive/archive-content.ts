import { lstatSync } from 'node:fs';
import { fileDigest } from '../audit/index.js';
import { isDestroyed, verificationFailed } from '../model/index.js';
import type { Session } from '../session/index.js';
import {
  type DisposalStep,
  type DisposalTarget,
  destroy,
  matchingEntries,
  PAGE,
  resume,
} from '../shred/index.js';
import type { ArchiveRecord, StoreTransaction } from '../store/index.js';
import { archiveChanged } from './archive-evidence.js';
import { type ArchiveFacts, factsOf } from './archive-facts.js';
import { ArchiveJournal } from './archive-journal.js';
import { archivePaths } from './archive-paths.js';
import { type ArchiveRequest, objectionTo } from './archive-request.js';
import { Keyring } from './keyring.js';

/** Destroys the unencrypted content of a proved archive, or leaves it, and moves the item into the archive. */
export async function disposeAndKeep(
  session: Session,
  request: ArchiveRequest,
  archive: ArchiveRecord,
): Promise<{ archive: ArchiveRecord; facts: ArchiveFacts }> {
  requireArchiveThere(archive);
  if (request.keepPlaintext) {
    const facts: ArchiveFacts = { ...factsOf(archive), plaintext: { outcome: 'kept', reasons: [] } };
    await session.store.transaction((transaction) =>
      transaction.archives.setFacts(archive.id, JSON.stringify(facts)),
    );
  } else await disposeOfContent(session, request, archive);
  const current = await session.store.archives.get(archive.id);
  if (current === undefined) throw new Error('The record of an archive is gone');
  const facts = factsOf(current);
  const gone = facts.plaintext !== null && contentIsGone(facts.plaintext.outcome);
  if (!gone && !request.keepPlaintext) return { archive: current, facts };
  await session.store.transaction((transaction) => keep(session, transaction, current, gone));
  request.observe?.('kept');
  return { archive: { ...current, state: 'kept' }, facts };
}

function contentIsGone(outcome: NonNullable<ArchiveFacts['plaintext']>['outcome']): boolean {
  return outcome !== 'kept' && (isDestroyed(outcome) || outcome === 'already-gone');
}

/** The content is not touched while its archive is not where it was written. */
function requireArchiveThere(archive: ArchiveRecord): void {
  const { bytes } = factsOf(archive);
  try {
    const stat = lstatSync(archive.path);
    if (stat.isFile() && stat.size === bytes) return;
  } catch {
    // Said below.
  }
  throw notAsWritten(archive);
}

/**
 * Before an archive that an earlier run proved becomes all that is left of the content: what may have happened to its
 * file and its key since.
 *
 * @throws Fault `archive-absent`, `archive-key-missing` (exit 5)
 */
export async function requireStillProved(session: Session, archive: ArchiveRecord): Promise<void> {
  requireArchiveThere(archive);
  if ((await fileDigest(archive.path))?.sha256 !== factsOf(archive).sha256) throw notAsWritten(archive);
  const keyring = await Keyring.latest(archivePaths(session).keys);
  if (keyring?.ids().includes(archive.id)) return;
  throw verificationFailed('archive-key-missing', `There is no key of the archive ${archive.id}`, {
    hint: 'Restore the folder keys/archive from a backup; the unencrypted content was left alone',
  });
}

function notAsWritten({ id }: ArchiveRecord): Error {
  return verificationFailed('archive-absent', `The encrypted file of ${id} is not what was written`, {
    hint: 'Bring it back to its place; the unencrypted content was left alone',
  });
}

async function disposeOfContent(
  session: Session,
  request: ArchiveRequest,
  archive: ArchiveRecord,
): Promise<void> {
  const facts = factsOf(archive);
  const journal = new ArchiveJournal(
    session,
    archive.id,
    objectionTo(request, () => session.today()),
  );
  const options = {
    protectedPaths: request.protectedPaths,
    acceptResidual: request.acceptResidual,
    ...(request.signal ? { signal: request.signal } : {}),
    observe: ({ step }: DisposalStep) => request.observe?.(step),
  };
  const { location, medium, fingerprint, pending } = facts;
  const target: DisposalTarget = { itemId: archive.itemId, location, medium, fingerprint };
  if (pending === null) {
    await destroy([target], journal, options);
    return;
  }
  const stored = pending.entries;
  const entries = await matchingEntries(target, {
    length: stored.length,
    page: (from) => Promise.resolve(stored.slice(from, from + PAGE)),
  });
  if (entries === undefined) throw archiveChanged(archive.id);
  await resume([{ target, entries }], journal, options);
}

/** The item is in the archive now, where its content is gone; where it stays the inventory goes on saying where. */
async function keep(
  session: Session,
  transaction: StoreTransaction,
  archive: ArchiveRecord,
  moved: boolean,
): Promise<void> {
  await transaction.archives.advance(archive.id, 'proved', 'kept');
  const item = await transaction.items.get(archive.itemId);
  if (moved && item !== undefined) {
    await transaction.items.update({ ...item, medium: 'archive', location: archive.id }, item.due);
  }
  await session.recorder.append(transaction, {
    action: 'archive.keep',
    outcome: 'done',
    subject: { item: archive.itemId, archive: archive.id },
    data: { content: moved ? 'destroyed' : 'kept' },
  });
}
