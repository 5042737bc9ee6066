import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { DecryptionKey } from '../crypto/index.js';
import type { Reason } from '../model/index.js';
import type { Session } from '../session/index.js';
import { isOnRotatingDisks } from '../shred/index.js';
import type { ArchiveRecord } from '../store/index.js';
import { requireArchivesAsLogged } from './archive-evidence.js';
import { type ArchiveFacts, factsOf } from './archive-facts.js';
import { requireKeyring } from './archive-opening.js';
import { archivePaths } from './archive-paths.js';
import { archiveReason } from './archive-reasons.js';
import { type CopyStatements, conditions, requireNoneWrittenOut } from './erasure-conditions.js';
import { type ErasureProof, itemSecrets, prove } from './erasure-proof.js';
import {
  type Erasure,
  type ErasureRequest,
  type Intent,
  recordErasure,
  recordIntent,
} from './erasure-records.js';
import { generations, type KeyOpener, Keyring, unfinishedGenerations } from './keyring.js';
import { destroyOwn } from './own-files.js';

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
  await requireNoneWrittenOut(session, [archive], statements);
  const { opener } = await requireKeyring(session);
  const facts = factsOf(archive);
  const reasons = [...residualOfKeys(archivePaths(session).keys), ...conditions(facts, statements)];
  return { archive, facts, opener, reasons };
}

/**
 * Destroys the keys of archives: makes a new generation of keys without them under a new archive key, destroys the
 * folder of the old one, and proves that no key which still exists opens them. Killed at any instant, it is finished by
 * being asked again. The caller holds the run lock.
 *
 * Cryptographic erase in the sense of NIST SP 800-88 Rev. 2 needs more than this program can see; each condition that is
 * not met is a reason beside the outcome.
 *
 * @throws Fault `archive-key-refused` (exit 4), `item-held` (exit 4), as `requireArchivesAsLogged`, and what
 *   `authorize` throws
 */
export async function eraseArchives(session: Session, request: ErasureRequest): Promise<Erasure[]> {
  const root = archivePaths(session).keys;
  for (const name of unfinishedGenerations(root)) await destroyOwn(join(root, name), 'folder');
  const archives = await named(session, request.archiveIds);
  await requireArchivesAsLogged(session.store, archives);
  await requireNoneWrittenOut(session, archives, request.statements);
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

/**
 * Why older copies of the key files may exist wherever they were overwritten, as with the key slots of a LUKS header.
 * @param root folder of the keys
 */
function residualOfKeys(root: string): Reason[] {
  return isOnRotatingDisks(root) ? [] : [archiveReason('key-file-residual', 'flash-translation')];
}

/** @returns why older copies of the key files may exist, as the medium and the file system let one know */
async function destroyOldKeys(root: string, current: Keyring): Promise<Reason[]> {
  const reasons = residualOfKeys(root);
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

/** With one of these the key is not known to be gone. */
const FAILURES = new Set(['still-opens', 'key-bytes-found', 'key-files-left']);
