import type { Knex } from 'knex';
import { isSqlite } from '../connection.js';

/** See 001: text that sorts by its bytes in both databases. */
function text(database: Knex, table: Knex.CreateTableBuilder, name: string): Knex.ColumnBuilder {
  return isSqlite(database) ? table.text(name) : table.specificType(name, 'text collate "C"');
}

export async function up(database: Knex): Promise<void> {
  await addLinks(database);
  await createEvents(database);
  await createGates(database);
  await database.schema.alterTable('holds', (table) => {
    /** Last day on which what the hold reached is left alone after its release. */
    table.text('cooling_off_until');
  });
}

/** Subjects and further classes: with the item as one document, so that items without them cost nothing, and searchable. */
async function addLinks(database: Knex): Promise<void> {
  await database.schema.alterTable('items', (table) => {
    /** JSON of the further classes, the subjects and their events; null where there are none. */
    table.text('links');
  });
  await database.schema.createTable('item_links', (table) => {
    /** `class` (further classes only) or `subject`. */
    table.text('kind').notNullable();
    text(database, table, 'value').notNullable();
    text(database, table, 'item_id').notNullable().references('id').inTable('items');
    table.primary(['kind', 'value', 'item_id']);
  });
  await database.raw('create index item_links_item on item_links (item_id)');
}

async function createEvents(database: Knex): Promise<void> {
  await database.schema.createTable('events', (table) => {
    table.integer('id').primary();
    text(database, table, 'event').notNullable();
    text(database, table, 'subject').notNullable();
    /** Null where the record says that the event did not happen after all. */
    table.text('date');
    table.text('recorded_at').notNullable();
    table.text('recorded_by').notNullable();
    /** The record that this one corrects, and the one that corrects this one. */
    table.integer('supersedes');
    table.integer('superseded_by');
  });
  await database.raw(
    'create unique index events_current on events (subject, event) where superseded_by is null',
  );
}

async function createGates(database: Knex): Promise<void> {
  await database.schema.createTable('gate_statements', (table) => {
    text(database, table, 'id').primary();
    table.text('kind').notNullable();
    /** Recipient of a notice, authority of a permission. */
    table.text('party');
    table.text('stated_on').notNullable();
    table.text('stated_by').notNullable();
    table.text('reference');
    table.text('recorded_at').notNullable();
    table.text('recorded_by').notNullable();
    /** Day from which it does not count any more. */
    table.text('withdrawn_on');
    table.text('withdrawn_at');
    table.text('withdrawn_by');
  });
  await database.schema.createTable('gate_scopes', (table) => {
    text(database, table, 'statement_id').notNullable().references('id').inTable('gate_statements');
    table.text('kind').notNullable();
    text(database, table, 'value').notNullable();
    table.primary(['statement_id', 'kind', 'value']);
  });
}
