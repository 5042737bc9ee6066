import type { Reason } from '../model/index.js';
import type { SqlStatement } from './sql-parameters.js';

export type SqlValues = Readonly<Partial<Record<string, string>>>;

/** One connection to somebody's database. Its errors are {@link DatabaseFailure}s: what a database says may hold its data. */
export interface DatabaseSession {
  begin(): Promise<void>;
  /** The one number that the statement gives. */
  count(statement: SqlStatement, values: SqlValues): Promise<number>;
  /** @returns how many rows the statement deleted itself, without what the database deleted after it */
  delete(statement: SqlStatement, values: SqlValues): Promise<number>;
  /** What {@link committed} asks for later; null where the database has no such thing. Within the transaction. */
  transactionId(): Promise<string | null>;
  commit(): Promise<void>;
  rollback(): Promise<void>;
  /** Whether the transaction with this id was committed; undefined where the database does not know any more. */
  committed(transactionId: string): Promise<boolean | undefined>;
  /** After the commit: has the database let go of what it keeps of the rows. @returns what it may still hold */
  tidy(tables: readonly string[]): Promise<Reason[]>;
  close(): Promise<void>;
}

/** A failure of the database, with a code and never with its words. */
export class DatabaseFailure extends Error {
  /** @param passing whether trying again a little later may help */
  constructor(
    readonly code: string,
    readonly passing: boolean,
  ) {
    super(`The database returned ${code}`);
    this.name = 'DatabaseFailure';
  }

  get reason(): Reason {
    return this.passing
      ? { code: 'busy', text: `The database was in use (${this.code}); nothing was deleted.` }
      : {
          code: 'database-error',
          text: `The database returned an error (${this.code}); nothing was deleted.`,
        };
  }
}
