import {
  type CalendarDate,
  classesOf,
  isDestroyed,
  isOverwritable,
  type Plan,
  type Reason,
  type RecordClass,
} from '../model/index.js';
import type { Session } from '../session/index.js';
import type {
  BeginAnswer,
  DisposalJournal,
  DisposalRequest,
  OverwrittenMark,
  TargetOutcome,
} from '../shred/index.js';
import type { Repositories, Run, StoredItem, StoreTransaction } from '../store/index.js';
import { itemDigest } from './item-digest.js';
import { findOverlapsAmong } from './overlap-search.js';
import type { PlanItemLine } from './plan-document.js';
import { type Rulebook, readRulebook } from './rulebook.js';
import { intentEvent, outcomeEvent, refusedOutcome } from './sweep-events.js';

export interface JournalContext {
  session: Session;
  plan: Plan;
  run: Run;
  /** Rules of the schedule version that the plan was made with. */
  plannedClasses: ReadonlyMap<string, RecordClass>;
  today: CalendarDate;
}

/**
 * The authority and the memory of a sweep: `destroy()` asks it before anything irreversible and tells it after.
 * Hold, rule, plan and item are checked in the transaction that claims the item, and holds once more right
 * before the act.
 */
export class SweepJournal implements DisposalJournal {
  private readonly planned = new Map<string, PlanItemLine>();
  /** For each item that was begun: the end of the log when it was last found free of objections. */
  private readonly checkedAt = new Map<string, number>();

  constructor(private readonly context: JournalContext) {}

  /** Announces the lines that the next batch is about. */
  expect(lines: readonly PlanItemLine[]): void {
    this.planned.clear();
    this.checkedAt.clear();
    for (const line of lines) this.planned.set(line.itemId, line);
  }

  async begin(requests: readonly DisposalRequest[]): Promise<readonly BeginAnswer[]> {
    const { session } = this.context;
    return await session.store.transaction(async (transaction) => {
      const rules = await readRulebook(transaction, session.settings());
      const items = await transaction.items.byIds(requests.map(({ target }) => target.itemId));
      const overlaps = await findOverlapsAmong(transaction, [...items.values()], this.isDue(rules));
      const answers: BeginAnswer[] = [];
      const accepted: DisposalRequest[] = [];
      for (const request of requests) {
        const itemId = request.target.itemId;
        const item = items.get(itemId);
        const overlap = overlaps.get(itemId);
        const reason = this.objection(itemId, item, rules, overlap ? [overlap.with] : []);
        if (reason === undefined && item) {
          accepted.push(request);
          answers.push({ itemId, go: true });
        } else {
          answers.push({ itemId, go: false, reason: reason ?? ITEM_CHANGED });
        }
      }
      await this.claim(transaction, accepted);
      const head = await logEnd(transaction);
      for (const { target } of accepted) this.checkedAt.set(target.itemId, head);
      return answers;
    });
  }

  async stillAuthorized(itemId: string): Promise<Reason | undefined> {
    const { store, settings } = this.context.session;
    // Every change of holds, rules and inventory has its entry: while the log has not grown, nothing has changed.
    const head = await logEnd(store);
    if (this.checkedAt.get(itemId) === head) return undefined;
    const item = await store.items.get(itemId);
    if (item === undefined) return ITEM_CHANGED;
    const rules = await readRulebook(store, settings());
    const overlap = (await findOverlapsAmong(store, [item], this.isDue(rules))).get(itemId);
    // The claim itself changed the state; what counts here is whether anything else now forbids the disposal.
    const reason = this.objection(itemId, { ...item, state: 'active' }, rules, overlap ? [overlap.with] : []);
    if (reason === undefined) this.checkedAt.set(itemId, head);
    return reason;
  }

  /**
   * Refuses, of the items that people have to destroy, those that may not be disposed of now: nobody must be told
   * to shred what a hold has reached meanwhile.
   */
  async refuseByHand(lines: readonly PlanItemLine[]): Promise<void> {
    if (lines.length === 0) return;
    this.expect(lines);
    const { session } = this.context;
    await session.store.transaction(async (transaction) => {
      const rules = await readRulebook(transaction, session.settings());
      const items = await transaction.items.byIds(lines.map(({ itemId }) => itemId));
      for (const { itemId } of lines) {
        const item = items.get(itemId);
        if (item?.state === 'disposed') continue;
        const reason = this.objection(itemId, item, rules, []);
        if (reason === undefined) continue;
        const outcome = refusedOutcome(itemId, reason);
        const record = await session.recorder.append(transaction, outcomeEvent(outcome, this.context));
        await this.recordUnbegun(transaction, outcome, record.seq);
      }
    });
  }

  private isDue(rules: Rulebook): (item: StoredItem) => boolean {
    return (item) => rules.judge(item, item.state, this.context.today).decision === 'dispose';
  }

