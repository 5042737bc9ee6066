import type { Knex } from 'knex';
import type { CalendarDate, DueDates, ItemState } from '../../model/index.js';
import { bulkInsert } from '../bulk-insert.js';
import { isSqlite } from '../connection.js';
import { DeferredIndexes } from '../deferred-indexes.js';
import { ArchiveRepository } from './archives.js';
import { ImportMarks } from './import-marks.js';
import { ACTIVE, filteredItems, type ItemFilter, linkedItems } from './item-filter.js';
import { ItemFolders } from './item-folders.js';
import { ItemInsert } from './item-insert.js';
import { ItemLinks } from './item-links.js';
import {
  CHANGING_COLUMNS,
  ITEM_COLUMNS,
  type ItemRow,
  itemValues,
  type StoredItem,
  storedItem,
  type WrittenItem,
} from './item-row.js';

export interface Page {
  /** Last key of the page before; undefined for the first. */
  after?: string;
  limit: number;
}

/** Written out like `ACTIVE`, for the same reason. */
const ENDED = "state <> 'active'";

/**
 * Ids as one JSON document, so that nothing is compiled anew for each number of them. An error ends the transaction here
 * as everywhere; said to SQLite, it saves a copy of every page that is changed, in a temporary file.
 */
const MOVE_STATE = `update or rollback items set state = ?
  where id in (select value from json_each(?)) and state = ? returning id`;

/** Up to so many ids are held in memory. */
const FEW_ITEMS = 200_000;

export class ItemRepository {
  constructor(private readonly database: Knex) {}

  /** Inserts items that do not exist yet, and replaces others; needs a transaction. */
  async bulkInsert(): Promise<ItemInsert> {
    const transaction = this.database;
    const table = { name: 'items', columns: ITEM_COLUMNS, key: ['id'], changing: CHANGING_COLUMNS };
    return new ItemInsert(
      await bulkInsert(transaction, table),
      await DeferredIndexes.of(transaction, 'items'),
      new ItemLinks(transaction),
      new ItemFolders(transaction),
    );
  }

  /** Remembers which existing items an import has met; needs a transaction. */
  importMarks(): Promise<ImportMarks> {
    return ImportMarks.create(this.database);
  }

  async get(id: string): Promise<StoredItem | undefined> {
    return (await this.byIds([id])).get(id);
  }

  /** @param ids at most 1,000 */
  async byIds(ids: readonly string[]): Promise<Map<string, StoredItem>> {
    const rows: ItemRow[] = await this.database('items').whereIn('id', ids);
    return new Map((await this.stored(rows)).map((item) => [item.id, item]));
  }

  /** Names of all events that any item has, sorted. */
  async eventNames(): Promise<string[]> {
    const names = isSqlite(this.database)
      ? this.database.raw("select distinct key as name from items, json_each(events) where events <> '{}'")
      : this.database.raw('select distinct jsonb_object_keys(events::jsonb) as name from items').then(rowsOf);
    return ((await names) as { name: string }[]).map(({ name }) => name).toSorted();
  }

  async list(filter: ItemFilter, page: Page): Promise<StoredItem[]> {
    const query = filteredItems(this.database, filter).orderBy('id').limit(page.limit);
    if (page.after !== undefined) query.andWhere('id', '>', page.after);
    const rows: ItemRow[] = await query.select('*');
    return await this.stored(rows);
  }

  /** All items of a filter, in pages, so that memory stays flat. */
  async *all(filter: ItemFilter, pageSize = 1000): AsyncGenerator<StoredItem[]> {
    for (let after: string | undefined; ; ) {
      const items = await this.list(
        filter,
        after === undefined ? { limit: pageSize } : { after, limit: pageSize },
      );
      if (items.length > 0) yield items;
      if (items.length < pageSize) return;
      after = items.at(-1)?.id;
    }
  }

  /**
   * Items not disposed of that have any of these classes, each once, in pages. Found through the index of classes where
   * they are few; else the whole table is read, in flat memory.
   */
  async ofClasses(classes: readonly string[], pageSize: number): Promise<AsyncIterable<StoredItem[]>> {
    let rest = FEW_ITEMS;
    for (const id of classes) rest -= rest > 0 ? await this.countOfClass(id, rest) : 0;
    return rest > 0 ? this.byClassIndex(classes, pageSize) : this.all({}, pageSize);
  }

