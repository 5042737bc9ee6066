import { createRequire } from 'node:module';
import type { Knex } from 'knex';
import type { SqliteClient, SqliteConnection } from './sqlite.js';
import type { StatementResult } from './statement-cache.js';

const require = createRequire(import.meta.url);

/**
 * knex over the one connection of a transaction. knex's own transactions make a whole instance of knex each time, which takes
 * longer than an append to the log does; here a connection keeps its instance.
 */
class BoundConnection {
  readonly knex: Knex;
  /** The newest transaction; nothing goes to the connection where it is over. */
  #turn = { over: true };
  readonly #done = new Set<string>();

  constructor(
    private readonly client: SqliteClient,
    private readonly connection: SqliteConnection,
  ) {
    const makeKnex = require('knex/lib/knex-builder/make-knex.js') as (client: unknown) => Knex;
    this.knex = makeKnex(this.#boundClient());
  }

  async run<T>(work: (transaction: Knex) => Promise<T>): Promise<T> {
    // Plain BEGIN takes the write lock only at the first write: of two that have both read, one fails at once, whatever
    // the timeout. This one waits for its turn.
    await this.#execute('BEGIN IMMEDIATE');
    const turn = { over: false };
    this.#turn = turn;
    try {
      const result = await work(duringTurn(this.knex, turn));
      turn.over = true;
      await this.#execute('COMMIT');
      return result;
    } catch (error) {
      turn.over = true;
      await this.#rollBack();
      throw error;
    }
  }

  /** @throws the driver's error of the statement */
  async execute(method: 'all' | 'run', sql: string, values: readonly unknown[]): Promise<StatementResult> {
    requireTurn(this.#turn);
    try {
      return await this.client.statementsOf(this.connection).execute(method, sql, values);
    } catch (error) {
      this.#closeAfter(error, sql);
      throw error;
    }
  }

  /** Runs a statement that the connection needs once, such as one that makes a temporary view. */
  async once(sql: string): Promise<void> {
    if (this.#done.has(sql)) return;
    await this.execute('run', sql, []);
    this.#done.add(sql);
  }

  async #execute(sql: string): Promise<void> {
    await this.client.statementsOf(this.connection).execute('run', sql, []);
  }

  /** What made the work fail is what is told; a connection that cannot roll back is not used again. */
  async #rollBack(): Promise<void> {
    this.#done.clear();
    try {
      await this.#execute('ROLLBACK');
    } catch (error) {
      // SQLite has rolled back by itself where the disk was full or failed. The pool drops what has this mark.
      Reflect.set(this.connection, '__knex__disposed', error);
    }
  }

  /** With these SQLite has undone the whole transaction: what came after would be committed by itself. */
  #closeAfter(error: unknown, sql = ''): void {
    const { code = '' } = error as { code?: string };
    if (UNDOING.has(code) || (code === 'SQLITE_CONSTRAINT' && /\bor rollback\b/i.test(sql)))
      this.#turn.over = true;
  }

  #boundClient(): SqliteClient {
    const { client, connection } = this;
    const bound = Object.create(client) as SqliteClient & { transacting: boolean; bound: BoundConnection };
    bound.transacting = true;
    bound.bound = this;
    bound.acquireConnection = () => {
      requireTurn(this.#turn);
      return Promise.resolve(connection);
    };
    bound.releaseConnection = () => Promise.resolve();
    bound._query = async (on, query) => {
      try {
        return await client._query(on, query);
      } catch (error) {
        this.#closeAfter(error, query.sql);
        throw error;
      }
    };
    return bound;
  }
}

/** Errors with which SQLite rolls back by itself (https://www.sqlite.org/lang_transaction.html). */
const UNDOING = new Set(['SQLITE_FULL', 'SQLITE_IOERR', 'SQLITE_NOMEM', 'SQLITE_BUSY', 'SQLITE_INTERRUPT']);

function requireTurn(turn: { readonly over: boolean }): void {
  if (turn.over) throw new Error('The transaction has ended');
}

/** The connection's instance for one transaction: whoever keeps it cannot write into the next one. */
function duringTurn(knex: Knex, turn: { readonly over: boolean }): Knex {
  return new Proxy(knex, {
    apply(target, self, values) {
      requireTurn(turn);
      return Reflect.apply(target, self, values) as unknown;
    },
    get(target, name) {
      requireTurn(turn);
      return Reflect.get(target, name) as unknown;
    },
  });
}

const bounds = new WeakMap<SqliteConnection, BoundConnection>();

/**
 * Runs `work` in a transaction; whatever makes it fail undoes all of it.
 *
 * @throws what `work` throws; the driver's error of the beginning or the commit, such as SQLITE_BUSY or SQLITE_FULL
 */
export async function inSqliteTransaction<T>(
  database: Knex,
  work: (transaction: Knex) => Promise<T>,
): Promise<T> {
  const client = database.client as SqliteClient;
  const connection = await client.acquireConnection();
  try {
    const bound = bounds.get(connection) ?? new BoundConnection(client, connection);
    bounds.set(connection, bound);
    return await bound.run(work);
  } finally {
    await client.releaseConnection(connection);
  }
}

/**
 * The connection of a transaction, for statements of which there are very many: knex takes longer to build one than SQLite
 * to run it. Undefined outside of a transaction, and on PostgreSQL.
 */
export function boundConnection(database: Knex): Pick<BoundConnection, 'execute' | 'once'> | undefined {
  return (database.client as { bound?: BoundConnection }).bound;
}
