// SHA-256 (FIPS 180-4) of four messages at once: each instruction of 128 bits works on one word of each.

const LANES = 4;
const BLOCK = 64;
/** Bytes of a digest. */
export const DIGEST: usize = 32;

const K: usize = memory.data<u32>([
  0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98,
  0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786,
  0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8,
  0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13,
  0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819,
  0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a,
  0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7,
  0xc67178f2,
]);
const INITIAL: usize = memory.data<u32>([
  0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
]);
/** The last 16 words of the message schedule. */
const W: usize = memory.data(16 * 16, 16);
const STATE: usize = memory.data(8 * 16, 16);
/** For each message: what is left of it after its whole blocks, with its padding. */
const TAILS: usize = memory.data(LANES * 2 * BLOCK, 16);
/** For each message: where it lies, whole blocks, all blocks, where its digest goes. */
const WHERE: usize = memory.data(LANES * 4);
const WHOLE: usize = memory.data(LANES * 4);
const BLOCKS: usize = memory.data(LANES * 4);
const INTO: usize = memory.data(LANES * 4);

/** Says what the message of a lane is, and where its digest goes. */
export function setMessage(lane: i32, at: usize, length: i32, into: usize): void {
  const whole = length >> 6;
  const rest = length & 63;
  const tail = TAILS + lane * 2 * BLOCK;
  memory.fill(tail, 0, 2 * BLOCK);
  memory.copy(tail, at + (whole << 6), rest);
  store<u8>(tail + rest, 0x80);
  const more = rest < 56 ? 1 : 2;
  store<u64>(tail + more * BLOCK - 8, bswap<u64>((<u64>length) << 3));
  set(lane, at, whole, whole + more, into);
}

/** Says that the message of a lane consists of whole blocks, with its padding in the last. */
export function setPadded(lane: i32, at: usize, blocks: i32, into: usize): void {
  set(lane, at, blocks, blocks, into);
}

function set(lane: i32, at: usize, whole: i32, blocks: i32, into: usize): void {
  const entry = lane << 2;
  store<usize>(WHERE + entry, at);
  store<i32>(WHOLE + entry, whole);
  store<i32>(BLOCKS + entry, blocks);
  store<usize>(INTO + entry, into);
}

/** Computes the digests of the four messages. */
export function digestAll(): void {
  for (let word = 0; word < 8; word++)
    v128.store(STATE + (word << 4), v128.load32_splat(INITIAL + (word << 2)));
  let most = 0;
  for (let lane = 0; lane < LANES; lane++) most = max(most, load<i32>(BLOCKS + (lane << 2)));
  for (let block = 0; block < most; block++) {
    compress(blockOf(0, block), blockOf(1, block), blockOf(2, block), blockOf(3, block));
    for (let lane = 0; lane < LANES; lane++) if (load<i32>(BLOCKS + (lane << 2)) === block + 1) finish(lane);
  }
}

/** Of a message that has ended, some block or other. */
function blockOf(lane: i32, block: i32): usize {
  const whole = load<i32>(WHOLE + (lane << 2));
  if (block < whole) return load<usize>(WHERE + (lane << 2)) + (block << 6);
  return TAILS + lane * 2 * BLOCK + (((block - whole) & 1) << 6);
}

function finish(lane: i32): void {
  const into = load<usize>(INTO + (lane << 2));
  for (let word = 0; word < 8; word++)
    store<u32>(into + (word << 2), bswap(load<u32>(STATE + (word << 4) + (lane << 2))));
}

