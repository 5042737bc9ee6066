import type { Knex } from 'knex';
import { isSqlite } from '../connection.js';

/** See 001: text that sorts by its bytes in both databases. */
function text(database: Knex, table: Knex.CreateTableBuilder, name: string): Knex.ColumnBuilder {
  return isSqlite(database) ? table.text(name) : table.specificType(name, 'text collate "C"');
}

export async function up(database: Knex): Promise<void> {
  await database.schema.createTable('handovers', (table) => {
    text(database, table, 'id').primary();
    text(database, table, 'plan_id').notNullable().references('id').inTable('plans');
    /** Who takes the records over: a name, which the log never has. */
    table.text('receiver').notNullable();
    table.text('prepared_at').notNullable();
    table.text('prepared_by').notNullable();
    table.text('manifest_sha256').notNullable();
    table.text('table_sha256').notNullable();
    /** What the receiver confirmed; null until then. */
    table.text('received_on');
    table.text('received_by');
    table.text('reference');
    table.text('recorded_at');
    table.text('recorded_by');
  });
  await database.schema.createTable('handover_items', (table) => {
    text(database, table, 'handover_id').notNullable().references('id').inTable('handovers');
    table.integer('position').notNullable();
    text(database, table, 'item_id').notNullable();
    /** Digest of what the inventory said of the item then. */
    table.text('item_sha256').notNullable();
    table.primary(['handover_id', 'item_id']);
  });
}
