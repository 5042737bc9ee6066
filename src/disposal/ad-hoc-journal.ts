import type { Reason } from '../model/index.js';
import type { Session } from '../session/index.js';
import type {
  BeginAnswer,
  DisposalJournal,
  DisposalRequest,
  OverwrittenMark,
  PlannedEntry,
  TargetOutcome,
} from '../shred/index.js';
import type { Repositories, Run } from '../store/index.js';
import type { AdHocLine } from './ad-hoc-list.js';
import { placesOfDatabases } from './database-places.js';
import { intentEvent } from './disposal-events.js';
import { DisposalRecords } from './disposal-records.js';
import { InventoryMemo } from './inventory-memo.js';
import { linkedSpellings } from './linked-spellings.js';
import { LogEnd } from './log-end.js';
import { judgePlaces } from './path-objections.js';

/**
 * The authority and the memory of a disposal that a person asked for by name. Holds and the inventory are looked at in
 * the transaction that enters the intent, and again right before the act.
 */
export class AdHocJournal implements DisposalJournal {
  private readonly records: DisposalRecords;
  private readonly lines: ReadonlyMap<string, AdHocLine>;
  /** For each item that was begun: the end of the log when it was last found free of objections. */
  private readonly checkedAt = new Map<string, number>();
  private readonly logEnd: LogEnd;
  private readonly databases = new InventoryMemo((repositories) =>
    placesOfDatabases(repositories, this.session.paths),
  );
  /** Other spellings of the places of the list, by item. */
  private readonly spellings: InventoryMemo<ReadonlyMap<string, readonly string[]>>;

  constructor(
    private readonly session: Session,
    private readonly run: Run,
    lines: readonly AdHocLine[],
  ) {
    this.logEnd = new LogEnd(session.store);
    this.lines = new Map(lines.map((line) => [line.itemId, line]));
    this.spellings = new InventoryMemo(async (repositories) => {
      const found = await linkedSpellings(
        repositories,
        lines.map(({ location }) => location),
      );
      return new Map(lines.map(({ itemId }, at) => [itemId, found[at] ?? []]));
    });
    const positions = new Map(lines.map(({ itemId }, position) => [itemId, position]));
    this.records = new DisposalRecords(session, run, (itemId) => positions.get(itemId) ?? 0);
  }

  async begin(requests: readonly DisposalRequest[]): Promise<readonly BeginAnswer[]> {
    return await this.session.store.transaction(async (transaction) => {
      const reasons = await this.objections(
        transaction,
        requests.map(({ target }) => target.itemId),
        false,
      );
      const accepted = requests.filter(({ target }) => reasons.get(target.itemId) === undefined);
      const intents = await this.session.recorder.appendAll(
        transaction,
        accepted.map((request) => intentEvent(request, this.run)),
      );
      await this.records.begin(transaction, accepted, intents);
      const items = accepted.flatMap(({ target }) => this.handedOver(target.itemId));
      const moved = await transaction.items.moveState(items, 'transferred', 'claimed');
      if (moved !== items.length)
        throw new Error('An item changed its state inside the claiming transaction');
      const head = (await transaction.log.end())?.seq ?? 0;
      this.logEnd.forget();
      for (const { target } of accepted) this.checkedAt.set(target.itemId, head);
      return requests.map(({ target: { itemId } }): BeginAnswer => {
        const reason = reasons.get(itemId);
        return reason === undefined ? { itemId, go: true } : { itemId, go: false, reason };
      });
    });
  }

  async stillAuthorized(itemId: string): Promise<Reason | undefined> {
    const { store } = this.session;
    // Every change of holds and inventory has its entry: while the log has not grown, nothing has changed.
    const head = await this.logEnd.recent();
    if (this.checkedAt.get(itemId) === head) return undefined;
    const reason = (await this.objections(store, [itemId], true)).get(itemId);
    if (reason === undefined) this.checkedAt.set(itemId, head);
    return reason;
  }

  async entries(itemId: string, from: number, count: number): Promise<readonly PlannedEntry[]> {
    return await this.records.entries(itemId, from, count);
  }

  async overwritten(marks: readonly OverwrittenMark[]): Promise<void> {
    await this.records.overwritten(marks);
  }

  async finish(outcomes: readonly TargetOutcome[]): Promise<void> {
    await this.records.finish(outcomes, async (transaction, itemIds, destroyed) => {
      await transaction.items.moveState(
        itemIds.flatMap((id) => this.handedOver(id)),
        'claimed',
        destroyed ? 'disposed' : 'transferred',
      );
    });
  }

  private handedOver(itemId: string): string[] {
    return this.lines.get(itemId)?.transferred ? [itemId] : [];
  }

  private async objections(
    repositories: Repositories,
    itemIds: readonly string[],
    claimed: boolean,
  ): Promise<Map<string, Reason>> {
    const lines = itemIds.flatMap((id) => this.lines.get(id) ?? []);
    const spellings = await this.spellings.of(repositories);
    const judged = await judgePlaces(
      repositories,
      lines.map(({ itemId, location, alias, medium, stated }) => ({
        location,
        aliases: [...(alias === null ? [] : [alias]), ...(spellings.get(itemId) ?? [])],
        medium,
        recordClass: stated.recordClass,
        claimed: claimed ? itemId : null,
      })),
      this.session.today(),
      await this.databases.of(repositories),
    );
    const reasons = new Map<string, Reason>();
    for (const [at, line] of lines.entries()) {
      const { objection, transferred } = judged[at] ?? {};
      if (objection) reasons.set(line.itemId, objection);
      else if (line.transferred && transferred?.id !== line.itemId) reasons.set(line.itemId, MOVED);
      else if (!line.transferred && transferred) reasons.set(line.itemId, MOVED);
    }
    return reasons;
  }
}

const MOVED: Reason = {
  code: 'item-changed',
  text: 'What the inventory says of this place has changed since it was confirmed',
};
