import { closeSync, constants, openSync, read } from 'node:fs';
import type { VerifiedFrom } from './disposal-target.js';

const { O_RDONLY } = constants;
const O_DIRECT = constants.O_DIRECT ?? 0;

/**
 * The same open file again, past the page cache. Through the descriptor and not the name, so that it is the same file.
 * Undefined where the platform or the file system does not offer it.
 */
function openDirect(descriptor: number): number | undefined {
  if (O_DIRECT === 0 || process.platform !== 'linux') return undefined;
  try {
    return openSync(`/proc/self/fd/${descriptor}`, O_RDONLY | O_DIRECT);
  } catch {
    return undefined;
  }
}

function readAt(descriptor: number, into: Buffer, length: number, position: number): Promise<number> {
  return new Promise((resolve, reject) => {
    read(descriptor, into, 0, length, position, (error, count) => (error ? reject(error) : resolve(count)));
  });
}

/** Reads an open file from the medium where that is possible, else from the page cache. */
export class MediumReader {
  readonly #descriptor: number;
  readonly #buffer: Buffer;
  #direct: number | undefined;

  /**
   * @param buffer takes what is read; reading past the cache works only when it begins on a memory page
   * @param inMemory there is no medium behind the page cache
   */
  constructor(descriptor: number, buffer: Buffer, inMemory: boolean) {
    this.#descriptor = descriptor;
    this.#buffer = buffer;
    // tmpfs accepts O_DIRECT since Linux 6.6, and still reads what is in memory.
    this.#direct = inMemory ? undefined : openDirect(descriptor);
  }

  /** Where everything so far was read from: one read from the cache makes it `page-cache` for good. */
  get source(): VerifiedFrom {
    return this.#direct === undefined ? 'page-cache' : 'medium';
  }

  /**
   * @param length a multiple of the block size; shorter at the end of the file
   * @returns a view that is valid until the next call
   */
  async read(length: number, position: number): Promise<Buffer> {
    if (this.#direct !== undefined) {
      try {
        return this.#buffer.subarray(0, await readAt(this.#direct, this.#buffer, length, position));
      } catch (error) {
        // Some file systems accept the flag and refuse the read; anything else is an error of the medium.
        if (!(error instanceof Error && 'code' in error && error.code === 'EINVAL')) throw error;
        this.close();
      }
    }
    return this.#buffer.subarray(0, await readAt(this.#descriptor, this.#buffer, length, position));
  }

  close(): void {
    if (this.#direct !== undefined) closeSync(this.#direct);
    this.#direct = undefined;
  }
}
