type Connection = import('sqlite3').Database;
type Statement = import('sqlite3').Statement;

/** Statement as sqlite3 exports it and its types do not: what `prepare` of a connection makes. */
export type StatementConstructor = new (
  connection: Connection,
  sql: string,
  onError: (error: Error | null) => void,
) => Statement;

/** What came of a statement: its rows, or what it changed. */
export interface StatementResult {
  rows: unknown[] | undefined;
  lastID: number;
  changes: number;
}

/** Statements that are kept. */
const MOST = 64;
/** Longer ones are mostly those of lists, each of another length, which seldom come again. */
const LONGEST_SQL = 4000;
/** A statement holds what was bound to it until it is bound again, so one with large values is not kept. */
const LONGEST_VALUE = 1024 * 1024;

/**
 * The statements of one SQLite connection, compiled once. The driver compiles a statement at each use, which takes a turn
 * of a thread of its own: 40 µs of each of the five statements of an append.
 */
export class StatementCache {
  /** By their text; the one that was used longest ago comes first. One in use is not here, for it has one set of values. */
  readonly #kept = new Map<string, Statement>();

  constructor(
    private readonly connection: Connection,
    private readonly create: StatementConstructor,
  ) {}

  /**
   * @param method `all` for rows, `run` for what was changed
   * @throws the driver's error of compiling or of running it
   */
  execute(method: 'all' | 'run', sql: string, values: readonly unknown[]): Promise<StatementResult> {
    return new Promise((resolve, reject) => {
      const statement = this.#take(sql) ?? this.#prepare(sql, reject);
      statement[method](values, (error: Error | null, rows?: unknown[]) => {
        const { lastID, changes } = statement as unknown as StatementResult;
        const keeps = error === null && sql.length <= LONGEST_SQL && !values.some(isLarge);
        if (keeps) this.#giveBack(sql, statement);
        else statement.finalize();
        if (error) reject(error);
        else resolve({ rows, lastID, changes });
      });
    });
  }

  /** Frees all statements, without which the connection does not close. */
  close(): void {
    for (const statement of this.#kept.values()) statement.finalize();
    this.#kept.clear();
  }

  #take(sql: string): Statement | undefined {
    const statement = this.#kept.get(sql);
    this.#kept.delete(sql);
    return statement;
  }

  #prepare(sql: string, reject: (error: Error) => void): Statement {
    return new this.create(this.connection, sql, (error) => {
      if (error) reject(error);
    });
  }

  #giveBack(sql: string, statement: Statement): void {
    if (this.#kept.has(sql)) {
      statement.finalize();
      return;
    }
    this.#kept.set(sql, statement);
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > MOST && oldest !== undefined) this.#take(oldest)?.finalize();
  }
}

function isLarge(value: unknown): boolean {
  return (typeof value === 'string' || Buffer.isBuffer(value)) && value.length > LONGEST_VALUE;
}
