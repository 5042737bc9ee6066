import { availableParallelism } from 'node:os';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import type { PayloadKeys } from './payload-keys.js';
import { MAX_THREADS, sharedCopy, WORTH_THREADS } from './payload-threads.js';
import {
  SEALED_SEGMENT_BYTES,
  SEGMENT_BYTES,
  type SegmentJob,
  type SegmentMemory,
  type SegmentResult,
  SegmentWorker,
} from './segment.js';

export interface PoolRequest {
  id: number;
  /** Null ends the thread. */
  job: SegmentJob | null;
}

export interface PoolAnswer {
  id: number;
  result: SegmentResult | null;
  failure: Record<'message' | 'code' | 'errno' | 'syscall', unknown> | null;
}

interface Waiting {
  resolve(result: SegmentResult): void;
  reject(error: Error): void;
}

/**
 * Threads that work on segments with one key. With none, or while there is little to do, the calling thread
 * does the work. Always `close()` it: only then does nothing read or write the files any more.
 */
export class PayloadPool {
  /** Jobs worth having under way at once: each has a slot of shared memory to itself. */
  readonly width: number;
  readonly slots: readonly Uint8Array[];
  readonly #memory: SegmentMemory;
  readonly #threads: number;
  readonly #waiting = new Map<number, Waiting>();
  /** Jobs that the calling thread does before threads are started. */
  #alone: number;
  #workers: { thread: Worker; jobs: number; ended: Promise<unknown> }[] = [];
  #here: SegmentWorker | null = null;
  #nextId = 0;
  #failure: Error | null = null;

  /**
   * @param keys of the payload, 32 bytes, and of digests of plaintext, 32 bytes or none; copied
   * @param threads what the caller asked for; undefined for what suits the machine
   * @param bytes how much there is to do; null where nobody knows yet
   */
  constructor(keys: PayloadKeys, threads: number | undefined, bytes: number | null) {
    this.#threads = threads ?? Math.min(MAX_THREADS, availableParallelism());
    const small = threads === undefined && bytes !== null && bytes < WORTH_THREADS;
    if (small || this.#threads === 0) this.#alone = Number.POSITIVE_INFINITY;
    else this.#alone = threads === undefined && bytes === null ? WORTH_THREADS / SEGMENT_BYTES : 0;
    this.width = this.#alone === Number.POSITIVE_INFINITY ? 1 : 2 * this.#threads;
    const slots = Array.from(
      { length: this.width },
      () => new Uint8Array(new SharedArrayBuffer(SEALED_SEGMENT_BYTES)),
    );
    this.slots = slots;
    this.#memory = { key: sharedCopy(keys.key), digestKey: sharedCopy(keys.digestKey), slots };
  }

  /** @throws the file system's error */
  async run(job: SegmentJob): Promise<SegmentResult> {
    if (this.#alone > 0) {
      this.#alone -= 1;
      this.#here ??= new SegmentWorker(this.#memory);
      // Keys, signals and pipes must get their turn.
      await nextTurn();
      return this.#here.run(job);
    }
    if (this.#failure) throw this.#failure;
    if (this.#workers.length === 0) this.#start();
    const worker = this.#workers.reduce((least, other) => (other.jobs < least.jobs ? other : least));
    const id = this.#nextId++;
    worker.jobs += 1;
    try {
      return await new Promise<SegmentResult>((resolve, reject) => {
        this.#waiting.set(id, { resolve, reject });
        worker.thread.postMessage({ id, job } satisfies PoolRequest, []);
      });
    } finally {
      worker.jobs -= 1;
    }
  }

  /** Ends the threads and overwrites the key and the plaintext in memory. */
  async close(): Promise<void> {
    const workers = this.#workers;
    this.#workers = [];
    await Promise.all(
      workers.map(({ thread, ended }) => {
        thread.postMessage({ id: -1, job: null } satisfies PoolRequest, []);
        return ended;
      }),
    );
    this.#here?.clear();
    this.#memory.key.fill(0);
    this.#memory.digestKey.fill(0);
    for (const slot of this.#memory.slots) slot.fill(0);
  }

  #start(): void {
    const file = new URL(import.meta.resolve('#workers/payload-worker'));
    for (let count = 0; count < this.#threads; count += 1) {
      // Options that this process was started with are not for the threads, and may not suit them.
      const thread = new Worker(file, { workerData: this.#memory, execArgv: [] });
      thread.on('message', (answer: PoolAnswer) => this.#settle(answer));
      thread.on('error', (error) => this.#fail(error));
      const ended = new Promise((resolve) => thread.once('exit', resolve));
      this.#workers.push({ thread, jobs: 0, ended });
    }
  }

  #settle({ id, result, failure }: PoolAnswer): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (result) waiting?.resolve(result);
    else waiting?.reject(Object.assign(new Error(String(failure?.message)), failure));
  }

  #fail(error: unknown): void {
    this.#failure = error instanceof Error ? error : new Error(String(error));
    for (const { reject } of this.#waiting.values()) reject(this.#failure);
    this.#waiting.clear();
  }
}
