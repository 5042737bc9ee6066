import { hash } from 'node:crypto';
import type { Knex } from 'knex';
import { isSqlite } from '../connection.js';
import { EVIDENCE_INDEX, type IndexOfActions, MARKS_INDEX } from './log-actions.js';

/** Tables whose indexes are not looked at here: the log's entries have a check of their own, and of the inventory nothing is sealed. */
const LEFT = ['log_entries', 'items', 'item_folders', 'item_links'];

/** SHA-256, hex, of what the migrations make; a test computes it. */
const SCHEMA_SHA256 = 'e73600f7f7d2978fafb13e508cad369907846c92fe5ef64d189b782104508470';

/** Tables that `analyze` makes, as SQLite writes them: these alone are no part of the digest. */
const STATISTICS: readonly string[] = [
  'CREATE TABLE sqlite_stat1(tbl,idx,stat)',
  'CREATE TABLE sqlite_stat4(tbl,idx,neq,nlt,ndlt,sample)',
];

interface SchemaRow {
  type: string;
  name: string;
  tbl_name: string;
  sql: string | null;
}

/** By its definition: whatever else somebody gives such a name to, a trigger among them, is not left out. */
function isStatistics({ type, name, sql }: SchemaRow): boolean {
  return type === 'table' && STATISTICS.some((own) => own === sql && own.startsWith(`CREATE TABLE ${name}(`));
}

function quoted(name: string): string {
  return `'${name.replaceAll("'", "''")}'`;
}

/**
 * Whether queries find what the tables of SQLite have. Whoever can write to the file can make an index that
 * lacks a row: queries then do not find it, though every byte of it is there. On a server nobody can without its files.
 */
export class Soundness {
  constructor(private readonly database: Knex) {}

  /**
   * @param tables those to look at; all but the largest where not given
   * @returns the first table whose indexes do not agree with it, or that has a value of another kind than its column
   */
  async damagedTable(tables?: readonly string[]): Promise<string | null> {
    if (!isSqlite(this.database)) return null;
    for (const table of tables ?? (await this.#tables())) {
      const rows: { integrity_check: string }[] = await this.database.raw(
        `pragma integrity_check(${quoted(table)})`,
      );
      if (rows.some((row) => row.integrity_check !== 'ok') || (await this.#hasOddValue(table))) return table;
    }
    return null;
  }

  /** A BLOB looks like the text of its bytes where it is written down, and is equal to no text where it is compared. */
  async #hasOddValue(table: string): Promise<boolean> {
    const columns: { name: string; type: string }[] = await this.database.raw(
      `pragma table_info(${quoted(table)})`,
    );
    const odd = columns.flatMap(({ name, type }) => {
      const kind = type.toLowerCase();
      return kind === 'text' || kind === 'integer' ? [`typeof("${name}") not in ('${kind}', 'null')`] : [];
    });
    if (odd.length === 0) return false;
    const rows: unknown[] = await this.database.raw(
      `select 1 from "${table}" not indexed where ${odd.join(' or ')} limit 1`,
    );
    return rows.length > 0;
  }

  /**
   * Whether the schema is that which the migrations make. With a trigger, a view, an index or a table of another kind, queries
   * find, and statements write, something else than they say. Statistics for the planner are left out.
   */
  async isSchemaOurs(): Promise<boolean> {
    if (!isSqlite(this.database)) return true;
    const rows: SchemaRow[] = await this.database.raw(
      'select type, name, tbl_name, sql from sqlite_master order by type, name',
    );
    const ours = rows.filter((row) => !isStatistics(row));
    const text = JSON.stringify(ours.map((row) => [row.type, row.name, row.tbl_name, row.sql]));
    return hash('sha256', text) === SCHEMA_SHA256;
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
      (await this.#outOfOrder(EVIDENCE_INDEX)) ??
      (await this.#outOfOrder(MARKS_INDEX)) ??
      (await this.#differing(last))
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

  /** In an index out of order a search can miss what reading all of it finds; the comparison sees that only where SQLite merges. */
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
