import type { Knex } from 'knex';
import { isSqlite } from './connection.js';

/** Fewer new rows than this are never worth building indexes anew. */
const SMALL = 20_000;
/** A row put into every index costs about this many times as much as a row sorted into new ones. */
const GAIN = 5;

/**
 * Takes the secondary indexes of a table away while many rows come in, and builds them again at the end: sorting
 * once is several times cheaper than finding a place in each index for each row. All within the transaction, so
 * readers still use the old indexes and a crash leaves them as they were. SQLite only: PostgreSQL would keep
 * every reader out meanwhile.
 */
export class DeferredIndexes {
  #inserted = 0;
  #nextCheck = SMALL;
  #removed: string[] = [];

  private constructor(
    private readonly transaction: Knex,
    private readonly table: string,
    private readonly rowsBefore: number,
  ) {}

  static async of(transaction: Knex, table: string): Promise<DeferredIndexes> {
    if (!isSqlite(transaction)) return new DeferredIndexes(transaction, table, Number.POSITIVE_INFINITY);
    const rows: { n: number }[] = await transaction(table).count({ n: '*' });
    return new DeferredIndexes(transaction, table, rows[0]?.n ?? 0);
  }

  /** Tells that rows were inserted; removes the indexes as soon as that will pay even if no more rows come. */
  async noteInserted(rows: number): Promise<void> {
    this.#inserted += rows;
    if (this.#removed.length > 0 || this.#inserted < this.#nextCheck) return;
    this.#nextCheck = this.#inserted * 2;
    if (this.rowsBefore > this.#inserted * GAIN) return;
    const found: { name: string; sql: string }[] = await this.transaction('sqlite_master')
      .where({ type: 'index', tbl_name: this.table })
      .whereNotNull('sql')
      .select('name', 'sql');
    for (const { name } of found) await this.transaction.raw('drop index ??', [name]);
    this.#removed = found.map(({ sql }) => sql);
  }

  /** Builds the indexes again; call it before the transaction ends. */
  async restore(): Promise<void> {
    for (const sql of this.#removed) await this.transaction.raw(sql);
    this.#removed = [];
  }
}
