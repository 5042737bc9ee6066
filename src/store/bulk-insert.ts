import type { Knex } from 'knex';
import { isSqlite } from './connection.js';

/** Rows a statement; with about 20 columns this stays under PostgreSQL's 65,535 parameters. */
export const BULK_ROWS = 500;

type Value = string | number | null;
type Rows = readonly (readonly Value[])[];

/** Writes many rows of one table, statement by statement, within one transaction. */
export interface BulkInsert {
  /**
   * Inserts rows and skips those whose key exists.
   * @param rows at most BULK_ROWS rows, each with one value a column. @returns how many were inserted
   */
  insert(rows: Rows): Promise<number>;
  /** Sets the columns that may change of rows whose key exists. */
  replace(rows: Rows): Promise<void>;
  /** Frees what the database holds for the statements; call it before the transaction ends. */
  close(): Promise<void>;
}

export interface BulkTable {
  name: string;
  columns: readonly string[];
  key: readonly string[];
  /** Columns that `replace` sets. */
  changing?: readonly string[];
}

/**
 * SQLite gets each batch as one JSON document, in a statement that is prepared once: binding ten thousand
 * values through the driver, or compiling the statement in knex, each cost more than the insert itself.
 */
export async function bulkInsert(transaction: Knex, table: BulkTable): Promise<BulkInsert> {
  if (isSqlite(transaction)) return jsonInsert(transaction, table);
  const { name, columns, key, changing = [] } = table;
  const records = (rows: Rows) =>
    rows.map((row) => Object.fromEntries(columns.map((column, at) => [column, row[at] ?? null])));
  return {
    async insert(rows) {
      const query = transaction(name)
        .insert(records(rows))
        .onConflict([...key])
        .ignore();
      const inserted: unknown[] = await query.returning([...key]);
      return inserted.length;
    },
    async replace(rows) {
      await transaction(name)
        .insert(records(rows))
        .onConflict([...key])
        .merge([...changing]);
    },
    async close() {},
  };
}

async function jsonInsert(transaction: Knex, table: BulkTable): Promise<BulkInsert> {
  const { name, columns, key, changing = [] } = table;
  const client = transaction.client as { acquireConnection(): Promise<import('sqlite3').Database> };
  const connection = await client.acquireConnection();
  const statements = new Map<string, import('sqlite3').Statement>();
  const values = columns.map((_, at) => `value->>${at}`).join(',');
  // "where true" keeps SQLite from reading "on conflict" as a join's condition.
  const insert = `insert into ${name} (${columns.join(',')}) select ${values} from jsonb_each(?) where true`;
  const skip = `${insert} on conflict (${key.join(',')}) do nothing`;
  const set = changing.map((column) => `${column} = excluded.${column}`).join(',');
  const replace = `${insert} on conflict (${key.join(',')}) do update set ${set}`;
  const run = (sql: string, rows: Rows) => {
    const statement = statements.get(sql) ?? connection.prepare(sql);
    statements.set(sql, statement);
    return new Promise<number>((done, fail) => {
      statement.run([JSON.stringify(rows)], function (this: { changes: number }, error: Error | null) {
        if (error) fail(error);
        else done(this.changes);
      });
    });
  };
  return {
    insert: (rows) => run(skip, rows),
    async replace(rows) {
      await run(replace, rows);
    },
    async close() {
      for (const statement of statements.values()) {
        await new Promise<void>((done) => statement.finalize(() => done()));
      }
      statements.clear();
    },
  };
}
