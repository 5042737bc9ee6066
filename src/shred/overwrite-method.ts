import { type Cipher, createCipheriv, createHash } from 'node:crypto';

/** The content that a file is overwritten with: the same at the same place whenever it is asked for. */
export interface OverwriteContent {
  /**
   * What stands at a place of the file. Valid until the next call; going forward is fastest.
   * @param position in bytes, a multiple of 16
   * @param length in bytes, at most {@link CHUNK}
   */
  at(position: number, length: number): Buffer;
}

/** A way to overwrite. A new one is a new file and one line where it is chosen. */
export interface OverwriteMethod {
  readonly id: 'overwrite-aes-ctr-1-pass';
  readonly passes: 1;
  /**
   * The content for one file.
   * @param seed drawn at random for this file alone: its neutral name. The journal holds it, so that a later run can
   *   tell what we wrote from what somebody else wrote. It gives away nothing: what it replaced does not go into it.
   */
  content(seed: string): OverwriteContent;
}

/** Bytes that are written or compared in one step. */
export const CHUNK = 1024 * 1024;

const ZEROS = Buffer.alloc(CHUNK);

const BLOCK = 16;

/** The counter `blocks` later: a big-endian number of 128 bits that wraps around (NIST SP 800-38A, B.1). */
function counterAfter(first: Buffer, blocks: number): Buffer {
  const sum = BigInt.asUintN(128, BigInt(`0x${first.toString('hex')}`) + BigInt(blocks));
  return Buffer.from(sum.toString(16).padStart(32, '0'), 'hex');
}

/** One pass of an AES-256-CTR keystream (NIST SP 800-38A, 6.5); key and first counter are SHA-512 of the seed, cut off. */
export const AES_CTR_ONE_PASS: OverwriteMethod = {
  id: 'overwrite-aes-ctr-1-pass',
  passes: 1,
  content(seed) {
    const secret = createHash('sha512').update(`quietus-overwrite-1\n${seed}`).digest();
    const startAt = (position: number): Cipher =>
      createCipheriv(
        'aes-256-ctr',
        secret.subarray(0, 32),
        counterAfter(secret.subarray(32, 48), position / BLOCK),
      );
    let cipher = startAt(0);
    let next = 0;
    return {
      at(position, length) {
        if (position !== next) cipher = startAt(position);
        next = position + length;
        return cipher.update(ZEROS.subarray(0, length));
      },
    };
  },
};
