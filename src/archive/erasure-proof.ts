import { existsSync, statSync } from 'node:fs';
import type { DecryptionKey } from '../crypto/index.js';
import type { Reason } from '../model/index.js';
import type { Session } from '../session/index.js';
import type { ArchiveRecord } from '../store/index.js';
import { opensArchive } from './archive-cipher.js';
import { archiveReason } from './archive-reasons.js';
import { identityBytes } from './identity-bytes.js';
import type { Keyring } from './keyring.js';
import { anyFileHolds } from './own-files.js';

/** What was proved after the keys were destroyed. */
export interface ErasureProof {
  /** Keys that exist in the workspace and were tried on the encrypted file; null where the file was not there. */
  keysTried: number | null;
  /** Files of the workspace were searched for the bytes of the destroyed key, in both of its spellings. */
  bytesSearched: boolean;
  /** The old archive key was tried on every key file that exists. */
  oldKeyRefused: boolean | null;
}

interface ProofInput {
  keyring: Keyring;
  identity: string;
  /** The archive key before; null where it is not known any more. */
  old: string | null;
  /** Null where an earlier run destroyed it already. */
  secret: string | null;
}

/** Tries what exists on the archive, and looks for the bytes of its key. */
export async function prove(
  session: Session,
  archive: ArchiveRecord,
  { keyring, identity, old, secret }: ProofInput,
): Promise<ErasureProof & { reasons: Reason[] }> {
  const reasons: Reason[] = [];
  const existing = [identity, ...(await itemSecrets(keyring, identity)).values()];
  const there = existsSync(archive.path) && statSync(archive.path).isFile();
  if (!there) reasons.push(archiveReason('archive-absent'));
  else {
    const keys: DecryptionKey[] = existing.map((each) => ({ kind: 'age', identity: each }));
    if (await opensArchive(archive.path, keys)) reasons.push(archiveReason('still-opens'));
  }
  let oldKeyRefused: boolean | null = null;
  if (old !== null) {
    oldKeyRefused = !(await opensAny(keyring, old));
    if (!oldKeyRefused) reasons.push(archiveReason('still-opens', 'the old archive key'));
  }
  if (secret !== null) {
    const wanted = [Buffer.from(secret), identityBytes(secret)];
    if (await anyFileHolds(session.paths.root, wanted)) reasons.push(archiveReason('key-bytes-found'));
  }
  return {
    keysTried: there ? existing.length : null,
    bytesSearched: secret !== null,
    oldKeyRefused,
    reasons,
  };
}

async function opensAny(keyring: Keyring, identity: string): Promise<boolean> {
  for (const id of keyring.ids()) {
    if (await opensArchive(keyring.keyFile(id), [{ kind: 'age', identity }])) return true;
  }
  return false;
}

/** The keys of all archives in a folder of keys, by archive. */
export async function itemSecrets(keyring: Keyring, identity: string): Promise<Map<string, string>> {
  const secrets = new Map<string, string>();
  for (const id of keyring.ids()) secrets.set(id, await keyring.itemKey(id, identity));
  return secrets;
}