  private async *byClassIndex(classes: readonly string[], pageSize: number): AsyncGenerator<StoredItem[]> {
    const found = new Set<string>();
    for (const id of classes) {
      const own: { id: string }[] = await this.database('items').where('record_class', id).select('id');
      for (const row of own) found.add(row.id);
      const further: { item_id: string }[] = await linkedItems(this.database, 'class', id);
      for (const row of further) found.add(row.item_id);
    }
    const ids = [...found];
    for (let at = 0; at < ids.length; at += pageSize) {
      const items = await this.byIds(ids.slice(at, at + pageSize));
      yield [...items.values()].filter(({ state }) => state !== 'disposed');
    }
  }

  async count(filter: ItemFilter): Promise<number> {
    const rows: { n: number | string }[] = await filteredItems(this.database, filter).count({ n: '*' });
    return Number(rows[0]?.n ?? 0);
  }

  /** Number of active items, found without looking at each of them. */
  async countActive(): Promise<number> {
    const all: { n: number | string }[] = await this.database('items').count({ n: '*' });
    const ended: { n: number | string }[] = await this.database('items').whereRaw(ENDED).count({ n: '*' });
    return Number(all[0]?.n ?? 0) - Number(ended[0]?.n ?? 0);
  }

  /** Number of active items of a class, whether it is their only one or not; `most` where there are that many or more. */
  async countOfClass(recordClass: string, most: number): Promise<number> {
    const first = this.database('items')
      .where('record_class', recordClass)
      .whereRaw(ACTIVE)
      .select('id')
      .limit(most);
    const own: { n: number | string }[] = await this.database.count({ n: '*' }).from(first.as('own'));
    const found = Number(own[0]?.n ?? 0);
    if (found >= most) return most;
    const further = this.database('items')
      .whereIn('id', linkedItems(this.database, 'class', recordClass))
      .whereRaw(ACTIVE)
      .select('id')
      .limit(most - found);
    const others: { n: number | string }[] = await this.database
      .count({ n: '*' })
      .from(further.as('further'));
    return found + Number(others[0]?.n ?? 0);
  }

  /** Number of active items of each record class; the key is null for items without one. */
  async activeByClass(): Promise<Map<string | null, number>> {
    const rows: { record_class: string | null; n: number | string }[] = await this.database('items')
      .where('state', 'active')
      .groupBy('record_class')
      .select('record_class')
      .count({ n: '*' });
    return new Map(rows.map((row) => [row.record_class, Number(row.n)]));
  }

  /** Active items whose duty to keep ended before `asOf`, oldest duty first; keyset on (keep_until, id). */
  async due(
    asOf: CalendarDate,
    after: { keepUntil: string; id: string } | undefined,
    limit: number,
  ): Promise<StoredItem[]> {
    const query = this.database('items')
      .whereRaw(ACTIVE)
      .whereNotNull('keep_until')
      .where('keep_until', '<', asOf)
      .orderBy([{ column: 'keep_until' }, { column: 'id' }])
      .limit(limit);
    if (after) query.whereRaw('(keep_until, id) > (?, ?)', [after.keepUntil, after.id]);
    const rows: ItemRow[] = await query.select('*');
    return await this.stored(rows);
  }

  /** Active items whose limit was before `asOf`, the oldest limit first; keyset on (delete_by, id). */
  async pastLimit(
    asOf: CalendarDate,
    after: { deleteBy: string; id: string } | undefined,
    limit: number,
  ): Promise<StoredItem[]> {
    const query = this.database('items')
      .whereRaw(ACTIVE)
      .whereNotNull('delete_by')
      .where('delete_by', '<', asOf)
      .orderBy([{ column: 'delete_by' }, { column: 'id' }])
      .limit(limit);
    if (after) query.whereRaw('(delete_by, id) > (?, ?)', [after.deleteBy, after.id]);
    const rows: ItemRow[] = await query.select('*');
    return await this.stored(rows);
  }

  /** Items that are linked to any of these subjects, by id; at most 500 subjects. */
  async ofSubjects(subjects: readonly string[]): Promise<StoredItem[]> {
    const ids = this.database('item_links')
      .where('kind', 'subject')
      .whereIn('value', subjects)
      .select('item_id');
    const rows: ItemRow[] = await this.database('items').whereIn('id', ids).orderBy('id');
    return await this.stored(rows);
  }

