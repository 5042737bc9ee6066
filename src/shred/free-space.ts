import { randomBytes } from 'node:crypto';
import {
  closeSync,
  constants,
  fstatSync,
  fsync,
  lstatSync,
  openSync,
  realpathSync,
  statfsSync,
  unlinkSync,
} from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Reason } from '../model/index.js';
import type { VerifiedFrom } from './disposal-target.js';
import { isKeptInMemory } from './linux-medium-inspector.js';
import { MediumAccess } from './medium-access.js';
import type { MediumInspector } from './medium-inspector.js';
import { mediumReason } from './method-limits.js';
import { CHUNK, finalContent, type OverwriteMethodId, overwriteMethod } from './overwrite-method.js';
import { createMediumInspector } from './platform-inspector.js';
import { distinctReasons, errnoOf, reason, reasonOf } from './reasons.js';
import type { Throttle } from './throttle.js';
import { takeTransferBuffers } from './transfer-buffers.js';
import { type TrimOutcome, trimFileSystem } from './trim.js';

const flush = promisify(fsync);
const { O_CREAT, O_EXCL, O_RDWR } = constants;
const O_NOFOLLOW = constants.O_NOFOLLOW ?? 0;
/** FAT ends at 4 GiB; and a file that a full disk cuts off should not be much. */
const FILE_BYTES = 1024 * CHUNK;
const KEEP_PERCENT = 1n;
const KEEP_AT_LEAST = 32n * 1024n * 1024n;
const METHOD: OverwriteMethodId = 'overwrite-aes-ctr-1-pass';

export interface FreeSpaceOptions {
  /**
   * Bytes that stay free all the time, so that other programs go on.
   * Default: 1 % of the file system, at least 32 MiB, at most a tenth of what is free.
   */
  reserveBytes?: bigint;
  /** Go on where filling free space cannot reach what was deleted. Default: refused. */
  acceptResidual?: boolean;
  /** Tell the device afterwards which blocks are free (fstrim). Default: true. */
  trim?: boolean;
  /** Stops cleanly; what was filled is freed again, and the outcome says how far it came. */
  signal?: AbortSignal;
  throttle?: Throttle;
  /** Bytes filled or read back so far, of all that will be. */
  progress?: (done: bigint, total: bigint) => void;
  /** Default: that of the platform. */
  inspector?: MediumInspector;
}

/** What filling would do at a place; nothing is written to find it out. */
export interface FreeSpaceAssessment {
  fileSystem: string;
  /** Canonical path of the folder. */
  folder: string;
  totalBytes: bigint;
  /** What this account may use. */
  freeBytes: bigint;
  reserveBytes: bigint;
  /** Why what was deleted is not reached even so; not empty: refused without `acceptResidual`. */
  residual: Reason[];
  /** What is never reached. */
  limits: Reason[];
  /** Why nothing can be done there. */
  obstacle: Reason | undefined;
}

export interface FreeSpaceOutcome extends FreeSpaceAssessment {
  /**
   * `filled-verified`: all but the reserve was filled, read back and compared. `filled-partly`: stopped, or a quota or an
   * error ended it before. `refused`: nothing was written. `failed`: what was read back is not what was written.
   */
  outcome: 'filled-verified' | 'filled-partly' | 'refused' | 'failed';
  reasons: Reason[];
  /** Bytes that were filled, read back and found right. */
  verifiedBytes: bigint;
  method: OverwriteMethodId;
  passes: number;
  pattern: string;
  verifiedFrom: VerifiedFrom | null;
  /** Null where it was not asked for or nothing was filled. */
  trim: TrimOutcome | null;
}

function defaultReserve(total: bigint, free: bigint): bigint {
  const share = (total * KEEP_PERCENT) / 100n;
  const wanted = share > KEEP_AT_LEAST ? share : KEEP_AT_LEAST;
  return wanted < free / 10n ? wanted : free / 10n;
}

function spaceOf(folder: string): { total: bigint; free: bigint; block: bigint } {
  const { blocks, bavail, bsize } = statfsSync(folder, { bigint: true });
  return { total: blocks * bsize, free: bavail * bsize, block: bsize };
}

/**
 * Says what filling the free space of the file system under a folder would reach. Reads only.
 * @param folder absolute path of an existing folder; links on the way are resolved
 * @throws a system error where the folder cannot be read
 */
