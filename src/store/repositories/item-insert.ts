import type { DueDates } from '../../model/index.js';
import type { BulkInsert } from '../bulk-insert.js';
import type { DeferredIndexes } from '../deferred-indexes.js';
import type { ItemFolders } from './item-folders.js';
import type { ItemLinks } from './item-links.js';
import { type ImportSource, itemValues, type WrittenItem } from './item-row.js';

export interface ItemWrite {
  item: WrittenItem;
  due: DueDates;
  /** Null where a person writes it. */
  source: ImportSource | null;
}

/** One bulk insert of items within a transaction; at most BULK_ROWS items a call. */
export class ItemInsert {
  constructor(
    private readonly bulk: BulkInsert,
    private readonly indexes: DeferredIndexes,
    private readonly links: ItemLinks,
    private readonly folders: ItemFolders,
  ) {}

  /** Inserts the items that do not exist yet. @returns how many those were */
  async insert(items: readonly ItemWrite[]): Promise<number> {
    const linked = await this.links.newlyLinked(items.map(({ item }) => item));
    const inserted = await this.bulk.insert(
      items.map(({ item, due, source }) => itemValues(item, due, source)),
    );
    await this.links.add(linked);
    await this.folders.note(items.map(({ item }) => item.location));
    await this.indexes.noteInserted(inserted);
    return inserted;
  }

  /** Replaces what is said of items that exist, and their due dates; their states stay. */
  async replace(items: readonly ItemWrite[]): Promise<void> {
    if (items.length === 0) return;
    await this.replaceEvents(items);
    await this.folders.note(items.map(({ item }) => item.location));
    await this.links.replace(items.map(({ item }) => item));
  }

  /** The same for items that differ in the events of their subjects and in their due dates only. */
  async replaceEvents(items: readonly ItemWrite[]): Promise<void> {
    if (items.length === 0) return;
    await this.bulk.replace(items.map(({ item, due, source }) => itemValues(item, due, source)));
  }

  /** Ends it; call it before the transaction is kept. */
  async close(): Promise<void> {
    await this.bulk.close();
    await this.indexes.restore();
  }

  /** Frees what the database holds, where the transaction is not kept. */
  async abandon(): Promise<void> {
    await this.bulk.close();
  }
}
