import { lstatSync, realpathSync } from 'node:fs';
import type { Reason } from '../model/index.js';
import { sourceAt } from './direct-reading.js';
import type { VerifiedFrom } from './disposal-target.js';
import { isKeptInMemory } from './linux-medium-inspector.js';
import type { MediumInspector } from './medium-inspector.js';
import { mediumReason } from './method-limits.js';
import { type OverwriteMethodId, overwriteMethod } from './overwrite-method.js';
import { createMediumInspector } from './platform-inspector.js';
import { distinctReasons, reason, reasonOf } from './reasons.js';
import { FILLING_METHOD, SpaceFilling, spaceOf } from './space-filling.js';
import type { Throttle } from './throttle.js';
import { takeTransferBuffers } from './transfer-buffers.js';
import { type TrimOutcome, trimFileSystem } from './trim.js';

const KEEP_PERCENT = 1n;
const KEEP_AT_LEAST = 32n * 1024n * 1024n;

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
const REACHED_BY_FILLING = new Set([
  'copy-on-write',
  'log-structured',
  'data-journal',
  'journal-attribute',
  'inline-data',
]);

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
  const { inspector = createMediumInspector() } = options;
  const assessment = assessFreeSpace(folder, { ...options, inspector });
  const { id, passes, pattern } = overwriteMethod(FILLING_METHOD);
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
  const filling = new SpaceFilling(assessment, options, loan.buffers);
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
    verifiedFrom: verifiedFrom && sourceAt(inspector.inspect(assessment.folder).assessment, verifiedFrom),
    trim,
  };
}

function refusalOf({ obstacle, residual }: FreeSpaceAssessment, options: FreeSpaceOptions): Reason[] {
  if (obstacle !== undefined) return [obstacle];
  return residual.length > 0 && options.acceptResidual !== true ? [reason('residual'), ...residual] : [];
}
