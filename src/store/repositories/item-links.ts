import type { Knex } from 'knex';
import type { InventoryItem } from '../../model/index.js';

export type LinkKind = 'class' | 'subject';

type LinkedItem = Pick<InventoryItem, 'id' | 'otherClasses' | 'subjects'>;

interface LinkRow {
  kind: LinkKind;
  value: string;
  item_id: string;
}

const LINK_ROWS = 500;

/** The table that finds items by subject and by further class; the items themselves hold the same as a document. */
export class ItemLinks {
  constructor(private readonly database: Knex) {}

  /** Those of a batch that have links and do not exist yet; of an id that comes twice the first. */
  async newlyLinked(items: readonly LinkedItem[]): Promise<LinkedItem[]> {
    if (!items.some(hasLinks)) return [];
    const linked = new Map<string, LinkedItem>();
    const seen = new Set<string>();
    for (const item of items) {
      if (hasLinks(item) && !seen.has(item.id)) linked.set(item.id, item);
      seen.add(item.id);
    }
    if (linked.size === 0) return [];
    const rows: { id: string }[] = await this.database('items')
      .whereIn('id', [...linked.keys()])
      .select('id');
    for (const { id } of rows) linked.delete(id);
    return [...linked.values()];
  }

  /** Adds the links of items that had none. */
  async add(items: readonly LinkedItem[]): Promise<void> {
    const rows = items.flatMap(linkRows);
    for (let at = 0; at < rows.length; at += LINK_ROWS) {
      await this.database('item_links').insert(rows.slice(at, at + LINK_ROWS));
    }
  }

  /** Makes the links of items what the items say now; at most 500 items. */
  async replace(items: readonly LinkedItem[]): Promise<void> {
    await this.database('item_links')
      .whereIn(
        'item_id',
        items.map(({ id }) => id),
      )
      .delete();
    await this.add(items.filter(hasLinks));
  }
}

function hasLinks({ otherClasses, subjects }: LinkedItem): boolean {
  return otherClasses.length > 0 || subjects.length > 0;
}

function linkRows({ id, otherClasses, subjects }: LinkedItem): LinkRow[] {
  const rows = (kind: LinkKind, values: readonly string[]): LinkRow[] =>
    values.map((value) => ({ kind, value, item_id: id }));
  return [...rows('class', otherClasses), ...rows('subject', subjects)];
}
