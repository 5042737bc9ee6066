import type { NoteKey } from '../crypto/index.js';
import { type Checkpoint, openCheckpoint } from './checkpoint.js';
import { leafHash, type TreeHash, verifyInclusion } from './merkle-tree.js';

const FIRST_LINE = 'c2sp.org/tlog-proof@v1';
/** A proof in a tree of 2^53 leaves has no more. */
const MOST_HASHES = 53;

/** Proof that an entry is in the log, as C2SP tlog-proof writes it. */
export interface EntryProof {
  /** Number of the leaf, from 0: one less than the number of the entry. */
  index: number;
  /** From the leaf's sibling up (RFC 6962, section 2.1.1). */
  hashes: readonly TreeHash[];
  /** The signed note of the checkpoint that the proof leads to. */
  checkpoint: string;
}

/** Text of a `.tlog-proof` file. */
export function proofText({ index, hashes, checkpoint }: EntryProof): string {
  const lines = [
    FIRST_LINE,
    `index ${index}`,
    ...hashes.map((hash) => hash.toString('base64')),
    '',
    checkpoint,
  ];
  return lines.join('\n');
}

/** Reads a `.tlog-proof`; extra data is allowed and not kept. @returns null for any other text */
export function parseProof(text: string): EntryProof | null {
  const end = text.indexOf('\n\n');
  const [first, ...lines] = text.slice(0, Math.max(end, 0)).split('\n');
  if (first !== FIRST_LINE) return null;
  if (/^extra [A-Za-z0-9+/]+={0,2}$/.test(lines[0] ?? '')) lines.shift();
  const [, digits = ''] = /^index (0|[1-9]\d{0,15})$/.exec(lines.shift() ?? '') ?? [];
  const index = Number(digits);
  if (digits === '' || !Number.isSafeInteger(index) || lines.length > MOST_HASHES) return null;
  const hashes = lines.map((line) => Buffer.from(line, 'base64'));
  const sound = hashes.every((hash, at) => hash.length === 32 && hash.toString('base64') === lines[at]);
  return sound ? { index, hashes, checkpoint: text.slice(end + 2) } : null;
}

/**
 * Verifies a `.tlog-proof` for the bytes of one entry, without any workspace.
 *
 * @param keys public keys of the log that the reader trusts
 * @returns the checkpoint and the number of the entry, or null where anything is not right
 */
export function verifyEntryProof(
  proof: string,
  entry: string | Uint8Array,
  keys: readonly NoteKey[],
): { checkpoint: Checkpoint; seq: number } | null {
  const parsed = parseProof(proof);
  const checkpoint = parsed && openCheckpoint(parsed.checkpoint, keys);
  if (!checkpoint) return null;
  const leaf = { index: parsed.index, hash: leafHash(entry) };
  return verifyInclusion(parsed.hashes, leaf, checkpoint) ? { checkpoint, seq: parsed.index + 1 } : null;
}
