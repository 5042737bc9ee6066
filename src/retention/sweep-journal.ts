import type { LogEvent } from '../audit/index.js';
import { type CalendarDate, isDestroyed, type Plan, type Reason, type RecordClass } from '../model/index.js';
import type { Session } from '../session/index.js';
import type {
  BeginAnswer,
  DisposalJournal,
  DisposalRequest,
  OverwrittenMark,
  TargetOutcome,
} from '../shred/index.js';
import type { Run, StoredItem, StoreTransaction } from '../store/index.js';
import { itemDigest } from './item-digest.js';
import { findOverlaps } from './overlap-search.js';
import type { PlanItemLine } from './plan-document.js';
import { type Rulebook, readRulebook } from './rulebook.js';

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
  private readonly begun = new Map<string, StoredItem>();
  private holdRevision = '';

  constructor(private readonly context: JournalContext) {}

  /** Announces the lines that the next batch is about. */
  expect(lines: readonly PlanItemLine[]): void {
    this.planned.clear();
    this.begun.clear();
    for (const line of lines) this.planned.set(line.itemId, line);
  }

  async begin(requests: readonly DisposalRequest[]): Promise<readonly BeginAnswer[]> {
    const { session } = this.context;
    return await session.store.transaction(async (transaction) => {
      const rules = await readRulebook(transaction, session.settings());
      this.holdRevision = await transaction.holds.revision();
      const items = await transaction.items.byIds(requests.map(({ target }) => target.itemId));
      const overlaps = await findOverlaps(transaction, [...items.values()]);
      const answers: BeginAnswer[] = [];
      const accepted: DisposalRequest[] = [];
      for (const request of requests) {
        const itemId = request.target.itemId;
        const item = items.get(itemId);
        const overlap = overlaps.get(itemId);
        const reason = this.objection(itemId, item, rules, overlap ? [overlap.with] : []);
        if (reason === undefined && item) {
          accepted.push(request);
          this.begun.set(itemId, item);
          answers.push({ itemId, go: true });
        } else {
          answers.push({ itemId, go: false, reason: reason ?? ITEM_CHANGED });
        }
      }
      await this.claim(transaction, accepted);
      return answers;
    });
  }

  async stillAuthorized(itemId: string): Promise<Reason | undefined> {
    const { store } = this.context.session;
    const item = this.begun.get(itemId) ?? (await store.items.get(itemId));
    if (item === undefined) return ITEM_CHANGED;
    if (this.begun.has(itemId) && (await store.holds.revision()) === this.holdRevision) return undefined;
    const rules = await readRulebook(store, this.context.session.settings());
    // The claim itself changed the state; what counts here is whether anything else now forbids the disposal.
    return this.objection(itemId, { ...item, state: 'active' }, rules, []);
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
        outcomes.map((outcome) => this.outcomeEvent(outcome)),
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
    const judgement = rules.judge(item, item.state, this.context.today, overlaps);
    if (judgement.decision !== 'dispose') return { code: judgement.reason, text: judgement.explanation };
    const planned = this.context.plannedClasses.get(line.recordClass ?? '');
    if (JSON.stringify(planned) !== JSON.stringify(rules.classOf(item))) return RULE_CHANGED;
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

  private outcomeEvent(outcome: TargetOutcome): LogEvent {
    const { plan, run } = this.context;
    const refused = outcome.outcome === 'refused';
    return {
      action: 'item.dispose',
      outcome: isDestroyed(outcome.outcome) ? 'done' : refused ? 'refused' : 'failed',
      subject: { item: outcome.itemId, plan: plan.id, run: run.id },
      data: {
        outcome: outcome.outcome,
        reasons: outcome.reasons.map((reason) => reason.code),
        files: outcome.files,
        bytes: outcome.bytes,
        links: outcome.links,
        method: outcome.method,
        passes: outcome.passes,
        verified_from: outcome.verifiedFrom,
      },
    };
  }
}

const ITEM_CHANGED: Reason = {
  code: 'item-changed',
  text: 'What the inventory says of the item has changed since the plan was made',
};

const RULE_CHANGED: Reason = {
  code: 'rule-changed',
  text: 'The rule of its record class has changed since the plan was made',
};

function intentEvent({ target, entries, assessment }: DisposalRequest, plan: Plan, run: Run): LogEvent {
  return {
    action: 'item.dispose',
    outcome: 'intent',
    subject: { item: target.itemId, plan: plan.id, run: run.id },
    data: {
      files: entries.filter((entry) => entry.type === 'file').length,
      file_system: assessment.fileSystem,
      residual: assessment.residual.map((reason) => reason.code),
    },
  };
}
