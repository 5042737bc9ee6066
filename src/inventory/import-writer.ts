import type { HoldGuard } from '../holds/index.js';
import type { DueDates, DueDefect, InventoryItem } from '../model/index.js';
import type { DueItem } from '../schedule/index.js';
import {
  BULK_ROWS,
  type ImportMarks,
  type ItemInsert,
  type StoredItem,
  type StoreTransaction,
} from '../store/index.js';
import { allWithEvents, withEvents } from './due.js';
import { earlyDate, TOO_EARLY, touchesDates } from './early-date.js';
import type { HeaderColumn } from './header.js';
import { changedColumns, laidOver, type RowProblem } from './row-reader.js';

/** A good row on its way into the store. */
export interface ImportRow {
  line: number;
  cells: readonly string[];
  item: InventoryItem;
}

export interface ImportCounts {
  added: number;
  updated: number;
  unchanged: number;
  /** Items, added or updated, that have no due date, by the reason. */
  defects: Partial<Record<DueDefect, number>>;
}

export interface ImportContext {
  transaction: StoreTransaction;
  /** Number that the import's log entry will have. */
  seq: number;
  columns: readonly HeaderColumn[];
  update: boolean;
  dueDates: (item: DueItem) => DueDates;
  lostHolds: HoldGuard;
  /** Accept days before the item was created. */
  force: boolean;
  reject: (row: ImportRow, problem: RowProblem) => Promise<void>;
}

/**
 * Puts rows into the store in batches. One batch is written while the next is being read; rows whose id exists
 * are looked at after their batch.
 */
export class ImportWriter {
  readonly counts: ImportCounts = { added: 0, updated: 0, unchanged: 0, defects: {} };
  #batch: ImportRow[] = [];
  #writing: Promise<void> = Promise.resolve();
  #failure: { error: unknown } | undefined;

  private constructor(
    private readonly context: ImportContext,
    private readonly insert: ItemInsert,
    private readonly marks: ImportMarks,
  ) {}

  static async open(context: ImportContext): Promise<ImportWriter> {
    const { items } = context.transaction;
    return new ImportWriter(context, await items.bulkInsert(), await items.importMarks());
  }

  /** @returns what to wait for before the next row, if anything: the writing of the batch before */
  add(row: ImportRow): Promise<void> | undefined {
    this.#batch.push(row);
    return this.#batch.length === BULK_ROWS ? this.#startBatch() : undefined;
  }

  /** Writes what is left. */
  async finish(): Promise<void> {
    await this.#startBatch();
    await this.#settled();
    await this.insert.close();
    await this.marks.close();
  }

  /** Frees what the database holds, after a failure. */
  async abandon(): Promise<void> {
    await this.#writing;
    await this.insert.abandon();
    await this.marks.close();
  }

