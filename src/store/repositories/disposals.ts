import type { Knex } from 'knex';
import type { Outcome } from '../../model/index.js';
import { BULK_ROWS, type BulkInsert, type BulkTable, bulkInsert } from '../bulk-insert.js';

/** What a run does with one item. `target` and `result` are JSON that the sweep writes and reads. */
export interface Disposal {
  runId: string;
  itemId: string;
  /** Position of the item in the plan. */
  position: number;
  state: 'begun' | 'done';
  target: string;
  outcome: Outcome | null;
  result: string | null;
  intentSeq: number | null;
  outcomeSeq: number | null;
}

/** How a disposal that has begun ended. */
export interface DisposalEnd {
  itemId: string;
  outcome: Outcome;
  result: string;
  outcomeSeq: number;
}

/** One file-system entry of a disposal that has begun. */
export interface DisposalEntryRecord {
  position: number;
  state: 'pending' | 'overwritten';
  verifiedFrom: 'medium' | 'page-cache' | null;
  entry: string;
}

interface DisposalRow {
  run_id: string;
  item_id: string;
  position: number;
  state: 'begun' | 'done';
  target: string;
  outcome: Outcome | null;
  result: string | null;
  intent_seq: number | null;
  outcome_seq: number | null;
}

const DISPOSALS: BulkTable = {
  name: 'disposals',
  columns: [
    ...['run_id', 'item_id', 'position', 'state', 'target', 'outcome', 'result', 'intent_seq'],
    'outcome_seq',
  ],
  key: ['run_id', 'item_id'],
  changing: ['state', 'outcome', 'result', 'outcome_seq'],
};
const ENTRIES: BulkTable = {
  name: 'disposal_entries',
  columns: ['run_id', 'item_id', 'position', 'state', 'verified_from', 'entry'],
  key: ['run_id', 'item_id', 'position'],
};

/** Positions whose entries are forgotten in one statement. */
const FORGOTTEN_AT_ONCE = 20_000;

/** What runs do with items, and the file-system entries of what has begun. */
export class DisposalRepository {
  constructor(private readonly database: Knex) {}

  /** Needs a transaction. @throws where one of them is there already */
  async insert(disposals: readonly Disposal[]): Promise<void> {
    const inserted = await this.inBulk(DISPOSALS, disposals.map(disposalValues), (bulk, rows) =>
      bulk.insert(rows),
    );
    if (inserted !== disposals.length) throw new Error('A disposal is entered already');
  }

  /** Replaces what is noted of a disposal that has begun. */
  async noteTarget(key: { runId: string; itemId: string }, target: string): Promise<void> {
    await this.database('disposals')
      .where({ run_id: key.runId, item_id: key.itemId, state: 'begun' })
      .update({ target });
  }

  /** Records the outcomes of disposals that have begun, and forgets the names of their entries; needs a transaction. */
  async finish(runId: string, ends: readonly DisposalEnd[]): Promise<void> {
    for (let at = 0; at < ends.length; at += BULK_ROWS) {
      const ids = ends.slice(at, at + BULK_ROWS).map(({ itemId }) => itemId);
      await this.forgetEntries(runId, ids);
    }
    // What has begun is there: of the values only those that change count.
    const rows = ends.map(({ itemId, outcome, result, outcomeSeq }) =>
      disposalValues({
        ...{ runId, itemId, position: 0, state: 'done', target: '', intentSeq: null },
        ...{ outcome, result, outcomeSeq },
      }),
    );
    await this.inBulk(DISPOSALS, rows, async (bulk, part) => {
      await bulk.replace(part);
      return part.length;
    });
  }

  /** Needs a transaction. */
  async insertEntries(
    runId: string,
    all: readonly { itemId: string; entries: Iterable<DisposalEntryRecord> }[],
  ): Promise<void> {
    let count = 0;
    const rows = function* (): Generator<(string | number | null)[]> {
      for (const { itemId, entries } of all) {
        for (const { position, state, verifiedFrom, entry } of entries) {
          count += 1;
          yield [runId, itemId, position, state, verifiedFrom, entry];
        }
      }
    };
    const inserted = await this.inBulk(ENTRIES, rows(), (bulk, part) => bulk.insert(part));
    if (inserted !== count) throw new Error('An entry of a disposal is entered already');
  }

  /** Part by part: SQLite keeps a list in memory of all that one statement deletes. */
  private async forgetEntries(runId: string, itemIds: readonly string[]): Promise<void> {
    const entries = () =>
      this.database('disposal_entries').where('run_id', runId).whereIn('item_id', itemIds);
    const [row] = await entries().max({ last: 'position' });
    for (let from = Number(row?.last ?? -1); from >= 0; from -= FORGOTTEN_AT_ONCE) {
      await entries()
        .andWhere('position', '>', from - FORGOTTEN_AT_ONCE)
        .delete();
    }
  }

