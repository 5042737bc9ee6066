import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, resolve } from 'node:path';
import type { Knex } from 'knex';
import { monotonicMs, verificationFailed } from '../model/index.js';
import { StatementCache, type StatementConstructor } from './statement-cache.js';

/** knex prints what it also throws, statements with their values included. */
export const SILENT = { warn() {}, error() {}, deprecate() {}, debug() {} };

const require = createRequire(import.meta.url);

/** Milliseconds that a statement waits for another process's transaction before it fails with SQLITE_BUSY. */
const BUSY_TIMEOUT_MS = 10_000;

/** Memory for pages, in KiB, taken as it is needed: with SQLite's 2 MB a large import writes the same pages again and again. */
const PAGE_CACHE_KIB = 32_768;

export type SqliteConnection = import('sqlite3').Database;

/**
 * SQLite through knex: write-ahead log, every commit flushed to the disk, foreign keys enforced, deleted
 * content overwritten inside the file (`secure_delete`), because the inventory itself says where personal
 * information is. What SQLite sorts outside of memory goes into the database's folder, not into the machine's.
 */
export function openSqlite(filename: string): Knex {
  process.env.SQLITE_TMPDIR ??= dirname(resolve(filename));
  const { knex } = require('knex') as typeof import('knex');
  return knex({
    client: quietusClient(),
    connection: { filename },
    useNullAsDefault: true,
    log: SILENT,
    pool: {
      min: 0,
      max: 4,
      afterCreate(connection: SqliteConnection, done: (error: Error | null) => void) {
        connection.configure('busyTimeout', BUSY_TIMEOUT_MS);
        // SQLite looks at a journal with the first statement, so this is early enough.
        const objection = objectionToJournal(filename);
        if (objection) done(objection);
        else prepare(connection, done);
      },
    },
  });
}

/** Begins a journal, and ends one that names another file (SQLite, `readSuperJournal` in pager.c). */
const JOURNAL_MAGIC = Buffer.from('d9d505f920a163d7', 'hex');

/**
 * A journal that was left behind is rolled back when the database is opened. One of a transaction over several databases
 * names a file that SQLite then removes, whatever that is: who can write beside the database could have any file of this
 * account removed, such as a record under a hold. This program has no such transactions.
 */
function objectionToJournal(database: string): Error | null {
  if (!namesAnotherFile(`${database}-journal`)) return null;
  return verificationFailed(
    'journal-foreign',
    'The journal beside the database names another file, which SQLite would remove',
    {
      hint: 'Somebody put it there. Keep quietus.db-journal elsewhere as evidence, compare the workspace with a backup, and dispose of nothing until this is explained',
    },
  );
}

function namesAnotherFile(journal: string): boolean {
  let file: number;
  try {
    file = openSync(journal, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
  try {
    const end = Buffer.alloc(JOURNAL_MAGIC.length);
    const start = fstatSync(file).size - end.length;
    return start > 0 && readSync(file, end, 0, end.length, start) === end.length && end.equals(JOURNAL_MAGIC);
  } finally {
    closeSync(file);
  }
}

const PRAGMAS = `PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;
  PRAGMA secure_delete = ON; PRAGMA cache_size = -${PAGE_CACHE_KIB};`;

/**
 * The first switch to the write-ahead log needs the file alone, and SQLite does not wait for that: of several
 * processes that open a new workspace at once all but one would fail. They try again.
 */
function prepare(
  connection: SqliteConnection,
  done: (error: Error | null) => void,
  until = monotonicMs() + BUSY_TIMEOUT_MS,
): void {
  connection.exec(PRAGMAS, (error) => {
    const busy = (error as { code?: string } | null)?.code === 'SQLITE_BUSY';
    if (busy && monotonicMs() < until) setTimeout(() => prepare(connection, done, until), 50);
    else done(error);
  });
}

/** A query as knex has compiled it, and what it wants to know of it afterwards. */
interface CompiledQuery {
  sql?: string;
  bindings?: readonly unknown[];
  method?: string;
  returning?: unknown;
  response?: unknown;
  context?: { lastID: number; changes: number };
}

interface SqliteClientInternals {
  driver: { Statement: StatementConstructor };
  acquireConnection(): Promise<SqliteConnection>;
  releaseConnection(connection: SqliteConnection): Promise<void>;
  destroyRawConnection(connection: SqliteConnection): Promise<void>;
  _query(connection: SqliteConnection, query: CompiledQuery): Promise<CompiledQuery>;
}

/** The client that `openSqlite` gives to knex. */
export interface SqliteClient extends SqliteClientInternals {
  /** The statements that a connection keeps. */
  statementsOf(connection: SqliteConnection): StatementCache;
}

type ClientConstructor = new (config: Knex.Config) => Knex.Client & SqliteClientInternals;

/**
 * knex's client for SQLite. That one has each statement compiled at each use; here each connection keeps those that it has.
 * Its transactions are not used: see `inSqliteTransaction`.
 */
function quietusClient(): typeof Knex.Client {
  const SqliteClient = require('knex/lib/dialects/sqlite3/index.js') as ClientConstructor;
  // Not in the client: a transaction has one of its own, without its fields.
  const caches = new WeakMap<SqliteConnection, StatementCache>();
  class QuietusSqliteClient extends SqliteClient {
    statementsOf(connection: SqliteConnection): StatementCache {
      const statements = caches.get(connection) ?? new StatementCache(connection, this.driver.Statement);
      caches.set(connection, statements);
      return statements;
    }

    override async _query(connection: SqliteConnection, query: CompiledQuery): Promise<CompiledQuery> {
      if (!query.sql) throw new Error('The query is empty');
      const method = answersWithRows(query) ? 'all' : 'run';
      const statements = this.statementsOf(connection);
      const { rows, ...changed } = await statements.execute(method, query.sql, query.bindings ?? []);
      query.response = rows;
      query.context = changed;
      return query;
    }

    override async destroyRawConnection(connection: SqliteConnection): Promise<void> {
      caches.get(connection)?.close();
      await super.destroyRawConnection(connection);
    }
  }
  return QuietusSqliteClient as unknown as typeof Knex.Client;
}

function answersWithRows({ method, returning }: CompiledQuery): boolean {
  if (method === 'insert' || method === 'update') return Boolean(returning);
  return method !== 'counter' && method !== 'del';
}