export function assessFreeSpace(folder: string, options: FreeSpaceOptions = {}): FreeSpaceAssessment {
  const canonical = realpathSync.native(folder);
  const inspector = options.inspector ?? createMediumInspector();
  const { assessment, pseudo } = inspector.inspect(canonical);
  const { total, free } = spaceOf(canonical);
  const memory = isKeptInMemory(assessment.fileSystem);
  return {
    fileSystem: assessment.fileSystem,
    folder: canonical,
    totalBytes: total,
    freeBytes: free,
    reserveBytes: options.reserveBytes ?? defaultReserve(total, free),
    residual: assessment.residual.filter(({ code }) => !REACHED_BY_FILLING.has(code)),
    limits: FREE_SPACE_LIMITS,
    obstacle: pseudo || memory ? reason('no-free-space') : folderObstacle(canonical),
  };
}

function folderObstacle(folder: string): Reason | undefined {
  return lstatSync(folder).isDirectory() ? undefined : reason('wrong-type');
}

/**
 * Here new content goes to free blocks and the old ones become free: just those are filled. What a snapshot or another
 * file still uses is not free, and is listed as a limit.
 */
const REACHED_BY_FILLING = new Set(['copy-on-write', 'log-structured', 'data-journal', 'inline-data']);

/** What filling free space never reaches, on any file system. */
const FREE_SPACE_LIMITS: Reason[] = [
  mediumReason('free-space-reserve'),
  mediumReason('free-space-slack'),
  mediumReason('free-space-metadata'),
  mediumReason('free-space-in-use'),
  mediumReason('flash-translation'),
  mediumReason('virtual-storage'),
  mediumReason('device-cache'),
];

/** One file that has no name any more: whatever ends this process frees its blocks. */
interface Filler {
  descriptor: number;
  seed: string;
  length: number;
}

class Filling {
  readonly fillers: Filler[] = [];
  readonly reasons: Reason[] = [];
  written = 0n;
  verified = 0n;
  verifiedFrom: VerifiedFrom | null = null;
  failed = false;

  constructor(
    private readonly assessment: FreeSpaceAssessment,
    private readonly options: FreeSpaceOptions,
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
    const content = finalContent(METHOD, filler.seed);
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
      const content = finalContent(METHOD, seed);
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

  get outcome(): FreeSpaceOutcome['outcome'] {
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

/**
 * Fills the free space of the file system under a folder with files that nobody can see, reads them back, frees them
 * and tells the device that the blocks are free. Files that exist are not touched.
 *
 * It shows that the blocks which the file system gave out held new content; not that these were all that ever held a
 * deleted file. The fillers have no name from the moment they are open, so nothing is left of them when the process is
 * killed.
 *
 * @param folder as in {@link assessFreeSpace}
 * @throws a system error where the folder cannot be read; everything else is in the outcome
 */
export async function wipeFreeSpace(
  folder: string,
  options: FreeSpaceOptions = {},
): Promise<FreeSpaceOutcome> {
  const assessment = assessFreeSpace(folder, options);
  const { id, passes, pattern } = overwriteMethod(METHOD);
  const base = { ...assessment, method: id, passes, pattern };
  const refusal = refusalOf(assessment, options);
  if (refusal.length > 0) {
    return {
      ...base,
      outcome: 'refused',
      reasons: refusal,
      verifiedBytes: 0n,
      verifiedFrom: null,
      trim: null,
    };
  }
  const buffers = takeTransferBuffers(0);
  const loan = await buffers.lend(0, Number.MAX_SAFE_INTEGER);
  const filling = new Filling(assessment, options, loan.buffers);
  try {
    await filling.fill();
    await filling.verify();
  } catch (error) {
    filling.reasons.push(reasonOf(error));
  } finally {
    filling.release();
    loan.giveBack();
    buffers.release();
  }
  const { outcome, verified, verifiedFrom } = filling;
  const trim =
    options.trim === false || filling.fillers.length === 0 ? null : await trimFileSystem(assessment.folder);
  return {
    ...base,
    outcome,
    reasons: [
      ...distinctReasons(filling.reasons),
      ...(outcome === 'filled-verified' ? assessment.residual : []),
    ],
    verifiedBytes: verified,
    verifiedFrom,
    trim,
  };
}

function refusalOf({ obstacle, residual }: FreeSpaceAssessment, options: FreeSpaceOptions): Reason[] {
  if (obstacle !== undefined) return [obstacle];
  return residual.length > 0 && options.acceptResidual !== true ? [reason('residual'), ...residual] : [];
}
