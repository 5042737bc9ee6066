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
  const ranges = levels.map((nodes, above) => {
    const level = STORED_LEVEL + above;
    const position = (first - 1) / 2 ** level;
    return { level, first: position, end: position + nodes.length / HASH_BYTES };
  });
  const stored = await store.logTree.nodesIn(ranges);
  for (const [at, { level, first: position, end }] of ranges.entries()) {
    const nodes = levels[at] as Uint8Array;
    const kept = stored[at] as Buffer[];
    const count = end - position;
    const bytes = Buffer.concat(kept);
    if (kept.length === 0 && !(await isKept(store, (position + 1) * 2 ** level))) continue;
    if (bytes.equals(nodes)) continue;
    const part = (of: Uint8Array, index: number) => of.subarray(index * HASH_BYTES, (index + 1) * HASH_BYTES);
    const place = Array.from({ length: count }, (_, index) => index).find(
      (index) => Buffer.compare(part(bytes, index), part(nodes, index)) !== 0,
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
