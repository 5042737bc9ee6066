import { badInput, verificationFailed } from '../model/index.js';
import type { Repositories, Store, StoreTransaction } from '../store/index.js';
import type { Checkpoint } from './checkpoint.js';
import { consistencyProof, inclusionProof, type TreeHash } from './merkle-tree.js';
import type { Recorder } from './recorder.js';
import { logKeys, type NumberedCheckpoint, newestCheckpoint, verifiedCheckpoint } from './signer.js';
import { StoredTree } from './stored-tree.js';
import { proofText, verifyEntryProof } from './tlog-proof.js';

/** Signs a checkpoint that covers every entry, in a transaction of its own. See {@link Recorder.checkpoint}. */
export async function checkpointLog(log: { store: Store; recorder: Recorder }): Promise<NumberedCheckpoint> {
  return await log.store.transaction((transaction: StoreTransaction) => log.recorder.checkpoint(transaction));
}

/** The newest checkpoint where it covers an entry, otherwise a new one. */
export async function checkpointCovering(
  log: { store: Store; recorder: Recorder },
  seq: number,
): Promise<NumberedCheckpoint> {
  const newest = await newestCheckpoint(log.store);
  return newest && newest.size >= seq ? newest : await checkpointLog(log);
}

/** An entry with the proof that it is in the log. */
export interface ProvedEntry {
  seq: number;
  /** Canonical JSON, whose bytes are the leaf of the tree. */
  entry: string;
  /** SHA-256, hex, of these bytes. */
  hash: string;
  /** Text of a `.tlog-proof` file (C2SP tlog-proof), verified. */
  proof: string;
}

/**
 * Proves that an entry is in the log.
 *
 * @param checkpoint one that covers the entry; the newest where none is given
 * @throws Fault `log-entry-unknown`, `log-entry-unsigned` (exit 2), `log-inconsistent` (exit 5) where the log is not what was signed
 */
export async function proveEntry(
  repositories: Repositories,
  seq: number,
  checkpoint?: Checkpoint,
): Promise<ProvedEntry> {
  const [proved] = await proveEntries(repositories, [seq], checkpoint);
  if (proved === undefined) throw new Error('No entry was proved');
  return proved;
}

/** The same for several entries, which lead to one checkpoint. */
export async function proveEntries(
  repositories: Repositories,
  seqs: readonly number[],
  checkpoint?: Checkpoint,
): Promise<ProvedEntry[]> {
  const keys = await logKeys(repositories);
  const head = checkpoint ?? (await newestCheckpoint(repositories, keys));
  const tree = new StoredTree(repositories);
  const proved: ProvedEntry[] = [];
  for (const seq of seqs) {
    const record = await repositories.log.get(seq);
    if (record === undefined) {
      throw badInput('log-entry-unknown', `The log has no entry ${seq}`, {
        hint: 'See which entries there are: quietus log list',
      });
    }
    if (head === undefined || head.size < seq) {
      throw badInput('log-entry-unsigned', `No checkpoint covers entry ${seq} yet`, {
        hint: 'Make one: quietus log checkpoint',
      });
    }
    const hashes = await inclusionProof(tree, seq - 1, head.size);
    const proof = proofText({ index: seq - 1, hashes, checkpoint: head.note });
    if (verifyEntryProof(proof, record.entry, keys) === null) throw unproved(seq);
    proved.push({ seq, entry: record.entry, hash: record.hash, proof });
  }
  return proved;
}

function unproved(seq: number): Error {
  return verificationFailed('log-inconsistent', `Entry ${seq} is not what the checkpoint has signed`, {
    hint: 'Keep the workspace as it is, and run: quietus log verify',
    details: { seq },
  });
}

/** Hashes that prove that the log at one checkpoint begins with that at an older one (RFC 6962, section 2.1.2). */
export async function proveConsistency(
  repositories: Repositories,
  older: Checkpoint,
  newer: Checkpoint,
): Promise<TreeHash[]> {
  return await consistencyProof(new StoredTree(repositories), older.size, newer.size);
}

/** A checkpoint by its number. @returns undefined where there is none @throws Fault `checkpoint-changed` (exit 5) */
export async function checkpointByNumber(
  repositories: Repositories,
  number: number,
): Promise<NumberedCheckpoint | undefined> {
  const record = await repositories.logTree.checkpoint(number);
  return record && verifiedCheckpoint(record, await logKeys(repositories));
}
