import type { Store } from '../store/index.js';

/** A look at the log counts for this long: a batch of small files does not ask for each, and a hold is met as soon. */
const FRESH_MS = 50;

/** The end of the log, as a sign of change: every change of holds, rules and inventory has its entry. */
export class LogEnd {
  #seq = 0;
  #lookedAt = Number.NEGATIVE_INFINITY;

  constructor(private readonly store: Store) {}

  /** Number of the newest entry, at most a twentieth of a second ago; 0 where there is none. */
  async recent(): Promise<number> {
    if (performance.now() - this.#lookedAt > FRESH_MS) {
      const lookedAt = performance.now();
      this.#seq = (await this.store.log.end())?.seq ?? 0;
      this.#lookedAt = lookedAt;
    }
    return this.#seq;
  }

  /** Something was appended: the next look is a new one. */
  forget(): void {
    this.#lookedAt = Number.NEGATIVE_INFINITY;
  }
}
