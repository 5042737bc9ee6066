import type { Store } from '../store/index.js';
import type { LogProblem } from './checkpoint-checks.js';

/** Nodes below this level are not stored: they are made from the entries when they are needed, 256 of them at most. */
export const STORED_LEVEL = 8;
const HASH_BYTES = 32;

/**
 * Compares the nodes of the tree that are kept with those that the entries of a stretch give: proofs rest on them.
 *
 * @param first number of the first entry of the stretch
 * @param levels hashes from {@link STORED_LEVEL} on, level by level
 */
export async function nodesDiffer(
  store: Store,
  first: number,
  levels: readonly Uint8Array[],
): Promise<LogProblem | null> {
  for (const [above, nodes] of levels.entries()) {
    const level = STORED_LEVEL + above;
    const position = (first - 1) / 2 ** level;
    const count = nodes.length / HASH_BYTES;
    const kept = await store.logTree.nodesBetween(level, position, position + count);
    const bytes = Buffer.concat(kept);
    if (kept.length === 0 && !(await isKept(store, (position + 1) * 2 ** level))) continue;
    if (bytes.equals(nodes)) continue;
    const part = (of: Uint8Array, at: number) => of.subarray(at * HASH_BYTES, (at + 1) * HASH_BYTES);
    const place = Array.from({ length: count }, (_, at) => at).find(
      (at) => Buffer.compare(part(bytes, at), part(nodes, at)) !== 0,
    );
    const seq = (position + (place ?? 0)) * 2 ** level + 1;
    const text = `The Merkle tree that is kept is not that of the entries from ${seq} on`;
    return { seq, code: 'tree-differs', text };
  }
  return null;
}

/** Whether the tree that is kept has come so far: that of a log of an older version has not. */
async function isKept(store: Store, size: number): Promise<boolean> {
  return ((await store.logEnd.state())?.size ?? 0) >= size;
}
