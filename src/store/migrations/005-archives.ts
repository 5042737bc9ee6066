import type { Knex } from 'knex';
import { isSqlite } from '../connection.js';

/** See 001: text that sorts by its bytes in both databases. */
function text(database: Knex, table: Knex.CreateTableBuilder, name: string): Knex.ColumnBuilder {
  return isSqlite(database) ? table.text(name) : table.specificType(name, 'text collate "C"');
}

export async function up(database: Knex): Promise<void> {
  await createSanitizations(database);
  await createArchives(database);
}

/** Whole devices. They need not be in the inventory. */
async function createSanitizations(database: Knex): Promise<void> {
  await database.schema.createTable('sanitizations', (table) => {
    text(database, table, 'id').primary();
    text(database, table, 'item_id').references('id').inTable('items');
    /** What was typed to confirm: the serial number, or name and size. */
    text(database, table, 'confirmation').notNullable();
    /** `begun` from the intent on, `marked` when the marks stand on the device, `done` with the outcome. */
    text(database, table, 'state').notNullable();
    table.text('method').notNullable();
    table.text('technique').notNullable();
    /** JSON: the device as the system described it, the technique, what was stated, the marks. */
    table.text('target').notNullable();
    table.text('outcome');
    table.text('result');
    text(database, table, 'started_at').notNullable();
    table.text('started_by').notNullable();
    table.text('finished_at');
    table.integer('intent_seq').notNullable();
    table.integer('outcome_seq');
  });
  await database.raw(
    'create index sanitizations_open on sanitizations (confirmation) where finished_at is null',
  );
}

/** Items kept encrypted under keys of their own. The keys are in files and never in the database, which is copied. */
async function createArchives(database: Knex): Promise<void> {
  await database.schema.createTable('archives', (table) => {
    text(database, table, 'id').primary();
    text(database, table, 'item_id').notNullable().references('id').inTable('items');
    /** `begun`, `proved`, `kept`, `erasing`, `erased`. */
    text(database, table, 'state').notNullable();
    /** Absolute path of the encrypted file. */
    table.text('path').notNullable();
    /** age recipient of the item's own key; public. */
    table.text('recipient').notNullable();
    text(database, table, 'created_at').notNullable();
    table.text('created_by').notNullable();
    /** Calendar date from which the key may be destroyed; null where only the item's rule decides. */
    text(database, table, 'erase_after');
    /** JSON: what was encrypted, the ciphertext, what became of the plaintext, copies of the key. */
    table.text('facts').notNullable();
    table.text('erased_at');
    /** JSON of the erasure. */
    table.text('result');
  });
  await database.raw("create unique index archives_item on archives (item_id) where state <> 'erased'");
}
