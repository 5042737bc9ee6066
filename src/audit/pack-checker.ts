import { availableParallelism } from 'node:os';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { compiledPackCheck } from './compiled-pack-check.js';
import { checkPack, PACK, type PackAnswer, type PackRequest } from './log-pack.js';
import { type CompiledModule, PackModule } from './pack-module.js';

/** More were measured to bring nothing: reading the database is then the limit. */
const MOST_THREADS = 4;
/** Below this a thread costs more to start than it saves. */
const WORTH_THREADS = 12 * PACK;

/** Checks stretches of the log, in threads where there are many. Always `close()` it. */
export class PackChecker {
  /** Stretches worth having under way at once. */
  readonly width: number;
  readonly #threads: Worker[] = [];
  /** Why a thread ended by itself; none is asked after that. */
  #failure: Error | undefined;
  readonly #waiting = new Map<
    number,
    { resolve(answer: PackAnswer | null): void; reject(error: Error): void }
  >();
  /** For what this thread does itself. */
  readonly #module: PackModule | null;
  #nextId = 0;

  /** @param entries how many there are to check */
  constructor(entries: number) {
    const compiled = compiledPackCheck();
    this.#module = PackModule.from(compiled);
    const file = compiled === null || entries < WORTH_THREADS ? null : workerFile();
    const threads = file === null ? 0 : Math.min(MOST_THREADS, Math.max(2, availableParallelism()));
    this.width = threads + 1;
    if (file) for (let count = 0; count < threads; count += 1) this.#start(file, compiled);
  }

  async check(request: PackRequest): Promise<PackAnswer | null> {
    const thread = this.#threads[this.#nextId % Math.max(1, this.#threads.length)];
    if (thread === undefined) {
      // Signals must get their turn.
      await nextTurn();
      return this.#module && checkPack(this.#module, request);
    }
    if (this.#failure) throw this.#failure;
    const id = this.#nextId++;
    const { buffer } = request.bytes;
    return await new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      thread.postMessage({ id, request }, buffer instanceof ArrayBuffer && ownsAll(request) ? [buffer] : []);
    });
  }

  async close(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.terminate()));
  }

  #start(file: URL, compiled: CompiledModule | null): void {
    // Options that this process was started with are not for the threads, and may not suit them.
    const thread = new Worker(file, { execArgv: [], workerData: compiled });
    thread.on('message', ({ id, answer }: { id: number; answer: PackAnswer | null }) => {
      this.#waiting.get(id)?.resolve(answer);
      this.#waiting.delete(id);
    });
    thread.on('error', (error) => this.#fail(error));
    thread.on('exit', () => this.#fail(new Error('A thread that checks the log has ended')));
    this.#threads.push(thread);
  }

  /** Also for what is asked later: an answer that never comes would end the program as if all were well. */
  #fail(error: Error): void {
    this.#failure ??= error;
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}

/** Memory can be handed over where nothing else lies in it. */
function ownsAll({ bytes }: PackRequest): boolean {
  return bytes.byteLength === bytes.buffer.byteLength;
}

/** The thread's program as it was built; null where the sources run without a build. */
function workerFile(): URL | null {
  try {
    return new URL(import.meta.resolve('#workers/verification-worker'));
  } catch {
    return null;
  }
}
