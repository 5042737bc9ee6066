import { type ItemState, isDestroyed } from '../model/index.js';
import type { Session } from '../session/index.js';
import {
  type DisposalTarget,
  entriesMatchTarget,
  type OverwrittenMark,
  type PendingDisposal,
} from '../shred/index.js';
import type { LogRecord, Run, StoreTransaction } from '../store/index.js';
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
    for (const [at, { target, entries }] of requests.entries()) {
      await transaction.runs.insertDisposal({
        runId: this.run.id,
        itemId: target.itemId,
        position: this.positionOf(target.itemId),
        state: 'begun',
        target: JSON.stringify(target),
        outcome: null,
        result: null,
        intentSeq: intents[at]?.seq ?? null,
        outcomeSeq: null,
      });
      await transaction.runs.insertEntries(
        this.run.id,
        target.itemId,
        entries.map((entry, position) => ({
          position,
          state: 'pending' as const,
          verifiedFrom: null,
          entry: JSON.stringify(entry),
        })),
      );
    }
  }

  /** Notes what a cut-off deletion of rows is settled by. */
  async aboutToCommit(itemId: string, transactionId: string | null): Promise<void> {
    await this.session.store.transaction((transaction) =>
      transaction.runs.noteTarget(
        { runId: this.run.id, itemId },
        JSON.stringify({ itemId, aboutToCommit: true, transactionId }),
      ),
    );
  }

  async overwritten(marks: readonly OverwrittenMark[]): Promise<void> {
    const groups = new Map<string, { mark: OverwrittenMark; positions: number[] }>();
    for (const mark of marks) {
      const key = `${mark.verifiedFrom}/${mark.itemId}`;
      const group = groups.get(key);
      if (group) group.positions.push(mark.index);
      else groups.set(key, { mark, positions: [mark.index] });
    }
    await this.session.store.transaction(async (transaction) => {
      for (const { mark, positions } of groups.values()) {
        await transaction.runs.markOverwritten(this.run.id, mark.itemId, positions, mark.verifiedFrom);
      }
    });
  }

  /**
   * Enters outcomes, with one entry of the log for each. What a signal stopped is not over: it stays as it is
   * recorded, and the next run continues with it.
   *
   * @param closed called for each that had begun, in the same transaction, with whether it is destroyed
   */
  async finish(
    all: readonly DisposalOutcome[],
    closed: (transaction: StoreTransaction, itemId: string, destroyed: boolean) => Promise<void>,
  ): Promise<void> {
    const outcomes = all.filter(({ reasons }) => !reasons.some(({ code }) => code === 'stopped'));
    if (outcomes.length === 0) return;
    await this.session.store.transaction(async (transaction) => {
      const begun = new Set(
        (await transaction.runs.disposals(this.run.id, 'begun')).map(({ itemId }) => itemId),
      );
      const records = await this.session.recorder.appendAll(
        transaction,
        outcomes.map((outcome) => outcomeEvent(outcome, this.run)),
      );
      for (const [at, outcome] of outcomes.entries()) {
        const outcomeSeq = records[at]?.seq ?? 0;
        if (!begun.has(outcome.itemId)) {
          await this.enterUnbegun(transaction, outcome, outcomeSeq);
          continue;
        }
        await transaction.runs.finishDisposal(
          { runId: this.run.id, itemId: outcome.itemId },
          { outcome: outcome.outcome, result: JSON.stringify(outcome), outcomeSeq },
        );
        await closed(transaction, outcome.itemId, isDestroyed(outcome.outcome));
      }
    });
  }

  /** Enters the outcome of an item that was never begun. */
  async enterUnbegun(
    transaction: StoreTransaction,
    outcome: DisposalOutcome,
    outcomeSeq: number,
  ): Promise<void> {
    await transaction.runs.insertDisposal({
      runId: this.run.id,
      itemId: outcome.itemId,
      position: this.positionOf(outcome.itemId),
      state: 'done',
      target: '{}',
      outcome: outcome.outcome,
      result: JSON.stringify(outcome),
      intentSeq: null,
      outcomeSeq,
    });
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
  const records = await session.store.runs.entries(runId, target.itemId);
  const entries = records.map((record) => ({
    ...(JSON.parse(record.entry) as PendingDisposal['entries'][number]),
    state: record.state,
    verifiedFrom: record.verifiedFrom,
  }));
  return entriesMatchTarget(target, entries) ? { target, entries } : undefined;
}