  async overwritten(marks: readonly OverwrittenMark[]): Promise<void> {
    const { session, run } = this.context;
    const groups = new Map<string, { mark: OverwrittenMark; positions: number[] }>();
    for (const mark of marks) {
      const key = `${mark.verifiedFrom}/${mark.itemId}`;
      const group = groups.get(key);
      if (group) group.positions.push(mark.index);
      else groups.set(key, { mark, positions: [mark.index] });
    }
    await session.store.transaction(async (transaction) => {
      for (const { mark, positions } of groups.values()) {
        await transaction.runs.markOverwritten(run.id, mark.itemId, positions, mark.verifiedFrom);
      }
    });
  }

  async finish(all: readonly TargetOutcome[]): Promise<void> {
    const { session, run } = this.context;
    // What a signal stopped is not over: it stays as it is recorded, and the next run continues with it.
    const outcomes = all.filter(({ reasons }) => !reasons.some(({ code }) => code === 'stopped'));
    if (outcomes.length === 0) return;
    await session.store.transaction(async (transaction) => {
      const begun = new Set((await transaction.runs.disposals(run.id, 'begun')).map((each) => each.itemId));
      const records = await session.recorder.appendAll(
        transaction,
        outcomes.map((outcome) => outcomeEvent(outcome, this.context)),
      );
      for (const [at, outcome] of outcomes.entries()) {
        const outcomeSeq = records[at]?.seq ?? 0;
        if (begun.has(outcome.itemId)) await this.closeClaim(transaction, outcome, outcomeSeq);
        else await this.recordUnbegun(transaction, outcome, outcomeSeq);
      }
    });
  }

  /** Why the item may not be disposed of now, although the plan says so. */
  private objection(
    itemId: string,
    item: StoredItem | undefined,
    rules: Rulebook,
    overlaps: readonly string[],
  ): Reason | undefined {
    const line = this.planned.get(itemId);
    if (line === undefined || item === undefined || item.state !== 'active') return ITEM_CHANGED;
    if (itemDigest(item) !== line.itemSha256) return ITEM_CHANGED;
    if (isOverwritable(item.medium) && item.location !== line.location) return ITEM_CHANGED;
    const judgement = rules.judge(item, item.state, this.context.today, overlaps);
    if (judgement.decision !== 'dispose') return { code: judgement.reason, text: judgement.explanation };
    const planned = classesOf(item).flatMap((id) => this.context.plannedClasses.get(id) ?? []);
    if (JSON.stringify(planned) !== JSON.stringify(rules.classesOf(item))) return RULE_CHANGED;
    return undefined;
  }

  private async claim(transaction: StoreTransaction, requests: readonly DisposalRequest[]): Promise<void> {
    const { session, run, plan } = this.context;
    const ids = requests.map(({ target }) => target.itemId);
    if (ids.length === 0) return;
    const moved = await transaction.items.moveState(ids, 'active', 'claimed');
    if (moved !== ids.length) throw new Error('An item changed its state inside the claiming transaction');
    const records = await session.recorder.appendAll(
      transaction,
      requests.map((request) => intentEvent(request, plan, run)),
    );
    for (const [at, { target, entries }] of requests.entries()) {
      await transaction.runs.insertDisposal({
        runId: run.id,
        itemId: target.itemId,
        position: this.planned.get(target.itemId)?.position ?? 0,
        state: 'begun',
        target: JSON.stringify(target),
        outcome: null,
        result: null,
        intentSeq: records[at]?.seq ?? null,
        outcomeSeq: null,
      });
      await transaction.runs.insertEntries(
        run.id,
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

  private async closeClaim(
    transaction: StoreTransaction,
    outcome: TargetOutcome,
    outcomeSeq: number,
  ): Promise<void> {
    const key = { runId: this.context.run.id, itemId: outcome.itemId };
    await transaction.runs.finishDisposal(key, {
      outcome: outcome.outcome,
      result: JSON.stringify(outcome),
      outcomeSeq,
    });
    const state = isDestroyed(outcome.outcome) ? 'disposed' : 'active';
    await transaction.items.moveState([outcome.itemId], 'claimed', state);
  }

  private async recordUnbegun(
    transaction: StoreTransaction,
    outcome: TargetOutcome,
    outcomeSeq: number,
  ): Promise<void> {
    await transaction.runs.insertDisposal({
      runId: this.context.run.id,
      itemId: outcome.itemId,
      position: this.planned.get(outcome.itemId)?.position ?? 0,
      state: 'done',
      target: '{}',
      outcome: outcome.outcome,
      result: JSON.stringify(outcome),
      intentSeq: null,
      outcomeSeq,
    });
  }
}

async function logEnd(repositories: Repositories): Promise<number> {
  return (await repositories.log.head())?.seq ?? 0;
}

const ITEM_CHANGED: Reason = {
  code: 'item-changed',
  text: 'What the inventory says of the item has changed since the plan was made',
};

const RULE_CHANGED: Reason = {
  code: 'rule-changed',
  text: 'The rule of its record class has changed since the plan was made',
};
