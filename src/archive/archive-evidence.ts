import { basename } from 'node:path';
import { parseLogEntry, tellsOfEvent } from '../audit/index.js';
import { canonicalJson, sha256 } from '../crypto/index.js';
import { verificationFailed } from '../model/index.js';
import type { ArchiveRecord, LogRecord, Repositories } from '../store/index.js';
import { type ArchiveFacts, factsOf } from './archive-facts.js';

/** Entries read at a time. */
const PAGE = 500;

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
 * Compares archives with the log before anything is destroyed for them: the item, the key, the content, how far it came, and
 * the name of the file. What somebody writes into the database must not lead to another file, or to another item's key.
 *
 * @throws Fault `archive-changed`, `archive-record-damaged` (exit 5)
 */
export async function requireArchivesAsLogged(
  { log }: Repositories,
  archives: readonly ArchiveRecord[],
): Promise<void> {
  if (archives.length === 0) return;
  const created = await entriesByArchive(log, 'archive.create');
  const kept = await entriesByArchive(log, 'archive.keep');
  for (const archive of archives) {
    const { id } = archive;
    if (!agrees(archive, created.get(id) ?? [], kept.get(id) ?? [])) throw archiveChanged(id);
  }
}

/** By one look at the log for all archives: no index leads to these entries. */
async function entriesByArchive(log: Repositories['log'], action: string): Promise<Map<string, LogRecord[]>> {
  const told = new Map<string, LogRecord[]>();
  let page: LogRecord[] = [];
  do {
    page = await log.page(page.at(-1)?.seq ?? 0, PAGE, { action });
    for (const record of page) {
      const id = String(parseLogEntry(record.entry)?.subject.archive);
      told.set(id, [...(told.get(id) ?? []), record]);
    }
  } while (page.length === PAGE);
  return told;
}

function agrees(archive: ArchiveRecord, created: readonly LogRecord[], kept: readonly LogRecord[]): boolean {
  const { id, itemId, state, path, recipient, eraseAfter } = archive;
  const facts = factsOf(archive);
  const event = { action: 'archive.create', subject: { item: itemId, archive: id } };
  const tells = (outcome: 'intent' | 'done', data: Record<string, unknown>) =>
    created.some((record) => tellsOfEvent(record, { ...event, outcome, data }));
  const begun = { recipient, erase_after: eraseAfter, content_sha256: contentDigest(facts) };
  const { sha256: ofFile, bytes } = facts;
  return (
    basename(path) === archiveFileName(id) &&
    tells('intent', begun) &&
    (state === 'begun' ? !created.some(isDone) : tells('done', { sha256: ofFile, bytes })) &&
    (isPast(state) || !kept.some(isDone))
  );
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
