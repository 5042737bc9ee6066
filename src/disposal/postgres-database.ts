import { readFileSync } from 'node:fs';
import type { Client } from 'pg';
import { badInput, type Reason } from '../model/index.js';
import type { DatabasePlace } from './database-hook.js';
import { DatabaseFailure, type DatabaseSession, type SqlValues } from './database-session.js';
import { bound, type SqlStatement } from './sql-parameters.js';
import { onlyNumber } from './sqlite-database.js';

type Place = Extract<DatabasePlace, { kind: 'postgres' }>;

const CONNECT_MS = 10_000;
/** Serialization failure, deadlock, lock not available, too many connections, server starting or stopping; no server. */
const PASSING = new Set([
  '40001',
  '40P01',
  '55P03',
  '53300',
  '57P03',
  '57P01',
  'ECONNREFUSED',
  'ETIMEDOUT',
  'ECONNRESET',
]);

const LEFT: Reason[] = [
  {
    code: 'dead-rows',
    text: 'PostgreSQL keeps the bytes of deleted rows in the pages of the table and its indexes until that space is used again, also after VACUUM.',
  },
  {
    code: 'write-ahead-log',
    text: 'The write-ahead log, its archive and every replica hold the rows as they were written.',
  },
  { code: 'database-copies', text: 'Backups, exports and snapshots of the database are not reached.' },
];

const NOT_VACUUMED: Reason = {
  code: 'not-vacuumed',
  text: 'A table was not vacuumed, so that deleted rows stay where they are until the database does it by itself.',
};

/** Connects; the password comes from the file that PGPASSFILE names, or ~/.pgpass. */
export async function openPostgresDatabase(place: Place, timeout: number): Promise<DatabaseSession> {
  const driver = await loadDriver();
  const ca = place.ca === null ? undefined : readFileSync(place.ca, 'utf8');
  const client: Client = new driver.Client({
    host: place.host,
    port: place.port,
    database: place.database,
    user: place.user,
    ssl: place.tls ? { rejectUnauthorized: true, ...(ca === undefined ? {} : { ca }) } : false,
    connectionTimeoutMillis: CONNECT_MS,
    statement_timeout: timeout * 1000,
    application_name: 'quietus',
  });
  // Told by the statement that is under way; without a listener it would end the process.
  client.on('error', () => undefined);
  try {
    await client.connect();
  } catch (error) {
    throw failure(error);
  }
  return new PostgresSession(client, place.vacuum);
}

async function loadDriver(): Promise<typeof import('pg')> {
  try {
    return (await import('pg')).default as unknown as typeof import('pg');
  } catch (cause) {
    throw badInput('postgres-driver-missing', 'The package pg is not installed, which PostgreSQL needs', {
      hint: 'Install it beside Quietus: npm install pg',
      cause,
    });
  }
}

function failure(error: unknown): DatabaseFailure {
  const code = (error as { code?: unknown }).code;
  const safe = typeof code === 'string' && /^[A-Z0-9_]{2,40}$/.test(code) ? code : 'CONNECTION_FAILED';
  return new DatabaseFailure(safe, PASSING.has(safe));
}

class PostgresSession implements DatabaseSession {
  constructor(
    private readonly client: Client,
    private readonly vacuum: boolean,
  ) {}

  async begin(): Promise<void> {
    await this.query('begin isolation level serializable');
  }

  async count(statement: SqlStatement, values: SqlValues): Promise<number> {
    const { sql, values: list } = bound(statement, values, '$');
    const { rows } = await this.query(sql, list);
    return onlyNumber(rows);
  }

  async delete(statement: SqlStatement, values: SqlValues): Promise<number> {
    const { sql, values: list } = bound(statement, values, '$');
    return (await this.query(sql, list)).rowCount ?? 0;
  }

  async transactionId(): Promise<string> {
    const { rows } = await this.query('select txid_current()::text');
    return String(rows[0]?.[0]);
  }

  async commit(): Promise<void> {
    await this.query('commit');
  }

  async rollback(): Promise<void> {
    // Where the connection is gone, so is the transaction.
    await this.query('rollback').catch(() => undefined);
  }

  async committed(transactionId: string): Promise<boolean | undefined> {
    try {
      const { rows } = await this.query('select txid_status($1::bigint)', [transactionId]);
      const status = rows[0]?.[0];
      return status === null ? undefined : status === 'committed';
    } catch {
      return undefined;
    }
  }

  async tidy(tables: readonly string[]): Promise<Reason[]> {
    if (!this.vacuum) return [...LEFT, NOT_VACUUMED];
    for (const table of new Set(tables)) {
      const name = table
        .split('.')
        .map((part) => `"${part}"`)
        .join('.');
      try {
        await this.query(`vacuum ${name}`);
      } catch {
        return [...LEFT, NOT_VACUUMED];
      }
    }
    return LEFT;
  }

  async close(): Promise<void> {
    await this.client.end().catch(() => undefined);
  }

  private async query(text: string, values: readonly string[] = []) {
    try {
      return await this.client.query<unknown[]>({ text, values: [...values], rowMode: 'array' });
    } catch (error) {
      throw failure(error);
    }
  }
}
