import { lstatSync } from 'node:fs';
import type { Database } from 'sqlite3';
import type { Reason } from '../model/index.js';
import type { DatabasePlace } from './database-hook.js';
import { DatabaseFailure, type DatabaseSession } from './database-session.js';
import { bound } from './sql-parameters.js';

type Place = Extract<DatabasePlace, { kind: 'sqlite' }>;

/** Milliseconds to wait for another writer. */
const PATIENCE_MS = 10_000;
const PASSING = new Set(['SQLITE_BUSY', 'SQLITE_LOCKED']);

const LIMITS = {
  journal: {
    code: 'database-journal',
    text: 'The rows were written to the journal or write-ahead log of the database before; those blocks were freed and not overwritten.',
  },
  copies: {
    code: 'database-copies',
    text: 'Backups, replicas, exports and snapshots of the database are not reached.',
  },
  walKept: {
    code: 'write-ahead-log-kept',
    text: 'Somebody was reading, so that the write-ahead log could not be emptied; it may still hold the rows.',
  },
  notVacuumed: {
    code: 'not-vacuumed',
    text: 'The file was not rebuilt (VACUUM): freed pages were zeroed and stay in it, and indexes keep their shape.',
  },
  notZeroed: {
    code: 'pages-not-zeroed',
    text: 'This build of SQLite does not zero what it deletes (secure_delete); freed pages may still hold the rows.',
  },
} as const satisfies Readonly<Record<string, Reason>>;

/** Opens an existing file for reading and writing; what is deleted is overwritten with zeros inside it (`secure_delete`). */
export async function openSqliteDatabase(place: Place, timeout: number): Promise<DatabaseSession> {
  if (!lstatSync(place.path, { throwIfNoEntry: false })?.isFile())
    throw new DatabaseFailure('SQLITE_CANTOPEN', false);
  const { default: sqlite3 } = await import('sqlite3');
  const database = await new Promise<Database>((done, fail) => {
    const opened: Database = new sqlite3.Database(place.path, sqlite3.OPEN_READWRITE, (error) =>
      error ? fail(failure(error)) : done(opened),
    );
  });
  database.configure('busyTimeout', PATIENCE_MS);
  const session = new SqliteSession(database, place, timeout);
  try {
    await session.prepare();
  } catch (error) {
    await session.close();
    throw error;
  }
  return session;
}

function failure(error: unknown): DatabaseFailure {
  const { code = 'SQLITE_ERROR' } = error as { code?: string };
  return new DatabaseFailure(code, PASSING.has(code));
}

class SqliteSession implements DatabaseSession {
  #zeroes = false;

  constructor(
    private readonly database: Database,
    private readonly place: Place,
    private readonly timeout: number,
  ) {}

  async prepare(): Promise<void> {
    await this.rows(`pragma foreign_keys = ${this.place.foreignKeys ? 'on' : 'off'}`);
    await this.rows('pragma trusted_schema = off');
    const [set] = await this.rows('pragma secure_delete = on');
    this.#zeroes = Number(set && Object.values(set)[0]) === 1;
    // Reads the file, so that one which is no database is found out before anything is asked of it.
    await this.rows('select count(*) from sqlite_master');
  }

  async begin(): Promise<void> {
    await this.run('begin immediate');
  }

  async count(
    statement: Parameters<DatabaseSession['count']>[0],
    values: Parameters<DatabaseSession['count']>[1],
  ) {
    const { sql, values: list } = bound(statement, values, '?');
    const rows = await this.rows(sql, list);
    return onlyNumber(rows.map((row) => Object.values(row)));
  }

  async delete(
    statement: Parameters<DatabaseSession['delete']>[0],
    values: Parameters<DatabaseSession['delete']>[1],
  ) {
    const { sql, values: list } = bound(statement, values, '?');
    return await this.run(sql, list);
  }

  async transactionId(): Promise<null> {
    return null;
  }

  async commit(): Promise<void> {
    await this.run('commit');
  }

  async rollback(): Promise<void> {
    // Where the failure itself has ended the transaction, there is nothing to take back.
    await this.run('rollback').catch(() => 0);
  }

  async committed(): Promise<undefined> {
    return undefined;
  }

  async tidy(): Promise<Reason[]> {
    const left: Reason[] = [LIMITS.journal, LIMITS.copies];
    if (!this.#zeroes) left.push(LIMITS.notZeroed);
    if (!(this.place.vacuum && (await this.vacuum()))) left.push(LIMITS.notVacuumed);
    const [checkpoint] = await this.rows('pragma wal_checkpoint(truncate)').catch(() => [{ busy: 1 }]);
    if (checkpoint?.busy !== 0) left.push(LIMITS.walKept);
    return left;
  }

  private async vacuum(): Promise<boolean> {
    try {
      await this.run('vacuum');
      return true;
    } catch {
      return false;
    }
  }

  async close(): Promise<void> {
    await new Promise<void>((done) => this.database.close(() => done()));
  }

  private async run(sql: string, values: readonly string[] = []): Promise<number> {
    return await this.within(
      new Promise<number>((done, fail) => {
        this.database.run(sql, values, function (error) {
          if (error) fail(failure(error));
          else done(this.changes);
        });
      }),
    );
  }

  private async rows(sql: string, values: readonly string[] = []): Promise<Record<string, unknown>[]> {
    return await this.within(
      new Promise<Record<string, unknown>[]>((done, fail) => {
        this.database.all(sql, values, (error: Error | null, rows: Record<string, unknown>[]) =>
          error ? fail(failure(error)) : done(rows),
        );
      }),
    );
  }

  /** Interrupts a statement that takes longer than the hook allows; it ends with an error then. */
  private async within<T>(statement: Promise<T>): Promise<T> {
    const timer = setTimeout(() => this.database.interrupt(), this.timeout * 1000);
    try {
      return await statement;
    } finally {
      clearTimeout(timer);
    }
  }
}

/** @throws DatabaseFailure where a count gives anything but one whole number */
export function onlyNumber(rows: readonly (readonly unknown[])[]): number {
  const value = Number(rows[0]?.[0]);
  if (rows.length === 1 && rows[0]?.length === 1 && Number.isSafeInteger(value) && value >= 0) return value;
  throw new DatabaseFailure('COUNT_IS_NO_NUMBER', false);
}
