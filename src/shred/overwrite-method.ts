import { createCipheriv } from 'node:crypto';

/** The content that a file is overwritten with in one pass: the same at the same place whenever it is asked for. */
export interface OverwriteContent {
  /**
   * What stands at a place of the file. Valid until the next call.
   * @param position in bytes, a multiple of {@link CHUNK}
   * @param length in bytes, at most {@link CHUNK}
   */
  at(position: number, length: number): Buffer;
}

/**
 * The ways to overwrite, the default first. Those of several passes are there for contracts that name them: on any
 * drive made since about 2001 they reach nothing that one pass does not (NIST SP 800-88 Rev. 2 calls them unnecessary).
 */
export const OVERWRITE_METHOD_IDS = [
  'overwrite-aes-ctr-1-pass',
  'overwrite-zero-1-pass',
  'overwrite-dod-3-pass',
  'overwrite-dod-7-pass',
  'overwrite-gutmann-35-pass',
] as const;
export type OverwriteMethodId = (typeof OVERWRITE_METHOD_IDS)[number];

/** A way to overwrite. A new one is one entry in the table below. */
export interface OverwriteMethod {
  readonly id: OverwriteMethodId;
  readonly passes: number;
  /** What is written in each pass, in words. */
  readonly pattern: string;
  /** It is older than what is known today, and adds nothing to one pass. */
  readonly legacy: boolean;
  /**
   * The content of one pass over one file.
   * @param pass 0 for the first; the last is the one that is read back and compared
   * @param seed 32 hex digits, drawn at random for this file alone: its neutral name. The journal holds it, so that a later run can
   *   tell what we wrote from what somebody else wrote. It gives away nothing: what it replaced does not go into it.
   */
  content(seed: string, pass: number): OverwriteContent;
}

/** Bytes that are written or compared in one step. */
export const CHUNK = 1024 * 1024;

const SECTOR = 512;
const ZEROS = Buffer.alloc(CHUNK);

/** Random data, or bytes that are repeated over and over. */
type Pass = 'random' | readonly number[];

/**
 * Pseudo-random content: a chunk of AES-128-CTR keystream (NIST SP 800-38A, 6.5). The key is the seed; the first counter
 * is 0 for the pass that stays, else its number. It is the same in each chunk, except that the number of each sector of
 * 512 bytes is worked into its first eight. So no two sectors of a file are equal, a device that returns the wrong one is
 * found out, nothing can be stored once for many, and a large file costs no more ciphering than a small one. Deriving the
 * key by a hash would cost more than all the rest for a small file, and hide nothing: the content is no secret.
 */
function randomContent(seed: string, number: number): OverwriteContent {
  let words = new Uint32Array(0);
  let heads = new Uint32Array(0);
  const prepare = (length: number): void => {
    const counter = Buffer.alloc(16, 0);
    counter[0] = number;
    const cipher = createCipheriv('aes-128-ctr', Buffer.from(seed, 'hex'), counter);
    const stream = cipher.update(ZEROS.subarray(0, Math.ceil(length / SECTOR) * SECTOR));
    words = new Uint32Array(stream.buffer, stream.byteOffset, stream.length / 4);
    heads = new Uint32Array((stream.length / SECTOR) * 2);
    for (let at = 0; at < heads.length; at += 1) heads[at] = words[(at >> 1) * 128 + (at & 1)] ?? 0;
  };
  return {
    at(position, length) {
      if (words.length * 4 < length) prepare(length);
      const first = position / SECTOR;
      for (let at = 0; at < heads.length; at += 2) {
        const sector = first + at / 2;
        words[at * 64] = (heads[at] ?? 0) ^ (sector >>> 0);
        words[at * 64 + 1] = (heads[at + 1] ?? 0) ^ Math.floor(sector / 2 ** 32);
      }
      return Buffer.from(words.buffer, words.byteOffset, length);
    },
  };
}

function patternContent(bytes: readonly number[]): OverwriteContent {
  const repeated = Buffer.alloc(CHUNK + bytes.length, Buffer.from(bytes));
  return {
    at(position, length) {
      const phase = position % bytes.length;
      return repeated.subarray(phase, phase + length);
    },
  };
}

