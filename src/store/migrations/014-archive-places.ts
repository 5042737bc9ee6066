import type { Knex } from 'knex';
import { isSqlite } from '../connection.js';

/** Disposals ask which archives lie at and below their paths; see 001 for text that sorts by its bytes. */
export async function up(database: Knex): Promise<void> {
  if (!isSqlite(database)) await database.raw('alter table archives alter column path type text collate "C"');
  await database.raw("create index archives_place on archives (path) where state <> 'erased'");
}
