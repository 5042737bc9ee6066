import { randomBytes } from 'node:crypto';
import { statSync } from 'node:fs';
import { mkdir, realpath } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { ageRecipientOf, createAgeIdentity } from '../crypto/index.js';
import { requireHoldsAsLogged } from '../holds/index.js';
import { badInput, isOverwritable, refused } from '../model/index.js';
import type { Session } from '../session/index.js';
import { type Examination, examine } from '../shred/index.js';
import type { ArchiveRecord, StoredItem } from '../store/index.js';
import { instant } from '../workspace/index.js';
import { writeArchive } from './archive-cipher.js';
import { disposeAndKeep, requireStillProved } from './archive-content.js';
import { archiveFileName, contentDigest, requireArchivesAsLogged } from './archive-evidence.js';
import { type ArchiveFacts, factsOf } from './archive-facts.js';
import { archivePaths } from './archive-paths.js';
import { type ArchiveRequest, objectionTo } from './archive-request.js';
import { Keyring } from './keyring.js';
import { destroyOwn } from './own-files.js';

export interface CreatedArchive {
  archive: ArchiveRecord;
  facts: ArchiveFacts;
  /** Whether this went on with what an earlier run had begun. */
  resumed: boolean;
}

/**
 * Keeps an item encrypted under a key of its own. Killed at any instant, either the content is untouched or a complete
 * archive exists that was read back and compared; asked again, it goes on from there and does nothing twice. The caller
 * holds the run lock.
 *
 * @throws Fault `archive-key-missing`, `item-unknown`, `item-not-archivable`, `item-changed` (exit 2), `item-held`,
 *   `item-refused` (exit 4), `archive-absent`, `archive-key-missing` (exit 5), as `requireHoldsAsLogged`,
 *   `requireArchivesAsLogged`, and what encrypting throws
 */
export async function createArchive(session: Session, request: ArchiveRequest): Promise<CreatedArchive> {
  await requireHoldsAsLogged(session.store);
  const known = await session.store.archives.ofItem(request.itemId);
  if (known !== undefined) await requireArchivesAsLogged(session.store, [known]);
  const outdated = known !== undefined && isOutdated(known);
  if (known !== undefined && known.state !== 'begun' && !outdated) return await goOn(session, request, known);
  const item = await requireItem(session, request.itemId);
  await requireFree(session, request);
  // What was begun and not proved is part of a file at most; its content is untouched.
  if (known !== undefined) await takeBack(session, known, outdated ? 'proved' : 'begun');
  const proved = await encrypt(session, request, item);
  return { ...(await disposeAndKeep(session, request, proved)), resumed: false };
}

/** Goes on with an archive that is complete. */
async function goOn(
  session: Session,
  request: ArchiveRequest,
  known: ArchiveRecord,
): Promise<CreatedArchive> {
  const keptOpen = known.state === 'kept' && factsOf(known).plaintext?.outcome === 'kept';
  if (known.state === 'erasing' || (known.state === 'kept' && (!keptOpen || request.keepPlaintext))) {
    throw badInput('archive-exists', `The item ${request.itemId} is archived already (${known.id})`, {
      hint: 'See it with: quietus archive list',
    });
  }
  await requireStillProved(session, known);
  return { ...(await disposeAndKeep(session, request, known)), resumed: true };
}

async function requireItem(session: Session, itemId: string): Promise<StoredItem> {
  const item = await session.store.items.get(itemId);
  if (item === undefined) throw badInput('item-unknown', `The inventory has no item ${itemId}`);
  if (item.state !== 'active') {
    throw badInput('item-not-archivable', `The item ${itemId} is not active (${item.state})`);
  }
  if (!isOverwritable(item.medium)) {
    throw badInput('item-not-archivable', `The item ${itemId} is no file or folder (${item.medium})`);
  }
  return item;
}

async function requireFree(session: Session, request: ArchiveRequest): Promise<void> {
  const reason = await objectionTo(request, () => session.today())(session.store);
  if (reason === undefined) return;
  throw refused('item-refused', `The item ${request.itemId} may not be archived now. ${reason.text}`, {
    details: { reason: reason.code },
    ...(HINTS[reason.code] !== undefined && { hint: HINTS[reason.code] }),
  });
}

const HINTS: Readonly<Record<string, string>> = {
  'legal-hold': 'It can be archived when these holds are released: quietus hold list',
  'cooling-off': 'It can be archived after that day',
  'contains-kept-item': 'Give each item a place of its own, or leave the content where it is with --keep',
};

/** Forgets an archive whose content is untouched, with its file and its key. */
async function takeBack(session: Session, archive: ArchiveRecord, state: 'begun' | 'proved'): Promise<void> {
  // Once it is proved, the content may be gone: then it is all that there is.
  const current = await session.store.archives.get(archive.id);
  if (current?.state !== state) return;
  await destroyOwn(archive.path, 'file');
  const keyring = await Keyring.latest(archivePaths(session).keys);
  if (keyring !== undefined) await destroyOwn(keyring.keyFile(archive.id), 'file');
  await session.store.transaction(async (transaction) => {
    await transaction.archives.remove(archive.id, state);
    await session.recorder.append(transaction, {
      action: 'archive.create',
      outcome: 'failed',
      subject: { item: archive.itemId, archive: archive.id },
      data: { reason: state === 'begun' ? 'cut-off' : 'content-changed' },
    });
  });
}

