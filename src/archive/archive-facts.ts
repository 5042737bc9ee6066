import { type Outcome, type PathFingerprint, type Reason, verificationFailed } from '../model/index.js';
import type { DisposalTarget, PendingEntry } from '../shred/index.js';
import type { ArchiveRecord } from '../store/index.js';

/** A copy of a key that was given out. */
export interface KeyCopy {
  at: string;
  /** Id of the operator. */
  by: string;
  /** Where it was written. */
  path: string;
}

/** What is known of an archive beside its row; kept as JSON. */
export interface ArchiveFacts {
  medium: 'file' | 'folder';
  /** Where the content lay. */
  location: string;
  fingerprint: PathFingerprint;
  /** Generation of the key folder that the key was written into first. */
  generation: number;
  /** The content lay on the file system that holds the archive or its key; NIST counts that against an erasure. */
  sameMedium: boolean;
  /** Of the encrypted file, once it was proved. */
  bytes: number | null;
  sha256: string | null;
  /** What became of the unencrypted content. `kept`: it was to stay. Null while that is not known. */
  plaintext: { outcome: Outcome | 'kept'; reasons: Reason[] } | null;
  keyCopies: KeyCopy[];
  /** The disposal of the content that has begun, for a later run to go on with; names in it are forgotten at the end. */
  pending: { target: DisposalTarget; entries: readonly PendingEntry[] } | null;
}

/** @throws Fault `archive-record-damaged` (exit 5) */
export function factsOf(record: ArchiveRecord): ArchiveFacts {
  try {
    const facts = JSON.parse(record.facts) as ArchiveFacts | null;
    const known = facts !== null && (facts.medium === 'file' || facts.medium === 'folder');
    if (known && typeof facts.location === 'string' && Array.isArray(facts.keyCopies)) return facts;
  } catch {
    // Said below.
  }
  throw verificationFailed(
    'archive-record-damaged',
    `What the database holds of the archive ${record.id} cannot be read`,
    {
      hint: 'Somebody changed the database. Run: quietus log verify, and keep the workspace as it is',
    },
  );
}
