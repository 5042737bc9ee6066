import type { Knex } from 'knex';
import { isSqlite } from '../connection.js';

/**
 * Text that sorts by its bytes in both databases: keyset pages and path prefixes depend on it, and
 * PostgreSQL would otherwise sort by the server's locale.
 */
function text(database: Knex, table: Knex.CreateTableBuilder, name: string): Knex.ColumnBuilder {
  return isSqlite(database) ? table.text(name) : table.specificType(name, 'text collate "C"');
}

export async function up(database: Knex): Promise<void> {
  await createPeople(database);
  await createInventory(database);
  await createHolds(database);
  await createPlans(database);
  await createRuns(database);
  await createEvidence(database);
}

async function createPeople(database: Knex): Promise<void> {
  await database.schema.createTable('operators', (table) => {
    text(database, table, 'id').primary();
    table.text('name').notNullable();
    table.text('account').notNullable();
    table.integer('account_uid').notNullable();
    table.text('public_key').notNullable();
    table.text('created_at').notNullable();
    table.text('deactivated_at');
  });
  await database.schema.createTable('schedules', (table) => {
    table.integer('version').primary();
    table.text('imported_at').notNullable();
    table.text('imported_by').notNullable();
    table.text('sha256').notNullable();
    table.text('source').notNullable();
    table.text('document').notNullable();
  });
}

async function createInventory(database: Knex): Promise<void> {
  await database.schema.createTable('items', (table) => {
    text(database, table, 'id').primary();
    table.text('title').notNullable();
    text(database, table, 'record_class');
    table.text('medium').notNullable();
    text(database, table, 'location').notNullable();
    table.text('pi_elements').notNullable();
    table.integer('data_subjects');
    text(database, table, 'custodian');
    text(database, table, 'department');
    table.text('created');
    table.text('modified');
    table.text('closed');
    table.text('last_used');
    table.text('events').notNullable();
    table.text('copies_elsewhere');
    table.text('notes');
    table.text('state').notNullable();
    text(database, table, 'keep_until');
    text(database, table, 'delete_by');
    table.integer('permanent').notNullable();
    table.text('due_defect');
    table.text('missing_trigger');
    /** Log entry and line of the import that last wrote the item; also tells an id that a file repeats from an older item. */
    table.integer('import_seq');
    table.integer('import_line');
  });
  await database.raw(
    "create index items_due on items (keep_until, id) where state = 'active' and keep_until is not null",
  );
  await database.raw(
    "create index items_defect on items (id) where state = 'active' and due_defect is not null",
  );
  await database.raw(
    "create index items_location on items (location) where state <> 'disposed' and substr(location, 1, 1) = '/'",
  );
  await database.raw('create index items_class on items (record_class, state)');
}

async function createHolds(database: Knex): Promise<void> {
  await database.schema.createTable('holds', (table) => {
    text(database, table, 'id').primary();
    table.text('matter').notNullable();
    table.text('reason');
    table.text('placed_at').notNullable();
    table.text('placed_by').notNullable();
    table.text('released_at');
    table.text('released_by');
    table.text('release_reason');
  });
  await database.schema.createTable('hold_scopes', (table) => {
    text(database, table, 'hold_id').notNullable().references('id').inTable('holds');
    table.text('kind').notNullable();
    text(database, table, 'value').notNullable();
    table.primary(['hold_id', 'kind', 'value']);
  });
}

async function createPlans(database: Knex): Promise<void> {
  await database.schema.createTable('plans', (table) => {
    text(database, table, 'id').primary();
    table.text('created_at').notNullable();
    table.text('planned_by').notNullable();
    table.text('as_of').notNullable();
    table.integer('schedule_version').notNullable();
    table.text('counts').notNullable();
    table.integer('approvals_required').notNullable();
    table.text('sha256').notNullable();
    table.text('state').notNullable();
  });
  await database.schema.createTable('plan_items', (table) => {
    text(database, table, 'plan_id').notNullable().references('id').inTable('plans');
    table.integer('position').notNullable();
    text(database, table, 'item_id').notNullable();
    table.text('decision').notNullable();
    /** Canonical JSON of the plan's line; the plan's digest covers these lines. */
    table.text('line').notNullable();
    table.primary(['plan_id', 'position']);
    table.unique(['plan_id', 'item_id']);
  });
  await database.schema.createTable('approvals', (table) => {
    text(database, table, 'plan_id').notNullable().references('id').inTable('plans');
    text(database, table, 'operator_id').notNullable().references('id').inTable('operators');
    table.text('approved_at').notNullable();
    table.text('statement').notNullable();
    table.text('signature').notNullable();
    table.primary(['plan_id', 'operator_id']);
  });
}

async function createRuns(database: Knex): Promise<void> {
  await database.schema.createTable('runs', (table) => {
    text(database, table, 'id').primary();
    text(database, table, 'plan_id').notNullable().references('id').inTable('plans');
    /** `sweep`: done by this program. `attested`: done by people, whose statement is recorded. */
    table.text('kind').notNullable();
    table.text('started_at').notNullable();
    table.text('started_by').notNullable();
    table.text('finished_at');
    table.integer('accept_residual').notNullable();
  });
  await database.raw("create unique index runs_sweep on runs (plan_id) where kind = 'sweep'");
  await database.schema.createTable('disposals', (table) => {
    text(database, table, 'run_id').notNullable().references('id').inTable('runs');
    text(database, table, 'item_id').notNullable();
    table.integer('position').notNullable();
    /** `begun` from the intent on, `done` with the outcome. */
    table.text('state').notNullable();
    table.text('target').notNullable();
    table.text('outcome');
    /** JSON of what was done and of what was not, for the certificate. */
    table.text('result');
    table.integer('intent_seq');
    table.integer('outcome_seq');
    table.primary(['run_id', 'item_id']);
  });
  await database.raw('create index disposals_item on disposals (item_id)');
  await database.schema.createTable('disposal_entries', (table) => {
    text(database, table, 'run_id').notNullable();
    text(database, table, 'item_id').notNullable();
    table.integer('position').notNullable();
    table.text('state').notNullable();
    /** `medium` or `page-cache`, once it is overwritten and read back. */
    table.text('verified_from');
    /** JSON of the entry: relative path, identity, neutral name. Deleted with the outcome: names can be personal information. */
    table.text('entry').notNullable();
    table.primary(['run_id', 'item_id', 'position']);
    table.foreign(['run_id', 'item_id']).references(['run_id', 'item_id']).inTable('disposals');
  });
}

async function createEvidence(database: Knex): Promise<void> {
  await database.schema.createTable('certificates', (table) => {
    text(database, table, 'number').primary();
    table.integer('year').notNullable();
    table.integer('sequence').notNullable();
    text(database, table, 'run_id').notNullable().unique().references('id').inTable('runs');
    table.text('issued_at').notNullable();
    table.text('issued_by').notNullable();
    table.integer('items').notNullable();
    table.text('json_sha256').notNullable();
    table.text('pdf_sha256').notNullable();
    table.integer('log_seq').notNullable();
    table.unique(['year', 'sequence']);
  });
  await database.schema.createTable('log_entries', (table) => {
    table.integer('seq').primary();
    text(database, table, 'time').notNullable();
    text(database, table, 'operator').notNullable();
    text(database, table, 'action').notNullable();
    table.text('hash').notNullable();
    /** Canonical JSON (RFC 8785): the bytes that `hash` covers. */
    table.text('entry').notNullable();
  });
}
