import type { DecryptionKey } from '../crypto/index.js';
import { badInput } from '../model/index.js';
import type { Session } from '../session/index.js';
import type { ArchiveRecord } from '../store/index.js';
import { instant, writeFileAtomically } from '../workspace/index.js';
import { readArchive } from './archive-cipher.js';
import { factsOf } from './archive-facts.js';
import { archivePaths } from './archive-paths.js';
import { Keyring } from './keyring.js';

/** @throws Fault `archive-key-missing` (exit 2) where the workspace has no keys of archives */
export async function requireKeyring(session: Session): Promise<Keyring> {
  const keyring = await Keyring.latest(archivePaths(session).keys);
  if (keyring !== undefined) return keyring;
  throw badInput('archive-key-missing', 'The workspace has no archive key', {
    hint: 'Make one with: quietus archive key, or restore keys/archive from a backup',
  });
}

/**
 * An archive by its own id or by that of its item.
 * @throws Fault `archive-unknown`, `archive-erased` (exit 2)
 */
export async function requireArchive(session: Session, id: string): Promise<ArchiveRecord> {
  const { archives, certificates } = session.store;
  const found = (await archives.get(id)) ?? (await archives.ofItem(id)) ?? (await archives.erasedOfItem(id));
  if (found === undefined) {
    throw badInput('archive-unknown', `There is no archive ${id}`, {
      hint: 'See them with: quietus archive list',
    });
  }
  if (found.state === 'erased') {
    const certificate = await certificates.ofSubject('archive', found.id);
    const by = certificate === undefined ? '' : `, by certificate ${certificate.number}`;
    const day = found.erasedAt === null ? 'a day that is not known' : session.dayOf(found.erasedAt);
    throw badInput('archive-erased', `The key of the archive ${found.id} was destroyed on ${day}${by}`, {
      hint: 'Nothing opens it any more. See: quietus archive list --erased',
      details: { archive: found.id, erased_at: found.erasedAt, certificate: certificate?.number ?? null },
    });
  }
  return found;
}

/**
 * Decrypts an archive to a new file or folder. The log says who did, and when.
 *
 * @param secrets that open the workspace's archive key
 * @throws Fault `archive-unknown`, `archive-erased`, `archive-key-missing`, `archive-key-refused`, `target-exists`,
 *   `archive-absent`, `ciphertext-damaged`
 */
export async function openArchive(
  session: Session,
  request: {
    id: string;
    target: string;
    secrets: readonly DecryptionKey[];
    signal?: AbortSignal | undefined;
  },
): Promise<ArchiveRecord> {
  const archive = await requireArchive(session, request.id);
  const identity = await itemIdentity(session, archive, request.secrets);
  await recordOpening(session, archive, 'intent', {});
  const keys: DecryptionKey[] = [{ kind: 'age', identity }];
  await readArchive(
    archive.path,
    { path: request.target, medium: factsOf(archive).medium },
    keys,
    request.signal,
  );
  await recordOpening(session, archive, 'done', {});
  return archive;
}

/**
 * Writes the key of one archive to a new file, as `age -d -i FILE` reads it. The copy is remembered: an erasure asks
 * what became of it.
 *
 * @throws as {@link openArchive}, and EEXIST
 */
export async function exportArchiveKey(
  session: Session,
  request: { id: string; target: string; secrets: readonly DecryptionKey[] },
): Promise<ArchiveRecord> {
  const archive = await requireArchive(session, request.id);
  const identity = await itemIdentity(session, archive, request.secrets);
  const at = instant(session.clock);
  const by = (await session.operator()).id;
  // Remembered before it exists: a copy that nobody knows of is worse than one that was never made.
  await session.store.transaction(async (transaction) => {
    const current = await transaction.archives.get(archive.id);
    const facts = factsOf(current ?? archive);
    const keyCopies = [...facts.keyCopies, { at, by, path: request.target }];
    await transaction.archives.setFacts(archive.id, JSON.stringify({ ...facts, keyCopies }));
    await session.recorder.append(transaction, {
      action: 'archive.key-copy',
      outcome: 'done',
      subject: { item: archive.itemId, archive: archive.id },
      data: { copies: keyCopies.length },
    });
  });
  const text = `# key of ${archive.id}\n# public key: ${archive.recipient}\n${identity}\n`;
  await writeFileAtomically(request.target, text, { mode: 0o600, exclusive: true });
  return archive;
}

async function itemIdentity(
  session: Session,
  archive: ArchiveRecord,
  secrets: readonly DecryptionKey[],
): Promise<string> {
  const keyring = await requireKeyring(session);
  return await keyring.itemKey(archive.id, await keyring.unlock(secrets));
}

async function recordOpening(
  session: Session,
  archive: ArchiveRecord,
  outcome: 'intent' | 'done',
  data: Record<string, unknown>,
): Promise<void> {
  await session.store.transaction((transaction) =>
    session.recorder.append(transaction, {
      action: 'archive.open',
      outcome,
      subject: { item: archive.itemId, archive: archive.id },
      data,
    }),
  );
}