function compress(one: usize, two: usize, three: usize, four: usize): void {
  for (let part: usize = 0; part < <usize>BLOCK; part += 16)
    loadWords(one + part, two + part, three + part, four + part, W + (part << 2));
  let a = v128.load(STATE);
  let b = v128.load(STATE, 16);
  let c = v128.load(STATE, 32);
  let d = v128.load(STATE, 48);
  let e = v128.load(STATE, 64);
  let f = v128.load(STATE, 80);
  let g = v128.load(STATE, 96);
  let h = v128.load(STATE, 112);
  for (let round = 0; ; round += 16) {
    for (let at = 0; at < 16; at += 8) {
      // Eight rounds, after which each variable has its own place again.
      const word = W + (at << 4);
      const k = K + ((round + at) << 2);
      h = first(e, f, g, h, v128.load32_splat(k), v128.load(word));
      d = i32x4.add(d, h);
      h = i32x4.add(h, second(a, b, c));
      g = first(d, e, f, g, v128.load32_splat(k, 4), v128.load(word, 16));
      c = i32x4.add(c, g);
      g = i32x4.add(g, second(h, a, b));
      f = first(c, d, e, f, v128.load32_splat(k, 8), v128.load(word, 32));
      b = i32x4.add(b, f);
      f = i32x4.add(f, second(g, h, a));
      e = first(b, c, d, e, v128.load32_splat(k, 12), v128.load(word, 48));
      a = i32x4.add(a, e);
      e = i32x4.add(e, second(f, g, h));
      d = first(a, b, c, d, v128.load32_splat(k, 16), v128.load(word, 64));
      h = i32x4.add(h, d);
      d = i32x4.add(d, second(e, f, g));
      c = first(h, a, b, c, v128.load32_splat(k, 20), v128.load(word, 80));
      g = i32x4.add(g, c);
      c = i32x4.add(c, second(d, e, f));
      b = first(g, h, a, b, v128.load32_splat(k, 24), v128.load(word, 96));
      f = i32x4.add(f, b);
      b = i32x4.add(b, second(c, d, e));
      a = first(f, g, h, a, v128.load32_splat(k, 28), v128.load(word, 112));
      e = i32x4.add(e, a);
      a = i32x4.add(a, second(b, c, d));
    }
    if (round === 48) break;
    for (let at = 0; at < 16; at++) {
      const before = i32x4.add(wordAt(at), wordAt(at + 9));
      v128.store(
        W + (at << 4),
        i32x4.add(before, i32x4.add(smallSigma0(wordAt(at + 1)), smallSigma1(wordAt(at + 14)))),
      );
    }
  }
  addTo(0, a);
  addTo(1, b);
  addTo(2, c);
  addTo(3, d);
  addTo(4, e);
  addTo(5, f);
  addTo(6, g);
  addTo(7, h);
}

/** Sixteen bytes of each message, as four vectors of one word of each. */
function loadWords(one: usize, two: usize, three: usize, four: usize, into: usize): void {
  const a = wordsAt(one);
  const b = wordsAt(two);
  const c = wordsAt(three);
  const d = wordsAt(four);
  const firstAb = v128.shuffle<i32>(a, b, 0, 4, 1, 5);
  const firstCd = v128.shuffle<i32>(c, d, 0, 4, 1, 5);
  const lastAb = v128.shuffle<i32>(a, b, 2, 6, 3, 7);
  const lastCd = v128.shuffle<i32>(c, d, 2, 6, 3, 7);
  v128.store(into, v128.shuffle<i64>(firstAb, firstCd, 0, 2));
  v128.store(into, v128.shuffle<i64>(firstAb, firstCd, 1, 3), 16);
  v128.store(into, v128.shuffle<i64>(lastAb, lastCd, 0, 2), 32);
  v128.store(into, v128.shuffle<i64>(lastAb, lastCd, 1, 3), 48);
}

/** Four words, whose bytes come with the highest first. */
function wordsAt(at: usize): v128 {
  const bytes = v128.load(at);
  return v128.shuffle<i8>(bytes, bytes, 3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12);
}

function wordAt(at: i32): v128 {
  return v128.load(W + ((at & 15) << 4));
}

function addTo(word: i32, value: v128): void {
  const at = STATE + (word << 4);
  v128.store(at, i32x4.add(v128.load(at), value));
}

function first(e: v128, f: v128, g: v128, h: v128, k: v128, word: v128): v128 {
  const sum = v128.xor(v128.xor(rotate(e, 6), rotate(e, 11)), rotate(e, 25));
  const choice = v128.bitselect(f, g, e);
  return i32x4.add(i32x4.add(i32x4.add(h, sum), choice), i32x4.add(k, word));
}

function second(a: v128, b: v128, c: v128): v128 {
  const sum = v128.xor(v128.xor(rotate(a, 2), rotate(a, 13)), rotate(a, 22));
  // Where a and b differ, c decides.
  return i32x4.add(sum, v128.bitselect(c, b, v128.xor(a, b)));
}

function smallSigma0(x: v128): v128 {
  return v128.xor(v128.xor(rotate(x, 7), rotate(x, 18)), i32x4.shr_u(x, 3));
}

function smallSigma1(x: v128): v128 {
  return v128.xor(v128.xor(rotate(x, 17), rotate(x, 19)), i32x4.shr_u(x, 10));
}

function rotate(x: v128, bits: i32): v128 {
  return v128.or(i32x4.shr_u(x, bits), i32x4.shl(x, 32 - bits));
}
