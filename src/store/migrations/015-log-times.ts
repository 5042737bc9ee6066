import type { Knex } from 'knex';

/**
 * Finds the latest times of the log, and its entries that later ones are judged by, without reading all of it. The first
 * index is over an expression, so that no other query takes it in place of the order of the entries.
 */
export async function up(database: Knex): Promise<void> {
  await database.raw('create index log_entries_instant on log_entries (substr(time, 1, 24))');
  await database.raw(
    "create index log_entries_marks on log_entries (seq) where action in ('log.accept-clock', 'settings.change', 'workspace.create')",
  );
}
