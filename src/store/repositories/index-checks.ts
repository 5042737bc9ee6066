import type { Knex } from 'knex';
import { isSqlite } from '../connection.js';
import { EVIDENCE_INDEX, type IndexOfActions, MARKS_INDEX } from './log-actions.js';

/** Tables whose indexes are not looked at here: the log's entries have a check of their own, and of the inventory nothing is sealed. */
const LEFT = ['log_entries', 'items', 'item_folders', 'item_links'];

/**
 * Whether queries find what the tables of SQLite have. Whoever can write to the file can make an index that
 * lacks a row: queries then do not find it, though every byte of it is there. On a server nobody can without its files.
 */
export class IndexChecks {
  constructor(private readonly database: Knex) {}

  /**
   * @param tables those to look at; all but the largest where not given
   * @returns the first table whose indexes do not agree with it
   */
  async damagedTable(tables?: readonly string[]): Promise<string | null> {
    if (!isSqlite(this.database)) return null;
    for (const table of tables ?? (await this.#tables())) {
      const rows: { integrity_check: string }[] = await this.database.raw(
        `pragma integrity_check('${table.replaceAll("'", "''")}')`,
      );
      if (rows.some((row) => row.integrity_check !== 'ok')) return table;
    }
    return null;
  }

  /** A trigger or a view, of which this program makes none: either can change what is written or found. @returns its name */
  async foreignObject(): Promise<string | null> {
    if (!isSqlite(this.database)) return null;
    const row: { name: string } | undefined = await this.database('sqlite_master')
      .whereIn('type', ['trigger', 'view'])
      .first('name');
    return row?.name ?? null;
  }

  /**
   * Compares the indexes over actions with the entries of the log; reads all of these once.
   *
   * @param last number of the last entry to look at
   * @returns number of the first entry to which they do not lead as they should
   */
  async missedEntry(last: number): Promise<number | null> {
    if (!isSqlite(this.database)) return null;
    return (
      (await this.#differing(last)) ??
      (await this.#outOfOrder(EVIDENCE_INDEX)) ??
      (await this.#outOfOrder(MARKS_INDEX))
    );
  }

  async #tables(): Promise<string[]> {
    const rows: { name: string }[] = await this.database('sqlite_master')
      .where('type', 'table')
      .whereNotIn('name', LEFT)
      .orderBy('name')
      .select('name');
    return rows.map(({ name }) => name).filter((name) => !name.startsWith('sqlite_'));
  }

  async #differing(last: number): Promise<number | null> {
    const indexes = [EVIDENCE_INDEX, MARKS_INDEX];
    // For each of many rows this is many times faster than the condition of the index, for which a search in text stands.
    const told = `action in (${indexes.flatMap(({ actions }) => actions.map((each) => `'${each}'`)).join(', ')})`;
    const compared = indexes.map(({ name, columns: names, condition }) => {
      const columns = names.join(', ');
      const inTable = `select ${columns} from told where ${condition}`;
      const inIndex = `select ${columns} from log_entries indexed by ${name} where ${condition} and seq <= :last`;
      return `select seq from (${inTable} except ${inIndex}) union all select seq from (${inIndex} except ${inTable})`;
    });
    return await this.#first(
      `with told as materialized (select action, seq from log_entries not indexed where ${told} and seq <= :last)
        select min(seq) as seq from (${compared.join(' union all ')})`,
      { last },
    );
  }

  /** In an index out of order a search can miss what reading all of it finds. */
  async #outOfOrder({ name, columns: names, condition }: IndexOfActions): Promise<number | null> {
    const columns = names.join(', ');
    const before = names.map((column) => `lag(${column}) over () as before_${column}`);
    return await this.#first(
      `select min(seq) as seq from (
        select ${columns}, ${before.join(', ')} from log_entries indexed by ${name} where ${condition})
        where (${names.map((column) => `before_${column}`).join(', ')}) >= (${columns})`,
      {},
    );
  }

  async #first(sql: string, values: Record<string, number>): Promise<number | null> {
    try {
      const [row]: { seq: number | null }[] = await this.database.raw(sql, values);
      return row?.seq ?? null;
    } catch (error) {
      // The index is gone, or has another condition.
      if (error instanceof Error && /no such index|no query solution/.test(error.message)) return 1;
      throw error;
    }
  }
}