  async #startBatch(): Promise<void> {
    await this.#settled();
    const batch = this.#batch;
    this.#batch = [];
    if (batch.length === 0) return;
    this.#writing = this.#write(batch).catch((error: unknown) => {
      this.#failure = { error };
    });
  }

  async #settled(): Promise<void> {
    await this.#writing;
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  async #write(rows: readonly ImportRow[]): Promise<void> {
    const { seq, dueDates, transaction } = this.context;
    const batch = this.context.force ? rows : await this.#withoutEarlyDates(rows);
    if (batch.length === 0) return;
    const items = await allWithEvents(
      transaction,
      batch.map(({ item }) => item),
    );
    const writes = items.map((item, at) => ({
      item,
      due: dueDates(item),
      source: { seq, line: batch[at]?.line ?? 0 },
    }));
    const inserted = await this.insert.insert(writes);
    if (inserted === batch.length) {
      for (const { due } of writes) this.#countDefect(due);
      this.counts.added += inserted;
      return;
    }
    const found = await this.context.transaction.items.byIds(batch.map(({ item }) => item.id));
    const older: ImportRow[] = [];
    for (const row of batch) {
      const stored = found.get(row.item.id);
      if (stored?.importedFrom?.seq !== seq) older.push(row);
      else if (stored.importedFrom.line !== row.line)
        await this.#rejectRepeated(row, stored.importedFrom.line);
      else {
        this.counts.added += 1;
        this.#countDefect(stored.due);
      }
    }
    await this.#compare(older, found);
  }

  /** Rejects new items with a day before they were created; what the inventory has already is compared later. */
  async #withoutEarlyDates(rows: readonly ImportRow[]): Promise<readonly ImportRow[]> {
    const early = rows.filter(({ item }) => item.created !== null && earlyDate(item) !== undefined);
    if (early.length === 0) return rows;
    const found = await this.context.transaction.items.byIds(early.map(({ item }) => item.id));
    const rejected = new Set(early.filter(({ item }) => !found.has(item.id)));
    for (const row of rejected) {
      await this.context.reject(row, earlyProblem(earlyDate(row.item) ?? null, row.line));
    }
    return rows.filter((row) => !rejected.has(row));
  }

  /** Rows whose items were there before the import. */
  async #compare(rows: readonly ImportRow[], found: ReadonlyMap<string, StoredItem>): Promise<void> {
    const { seq, columns, dueDates, transaction } = this.context;
    const lines = await this.marks.mark(rows.map(({ item, line }) => ({ id: item.id, line })));
    const replaced: Parameters<ItemInsert['replace']>[0][number][] = [];
    for (const row of rows) {
      const stored = found.get(row.item.id);
      if (stored === undefined) throw new Error('An item was neither inserted nor found');
      const marked = lines.get(row.item.id);
      if (marked !== undefined && marked !== row.line) {
        await this.#rejectRepeated(row, marked);
        continue;
      }
      const merged = laidOver(stored, row.item, columns);
      const changed = changedColumns(stored, merged);
      const lost = changed.length === 0 ? [] : this.context.lostHolds(stored, merged);
      const early = this.context.force || !touchesDates(changed) ? undefined : earlyDate(merged);
      const problem =
        this.#problem(stored, { changed, lost }, row.line) ??
        (early === undefined ? undefined : earlyProblem(early, row.line));
      if (problem !== undefined) await this.context.reject(row, problem);
      else if (changed.length === 0) this.counts.unchanged += 1;
      else {
        const item = await withEvents(transaction, merged);
        replaced.push({ item, due: dueDates(item), source: { seq, line: row.line } });
      }
    }
    await this.insert.replace(replaced);
    this.counts.updated += replaced.length;
    for (const { due } of replaced) this.#countDefect(due);
  }

  /** Why a row may not change the item that has its id. */
  #problem(
    stored: StoredItem,
    { changed, lost }: { changed: readonly string[]; lost: readonly string[] },
    line: number,
  ): RowProblem | undefined {
    const problem = (reason: string, hint: string): RowProblem => ({
      line,
      column: 'id',
      valueClass: 'an id of the inventory',
      reason,
      hint,
    });
    // The organization's own list still has what a sweep has disposed of; saying the same again changes nothing.
    if (changed.length === 0) return undefined;
    if (stored.state === 'disposed') {
      return problem(
        'belongs to an item that was disposed of',
        'An id is used once: give these records a new one',
      );
    }
    if (stored.state === 'claimed') {
      return problem(
        'belongs to an item that a sweep is disposing of',
        'Finish the run with: quietus sweep run',
      );
    }
    const moved = changed.includes('medium') || changed.includes('location');
    if (this.context.update && moved && stored.archivedFrom !== undefined) {
      return problem(
        'belongs to an item that was archived, and no longer lies where the row says',
        'Leave the row out, or give it the medium and location that quietus inventory show has',
      );
    }
    if (this.context.update && lost.length > 0) {
      return problem(
        `belongs to an item that the change would take out of the legal hold ${lost.join(', ')}`,
        'A hold ends by its release and its cooling-off period; place one on the item itself first',
      );
    }
    if (this.context.update) return undefined;
    return problem(
      `belongs to an item that differs in ${changed.join(', ')}`,
      'Add --update to change the items that are there',
    );
  }

  async #rejectRepeated(row: ImportRow, first: number): Promise<void> {
    const hint = 'Give each item one row and an id of its own';
    const reason = `is also the id of the row on line ${first}`;
    await this.context.reject(row, { line: row.line, column: 'id', valueClass: 'an id', reason, hint });
  }

  #countDefect(due: DueDates): void {
    const { defects } = this.counts;
    if (due.defect !== null) defects[due.defect] = (defects[due.defect] ?? 0) + 1;
  }
}

function earlyProblem(column: string | null, line: number): RowProblem {
  return { line, column, valueClass: 'a date', ...TOO_EARLY };
}