/** The content was changed between its encryption and its disposal, so that nothing was done to it: it is archived anew. */
function isOutdated(archive: ArchiveRecord): boolean {
  const { pending, plaintext } = factsOf(archive);
  const changed = plaintext?.reasons.some(({ code }) => code === 'changed') ?? false;
  return archive.state === 'proved' && pending === null && plaintext?.outcome === 'refused' && changed;
}

async function encrypt(session: Session, request: ArchiveRequest, item: StoredItem): Promise<ArchiveRecord> {
  const paths = archivePaths(session);
  const keyring = await Keyring.latest(paths.keys);
  if (keyring === undefined) {
    throw badInput('archive-key-missing', 'The workspace has no archive key yet', {
      hint: 'Make one with: quietus archive key --make',
    });
  }
  const examined = await requireExamined(request, item);
  const identity = await createAgeIdentity('x25519');
  const id = `arc-${session.today()}-${randomBytes(4).toString('hex')}`;
  const archive: ArchiveRecord = {
    id,
    itemId: item.id,
    state: 'begun',
    path: join(await realFolder(request.folder ?? paths.archives), archiveFileName(id)),
    recipient: await ageRecipientOf(identity),
    createdAt: instant(session.clock),
    createdBy: (await session.operator()).id,
    eraseAfter: request.eraseAfter,
    facts: '',
    erasedAt: null,
    result: null,
  };
  const facts: ArchiveFacts = {
    medium: item.medium as 'file' | 'folder',
    location: examined.location,
    fingerprint: examined.fingerprint,
    generation: keyring.generation,
    sameMedium: true,
    bytes: null,
    sha256: null,
    plaintext: null,
    keyCopies: [],
    pending: null,
  };
  await begin(session, { ...archive, facts: JSON.stringify(facts) }, contentDigest(facts));
  request.observe?.('begun');
  try {
    await keyring.add(id, identity);
    request.observe?.('key-written');
    const source = { path: examined.location, medium: facts.medium };
    const written = await writeArchive(source, archive.path, archive.recipient, request.signal);
    request.observe?.('archive-written');
    const devices = [archive.path, keyring.keyFile(id)].map((path) =>
      String(statSync(path, { bigint: true }).dev),
    );
    const sameMedium = devices.includes(examined.fingerprint.device);
    return await prove(session, archive, { ...facts, ...written, sameMedium }, request);
  } catch (error) {
    // The content is untouched; a crash here is taken back by the next attempt.
    await takeBack(session, archive, 'begun');
    throw error;
  }
}

/** The folder by the one name that disposals know it by: absolute, and through no symbolic link. */
async function realFolder(folder: string): Promise<string> {
  const absolute = resolve(folder);
  await mkdir(absolute, { recursive: true, mode: 0o700 });
  return await realpath(absolute);
}

type Ready = Extract<Examination, { status: 'ready' }>;

async function requireExamined(request: ArchiveRequest, item: StoredItem): Promise<Ready> {
  const medium = item.medium as 'file' | 'folder';
  const examined = await examine(item.location, medium, { protectedPaths: request.protectedPaths });
  if (examined.status === 'ready') {
    const { residual } = examined.assessment;
    if (residual.length > 0 && !request.acceptResidual && !request.keepPlaintext) {
      throw refused(
        'residual',
        `The content of ${item.id} would be left behind in part. ${residual[0]?.text ?? ''}`,
        {
          hint: 'If that is acceptable, add --accept-residual; or keep the content where it is with --keep',
          details: { reasons: residual.map(({ code }) => code) },
        },
      );
    }
    return examined;
  }
  throw badInput('item-not-archivable', `The item ${item.id} cannot be archived. ${examined.reason.text}`, {
    details: { reason: examined.reason.code },
  });
}

async function begin(session: Session, archive: ArchiveRecord, contentSha256: string): Promise<void> {
  await session.store.transaction(async (transaction) => {
    await transaction.archives.insert(archive);
    await session.recorder.append(transaction, {
      action: 'archive.create',
      outcome: 'intent',
      subject: { item: archive.itemId, archive: archive.id },
      data: {
        recipient: archive.recipient,
        erase_after: archive.eraseAfter,
        content_sha256: contentSha256,
      },
    });
  });
}

async function prove(
  session: Session,
  archive: ArchiveRecord,
  facts: ArchiveFacts,
  request: ArchiveRequest,
): Promise<ArchiveRecord> {
  const proved: ArchiveRecord = { ...archive, state: 'proved', facts: JSON.stringify(facts) };
  await session.store.transaction(async (transaction) => {
    await transaction.archives.advance(archive.id, 'begun', 'proved', { facts: proved.facts });
    await session.recorder.append(transaction, {
      action: 'archive.create',
      outcome: 'done',
      subject: { item: archive.itemId, archive: archive.id },
      data: { sha256: facts.sha256, bytes: facts.bytes, format: 'age-v1' },
    });
  });
  request.observe?.('proved');
  return proved;
}
