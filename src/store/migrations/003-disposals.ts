import type { Knex } from 'knex';
import { isSqlite } from '../connection.js';

/** See 001: text that sorts by its bytes in both databases. */
function text(database: Knex, table: Knex.CreateTableBuilder, name: string): Knex.ColumnBuilder {
  return isSqlite(database) ? table.text(name) : table.specificType(name, 'text collate "C"');
}

export async function up(database: Knex): Promise<void> {
  if (isSqlite(database)) await rebuildRuns(database);
  else await database.raw('alter table runs alter column plan_id drop not null');
  await database.schema.createTable('run_targets', (table) => {
    text(database, table, 'run_id').notNullable().references('id').inTable('runs');
    table.integer('position').notNullable();
    text(database, table, 'item_id').notNullable();
    /** Canonical JSON of what is to be destroyed; the log's entry of the run has the digest over all lines. */
    table.text('line').notNullable();
    table.primary(['run_id', 'position']);
    table.unique(['run_id', 'item_id']);
  });
}

/**
 * SQLite cannot drop a "not null": the table is made again and filled from a copy. Disposals and certificates refer to
 * it by its name; their references are checked when the transaction ends, when every run is back.
 */
async function rebuildRuns(database: Knex): Promise<void> {
  await database.raw('pragma defer_foreign_keys = on');
  await database.raw('create temporary table runs_before as select * from runs');
  await database.raw('drop table runs');
  await database.schema.createTable('runs', (table) => {
    table.text('id').primary();
    /** Null for a disposal that a person asked for by name, outside of any plan. */
    table.text('plan_id').references('id').inTable('plans');
    /** `sweep`: done by this program. `attested`: by people. `ad-hoc`: by this program, of what a person named. */
    table.text('kind').notNullable();
    table.text('started_at').notNullable();
    table.text('started_by').notNullable();
    table.text('finished_at');
    table.integer('accept_residual').notNullable();
  });
  await database.raw(
    `insert into runs (id, plan_id, kind, started_at, started_by, finished_at, accept_residual)
     select id, plan_id, kind, started_at, started_by, finished_at, accept_residual from runs_before`,
  );
  await database.raw('drop table runs_before');
  await database.raw("create unique index runs_sweep on runs (plan_id) where kind = 'sweep'");
}
