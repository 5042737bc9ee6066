import type { Knex } from 'knex';
import { isSqlite } from '../connection.js';

/** See 001: text that sorts by its bytes in both databases. */
function text(database: Knex, table: Knex.CreateTableBuilder, name: string): Knex.ColumnBuilder {
  return isSqlite(database) ? table.text(name) : table.specificType(name, 'text collate "C"');
}

export async function up(database: Knex): Promise<void> {
  await database.schema.createTable('reviews', (table) => {
    table.increments('id');
    text(database, table, 'item_id').notNullable().references('id').inTable('items');
    /** `dispose` or `keep`. */
    table.text('decision').notNullable();
    table.text('keep_until');
    table.text('reason').notNullable();
    /** Digest of what the inventory said of the item then: a decision to dispose is about that. */
    table.text('item_sha256').notNullable();
    table.text('decided_at').notNullable();
    table.text('decided_by').notNullable();
    /** Number of the entry that tells of it. */
    table.integer('log_seq').notNullable();
    /** Set when a later decision about the item takes its place. */
    table.text('superseded_at');
  });
  await database.raw('create unique index reviews_standing on reviews (item_id) where superseded_at is null');
  await database.raw(
    "create index items_limit on items (delete_by, id) where state = 'active' and delete_by is not null",
  );
}
