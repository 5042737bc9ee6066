import { completeSubtrees, type TreeHash } from './merkle-tree.js';

/** Complete subtrees over the `count` leaves of a stretch that begins where one of 2^12 leaves does. */
export class SubtreeLevels {
  /** @param hash that of the `position`-th subtree of 2^level leaves */
  constructor(
    private readonly count: number,
    private readonly hash: (level: number, position: number) => TreeHash,
  ) {}

  static over(leaves: readonly TreeHash[]): SubtreeLevels {
    const levels = completeSubtrees(leaves);
    return new SubtreeLevels(leaves.length, (level, position) => levels[level]?.[position] as TreeHash);
  }

  /** The complete subtrees of the first leaves, largest first, 32 bytes each. */
  peaks(leaves: number): Buffer {
    const peaks: Buffer[] = [];
    let first = 0;
    for (let level = Math.floor(Math.log2(leaves)); level >= 0; level -= 1) {
      if (leaves - first < 2 ** level) continue;
      peaks.push(this.hash(level, first / 2 ** level));
      first += 2 ** level;
    }
    return Buffer.concat(peaks);
  }

  /** Hashes from one level on, level by level, 32 bytes each. */
  from(lowest: number): Buffer[] {
    const levels: Buffer[] = [];
    for (let level = lowest; 2 ** level <= this.count; level += 1) {
      const hashes = Math.floor(this.count / 2 ** level);
      levels.push(Buffer.concat(Array.from({ length: hashes }, (_, position) => this.hash(level, position))));
    }
    return levels;
  }
}
