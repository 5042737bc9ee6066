import { setTimeout as sleep } from 'node:timers/promises';

/** What may pass at once after a pause, as a share of a second's worth. */
const BURST_SECONDS = 0.1;

/**
 * Limits how fast a run reads and writes: a token bucket over all files under way. Those that wait are served in
 * the order in which they asked.
 */
export class Throttle {
  readonly #bytesPerSecond: number;
  /** Seconds of the monotonic clock: when all that was asked for so far has passed. */
  #free = 0;

  /** @param bytesPerSecond more than 0 */
  constructor(bytesPerSecond: number) {
    if (!(bytesPerSecond > 0)) throw new RangeError('a rate must be more than 0');
    this.#bytesPerSecond = bytesPerSecond;
  }

  /** Resolves when this many more bytes may be read or written. */
  async take(bytes: number): Promise<void> {
    const now = performance.now() / 1000;
    this.#free = Math.max(this.#free, now - BURST_SECONDS) + bytes / this.#bytesPerSecond;
    const wait = this.#free - now;
    if (wait > 0) await sleep(wait * 1000);
  }
}
