import { refused } from '../model/index.js';
import type { Clock } from '../workspace/index.js';
import type { PlanItemLine } from './plan-document.js';

/** What a run may do before it stops by itself; what is left out has no limit. */
export interface QuotaLimits {
  /** Items that may be begun. */
  maxItems?: number;
  /** Bytes, as planned, of the items that may be begun. */
  maxBytes?: number;
  /** Nothing is begun from this instant on, and what is under way stops after the file that it is at. */
  until?: Date;
}

export type QuotaName = 'max-items' | 'max-bytes' | 'until';

/** Longest wait of a timer in milliseconds (2^31 - 1); a longer one would end at once. */
const LONGEST_TIMER = 2_147_483_647;

/** The share of work of one invocation, over all plans that it runs. */
export class SweepQuota {
  readonly #limits: QuotaLimits;
  readonly #clock: Clock;
  readonly #deadline = new AbortController();
  readonly #timer: NodeJS.Timeout | undefined;
  #items = 0;
  #bytes = 0;
  #reached: QuotaName | null = null;

  constructor(limits: QuotaLimits, clock: Clock) {
    this.#limits = limits;
    this.#clock = clock;
    if (limits.until === undefined) return;
    const wait = limits.until.getTime() - clock.now().getTime();
    if (wait > LONGEST_TIMER) return;
    this.#timer = setTimeout(() => this.#deadline.abort(), Math.max(0, wait));
    this.#timer.unref();
  }

  /** Which limit left something undone; null as long as none has. */
  get reached(): QuotaName | null {
    return this.#reached;
  }

  /** Aborts when `until` has come. */
  get deadline(): AbortSignal {
    return this.#deadline.signal;
  }

  /** Whether `until` has come. Notes it, so ask only where something is left to do. */
  expired(): boolean {
    const { until } = this.#limits;
    const over = this.#deadline.signal.aborted || (until !== undefined && this.#clock.now() >= until);
    if (over) this.#reached ??= 'until';
    return over;
  }

  /**
   * Takes from the front of the list what may be begun, in order; the first that does not fit ends it.
   *
   * @throws Fault `quota-too-small` (exit 4) where nothing was begun and the next item alone is more than `maxBytes`:
   *   the same command would stop at it for ever
   */
  admit(lines: readonly PlanItemLine[]): readonly PlanItemLine[] {
    const { maxItems = Number.POSITIVE_INFINITY, maxBytes = Number.POSITIVE_INFINITY } = this.#limits;
    for (const [at, line] of lines.entries()) {
      const bytes = plannedBytes(line);
      if (this.#reached !== null || this.expired()) return lines.slice(0, at);
      if (this.#items + 1 > maxItems) this.#reached = 'max-items';
      else if (this.#bytes + bytes > maxBytes) {
        if (this.#items === 0) throw tooSmall(line.itemId, bytes);
        this.#reached = 'max-bytes';
      }
      if (this.#reached !== null) return lines.slice(0, at);
      this.#items += 1;
      this.#bytes += bytes;
    }
    return lines;
  }

  /** Lets go of the timer. */
  close(): void {
    clearTimeout(this.#timer);
  }
}

/** Size of what the plan disposes of, in bytes; 0 where no program can tell. */
function plannedBytes({ fingerprint }: PlanItemLine): number {
  if (fingerprint === null || fingerprint.kind === 'rows') return 0;
  return Number(fingerprint.kind === 'file' ? fingerprint.size : fingerprint.bytes);
}

function tooSmall(itemId: string, bytes: number): Error {
  return refused('quota-too-small', `The next item, ${itemId}, has ${bytes} bytes, more than --max-bytes`, {
    hint: `Allow at least as many: --max-bytes ${bytes}`,
    details: { item: itemId, bytes },
  });
}
