import { createCipheriv, createHash } from 'node:crypto';
import { closeSync, constants, fsync, openSync, read, write } from 'node:fs';
import { promisify } from 'node:util';
import { alignedBuffers } from '../aligned-memory.js';

/** Bytes of one transfer. */
export const STRIDE = 1024 * 1024;
/** Transfers under way at once. */
const LANES = 4;
const ZEROS = Buffer.alloc(STRIDE);
const flush = promisify(fsync);

/** A part of the device, in bytes. */
export interface Extent {
  position: number;
  length: number;
}

/**
 * What a device is overwritten with: an AES-256-CTR keystream (NIST SP 800-38A, 6.5) that begins anew at each stride,
 * with the stride's number in the first half of the counter, so that any part can be made again to compare.
 *
 * @param seed drawn at random for this device and kept in memory only
 * @param position a multiple of {@link STRIDE}
 */
export function keystream(seed: string, position: number, length: number): Buffer {
  const key = createHash('sha256').update(`quietus-device-1\n${seed}`).digest();
  const counter = Buffer.alloc(16);
  counter.writeBigUInt64BE(BigInt(position / STRIDE));
  return createCipheriv('aes-256-ctr', key, counter).update(ZEROS.subarray(0, length));
}

/**
 * An open device, past the page cache (O_DIRECT, into memory that begins on a page) where that works. It is opened
 * exclusively: while it is open, nobody can mount it.
 */
export class OpenDevice {
  readonly #descriptor: number;
  readonly #buffers: Buffer[];
  /** False where reading and writing go through the page cache. */
  readonly direct: boolean;

  /** @throws the system's error: EBUSY where somebody else has claimed the device */
  constructor(path: string, access: 'read' | 'write') {
    const mode = (access === 'write' ? constants.O_RDWR : constants.O_RDONLY) | constants.O_EXCL;
    const aligned = alignedBuffers(LANES, STRIDE);
    this.direct = aligned !== undefined;
    this.#buffers = aligned ?? Array.from({ length: LANES }, () => Buffer.alloc(STRIDE));
    this.#descriptor = openSync(path, this.direct ? mode | constants.O_DIRECT : mode);
  }

  /**
   * Reads extents, several at once.
   * @param extents positions and lengths are multiples of the device's block; none longer than {@link STRIDE}
   * @param visit gets a view that is valid until it returns; null where the device returned an error
   */
  async readAll(
    extents: Iterable<Extent>,
    visit: (content: Buffer | null, extent: Extent) => void,
    signal?: AbortSignal,
  ): Promise<void> {
    await this.#lanes(
      extents,
      async (buffer, extent) => {
        let done = 0;
        while (done < extent.length) {
          const count = await transfer(
            read,
            this.#descriptor,
            buffer,
            done,
            extent.length - done,
            extent.position + done,
          );
          if (count === null || count === 0) return visit(null, extent);
          done += count;
        }
        visit(buffer.subarray(0, extent.length), extent);
      },
      signal,
    );
  }

  /**
   * Writes extents, several at once.
   * @param fill gives what is written; it is copied at once
   * @param ended called after each with false where the device returned an error
   */
  async writeAll(
    extents: Iterable<Extent>,
    fill: (extent: Extent) => Buffer,
    ended: (extent: Extent, written: boolean) => void,
    signal?: AbortSignal,
  ): Promise<void> {
    await this.#lanes(
      extents,
      async (buffer, extent) => {
        fill(extent).copy(buffer);
        let done = 0;
        while (done < extent.length) {
          const count = await transfer(
            write,
            this.#descriptor,
            buffer,
            done,
            extent.length - done,
            extent.position + done,
          );
          if (count === null || count === 0) return ended(extent, false);
          done += count;
        }
        ended(extent, true);
      },
      signal,
    );
  }

  /** @returns false where the device did not confirm that all is on the medium */
  async flush(): Promise<boolean> {
    return await flush(this.#descriptor).then(
      () => true,
      () => false,
    );
  }

  close(): void {
    closeSync(this.#descriptor);
  }

  async #lanes(
    extents: Iterable<Extent>,
    work: (buffer: Buffer, extent: Extent) => Promise<void>,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const next = extents[Symbol.iterator]();
    await Promise.all(
      this.#buffers.map(async (buffer) => {
        for (let each = next.next(); !each.done; each = next.next()) {
          if (signal?.aborted) return;
          await work(buffer, each.value);
        }
      }),
    );
  }
}

type Transfer = (
  descriptor: number,
  buffer: Buffer,
  offset: number,
  length: number,
  position: number,
  done: (error: NodeJS.ErrnoException | null, count: number) => void,
) => void;

/** Errors of the medium are null: a bad sector is a finding. Anything else is thrown. */
function transfer(
  call: Transfer,
  descriptor: number,
  buffer: Buffer,
  offset: number,
  length: number,
  position: number,
): Promise<number | null> {
  return new Promise((resolve, reject) => {
    call(descriptor, buffer, offset, length, position, (error, count) => {
      if (error === null) resolve(count);
      else if (MEDIUM_ERRORS.has(error.code ?? '')) resolve(null);
      else reject(error);
    });
  });
}

const MEDIUM_ERRORS = new Set([
  'EIO',
  'ENOSPC',
  'EREMOTEIO',
  'ENODATA',
  'EILSEQ',
  'ETIMEDOUT',
  'ENXIO',
  'ENODEV',
]);

/** All of a device, stride by stride. */
export function* strides(bytes: number): Generator<Extent> {
  for (let position = 0; position < bytes; position += STRIDE) {
    yield { position, length: Math.min(STRIDE, bytes - position) };
  }
}

/** The blocks of an extent, to find the bad ones in it. */
export function* blocksOf(extent: Extent, blockSize: number): Generator<Extent> {
  for (let at = 0; at < extent.length; at += blockSize) {
    yield { position: extent.position + at, length: Math.min(blockSize, extent.length - at) };
  }
}
