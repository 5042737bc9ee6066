import { type Cipher, createCipheriv, createHash } from 'node:crypto';

/** The content that a file is overwritten with; the same again after `restart`, for the comparison. */
export interface OverwriteContent {
  /** The next `length` bytes, at most {@link CHUNK}. Valid until the next call. */
  next(length: number): Buffer;
  restart(): void;
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

/** One pass of an AES-256-CTR keystream (NIST SP 800-38A, 6.5); key and first counter are SHA-512 of the seed, cut off. */
export const AES_CTR_ONE_PASS: OverwriteMethod = {
  id: 'overwrite-aes-ctr-1-pass',
  passes: 1,
  content(seed) {
    const secret = createHash('sha512').update(`quietus-overwrite-1\n${seed}`).digest();
    const start = (): Cipher =>
      createCipheriv('aes-256-ctr', secret.subarray(0, 32), secret.subarray(32, 48));
    let cipher = start();
    return {
      next: (length) => cipher.update(ZEROS.subarray(0, length)),
      restart: () => {
        cipher = start();
      },
    };
  },
};
