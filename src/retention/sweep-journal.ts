import {
  type ClaimRequest,
  type DisposalOutcome,
  DisposalRecords,
  InventoryMemo,
  intentEvent,
  LogEnd,
  outcomeEvent,
  placesElsewhere,
  type RowJournal,
  RowPlaces,
  refusedOutcome,
  sharedLocations,
  stateAfter,
} from '../disposal/index.js';
import {
  type CalendarDate,
  classesOf,
  isOverwritable,
  type Plan,
  type Reason,
  type RecordClass,
} from '../model/index.js';
import type { Session } from '../session/index.js';
import type { BeginAnswer, DisposalJournal, OverwrittenMark, PlannedEntry } from '../shred/index.js';
import type { Repositories, Run, StoredItem, StoreTransaction } from '../store/index.js';
import { requireEventsOfItems } from './event-evidence.js';
import { itemDigest } from './item-digest.js';
import { findOverlapsAmong, type OtherPlaces, overlapsOfArchives } from './overlap-search.js';
import type { PlanItemLine } from './plan-document.js';
import { type Judgement, type Rulebook, readRulebook } from './rulebook.js';

export interface JournalContext {
  session: Session;
  plan: Plan;
  run: Run;
  /** Rules of the schedule version that the plan was made with. */
  plannedClasses: ReadonlyMap<string, RecordClass>;
  /** The day on which the run began, or goes on. */
  today: CalendarDate;
}

/**
 * The authority and the memory of a sweep: `destroy()` asks it before anything irreversible and tells it after.
 * Hold, rule, plan and item are checked in the transaction that claims the item, and holds once more right
 * before the act.
 */
export class SweepJournal implements DisposalJournal, RowJournal {
  private readonly planned = new Map<string, PlanItemLine>();
  /** For each item that was begun: the end of the log when it was last found free of objections. */
  private readonly checkedAt = new Map<string, number>();
  private readonly logEnd: LogEnd;
  private readonly linked = new InventoryMemo((repositories) =>
    placesElsewhere(repositories, this.context.session.paths),
  );
  private readonly sharedRows = sharedLocations();

  private readonly records: DisposalRecords;

  constructor(private readonly context: JournalContext) {
    this.logEnd = new LogEnd(context.session.store);
    this.records = new DisposalRecords(
      context.session,
      context.run,
      (itemId) => this.planned.get(itemId)?.position ?? 0,
    );
  }

  /** Announces the lines that the next batch is about. */
  expect(lines: readonly PlanItemLine[]): void {
    this.planned.clear();
    this.checkedAt.clear();
    for (const line of lines) this.planned.set(line.itemId, line);
  }

  async begin(requests: readonly ClaimRequest[]): Promise<readonly BeginAnswer[]> {
    const { session } = this.context;
    return await session.store.transaction(async (transaction) => {
      const rules = await readRulebook(transaction, session.settings());
      const items = await transaction.items.byIds(requests.map(({ target }) => target.itemId));
      await requireEventsOfItems(transaction, [...items.values()]);
      const overlaps = await findOverlapsAmong(
        transaction,
        [...items.values()],
        this.isDue(rules),
        await this.otherPlaces(transaction),
      );
      const answers: BeginAnswer[] = [];
      const accepted: ClaimRequest[] = [];
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
      const head = (await transaction.log.end())?.seq ?? 0;
      this.logEnd.forget();
      for (const { target } of accepted) this.checkedAt.set(target.itemId, head);
      return answers;
    });
  }

  async stillAuthorized(
    itemId: string,
    store: Repositories = this.context.session.store,
  ): Promise<Reason | undefined> {
    const { settings, store: ownStore } = this.context.session;
    // Every change of holds, rules and inventory has its entry: while the log has not grown, nothing has changed.
    const head = store === ownStore ? await this.logEnd.recent() : ((await store.log.end())?.seq ?? 0);
    if (this.checkedAt.get(itemId) === head) return undefined;
    const item = await store.items.get(itemId);
    if (item === undefined) return ITEM_CHANGED;
    await requireEventsOfItems(store, [item]);
    const rules = await readRulebook(store, settings());
    const others = await this.otherPlaces(store);
    const overlap = (await findOverlapsAmong(store, [item], this.isDue(rules), others)).get(itemId);
    // The claim itself changed the state; what counts here is whether anything else now forbids the disposal.
    const reason = this.objection(itemId, { ...item, state: 'active' }, rules, overlap ? [overlap.with] : []);
    if (reason === undefined) this.checkedAt.set(itemId, head);
    return reason;
  }