  /** Items not disposed of that are in databases and whose location is one of these; at most 1,000. */
  async inDatabases(locations: readonly string[]): Promise<StoredItem[]> {
    const rows: ItemRow[] = await this.database('items')
      .whereIn('location', locations)
      .where('medium', 'database')
      .whereNot('state', 'disposed')
      .orderBy('id');
    return await this.stored(rows);
  }

  /** Id of an item not disposed of that is in a database with this location, or one that goes on after a slash. */
  async anyInDatabase(location: string): Promise<string | undefined> {
    const row: { id: string } | undefined = await this.database('items')
      .where('medium', 'database')
      .whereNot('state', 'disposed')
      .where((either) =>
        either
          .where('location', location)
          .orWhere((below) =>
            below.where('location', '>', `${location}/`).where('location', '<', `${location}0`),
          ),
      )
      .first('id');
    return row?.id;
  }

  /** Locations of more than one item that is in a database and not disposed of. Reads all items. */
  async sharedInDatabases(): Promise<Set<string>> {
    const rows: { location: string }[] = await this.database('items')
      .where('medium', 'database')
      .whereNot('state', 'disposed')
      .groupBy('location')
      .havingRaw('count(*) > 1')
      .select('location');
    return new Set(rows.map(({ location }) => location));
  }

  /** Every custodian that an item names, as it is written there. */
  async custodians(): Promise<string[]> {
    const rows: { custodian: string }[] = await this.database('items')
      .distinct('custodian')
      .whereNotNull('custodian');
    return rows.map(({ custodian }) => custodian);
  }

  /** Items of rows, the archived ones with the place that their content came from. */
  private async stored(rows: readonly ItemRow[]): Promise<StoredItem[]> {
    const items = rows.map(storedItem);
    const archived = items.filter(({ medium }) => medium === 'archive');
    if (archived.length === 0) return items;
    const origins = await new ArchiveRepository(this.database).origins(
      archived.map(({ location }) => location),
    );
    for (const item of archived) {
      const archivedFrom = origins.get(item.location);
      if (archivedFrom !== undefined) item.archivedFrom = archivedFrom;
    }
    return items;
  }

  /** Replaces what a person says of the item, and its due dates; needs a transaction. @returns false where there is no such item */
  async update(item: WrittenItem, due: DueDates): Promise<boolean> {
    const values = itemValues(item, due, null);
    const row = Object.fromEntries(ITEM_COLUMNS.map((column, at) => [column, values[at] ?? null]));
    delete row.state;
    if ((await this.database('items').where('id', item.id).update(row)) !== 1) return false;
    await new ItemFolders(this.database).note([item.location]);
    await new ItemLinks(this.database).replace([item]);
    return true;
  }

  /** Writes nothing but due dates. @param changes of items that exist, at most BULK_ROWS */
  async setDue(changes: readonly { id: string; due: DueDates }[]): Promise<void> {
    if (changes.length === 0) return;
    const rows = changes.map(({ id, due }) => [
      ...[id, due.keepUntil, due.deleteBy, due.permanent ? 1 : 0],
      ...[due.defect, due.missingTrigger],
    ]);
    const source = isSqlite(this.database) ? 'json_each(?)' : 'jsonb_array_elements(?::jsonb)';
    await this.database.raw(
      `update items set keep_until = new.keep_until, delete_by = new.delete_by,
         permanent = cast(new.permanent as integer), due_defect = new.defect, missing_trigger = new.missing_trigger
       from (select value->>0 as id, value->>1 as keep_until, value->>2 as delete_by, value->>3 as permanent,
         value->>4 as defect, value->>5 as missing_trigger from ${source}) as new
       where items.id = new.id`,
      [JSON.stringify(rows)],
    );
  }

  /** Moves items from one state to another. @returns how many were in the state `from` */
  async moveState(ids: readonly string[], from: ItemState, to: ItemState): Promise<number> {
    if (!isSqlite(this.database))
      return await this.database('items').whereIn('id', ids).where('state', from).update({ state: to });
    const moved: unknown[] = await this.database.raw(MOVE_STATE, [to, JSON.stringify(ids), from]);
    return moved.length;
  }
}

/** PostgreSQL's driver answers a raw query with an object, SQLite's with the rows. */
function rowsOf(answer: { rows: unknown[] }): unknown[] {
  return answer.rows;
}
