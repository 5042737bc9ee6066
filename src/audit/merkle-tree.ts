import { hash } from 'node:crypto';

/** A node or leaf hash of 32 bytes. */
export type TreeHash = Buffer;

/** Hash of the tree without leaves: SHA-256 of nothing. */
export const EMPTY_ROOT: TreeHash = bytesOf(hash('sha256', ''));

/** Hash of a leaf (RFC 6962, section 2.1): SHA-256 over 0x00 and its bytes. @param data a text stands for its UTF-8 bytes */
export function leafHash(data: string | Uint8Array): TreeHash {
  const text = typeof data === 'string' ? `\0${data}` : Buffer.concat([Buffer.of(0), data]);
  return bytesOf(hash('sha256', text));
}

const pair = Buffer.alloc(65, 1);

/** Hash of a node (RFC 6962, section 2.1): SHA-256 over 0x01 and its two children. */
export function nodeHash(left: TreeHash, right: TreeHash): TreeHash {
  pair.set(left, 1);
  pair.set(right, 33);
  return bytesOf(hash('sha256', pair));
}

function bytesOf(hex: string): TreeHash {
  return Buffer.from(hex, 'hex');
}

/** A complete subtree of 2^level leaves, the `position`-th of its level. */
export interface TreeNode {
  level: number;
  position: number;
  hash: TreeHash;
}

/** The right edge of a tree: hashes of its largest complete subtrees. Enough to append to it and to know its root. */
export class Frontier {
  /** Largest subtree first; their sizes are the powers of two in `size`. */
  readonly #peaks: TreeHash[];

  constructor(
    private leaves = 0,
    peaks: readonly TreeHash[] = [],
  ) {
    if (peaks.length !== bitsIn(leaves)) throw new TypeError('The peaks do not fit the size of the tree');
    this.#peaks = [...peaks];
  }

  /** Number of leaves. */
  get size(): number {
    return this.leaves;
  }

  get peaks(): readonly TreeHash[] {
    return this.#peaks;
  }

  /** Appends a leaf, and tells of each subtree that it completes, the leaf itself first. */
  append(leaf: TreeHash, completed?: (node: TreeNode) => void): void {
    let node: TreeNode = { level: 0, position: this.leaves, hash: leaf };
    completed?.(node);
    while (node.position % 2 === 1) {
      const left = this.#peaks.pop() as TreeHash;
      node = {
        level: node.level + 1,
        position: (node.position - 1) / 2,
        hash: nodeHash(left, node.hash),
      };
      completed?.(node);
    }
    this.#peaks.push(node.hash);
    this.leaves += 1;
  }

