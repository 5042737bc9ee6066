import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { DecryptionKey } from '../crypto/index.js';
import { protectionOf } from '../holds/index.js';
import { type Reason, refused } from '../model/index.js';
import type { Session } from '../session/index.js';
import type { ArchiveRecord, Repositories, StoreTransaction } from '../store/index.js';
import { instant } from '../workspace/index.js';
import { type ArchiveFacts, factsOf, type KeyCopy } from './archive-facts.js';
import { requireKeyring } from './archive-opening.js';
import { archivePaths } from './archive-paths.js';
import { archiveReason } from './archive-reasons.js';
import { type CopyStatements, conditions, requireNoneWrittenOut } from './erasure-conditions.js';
import { type ErasureProof, itemSecrets, prove } from './erasure-proof.js';
import { generations, type KeyOpener, Keyring, unfinishedGenerations } from './keyring.js';
import { destroyOwn } from './own-files.js';

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

/** What is known of the copies of a key, for a person who has to state what became of them. */
export interface ErasurePreview {
  archive: ArchiveRecord;
  facts: ArchiveFacts;
  opener: KeyOpener;
  /** What would stand beside the outcome with these statements, before anything is destroyed. */
  reasons: readonly Reason[];
}

/** Looks at what an erasure would reach, and changes nothing. */
export async function previewErasure(
  session: Session,
  archive: ArchiveRecord,
  statements: CopyStatements,
): Promise<ErasurePreview> {
  await requireNoneWrittenOut(session.store, [archive], statements);
  const { opener } = await requireKeyring(session);
  const facts = factsOf(archive);
  return { archive, facts, opener, reasons: conditions(facts, statements) };
}

/**
 * Destroys the keys of archives: makes a new generation of keys without them under a new archive key, destroys the
 * folder of the old one, and proves that no key which still exists opens them. Killed at any instant, it is finished by
 * being asked again. The caller holds the run lock.
 *
 * Cryptographic erase in the sense of NIST SP 800-88 Rev. 2 needs more than this program can see; each condition that is
 * not met is a reason beside the outcome.
 *
 * @throws Fault `archive-key-refused` (exit 4), `item-held` (exit 4), and what `authorize` throws
 */
export async function eraseArchives(session: Session, request: ErasureRequest): Promise<Erasure[]> {
  const root = archivePaths(session).keys;
  for (const name of unfinishedGenerations(root)) await destroyOwn(join(root, name), 'folder');
  const archives = await named(session, request.archiveIds);
  await requireNoneWrittenOut(session.store, archives, request.statements);
  const before = await openedKeys(session, root, request.secrets);
  const doomed = before.latest.ids().filter((id) => archives.some((archive) => archive.id === id));
  const intent = await recordIntent(session, archives, new Set(doomed), request);
  request.observe?.('intent');
  const current = await newKeys(root, before, new Set(doomed), request);
  request.observe?.('new-keys');
  const residual = await destroyOldKeys(root, current.keyring);
  request.observe?.('old-keys-destroyed');
  const erasures: Erasure[] = [];
  for (const archive of archives) {
    const proof = await prove(session, archive, {
      ...current,
      secret: before.secrets.get(archive.id) ?? null,
    });
    request.observe?.('proved');
    const { opener } = current.keyring;
    erasures.push(await conclude(session, archive, { request, residual, proof, opener, intent }));
    request.observe?.('erased');
  }
  return erasures;
}

interface OpenedKeys {
  latest: Keyring;
  identity: string;
  /** Of all items, also of those that only an older generation has, which an erasure that was cut off had left. */
  secrets: ReadonlyMap<string, string>;
  /** The archive key of that older generation. */
  older: string | null;
}

async function openedKeys(
  session: Session,
  root: string,
  given: readonly DecryptionKey[],
): Promise<OpenedKeys> {
  const latest = await requireKeyring(session);
  const identity = await latest.unlock(given);
  const secrets = await itemSecrets(latest, identity);
  const oldest = generations(root)[0];
  if (oldest === undefined || join(root, oldest) === latest.folder)
    return { latest, identity, secrets, older: null };
  try {
    const keyring = await Keyring.named(root, oldest);
    const older = await keyring.unlock(given);
    const all = new Map([...(await itemSecrets(keyring, older)), ...secrets]);
    return { latest, identity, secrets: all, older };
  } catch {
    // It was being destroyed when the program was cut off; what is left of it goes now.
    return { latest, identity, secrets, older: null };
  }
}

