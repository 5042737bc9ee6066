import { closeSync, constants, openSync, read, write, writeSync } from 'node:fs';
import type { VerifiedFrom } from './disposal-target.js';

const { O_RDWR } = constants;
const O_DIRECT = constants.O_DIRECT ?? 0;
/** Up to this many bytes a write into the page cache is over sooner than a thread has taken it on. */
const SMALL = 64 * 1024;

/**
 * The same open file again, past the page cache. Through the descriptor and not the name, so that it is the same file.
 * Undefined where the platform or the file system does not offer it.
 */
function openDirect(descriptor: number): number | undefined {
  if (O_DIRECT === 0 || process.platform !== 'linux') return undefined;
  try {
    return openSync(`/proc/self/fd/${descriptor}`, O_RDWR | O_DIRECT);
  } catch {
    return undefined;
  }
}

function readAt(descriptor: number, into: Buffer, length: number, position: number): Promise<number> {
  return new Promise((resolve, reject) => {
    read(descriptor, into, 0, length, position, (error, count) => (error ? reject(error) : resolve(count)));
  });
}

function writeAt(descriptor: number, from: Buffer, position: number): Promise<number> {
  return new Promise((resolve, reject) => {
    write(descriptor, from, 0, from.length, position, (error, count) =>
      error ? reject(error) : resolve(count),
    );
  });
}

interface Slot {
  readonly buffer: Buffer;
  /** The write that is under way; never rejects. */
  busy: Promise<void>;
}

/**
 * Reads one open file past the page cache where that is possible, and writes it so where there are several buffers, with
 * as many transfers under way.
 *
 * Writing past the cache is safe beside others who use the file: the kernel first writes and drops what the cache holds
 * of the place, and what somebody makes dirty later is found when all of it is flushed, read back and compared.
 */
export class MediumAccess {
  readonly #descriptor: number;
  readonly #slots: Slot[];
  #next = 0;
  #direct: number | undefined;
  #readFromCache = false;
  #failure: { error: unknown } | undefined;
  #failedAt: number | undefined;

  /**
   * @param buffers at least one, each of the longest transfer; they must begin on a memory page, or nothing goes past the cache
   * @param inMemory there is no medium behind the page cache: tmpfs accepts O_DIRECT since Linux 6.6, and still uses memory
   */
  constructor(descriptor: number, buffers: readonly Buffer[], inMemory: boolean) {
    this.#descriptor = descriptor;
    this.#slots = buffers.map((buffer) => ({ buffer, busy: Promise.resolve() }));
    this.#direct = inMemory ? undefined : openDirect(descriptor);
  }

  /** Where everything so far was read from: one read from the cache makes it `page-cache` for good. */
  get source(): VerifiedFrom {
    return this.#readFromCache || this.#direct === undefined ? 'page-cache' : 'medium';
  }

  /** The lowest position of a write that failed after `put` had taken it over. */
  get failedAt(): number | undefined {
    return this.#failedAt;
  }

  /** Begins to write; resolves when the content was taken over. An error shows at the next call or at {@link settle}. */
  async put(content: Buffer, position: number): Promise<void> {
    if (content.length <= SMALL) {
      let done = 0;
      while (done < content.length) {
        done += writeSync(this.#descriptor, content, done, content.length - done, position + done);
      }
      return;
    }
    const slot = await this.#freeSlot();
    content.copy(slot.buffer);
    slot.busy = this.#write(slot.buffer.subarray(0, content.length), position).catch((error: unknown) => {
      this.#failure ??= { error };
      this.#failedAt = Math.min(position, this.#failedAt ?? position);
    });
  }

  /** Waits for all writes. Throws the first error of one. */
  async settle(): Promise<void> {
    await Promise.all(this.#slots.map(({ busy }) => busy));
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  /**
   * Reads places one after the other, several ahead.
   * @param places lengths are multiples of the block size; what is read may be shorter at the end of the file
   * @param visit gets a view that is valid until it returns; false ends the reading
   * @returns whether all visits said true
   */
  async readAll(
    places: Iterable<{ position: number; length: number }>,
    visit: (content: Buffer, position: number) => boolean,
    permit?: (length: number) => Promise<void>,
  ): Promise<boolean> {
    const queue: { position: number; content: Promise<Buffer> }[] = [];
    let good = true;
    const take = async (): Promise<void> => {
      const first = queue.shift();
      if (first === undefined) return;
      const content = await first.content;
      if (good) good = visit(content, first.position);
    };
    try {
      for (const { position, length } of places) {
        if (!good) break;
        if (queue.length >= this.#slots.length) await take();
        await permit?.(length);
        const slot = this.#slots[this.#next++ % this.#slots.length];
        if (slot === undefined) throw new RangeError('no buffers');
        const content = this.#read(slot.buffer, length, position);
        content.catch(() => undefined);
        queue.push({ position, content });
      }
      while (queue.length > 0) await take();
    } finally {
      await Promise.allSettled(queue.map(({ content }) => content));
    }
    return good;
  }

  /** Waits for what is under way, whatever becomes of it. */
  async close(): Promise<void> {
    await Promise.all(this.#slots.map(({ busy }) => busy));
    if (this.#direct !== undefined) closeSync(this.#direct);
    this.#direct = undefined;
  }

  async #freeSlot(): Promise<Slot> {
    const slot = this.#slots[this.#next++ % this.#slots.length];
    if (slot === undefined) throw new RangeError('no buffers');
    await slot.busy;
    if (this.#failure !== undefined) throw this.#failure.error;
    return slot;
  }

  async #write(content: Buffer, position: number): Promise<void> {
    const cached = (from: Buffer, at: number): Promise<number> => writeAt(this.#descriptor, from, at);
    // Into the cache one write is over at once, so that a kill finds a file that is whole, of one kind or the other.
    const several = this.#slots.length > 1;
    for (let done = 0; done < content.length; ) {
      const rest = content.subarray(done);
      const at = position + done;
      done += await (several
        ? this.#past(
            (direct) => writeAt(direct, rest, at),
            () => cached(rest, at),
          )
        : cached(rest, at));
    }
  }

  async #read(into: Buffer, length: number, position: number): Promise<Buffer> {
    const count = await this.#past(
      (direct) => readAt(direct, into, length, position),
      () => {
        this.#readFromCache = true;
        return readAt(this.#descriptor, into, length, position);
      },
    );
    return into.subarray(0, count);
  }

  /** Some file systems accept the flag and refuse the transfer; anything else is an error of the medium. */
  async #past(
    direct: (descriptor: number) => Promise<number>,
    cached: () => Promise<number>,
  ): Promise<number> {
    if (this.#direct === undefined) return await cached();
    try {
      return await direct(this.#direct);
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EINVAL')) throw error;
      return await cached();
    }
  }
}
