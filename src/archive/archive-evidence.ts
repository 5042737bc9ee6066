import { basename } from 'node:path';
import { parseLogEntry, tellsOfEvent } from '../audit/index.js';
import { canonicalJson, sha256 } from '../crypto/index.js';
import { verificationFailed } from '../model/index.js';
import type { ArchiveRecord, LogRecord, Repositories } from '../store/index.js';
import { type ArchiveFacts, factsOf } from './archive-facts.js';

/** An archive has two entries of its creation, and one more where it was taken back. */
const MOST = 10;

/** SHA-256, hex, over what an archive was made of: place and identity of the content, which is destroyed by these. */
export function contentDigest({
  location,
  medium,
  fingerprint,
}: Pick<ArchiveFacts, 'location' | 'medium' | 'fingerprint'>): string {
  return sha256(canonicalJson({ location, medium, fingerprint }));
}

/** Name of the encrypted file of an archive. */
export function archiveFileName(id: string): string {
  return `${id}.age`;
}

/**
 * Compares an archive with the log before anything is destroyed for it: its item, its key, its content, how far it came, and
 * the name of its file. What somebody writes into the database must not lead to another file, or to another item's key.
 *
 * @throws Fault `archive-changed`, `archive-record-damaged` (exit 5)
 */
export async function requireArchiveAsLogged({ log }: Repositories, archive: ArchiveRecord): Promise<void> {
  const { id, itemId, state, path, recipient, eraseAfter } = archive;
  const facts = factsOf(archive);
  const told = (action: string) => log.page(0, MOST, { action, subject: { kind: 'archive', id } });
  const created = await told('archive.create');
  const event = { action: 'archive.create', subject: { item: itemId, archive: id } };
  const tells = (outcome: 'intent' | 'done', data: Record<string, unknown>) =>
    created.some((record) => tellsOfEvent(record, { ...event, outcome, data }));
  const begun = { recipient, erase_after: eraseAfter, content_sha256: contentDigest(facts) };
  const { sha256: ofFile, bytes } = facts;
  const sound =
    basename(path) === archiveFileName(id) &&
    tells('intent', begun) &&
    (state === 'begun' ? !created.some(isDone) : tells('done', { sha256: ofFile, bytes })) &&
    (isPast(state) || !(await told('archive.keep')).some(isDone));
  if (!sound) throw archiveChanged(id);
}

export function archiveChanged(id: string): Error {
  return verificationFailed(
    'archive-changed',
    `What the database holds of the archive ${id} is not what the log tells`,
    {
      hint: 'Somebody changed the database. Run: quietus log verify, keep the workspace as it is, and dispose of nothing until this is explained',
      details: { archive: id },
    },
  );
}

/** Whether the archive is what is left of the item; before, it may be taken back. */
function isPast(state: ArchiveRecord['state']): boolean {
  return state !== 'begun' && state !== 'proved';
}

function isDone({ entry }: LogRecord): boolean {
  return parseLogEntry(entry)?.outcome === 'done';
}
