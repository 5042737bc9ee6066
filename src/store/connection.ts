import { dirname, join } from 'node:path';
import type { Knex } from 'knex';
import { openPostgres } from './postgres.js';
import { openSqlite } from './sqlite.js';

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

/** Waits until no other writer is in a transaction; SQLite's BEGIN IMMEDIATE has done so before. */
export async function takeWriterTurn(transaction: Knex.Transaction): Promise<void> {
  if (!isSqlite(transaction)) await transaction.raw('select pg_advisory_xact_lock(?)', [WRITER_LOCK]);
}
