import type { Knex } from 'knex';
import { isSqlite } from '../connection.js';

/** See 001: text that sorts by its bytes in both databases. */
function text(database: Knex, table: Knex.CreateTableBuilder, name: string): Knex.ColumnBuilder {
  return isSqlite(database) ? table.text(name) : table.specificType(name, 'text collate "C"');
}

export async function up(database: Knex): Promise<void> {
  await database.schema.createTable('schedule_approvals', (table) => {
    /** Of the file that may be imported. */
    text(database, table, 'sha256').notNullable();
    text(database, table, 'operator_id').notNullable().references('id').inTable('operators');
    table.text('approved_at').notNullable();
    table.text('statement').notNullable();
    table.text('signature').notNullable();
    table.primary(['sha256', 'operator_id']);
  });
}
