import { randomBytes } from 'node:crypto';
import { closeSync, constants, fstatSync, fsync, openSync, statfsSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Reason } from '../model/index.js';
import type { VerifiedFrom } from './disposal-target.js';
import { MediumAccess } from './medium-access.js';
import { CHUNK, finalContent, type OverwriteMethodId } from './overwrite-method.js';
import { errnoOf, reason, reasonOf } from './reasons.js';
import type { Throttle } from './throttle.js';

const flush = promisify(fsync);
const { O_CREAT, O_EXCL, O_RDWR } = constants;
const O_NOFOLLOW = constants.O_NOFOLLOW ?? 0;
/** FAT ends at 4 GiB; and a file that a full disk cuts off should not be much. */
const FILE_BYTES = 1024 * CHUNK;
export const FILLING_METHOD: OverwriteMethodId = 'overwrite-aes-ctr-1-pass';

/** In bytes; `free` is what this account may use. */
export function spaceOf(folder: string): { total: bigint; free: bigint; block: bigint } {
  const { blocks, bavail, bsize } = statfsSync(folder, { bigint: true });
  return { total: blocks * bsize, free: bavail * bsize, block: bsize };
}

/** One file that has no name any more: whatever ends this process frees its blocks. */
interface Filler {
  descriptor: number;
  seed: string;
  length: number;
}

/** Where it is filled, and how much must stay free. */
interface FilledSpace {
  folder: string;
  freeBytes: bigint;
  reserveBytes: bigint;
}

interface FillingOptions {
  signal?: AbortSignal;
  throttle?: Throttle;
  /** Bytes filled or read back so far, of all that will be. */
  progress?: (done: bigint, total: bigint) => void;
}

/** One filling of free space with files that nobody can see, and its reading back. */
export class SpaceFilling {
  readonly fillers: Filler[] = [];
  readonly reasons: Reason[] = [];
  written = 0n;
  verified = 0n;
  verifiedFrom: VerifiedFrom | null = null;
  failed = false;

  constructor(
    private readonly assessment: FilledSpace,
    private readonly options: FillingOptions,
    private readonly buffers: readonly Buffer[],
  ) {}

  private get stopped(): boolean {
    return this.options.signal?.aborted === true;
  }

  private get goal(): bigint {
    const { freeBytes, reserveBytes } = this.assessment;
    return freeBytes > reserveBytes ? freeBytes - reserveBytes : 0n;
  }

  private report(): void {
    this.options.progress?.(this.written + this.verified, 2n * this.goal);
  }

  async fill(): Promise<void> {
    // Directly in the folder: one of our own would take a free block, which keeps its old content when it is freed.
    const prefix = join(this.assessment.folder, `.quietus-fill-${randomBytes(8).toString('hex')}-`);
    // Again while something goes in: what is not written yet is counted with more than it needs in the end.
    for (let number = 0; !this.stopped && this.reasons.length === 0; number += 1) {
      if (!(await this.fillOne(prefix + number))) break;
    }
  }

  /** @returns whether anything went in */
  private async fillOne(path: string): Promise<boolean> {
    if (this.room() === 0) return false;
    const descriptor = openSync(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
    unlinkSync(path);
    const filler: Filler = { descriptor, seed: randomBytes(16).toString('hex'), length: 0 };
    this.fillers.push(filler);
    const access = new MediumAccess(descriptor, this.buffers, false);
    const content = finalContent(FILLING_METHOD, filler.seed);
    try {
      while (filler.length < FILE_BYTES && !this.stopped) {
        // What is under way is not counted yet: near the end piece by piece, so that the reserve stays.
        if (this.room(this.buffers.length + 1) === 0) await access.settle();
        const room = this.room();
        if (room === 0) break;
        await this.options.throttle?.take(room);
        await access.put(content.at(filler.length, room), filler.length);
        filler.length += room;
        this.written += BigInt(room);
        this.report();
        if (room < CHUNK) break;
      }
      await access.settle();
      await flush(descriptor);
    } catch (error) {
      // Several pieces are under way: only what lies before the first that failed is surely there.
      filler.length = Math.min(filler.length, access.failedAt ?? filler.length, fstatSync(descriptor).size);
      const full = ['ENOSPC', 'EDQUOT', 'EFBIG'].includes(errnoOf(error) ?? '');
      if (!full) this.reasons.push(reasonOf(error));
    } finally {
      await access.close();
    }
    return filler.length > 0;
  }

  /**
   * Bytes of the next piece: a whole chunk, or what is left above the reserve in whole blocks.
   * @param chunks that must be free above the reserve, or there is no room
   */
  private room(chunks = 0): number {
    const { folder, reserveBytes } = this.assessment;
    const { free, block } = spaceOf(folder);
    const room = free - reserveBytes;
    if (room < BigInt(chunks * CHUNK) || room <= 0n) return 0;
    return room >= BigInt(CHUNK) ? CHUNK : Number(room - (room % block));
  }

  async verify(): Promise<void> {
    for (const { descriptor, seed, length } of this.fillers) {
      if (this.stopped) return;
      const access = new MediumAccess(descriptor, this.buffers, false);
      const content = finalContent(FILLING_METHOD, seed);
      try {
        const good = await access.readAll(
          placesOf(length),
          (got, position) => {
            const wanted = content.at(position, Math.min(CHUNK, length - position));
            if (got.length < wanted.length || !got.subarray(0, wanted.length).equals(wanted)) return false;
            this.verified += BigInt(wanted.length);
            this.report();
            return !this.stopped;
          },
          async (bytes) => this.options.throttle?.take(bytes),
        );
        if (!good && !this.stopped) this.fail(reason('verification-failed'));
        if (length > 0 && this.verifiedFrom !== 'page-cache') this.verifiedFrom = access.source;
      } catch (error) {
        this.fail(reasonOf(error));
      } finally {
        await access.close();
      }
    }
  }

  private fail(why: Reason): void {
    this.failed = true;
    this.reasons.push(why);
  }

  /** Frees all that was filled. */
  release(): void {
    for (const { descriptor } of this.fillers) closeSync(descriptor);
  }

  get outcome(): 'filled-verified' | 'filled-partly' | 'failed' {
    if (this.stopped) this.reasons.push(reason('stopped-filling'));
    if (this.failed) return 'failed';
    return this.reasons.length > 0 ? 'filled-partly' : 'filled-verified';
  }
}

function* placesOf(length: number): Generator<{ position: number; length: number }> {
  for (let position = 0; position < length; position += CHUNK) {
    yield { position, length: Math.min(CHUNK, length - position) };
  }
}