function method(
  id: OverwriteMethodId,
  pattern: string,
  legacy: boolean,
  passes: readonly Pass[],
): OverwriteMethod {
  return {
    id,
    pattern,
    legacy,
    passes: passes.length,
    content(seed, pass) {
      const what = passes[pass];
      if (what === undefined) throw new RangeError('no such pass');
      if (what !== 'random') return patternContent(what);
      // The last pass is that of the seed itself, whatever came before.
      return randomContent(seed, pass === passes.length - 1 ? 0 : pass + 1);
    },
  };
}

/** Patterns 5 to 31 of P. Gutmann, Secure Deletion of Data from Magnetic and Solid-State Memory (USENIX Security 1996), table 1. */
const GUTMANN: readonly Pass[] = [
  [0x55],
  [0xaa],
  [0x92, 0x49, 0x24],
  [0x49, 0x24, 0x92],
  [0x24, 0x92, 0x49],
  ...Array.from({ length: 16 }, (_, at) => [at * 0x11]),
  [0x92, 0x49, 0x24],
  [0x49, 0x24, 0x92],
  [0x24, 0x92, 0x49],
  [0x6d, 0xb6, 0xdb],
  [0xb6, 0xdb, 0x6d],
  [0xdb, 0x6d, 0xb6],
];
const FOUR_RANDOM: readonly Pass[] = ['random', 'random', 'random', 'random'];

const METHODS: Readonly<Record<OverwriteMethodId, OverwriteMethod>> = {
  'overwrite-aes-ctr-1-pass': method('overwrite-aes-ctr-1-pass', 'pseudo-random', false, ['random']),
  'overwrite-zero-1-pass': method('overwrite-zero-1-pass', '0x00', false, [[0]]),
  'overwrite-dod-3-pass': method('overwrite-dod-3-pass', '0x00, 0xFF, pseudo-random', true, [
    [0],
    [0xff],
    'random',
  ]),
  'overwrite-dod-7-pass': method(
    'overwrite-dod-7-pass',
    '0x00, 0xFF, pseudo-random, 0x96, 0x00, 0xFF, pseudo-random',
    true,
    [[0], [0xff], 'random', [0x96], [0], [0xff], 'random'],
  ),
  'overwrite-gutmann-35-pass': method(
    'overwrite-gutmann-35-pass',
    'four times pseudo-random, 27 fixed patterns, four times pseudo-random',
    true,
    [...FOUR_RANDOM, ...GUTMANN, ...FOUR_RANDOM],
  ),
};

export const DEFAULT_METHOD: OverwriteMethodId = 'overwrite-aes-ctr-1-pass';

export function isOverwriteMethodId(value: unknown): value is OverwriteMethodId {
  return OVERWRITE_METHOD_IDS.some((id) => id === value);
}

/** The method with this id. */
export function overwriteMethod(id: OverwriteMethodId): OverwriteMethod {
  return METHODS[id];
}

/** What the last pass of a method leaves in the file. */
export function finalContent(id: OverwriteMethodId, seed: string): OverwriteContent {
  const { passes, content } = METHODS[id];
  return content(seed, passes - 1);
}

/** The method in words, for the certificate and for people who choose one. */
export function describeMethod(id: OverwriteMethodId): string {
  const { passes, pattern, legacy } = METHODS[id];
  const how =
    id === DEFAULT_METHOD
      ? 'once with pseudo-random data (AES-128-CTR keystream under a key drawn at random for that file, with the number of each sector worked in)'
      : passes === 1
        ? `once with ${pattern}`
        : `${passes} times (${pattern})`;
  const old = legacy
    ? ' The further passes follow an older rule; on drives made in this century they add nothing to one pass.'
    : '';
  return (
    `Each file was overwritten in place ${how}, up to the end of its last block, flushed to the medium${passes > 1 ? ' after each pass' : ''}, ` +
    `read back${passes > 1 ? ' after the last' : ''} and compared in full; then it was renamed to a random name, truncated and removed, and its folder was ` +
    `flushed.${old} Overwriting files is partial sanitization in the sense of NIST SP 800-88 Rev. 2.`
  );
}