  async markOverwritten(
    runId: string,
    marks: readonly { itemId: string; position: number }[],
    verifiedFrom: DisposalEntryRecord['verifiedFrom'],
  ): Promise<void> {
    for (let at = 0; at < marks.length; at += BULK_ROWS) {
      const part = marks.slice(at, at + BULK_ROWS).map(({ itemId, position }) => [itemId, position]);
      await this.database('disposal_entries')
        .where('run_id', runId)
        .whereIn(['item_id', 'position'], part)
        .update({ state: 'overwritten', verified_from: verifiedFrom });
    }
  }

  private async inBulk<Row extends readonly (string | number | null)[]>(
    table: BulkTable,
    rows: Iterable<Row>,
    write: (bulk: BulkInsert, part: readonly Row[]) => Promise<number>,
  ): Promise<number> {
    const bulk = await bulkInsert(this.database, table);
    let written = 0;
    try {
      let part: Row[] = [];
      for (const row of rows) {
        part.push(row);
        if (part.length < BULK_ROWS) continue;
        written += await write(bulk, part);
        part = [];
      }
      if (part.length > 0) written += await write(bulk, part);
    } finally {
      await bulk.close();
    }
    return written;
  }

  async countEntries(runId: string, itemId: string): Promise<number> {
    const [row] = await this.entriesOf(runId, itemId).count({ count: '*' });
    return Number(row?.count ?? 0);
  }

  /** Entries of one item in their order, from a position on. */
  async entries(
    runId: string,
    itemId: string,
    { from, count }: { from: number; count: number },
  ): Promise<DisposalEntryRecord[]> {
    const rows: DisposalEntryRecord[] = await this.entriesOf(runId, itemId)
      .whereBetween('position', [from, from + count - 1])
      .orderBy('position')
      .select('position', 'state', { verifiedFrom: 'verified_from' }, 'entry');
    return rows;
  }

  /** In the order of the plan. */
  async ofRun(runId: string, state?: Disposal['state']): Promise<Disposal[]> {
    const query = this.database('disposals').where('run_id', runId).orderBy('position');
    if (state !== undefined) query.where('state', state);
    const rows: DisposalRow[] = await query;
    return rows.map(disposal);
  }

  /** Which of these items have begun in a run and not ended. */
  async begunAmong(runId: string, itemIds: readonly string[]): Promise<Set<string>> {
    const begun = new Set<string>();
    for (let at = 0; at < itemIds.length; at += BULK_ROWS) {
      const rows: { item_id: string }[] = await this.database('disposals')
        .where({ run_id: runId, state: 'begun' })
        .whereIn('item_id', itemIds.slice(at, at + BULK_ROWS))
        .select('item_id');
      for (const row of rows) begun.add(row.item_id);
    }
    return begun;
  }

  /** What runs have done with one item, the first first. */
  async ofItem(itemId: string): Promise<Disposal[]> {
    const rows: DisposalRow[] = await this.database('disposals')
      .where('item_id', itemId)
      .orderBy('outcome_seq');
    return rows.map(disposal);
  }

  /** Ids of active items that some run ended with one of these outcomes, in the order of ids. */
  async activeItemsAfter(outcomes: readonly Outcome[]): Promise<string[]> {
    const rows: { item_id: string }[] = await this.database('disposals')
      .join('items', 'items.id', 'disposals.item_id')
      .where('items.state', 'active')
      .whereIn('disposals.outcome', outcomes)
      .distinct('disposals.item_id')
      .orderBy('disposals.item_id');
    return rows.map(({ item_id }) => item_id);
  }

  private entriesOf(runId: string, itemId: string): Knex.QueryBuilder {
    return this.database('disposal_entries').where({ run_id: runId, item_id: itemId });
  }
}

function disposalValues(each: Disposal): (string | number | null)[] {
  return [
    ...[each.runId, each.itemId, each.position, each.state, each.target, each.outcome, each.result],
    ...[each.intentSeq, each.outcomeSeq],
  ];
}

function disposal(row: DisposalRow): Disposal {
  return {
    runId: row.run_id,
    itemId: row.item_id,
    position: row.position,
    state: row.state,
    target: row.target,
    outcome: row.outcome,
    result: row.result,
    intentSeq: row.intent_seq,
    outcomeSeq: row.outcome_seq,
  };
}
