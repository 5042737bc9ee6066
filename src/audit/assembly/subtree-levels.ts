import { DIGEST, digestAll, setPadded } from './sha256';

/** Leaves that a stretch has at most: a power of two. */
export const MOST = 4096;
const LEVELS = 13;

/**
 * Room for a pair of hashes, as the hash of their parent covers it (RFC 6962, section 2.1): 0x01 and both, and the padding
 * of SHA-256.
 */
const PAIR: usize = 128;
const PAIR_BYTES = 1 + 2 * <i32>DIGEST;

/** Pairs of all levels, from the leaves up, and where each level begins. */
const PAIRS: usize = memory.data((MOST + LEVELS) * 128, 16);
const BASES: usize = memory.data(LEVELS * 4);

let end = PAIRS;
for (let level = 0; level < LEVELS; level++) {
  store<usize>(BASES + (level << 2), end);
  end += PAIR * max(1, MOST >> (level + 1));
}
for (let at = PAIRS; at < end; at += PAIR) {
  store<u8>(at, 1);
  store<u8>(at + PAIR_BYTES, 0x80);
  store<u16>(at + PAIR - 2, bswap<u16>(<u16>(8 * PAIR_BYTES)));
}

/** Where the hash of a complete subtree of 2^level leaves lies, the `position`-th of its level. */
export function hashAt(level: i32, position: i32): usize {
  return (
    load<usize>(BASES + (level << 2)) + <usize>(position >> 1) * PAIR + 1 + <usize>(position & 1) * DIGEST
  );
}

/** Computes what is above the first `count` leaves. */
export function complete(count: i32): void {
  for (let level = 1; level < LEVELS; level++) {
    const hashes = count >> level;
    const below = load<usize>(BASES + ((level - 1) << 2));
    for (let position = 0; position < hashes; position += 4) {
      for (let lane = 0; lane < 4; lane++) {
        // Where there are fewer, the last one is computed again.
        const each = min(position + lane, hashes - 1);
        setPadded(lane, below + <usize>each * PAIR, 2, hashAt(level, each));
      }
      digestAll();
    }
  }
}
