import { type ItemState, isDestroyed } from '../model/index.js';
import type { Session } from '../session/index.js';
import {
  type DisposalTarget,
  matchingEntries,
  type OverwrittenMark,
  PAGE,
  type PendingDisposal,
  type PendingEntry,
  type PlannedEntry,
} from '../shred/index.js';
import type {
  Disposal,
  DisposalEnd,
  DisposalEntryRecord,
  LogRecord,
  Run,
  StoreTransaction,
} from '../store/index.js';
import { outcomeEvent } from './disposal-events.js';
import type { ClaimRequest } from './row-deletion.js';
import type { DisposalOutcome } from './rows-outcome.js';

/**
 * What every run writes down of what it destroys, whoever gave it the authority: the intent with the names of all
 * files, the marks, the outcome. A run that was cut off is continued from these.
 */
export class DisposalRecords {
  /** @param positionOf the place of an item in the list that the run works through */
  constructor(
    private readonly session: Session,
    private readonly run: Run,
    private readonly positionOf: (itemId: string) => number,
  ) {}

  /** Enters the intent, with the entries of the log that tell of it, in the same order. */
  async begin(
    transaction: StoreTransaction,
    requests: readonly ClaimRequest[],
    intents: readonly LogRecord[],
  ): Promise<void> {
    await transaction.disposals.insert(
      requests.map(({ target }, at) => ({
        runId: this.run.id,
        itemId: target.itemId,
        position: this.positionOf(target.itemId),
        state: 'begun',
        target: JSON.stringify(target),
        outcome: null,
        result: null,
        intentSeq: intents[at]?.seq ?? null,
        outcomeSeq: null,
      })),
    );
    await transaction.disposals.insertEntries(
      this.run.id,
      requests.map(({ target, entries }) => ({
        itemId: target.itemId,
        entries: recordsOf(entries),
      })),
    );
  }

  /** Notes what a cut-off deletion of rows is settled by. */
  async aboutToCommit(itemId: string, transactionId: string | null): Promise<void> {
    await this.session.store.transaction((transaction) =>
      transaction.disposals.noteTarget(
        { runId: this.run.id, itemId },
        JSON.stringify({ itemId, aboutToCommit: true, transactionId }),
      ),
    );
  }

  /** Part of the intent of one item. */
  async entries(itemId: string, from: number, count: number): Promise<PlannedEntry[]> {
    const records = await this.session.store.disposals.entries(this.run.id, itemId, { from, count });
    return records.map(({ entry }) => JSON.parse(entry) as PlannedEntry);
  }

  async overwritten(marks: readonly OverwrittenMark[]): Promise<void> {
    const groups = new Map<OverwrittenMark['verifiedFrom'], { itemId: string; position: number }[]>();
    for (const { itemId, index, verifiedFrom } of marks) {
      const group = groups.get(verifiedFrom) ?? [];
      group.push({ itemId, position: index });
      groups.set(verifiedFrom, group);
    }
    await this.session.store.transaction(async (transaction) => {
      for (const [verifiedFrom, group] of groups) {
        await transaction.disposals.markOverwritten(this.run.id, group, verifiedFrom);
      }
    });
  }

  /**
   * Enters outcomes, with one entry of the log for each. What a signal stopped is not over: it stays as it is
   * recorded, and the next run continues with it.
   *
   * @param closed called in the same transaction with the items that had begun: those that are destroyed, and the others
   */
  async finish(
    all: readonly DisposalOutcome[],
    closed: (transaction: StoreTransaction, itemIds: readonly string[], destroyed: boolean) => Promise<void>,
  ): Promise<void> {
    const outcomes = all.filter(({ reasons }) => !reasons.some(({ code }) => code === 'stopped'));
    if (outcomes.length === 0) return;
    await this.session.store.transaction(async (transaction) => {
      const begun = await transaction.disposals.begunAmong(
        this.run.id,
        outcomes.map(({ itemId }) => itemId),
      );
      const records = await this.session.recorder.appendAll(
        transaction,
        outcomes.map((outcome) => outcomeEvent(outcome, this.run)),
      );
      const ended = outcomes.map((outcome, at) => ({
        itemId: outcome.itemId,
        outcome: outcome.outcome,
        result: JSON.stringify(outcome),
        outcomeSeq: records[at]?.seq ?? 0,
      }));
      await transaction.disposals.finish(
        this.run.id,
        ended.filter(({ itemId }) => begun.has(itemId)),
      );
      await transaction.disposals.insert(
        ended.filter(({ itemId }) => !begun.has(itemId)).map((each) => this.unbegun(each)),
      );
      for (const destroyed of [true, false]) {
        const items = ended.filter(
          ({ itemId, outcome }) => begun.has(itemId) && isDestroyed(outcome) === destroyed,
        );
        if (items.length > 0)
          await closed(
            transaction,
            items.map(({ itemId }) => itemId),
            destroyed,
          );
      }
    });
    // What follows, the certificate, needs its own.
    if (outcomes.some(({ files }) => files > PAGE)) await this.session.store.releaseMemory();
  }

  /** Enters the outcome of an item that was never begun. */
  async enterUnbegun(
    transaction: StoreTransaction,
    outcome: DisposalOutcome,
    outcomeSeq: number,
  ): Promise<void> {
    const { itemId } = outcome;
    const end = { itemId, outcome: outcome.outcome, result: JSON.stringify(outcome), outcomeSeq };
    await transaction.disposals.insert([this.unbegun(end)]);
  }

  private unbegun({ itemId, outcome, result, outcomeSeq }: DisposalEnd): Disposal {
    const position = this.positionOf(itemId);
    const nothing = { state: 'done', target: '{}', intentSeq: null } as const;
    return { runId: this.run.id, itemId, position, ...nothing, outcome, result, outcomeSeq };
  }
}

/** The state of an inventory item after its disposal ended. */
export function stateAfter(destroyed: boolean): ItemState {
  return destroyed ? 'disposed' : 'active';
}

/**
 * What of a begun disposal is still to be done.
 *
 * @param target what the frozen list says of it; what the journal stores is only compared with it
 * @returns undefined where the stored entries are not those of the target
 */
export async function pendingDisposal(
  session: Session,
  runId: string,
  target: DisposalTarget,
): Promise<PendingDisposal | undefined> {
  const { disposals } = session.store;
  const stored = {
    length: await disposals.countEntries(runId, target.itemId),
    page: async (from: number) =>
      (await disposals.entries(runId, target.itemId, { from, count: PAGE })).map(
        ({ entry, state, verifiedFrom }): PendingEntry => ({
          ...(JSON.parse(entry) as PlannedEntry),
          state,
          verifiedFrom,
        }),
      ),
  };
  const entries = await matchingEntries(target, stored);
  return entries && { target, entries };
}

function* recordsOf(entries: Iterable<PlannedEntry>): Generator<DisposalEntryRecord> {
  let position = 0;
  for (const entry of entries) {
    yield { position, state: 'pending', verifiedFrom: null, entry: JSON.stringify(entry) };
    position += 1;
  }
}
