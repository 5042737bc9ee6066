import type { Knex } from 'knex';
import type { CalendarDate, ItemState, Medium } from '../../model/index.js';
import type { LinkKind } from './item-links.js';

export interface ItemFilter {
  /** Only items of this class, whether it is their only one or not. */
  recordClass?: string;
  /** Only items that are linked to this subject. */
  subject?: string;
  medium?: Medium;
  custodian?: string;
  department?: string;
  state?: ItemState;
  /** Only items without a due date for lack of something. */
  defective?: boolean;
  /** Only items that must be kept longer than they may be kept. */
  conflicting?: boolean;
  /** Only items whose duty to keep ended before this day. */
  dueBefore?: CalendarDate;
  /** Only items at or below this path, or whose location starts with this text. */
  locationPrefix?: string;
}

/**
 * Written out, not bound: SQLite uses a partial index only where the statement's own text shows that its
 * condition holds.
 */
export const ACTIVE = "state = 'active'";

/** The rows of `items` that match all of the filter. */
export function filteredItems(database: Knex, filter: ItemFilter): Knex.QueryBuilder {
  const query = database('items');
  const { recordClass } = filter;
  if (recordClass !== undefined) {
    query.andWhere((match) =>
      match.where('record_class', recordClass).orWhereIn('id', linkedItems(database, 'class', recordClass)),
    );
  }
  if (filter.subject !== undefined) query.whereIn('id', linkedItems(database, 'subject', filter.subject));
  if (filter.medium !== undefined) query.where('medium', filter.medium);
  if (filter.custodian !== undefined) query.where('custodian', filter.custodian);
  if (filter.department !== undefined) query.where('department', filter.department);
  if (filter.state === 'active') query.whereRaw(ACTIVE);
  else if (filter.state !== undefined) query.where('state', filter.state);
  if (filter.defective) query.whereNotNull('due_defect');
  if (filter.conflicting) query.whereRaw('delete_by < keep_until');
  if (filter.dueBefore !== undefined) query.where('keep_until', '<', filter.dueBefore);
  const prefix = filter.locationPrefix;
  if (prefix !== undefined && prefix !== '')
    query.where('location', '>=', prefix).where('location', '<', afterPrefix(prefix));
  return query;
}

/** Ids of items with a class or subject, whether it is their only one or not. */
export function linkedItems(database: Knex, kind: LinkKind, value: string): Knex.QueryBuilder {
  return database('item_links').where({ kind, value }).select('item_id');
}

/** The smallest text that is greater than every text with the prefix, in byte order. */
function afterPrefix(prefix: string): string {
  return `${prefix}\u{10FFFF}`;
}