  private async otherPlaces(store: Repositories): Promise<OtherPlaces> {
    const rows = new RowPlaces(this.context.session.paths, this.sharedRows);
    return { linked: await this.linked.of(store), rows };
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
      await requireEventsOfItems(transaction, [...items.values()]);
      const archived = [...items.values()].filter(({ archivedFrom }) => archivedFrom !== undefined);
      const overlaps =
        archived.length === 0
          ? []
          : await overlapsOfArchives(
              transaction,
              archived,
              this.isDue(rules),
              await this.linked.of(transaction),
            );
      for (const { itemId } of lines) {
        const item = items.get(itemId);
        if (item?.state === 'disposed') continue;
        const overlap = overlaps.find(({ id }) => id === itemId);
        const reason = this.objection(itemId, item, rules, overlap ? [overlap.with] : []);
        if (reason === undefined) continue;
        const outcome = refusedOutcome(itemId, reason);
        const record = await session.recorder.append(transaction, outcomeEvent(outcome, this.context.run));
        await this.records.enterUnbegun(transaction, outcome, record.seq);
      }
    });
  }

  private isDue(rules: Rulebook): (item: StoredItem) => boolean {
    return (item) => this.judge(rules, item).decision === 'dispose';
  }

  /**
   * Decides by the day on which the run began and by the one that it is now, and what either keeps is kept: a charge of
   * today does not exist yet for the day before, and by a clock that is put ahead meanwhile nothing more may go.
   */
  private judge(rules: Rulebook, item: StoredItem, overlaps: readonly string[] = []): Judgement {
    const { today, session } = this.context;
    const first = rules.judge(item, item.state, today, overlaps);
    const now = session.today();
    if (now === today || first.decision !== 'dispose') return first;
    return rules.judge(item, item.state, now, overlaps);
  }

  async aboutToCommit(itemId: string, transactionId: string | null): Promise<void> {
    await this.records.aboutToCommit(itemId, transactionId);
  }

  async entries(itemId: string, from: number, count: number): Promise<readonly PlannedEntry[]> {
    return await this.records.entries(itemId, from, count);
  }

  async overwritten(marks: readonly OverwrittenMark[]): Promise<void> {
    await this.records.overwritten(marks);
  }

  async finish(outcomes: readonly DisposalOutcome[]): Promise<void> {
    await this.records.finish(outcomes, async (transaction, itemIds, destroyed) => {
      await transaction.items.moveState(itemIds, 'claimed', stateAfter(destroyed));
    });
  }

  /** Records the outcome of an item that was dealt with beside `destroy()`, such as one that was archived. */
  async finishAside(outcome: DisposalOutcome): Promise<void> {
    const { session, run } = this.context;
    await session.store.transaction(async (transaction) => {
      const record = await session.recorder.append(transaction, outcomeEvent(outcome, run));
      await this.records.enterUnbegun(transaction, outcome, record.seq);
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
    const judgement = this.judge(rules, item, overlaps);
    if (judgement.decision !== 'dispose') return { code: judgement.reason, text: judgement.explanation };
    const planned = classesOf(item).flatMap((id) => this.context.plannedClasses.get(id) ?? []);
    if (JSON.stringify(planned) !== JSON.stringify(rules.classesOf(item))) return RULE_CHANGED;
    return undefined;
  }

  private async claim(transaction: StoreTransaction, requests: readonly ClaimRequest[]): Promise<void> {
    const { session, run } = this.context;
    const ids = requests.map(({ target }) => target.itemId);
    if (ids.length === 0) return;
    const moved = await transaction.items.moveState(ids, 'active', 'claimed');
    if (moved !== ids.length) throw new Error('An item changed its state inside the claiming transaction');
    const records = await session.recorder.appendAll(
      transaction,
      requests.map((request) => intentEvent(request, run)),
    );
    await this.records.begin(transaction, requests, records);
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
