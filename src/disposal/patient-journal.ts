import { setTimeout as sleep } from 'node:timers/promises';
import type { Reason } from '../model/index.js';
import {
  type BeginAnswer,
  type DisposalJournal,
  type DisposalRequest,
  isPassing,
  type OverwrittenMark,
  type PlannedEntry,
  type TargetOutcome,
} from '../shred/index.js';

/** Pauses before each further attempt, in milliseconds: something in use for a moment, then a hiccup of a network. */
const PAUSES = [250, 1000, 4000];

/**
 * A journal that keeps back the outcomes which may be better a moment later. They stay as they are recorded: an item
 * that was begun stays begun, one that was not is not in the books, so killing the process while it waits is harmless.
 */
export class PatientJournal implements DisposalJournal {
  #attempt = 0;
  #again: string[] = [];

  /** @param ended called after each outcome is durable */
  constructor(
    private readonly journal: DisposalJournal,
    private readonly ended: (outcome: TargetOutcome) => void,
  ) {}

  /** Ids of the items to try again, which are forgotten with it. Empty after the last attempt. */
  takeAgain(): string[] {
    const again = this.#again;
    this.#again = [];
    return again;
  }

  /** Begins the first attempt of a new batch. */
  restart(): void {
    this.#attempt = 0;
    this.#again = [];
  }

  /** Waits for the next attempt. @returns false where the signal came first */
  async pause(signal: AbortSignal | undefined): Promise<boolean> {
    const pause = PAUSES[this.#attempt] ?? 0;
    this.#attempt += 1;
    try {
      await sleep(pause, undefined, signal ? { signal } : {});
    } catch {
      return false;
    }
    return signal?.aborted !== true;
  }

  begin(requests: readonly DisposalRequest[]): Promise<readonly BeginAnswer[]> {
    return this.journal.begin(requests);
  }

  stillAuthorized(itemId: string): Promise<Reason | undefined> {
    return this.journal.stillAuthorized(itemId);
  }

  async entries(itemId: string, from: number, count: number): Promise<readonly PlannedEntry[]> {
    if (this.journal.entries === undefined) throw new Error('This journal does not give entries back');
    return await this.journal.entries(itemId, from, count);
  }

  overwritten(marks: readonly OverwrittenMark[]): Promise<void> {
    return this.journal.overwritten(marks);
  }

  async finish(outcomes: readonly TargetOutcome[]): Promise<void> {
    const over: TargetOutcome[] = [];
    for (const outcome of outcomes) {
      if (this.#attempt < PAUSES.length && mayBeBetterLater(outcome)) this.#again.push(outcome.itemId);
      else over.push(outcome);
    }
    if (over.length === 0) return;
    await this.journal.finish(over);
    for (const outcome of over) if (!isStopped(outcome)) this.ended(outcome);
  }
}

function mayBeBetterLater(outcome: TargetOutcome): boolean {
  const undone = outcome.outcome === 'refused' || outcome.outcome === 'failed';
  return undone && !isStopped(outcome) && outcome.reasons.some(isPassing);
}

function isStopped(outcome: TargetOutcome): boolean {
  return outcome.reasons.some(({ code }) => code === 'stopped');
}
