import { createHash } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import type { CipherOptions } from '../encryption-format.js';
import type { PayloadKeys } from './payload-keys.js';
import { MAX_THREADS, sharedCopy, WORTH_THREADS } from './payload-threads.js';
import { SegmentWorker } from './segment.js';
import {
  bytesDone,
  type FileWork,
  type SharedWork,
  shareWork,
  stopWork,
  takeSegment,
} from './shared-work.js';

/** How often a thread that waits says how far the others are, in milliseconds. */
const PROGRESS_MS = 200;

/** Why a thread ended before the work did: a segment of a file that is too short or not authentic, or a system error. */
export type FileProblem =
  | { short: boolean }
  | { failure: Record<'message' | 'code' | 'errno' | 'syscall', unknown> };

export interface FileConversionOptions extends CipherOptions {
  /** What the calling thread has to do before it helps. */
  first?: Promise<void>;
}

/**
 * Converts a payload that lies in a file. The calling thread works along with the others; each reads and writes at
 * positions of the same descriptors, so that no bytes pass between them.
 *
 * @param problemOf makes the fault of a segment that is too short or not authentic
 * @returns digest of the plaintext as `PayloadDone` has it
 * @throws what `problemOf` makes, and what reading and writing throw
 */
export async function convertFile(
  keys: PayloadKeys,
  file: FileWork,
  options: FileConversionOptions,
  problemOf: (problem: { short: boolean }) => Error,
): Promise<string> {
  const memory = { key: sharedCopy(keys.key), digestKey: sharedCopy(keys.digestKey), slots: [] };
  const work = shareWork(file, memory);
  const stop = () => stopWork(work);
  options.signal?.addEventListener('abort', stop);
  const report = () => options.onProgress?.(Math.min(bytesDone(work), file.source.length));
  const timer = setInterval(report, PROGRESS_MS);
  const threads = startThreads(work, threadsFor(file.source.length, options.threads));
  try {
    await options.first;
    const here = await workHere(work, report, options.signal);
    const problems = [here, ...(await Promise.all(threads))].filter((problem) => problem !== null);
    options.signal?.throwIfAborted();
    for (const problem of problems) throw errorOf(problem, problemOf);
    report();
    return createHash('sha256').update(work.digests).digest('hex');
  } finally {
    stop();
    await Promise.allSettled(threads);
    clearInterval(timer);
    options.signal?.removeEventListener('abort', stop);
    memory.key.fill(0);
    memory.digestKey.fill(0);
  }
}

/** Threads beside the calling one. */
function threadsFor(bytes: number, wanted: number | undefined): number {
  if (wanted !== undefined) return wanted;
  return bytes < WORTH_THREADS ? 0 : Math.min(MAX_THREADS, availableParallelism()) - 1;
}

/** @returns what the thread found; rejected where it could not run */
function startThreads(work: SharedWork, count: number): Promise<FileProblem | null>[] {
  if (count === 0) return [];
  const file = new URL(import.meta.resolve('#workers/file-worker'));
  return Array.from({ length: count }, () => {
    // Options that this process was started with are not for the threads, and may not suit them.
    const thread = new Worker(file, { workerData: work, execArgv: [] });
    const ended = new Promise<FileProblem | null>((resolve, reject) => {
      let found: FileProblem | null = null;
      thread.once('message', (problem: FileProblem) => {
        found = problem;
      });
      thread.once('error', reject);
      thread.once('exit', () => resolve(found));
    });
    // Looked at when this thread has done its own part.
    ended.catch(() => stopWork(work));
    return ended;
  });
}

async function workHere(
  work: SharedWork,
  report: () => void,
  signal: AbortSignal | undefined,
): Promise<FileProblem | null> {
  const worker = new SegmentWorker(work.memory);
  try {
    for (;;) {
      // Keys, signals and pipes must get their turn.
      await nextTurn();
      signal?.throwIfAborted();
      const result = takeSegment(work, worker);
      if (result === null) return null;
      if (!result.intact) {
        stopWork(work);
        return { short: result.short };
      }
      report();
    }
  } finally {
    worker.clear();
  }
}

function errorOf(problem: FileProblem, problemOf: (problem: { short: boolean }) => Error): Error {
  if ('short' in problem) return problemOf(problem);
  const { message } = problem.failure;
  return Object.assign(new Error(String(message)), problem.failure);
}