  /** Appends a complete subtree; the number of leaves so far is a multiple of its own. */
  appendSubtree(level: number, root: TreeHash): void {
    if (this.leaves % 2 ** level !== 0)
      throw new TypeError('The subtree has no place at the end of the tree');
    let position = this.leaves / 2 ** level;
    let node = root;
    for (; position % 2 === 1; position = (position - 1) / 2)
      node = nodeHash(this.#peaks.pop() as TreeHash, node);
    this.#peaks.push(node);
    this.leaves += 2 ** level;
  }

  root(): TreeHash {
    let root = this.#peaks.at(-1) ?? EMPTY_ROOT;
    for (let at = this.#peaks.length - 2; at >= 0; at -= 1)
      root = nodeHash(this.#peaks[at] as TreeHash, root);
    return root;
  }
}

function bitsIn(size: number): number {
  let bits = 0;
  for (let rest = size; rest > 0; rest = Math.floor(rest / 2)) bits += rest % 2;
  return bits;
}

/** All complete subtrees over the leaves, by level, the leaves themselves first. */
export function completeSubtrees(leaves: readonly TreeHash[]): TreeHash[][] {
  const levels: TreeHash[][] = [[...leaves]];
  for (let below = leaves; below.length > 1; below = levels.at(-1) ?? []) {
    const pairs = Math.floor(below.length / 2);
    levels.push(
      Array.from({ length: pairs }, (_, at) =>
        nodeHash(below[2 * at] as TreeHash, below[2 * at + 1] as TreeHash),
      ),
    );
  }
  return levels;
}

/** Where the hashes of complete subtrees come from. */
export interface NodeSource {
  node(level: number, position: number): Promise<TreeHash>;
}

/** Root of the leaves from `first` to before `end`; a range that RFC 6962 divides a tree into. */
async function rangeRoot(source: NodeSource, first: number, end: number): Promise<TreeHash> {
  const count = end - first;
  const level = Math.log2(count);
  if (Number.isInteger(level)) return await source.node(level, first / count);
  const half = largestPowerBelow(count);
  return nodeHash(await rangeRoot(source, first, first + half), await rangeRoot(source, first + half, end));
}

/** Root of the tree of the first `size` leaves. */
export async function rootAt(source: NodeSource, size: number): Promise<TreeHash> {
  return size === 0 ? EMPTY_ROOT : await rangeRoot(source, 0, size);
}

/**
 * Inclusion proof (RFC 6962, section 2.1.1), from the leaf's sibling up.
 *
 * @param index of the leaf, from 0
 */
export async function inclusionProof(source: NodeSource, index: number, size: number): Promise<TreeHash[]> {
  if (index >= size) throw new RangeError('The tree has no such leaf');
  const path: TreeHash[] = [];
  let [first, end] = [0, size];
  while (end - first > 1) {
    const middle = first + largestPowerBelow(end - first);
    if (index < middle) {
      path.push(await rangeRoot(source, middle, end));
      end = middle;
    } else {
      path.push(await rangeRoot(source, first, middle));
      first = middle;
    }
  }
  return path.toReversed();
}

/** Consistency proof between the trees of the first `older` and the first `newer` leaves (RFC 6962, section 2.1.2). */
export async function consistencyProof(
  source: NodeSource,
  older: number,
  newer: number,
): Promise<TreeHash[]> {
  if (older > newer) throw new RangeError('The older tree is larger');
  if (older === 0 || older === newer) return [];
  const path: TreeHash[] = [];
  let [first, end, whole] = [0, newer, true];
  while (older !== end) {
    const middle = first + largestPowerBelow(end - first);
    if (older <= middle) {
      path.push(await rangeRoot(source, middle, end));
      end = middle;
    } else {
      path.push(await rangeRoot(source, first, middle));
      first = middle;
      whole = false;
    }
  }
  if (!whole) path.push(await rangeRoot(source, first, end));
  return path.toReversed();
}

/** Whether the proof leads from the leaf to the root (RFC 9162, section 2.1.3.2). */
export function verifyInclusion(
  proof: readonly TreeHash[],
  leaf: { index: number; hash: TreeHash },
  tree: { size: number; root: TreeHash },
): boolean {
  if (!isIndex(leaf.index) || !isIndex(tree.size) || leaf.index >= tree.size) return false;
  let [node, last] = [leaf.index, tree.size - 1];
  let root = leaf.hash;
  for (const sibling of proof) {
    if (last === 0) return false;
    if (node % 2 === 1 || node === last) {
      root = nodeHash(sibling, root);
      for (; node % 2 === 0 && node !== 0; node = half(node)) last = half(last);
    } else root = nodeHash(root, sibling);
    [node, last] = [half(node), half(last)];
  }
  return last === 0 && root.equals(tree.root);
}

/** Whether the newer tree begins with the leaves of the older one (RFC 9162, section 2.1.4.2). */
export function verifyConsistency(
  proof: readonly TreeHash[],
  older: { size: number; root: TreeHash },
  newer: { size: number; root: TreeHash },
): boolean {
  if (!isIndex(older.size) || !isIndex(newer.size) || older.size > newer.size) return false;
  if (older.size === 0) return proof.length === 0 && older.root.equals(EMPTY_ROOT);
  if (older.size === newer.size) return proof.length === 0 && older.root.equals(newer.root);
  const path = Number.isInteger(Math.log2(older.size)) ? [older.root, ...proof] : proof;
  let [node, last] = [older.size - 1, newer.size - 1];
  for (; node % 2 === 1; node = half(node)) last = half(last);
  let [oldRoot, newRoot] = [path[0], path[0]];
  if (oldRoot === undefined || newRoot === undefined || proof.length === 0) return false;
  for (const hash of path.slice(1)) {
    if (last === 0) return false;
    if (node % 2 === 1 || node === last) {
      oldRoot = nodeHash(hash, oldRoot);
      newRoot = nodeHash(hash, newRoot);
      for (; node % 2 === 0 && node !== 0; node = half(node)) last = half(last);
    } else newRoot = nodeHash(newRoot, hash);
    [node, last] = [half(node), half(last)];
  }
  return last === 0 && oldRoot.equals(older.root) && newRoot.equals(newer.root);
}

function half(value: number): number {
  return Math.floor(value / 2);
}

function isIndex(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

/** The largest power of two that is smaller than `count`, which is at least 2. */
function largestPowerBelow(count: number): number {
  let power = 1;
  while (power * 2 < count) power *= 2;
  return power;
}
