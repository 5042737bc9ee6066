import { createHash, timingSafeEqual } from 'node:crypto';
import { PIECE_BYTES } from './byte-flow.js';

const AT_ONCE = 3;

/**
 * Digest of a plaintext that other threads compute: SHA-256 over the SHA-256 of each piece. It is compared within
 * this program only, so it need not be the digest that other programs know.
 */
export class PieceDigest {
  readonly #whole = createHash('sha256');
  readonly #piece = Buffer.allocUnsafeSlow(PIECE_BYTES);
  #filled = 0;
  readonly #running: Promise<ArrayBuffer>[] = [];

  /** @param bytes of any number; they may change afterwards */
  async update(bytes: Uint8Array): Promise<void> {
    if (this.#filled === 0 && bytes.length === PIECE_BYTES) {
      await this.#start(bytes);
      return;
    }
    for (let taken = 0; taken < bytes.length; ) {
      const take = bytes.subarray(taken, taken + PIECE_BYTES - this.#filled);
      this.#piece.set(take, this.#filled);
      this.#filled += take.length;
      taken += take.length;
      if (this.#filled === PIECE_BYTES) {
        this.#filled = 0;
        await this.#start(this.#piece);
      }
    }
  }

  async finish(): Promise<Buffer> {
    await this.#start(this.#piece.subarray(0, this.#filled));
    while (this.#running.length > 0) await this.#collect();
    this.#piece.fill(0);
    return this.#whole.digest();
  }

  async #start(piece: Uint8Array): Promise<void> {
    if (this.#running.length === AT_ONCE) await this.#collect();
    // The bytes are copied before this returns: Web Cryptography, SubtleCrypto.digest, step 2.
    this.#running.push(globalThis.crypto.subtle.digest('SHA-256', piece));
  }

  async #collect(): Promise<void> {
    const digest = await this.#running.shift();
    if (digest !== undefined) this.#whole.update(new Uint8Array(digest));
  }
}

/** SHA-256 of each piece of a source that was authenticated, so that a second reading gives out nothing else. */
export class PieceLedger {
  readonly #digests: Buffer[] = [];
  #checked = 0;

  record(piece: Uint8Array): void {
    this.#digests.push(createHash('sha256').update(piece).digest());
  }

  /** Whether the next piece is what was recorded. */
  isNext(piece: Uint8Array): boolean {
    const expected = this.#digests[this.#checked];
    this.#checked += 1;
    return expected !== undefined && timingSafeEqual(expected, createHash('sha256').update(piece).digest());
  }
}
