import { dirname, join } from 'node:path';
import type { Knex } from 'knex';
import { openPostgres } from './postgres.js';
import { openSqlite } from './sqlite.js';
import { inSqliteTransaction } from './sqlite-transaction.js';

/** Where the store lies: an embedded SQLite file, or a PostgreSQL server for a fleet. */
export type StoreLocation = { sqlite: string } | { postgres: string };

/** Archived parts of the log lie beside the database; a server has none. */
export function segmentsFolderOf(location: StoreLocation): string | null {
  return 'sqlite' in location ? join(dirname(location.sqlite), 'segments') : null;
}

export function connect(location: StoreLocation): Knex {
  return 'sqlite' in location ? openSqlite(location.sqlite) : openPostgres(location.postgres);
}

export function isSqlite(database: Knex): boolean {
  return (database.client as { dialect?: string }).dialect === 'sqlite3';
}

/** Number of the PostgreSQL advisory lock that makes writers take turns. Arbitrary, but it never changes. */
const WRITER_LOCK = 1_366_643_793;

/**
 * Runs `work` in one transaction, as the only writer: others wait for their turn, on both databases.
 *
 * @throws what `work` throws, and the driver's error of the beginning or the commit
 */
export async function inTransaction<T>(database: Knex, work: (transaction: Knex) => Promise<T>): Promise<T> {
  if (isSqlite(database)) return await inSqliteTransaction(database, work);
  return await database.transaction(async (transaction) => {
    await transaction.raw('select pg_advisory_xact_lock(?)', [WRITER_LOCK]);
    return await work(transaction);
  });
}
