import { hash } from 'node:crypto';

const HASH_BYTES = 32;
/** Two children after the 0x01 that the hash of a node covers (RFC 6962, section 2.1). */
const PAIR_BYTES = 1 + 2 * HASH_BYTES;

/**
 * All complete subtrees over a stretch of leaves. Hashes lie in pairs, each behind the byte that their parent's hash covers
 * as well, so that none is copied to be hashed; the memory is used again for the next stretch.
 */
export class SubtreeLevels {
  readonly #levels: { bytes: Buffer; pairs: Buffer[] }[] = [];
  #count = 0;

  /** @param most leaves that a stretch has at most: a power of two */
  constructor(most: number) {
    for (let hashes = most; hashes >= 1; hashes /= 2) {
      const bytes = Buffer.alloc(Math.ceil(hashes / 2) * PAIR_BYTES, 1);
      const pairs = Array.from({ length: Math.floor(hashes / 2) }, (_, at) =>
        bytes.subarray(at * PAIR_BYTES, (at + 1) * PAIR_BYTES),
      );
      this.#levels.push({ bytes, pairs });
    }
  }

  /** Sets a leaf. @param digest of 32 bytes, a character each */
  setLeaf(index: number, digest: string): void {
    const { bytes } = this.#levels[0] as { bytes: Buffer };
    bytes.write(digest, placeOf(index), 'latin1');
  }

  /** Computes what is above the first `count` leaves. */
  complete(count: number): void {
    this.#count = count;
    for (let level = 1; level < this.#levels.length; level += 1) {
      const { bytes } = this.#levels[level] as { bytes: Buffer };
      const { pairs } = this.#levels[level - 1] as { pairs: Buffer[] };
      const hashes = Math.floor(count / 2 ** level);
      for (let at = 0; at < hashes; at += 1)
        bytes.write(hash('sha256', pairs[at] as Buffer, 'binary'), placeOf(at), 'latin1');
    }
  }

  /** The complete subtrees of the first leaves, largest first, 32 bytes each. */
  peaks(leaves: number): Buffer {
    const peaks: Buffer[] = [];
    let first = 0;
    for (let level = this.#levels.length - 1; level >= 0; level -= 1) {
      if (leaves - first < 2 ** level) continue;
      peaks.push(this.#hash(level, first / 2 ** level));
      first += 2 ** level;
    }
    return Buffer.concat(peaks);
  }

  /** Hashes from one level on, level by level, 32 bytes each. */
  from(lowest: number): Buffer[] {
    const levels: Buffer[] = [];
    for (let level = lowest; 2 ** level <= this.#count; level += 1) {
      const hashes = Math.floor(this.#count / 2 ** level);
      levels.push(Buffer.concat(Array.from({ length: hashes }, (_, at) => this.#hash(level, at))));
    }
    return levels;
  }

  #hash(level: number, at: number): Buffer {
    return (this.#levels[level]?.bytes ?? Buffer.alloc(0)).subarray(placeOf(at), placeOf(at) + HASH_BYTES);
  }
}

function placeOf(index: number): number {
  return (index >> 1) * PAIR_BYTES + 1 + (index & 1) * HASH_BYTES;
}