async function named(session: Session, ids: readonly string[]): Promise<ArchiveRecord[]> {
  const found: ArchiveRecord[] = [];
  for (const id of new Set(ids)) {
    const archive = await session.store.archives.get(id);
    if (archive === undefined) throw new RangeError('an archive that is to be erased is unknown');
    if (archive.state !== 'erased') found.push(archive);
  }
  return found;
}

interface Intent {
  at: string;
  /** Numbers of the entries in the log, by archive. */
  seqs: ReadonlyMap<string, number>;
}

async function recordIntent(
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

/** The new generation, made now or by a run that was cut off after it; with the archive key before it. */
async function newKeys(
  root: string,
  before: OpenedKeys,
  doomed: ReadonlySet<string>,
  request: ErasureRequest,
): Promise<{ keyring: Keyring; identity: string; old: string | null }> {
  const { latest, identity } = before;
  if (doomed.size === 0) return { keyring: latest, identity, old: before.older };
  const items = new Map(
    latest.ids().flatMap((id) => {
      const secret = before.secrets.get(id);
      return doomed.has(id) || secret === undefined ? [] : [[id, secret] as const];
    }),
  );
  const made = await Keyring.make(root, {
    generation: latest.generation + 1,
    opener: latest.opener,
    passphrase: request.passphrase,
    items,
  });
  return { ...made, old: identity };
}

/** @returns why older copies of the key files may exist, as the medium and the file system let one know */
async function destroyOldKeys(root: string, current: Keyring): Promise<Reason[]> {
  const reasons: Reason[] = [];
  for (const name of generations(root)) {
    if (join(root, name) === current.folder) continue;
    const outcome = await destroyOwn(join(root, name), 'folder');
    if (outcome === null || outcome.outcome === 'overwritten-verified') continue;
    const code = outcome.outcome === 'overwritten-residual' ? 'key-file-residual' : 'key-files-left';
    reasons.push(archiveReason(code, outcome.reasons.map((reason) => reason.code).join(', ')));
  }
  return reasons;
}

async function conclude(
  session: Session,
  archive: ArchiveRecord,
  context: {
    request: ErasureRequest;
    residual: readonly Reason[];
    proof: ErasureProof & { reasons: Reason[] };
    opener: KeyOpener;
    intent: Intent;
  },
): Promise<Erasure> {
  const { request, residual, opener, intent } = context;
  const { reasons: found, ...proof } = context.proof;
  const facts = factsOf(archive);
  const failed = [...residual, ...found].some(({ code }) => FAILURES.has(code));
  const ciphertext = failed ? null : await destroyOwn(archive.path, 'file');
  const left = ciphertext !== null && existsSync(archive.path) ? [archiveReason('ciphertext-left')] : [];
  const reasons = [...found, ...residual, ...conditions(facts, request.statements), ...left];
  const concluded: Omit<Erasure, 'finishedAt' | 'intentSeq' | 'outcomeSeq'> = {
    archiveId: archive.id,
    itemId: archive.itemId,
    outcome: failed ? 'failed' : 'key-erased',
    sanitization: reasons.length === 0 ? 'purge' : null,
    reasons,
    proof,
    keyCopies: facts.keyCopies,
    opener,
    statements: request.statements,
    startedAt: intent.at,
    by: (await session.operator()).id,
  };
  return await recordErasure(session, concluded, intent.seqs.get(archive.id), request);
}

async function recordErasure(
  session: Session,
  concluded: Omit<Erasure, 'finishedAt' | 'intentSeq' | 'outcomeSeq'>,
  intentSeq: number | undefined,
  request: ErasureRequest,
): Promise<Erasure> {
  const { archiveId, itemId, outcome, sanitization, reasons, proof } = concluded;
  return await session.store.transaction(async (transaction) => {
    const entry = await session.recorder.append(transaction, {
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
    });
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

/** With one of these the key is not known to be gone. */
const FAILURES = new Set(['still-opens', 'key-bytes-found', 'key-files-left']);
