import { ftruncateSync, writeSync } from 'node:fs';

/** Shorter runs of zeros are written: a hole saves nothing there. */
const HOLE_BYTES = 64 * 1024;
const ZEROS = Buffer.alloc(HOLE_BYTES);

/** Where a file's bytes are gathered: one after the other, files can share it. A million of their own are slow to make. */
export function sparseFileBuffer(): Buffer {
  return Buffer.allocUnsafeSlow(HOLE_BYTES);
}

/** Writes a file from its start and leaves out long runs of zeros, so that a sparse file is sparse again. */
export class SparseFile {
  readonly #fd: number;
  readonly #gathered: Buffer;
  /** Bytes of the buffer that hold something of this file. */
  #used = 0;
  #held = 0;
  #position = 0;
  #written = 0;

  /** @param gathered from `sparseFileBuffer`, not used by another file until the end of this one */
  constructor(fd: number, gathered: Buffer) {
    this.#fd = fd;
    this.#gathered = gathered;
  }

  write(bytes: Uint8Array): void {
    for (let from = 0; from < bytes.length; ) {
      const part = bytes.subarray(from, from + HOLE_BYTES - this.#held);
      this.#gathered.set(part, this.#held);
      this.#held += part.length;
      this.#used = Math.max(this.#used, this.#held);
      from += part.length;
      if (this.#held === HOLE_BYTES) this.#flush();
    }
  }

  end(): void {
    this.#flush();
    if (this.#written < this.#position) ftruncateSync(this.#fd, this.#position);
    this.#gathered.fill(0, 0, this.#used);
  }

  #flush(): void {
    // At the end of a file that is a multiple of a hole: writing nothing would pass for having written up to here.
    if (this.#held === 0) return;
    const held = this.#gathered.subarray(0, this.#held);
    if (this.#held < HOLE_BYTES || !held.equals(ZEROS)) {
      for (let done = 0; done < held.length; ) {
        done += writeSync(this.#fd, held, done, held.length - done, this.#position + done);
      }
      this.#written = this.#position + held.length;
    }
    this.#position += this.#held;
    this.#held = 0;
  }
}
