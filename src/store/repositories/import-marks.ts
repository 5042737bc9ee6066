import type { Knex } from 'knex';
import { BULK_ROWS, type BulkInsert, bulkInsert } from '../bulk-insert.js';
import { isSqlite } from '../connection.js';

const TABLE = 'import_marks';

/**
 * Ids of existing items that the import going on has met, with their lines, in a temporary table: memory stays
 * flat however many there are. Ends with the transaction.
 */
export class ImportMarks {
  private constructor(
    private readonly transaction: Knex,
    private readonly bulk: BulkInsert,
  ) {}

  static async create(transaction: Knex): Promise<ImportMarks> {
    const text = isSqlite(transaction) ? 'text' : 'text collate "C"';
    const end = isSqlite(transaction) ? '' : ' on commit drop';
    await transaction.raw(
      `create temporary table if not exists ${TABLE} (id ${text} primary key, line integer not null)${end}`,
    );
    await transaction(TABLE).delete();
    return new ImportMarks(
      transaction,
      await bulkInsert(transaction, { name: TABLE, columns: ['id', 'line'], key: ['id'] }),
    );
  }

  /** Marks ids that are not marked yet. @returns the line with which each of the ids is marked now */
  async mark(rows: readonly { id: string; line: number }[]): Promise<Map<string, number>> {
    let inserted = 0;
    for (let at = 0; at < rows.length; at += BULK_ROWS) {
      inserted += await this.bulk.insert(rows.slice(at, at + BULK_ROWS).map(({ id, line }) => [id, line]));
    }
    if (inserted === rows.length) return new Map(rows.map(({ id, line }) => [id, line]));
    const ids = rows.map(({ id }) => id);
    const marked: { id: string; line: number | string }[] = await this.transaction(TABLE)
      .whereIn('id', ids)
      .select();
    return new Map(marked.map(({ id, line }) => [id, Number(line)]));
  }

  /** Frees what the database holds for it; call it before the transaction ends. */
  async close(): Promise<void> {
    await this.bulk.close();
  }
}
