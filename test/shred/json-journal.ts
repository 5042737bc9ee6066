import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Reason } from '../../src/model/index.js';
import type {
  BeginAnswer,
  DisposalJournal,
  DisposalRequest,
  OverwrittenMark,
  PendingDisposal,
  PendingEntry,
  TargetOutcome,
} from '../../src/shred/index.js';

interface StoredItem extends PendingDisposal {
  entries: PendingEntry[];
  outcome: TargetOutcome | null;
}

interface Stored {
  items: Record<string, StoredItem>;
  outcomes: Record<string, TargetOutcome>;
  /** Items that a hold reaches. */
  held: string[];
}

export const HELD: Reason = { code: 'held', text: 'A hold reaches the item.' };

/** A real journal in one JSON file: every change is flushed before its promise resolves. */
export class JsonJournal implements DisposalJournal {
  readonly calls: string[] = [];

  /** @param moment called before and after each change becomes durable; tests kill the process there */
  constructor(
    readonly path: string,
    readonly moment: (name: string) => void = () => undefined,
  ) {}

  read(): Stored {
    if (!existsSync(this.path)) return { items: {}, outcomes: {}, held: [] };
    const stored: Stored = JSON.parse(readFileSync(this.path, 'utf8'));
    return stored;
  }

  pending(): StoredItem[] {
    return Object.values(this.read().items).filter((item) => item.outcome === null);
  }

  hold(itemId: string): void {
    this.#change((stored) => stored.held.push(itemId));
  }

  async begin(requests: readonly DisposalRequest[]): Promise<BeginAnswer[]> {
    this.calls.push('begin');
    this.#change((stored) => {
      for (const { target, entries } of requests) {
        if (stored.held.includes(target.itemId)) continue;
        const pending = Array.from(
          entries,
          (entry): PendingEntry => ({ ...entry, state: 'pending', verifiedFrom: null }),
        );
        stored.items[target.itemId] = { target, entries: pending, outcome: null };
      }
    });
    const { held } = this.read();
    return requests.map(({ target: { itemId } }) =>
      held.includes(itemId) ? { itemId, go: false, reason: HELD } : { itemId, go: true },
    );
  }

  async stillAuthorized(itemId: string): Promise<Reason | undefined> {
    this.calls.push('stillAuthorized');
    return this.read().held.includes(itemId) ? HELD : undefined;
  }

  async entries(itemId: string, from: number, count: number): Promise<PendingEntry[]> {
    return this.read().items[itemId]?.entries.slice(from, from + count) ?? [];
  }

  async overwritten(marks: readonly OverwrittenMark[]): Promise<void> {
    this.calls.push('overwritten');
    this.#change((stored) => {
      for (const { itemId, index, verifiedFrom } of marks) {
        const entry = stored.items[itemId]?.entries[index];
        if (entry === undefined) throw new Error('a mark for something that was not begun');
        entry.state = 'overwritten';
        entry.verifiedFrom = verifiedFrom;
      }
    });
  }

  async finish(outcomes: readonly TargetOutcome[]): Promise<void> {
    this.calls.push('finish');
    this.#change((stored) => {
      for (const outcome of outcomes) {
        stored.outcomes[outcome.itemId] = outcome;
        const item = stored.items[outcome.itemId];
        if (item !== undefined) item.outcome = outcome;
      }
    });
  }

  #change(change: (stored: Stored) => void): void {
    const stored = this.read();
    change(stored);
    this.moment('before');
    const temporary = `${this.path}.new`;
    const file = openSync(temporary, 'w');
    try {
      writeSync(file, JSON.stringify(stored));
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, this.path);
    const folder = openSync(dirname(this.path), 'r');
    fsyncSync(folder);
    closeSync(folder);
    this.moment('after');
  }
}
