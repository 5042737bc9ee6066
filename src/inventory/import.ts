import { holdGuard } from '../holds/index.js';
import { badInput } from '../model/index.js';
import type { Session } from '../session/index.js';
import type { Store, StoreTransaction } from '../store/index.js';
import { type ByteSource, openBytes, type TableInput } from './byte-source.js';
import { type CsvTable, openTable } from './csv-table.js';
import { dueCalculator } from './due.js';
import { type ImportCounts, ImportWriter } from './import-writer.js';
import type { CsvRecord } from './record-reader.js';
import { defaultRejectsPath, RejectsFile, requireDifferent } from './rejects-file.js';
import { isBlank, type RowProblem, RowReader } from './row-reader.js';
import type { Encoding } from './text-decoder.js';
import type { DateFormat } from './written-date.js';

export interface ImportOptions {
  /** Import the good rows although others are bad. */
  partial?: boolean;
  /** Change items that exist and differ. */
  update?: boolean;
  /** Accept days before the item was created. */
  force?: boolean;
  /** Absolute path of the folder from which relative locations start. */
  base?: string;
  dateFormat?: DateFormat;
  /** One character; found out from the header line where nobody says. */
  delimiter?: string;
  encoding?: Encoding;
  /** Where rows that are left out go; beside the file as NAME.rejects.csv where nobody says. */
  rejectsPath?: string;
  /** Do everything but keep it. Writes a rejects file only where `rejectsPath` says so. */
  dryRun?: boolean;
}

export interface ImportRequest {
  input: TableInput;
  options?: ImportOptions;
  signal?: AbortSignal;
  onProgress?: (progress: { bytes: number; totalBytes: number | null; rows: number }) => void;
}

export interface ImportResult extends ImportCounts {
  /** `imported`: something changed. `rejected`: bad rows, so nothing did. */
  outcome: 'imported' | 'unchanged' | 'rejected' | 'dry-run';
  /** Rows of the file but blank ones. */
  rows: number;
  /** Rows that were left out, or would have been. */
  rejected: number;
  /** The first of the problems. */
  problems: readonly RowProblem[];
  problemCount: number;
  /** Null where no rejects file was written. */
  rejectsPath: string | null;
  /** SHA-256, hex, of the file's bytes. */
  sha256: string;
  /** Number of the log entry; null where nothing changed. */
  logSeq: number | null;
}

/** Problems that a result names; all are counted, and all are in the rejects file. */
const NAMED_PROBLEMS = 100;

/**
 * Imports a CSV file into the inventory: all of its rows or none, unless `partial` says that bad rows are left
 * out. A row that says what the inventory says already changes nothing.
 *
 * @throws Fault `operator-unknown`, and for what makes the file as a whole unreadable (`csv-…`, `rejects-…`); bad rows are in the result
 */
export async function importInventory(session: Session, request: ImportRequest): Promise<ImportResult> {
  // Before a long reading and not after it.
  await session.operator();
  const bytes = await openBytes(request.input);
  try {
    const table = await openTable(bytes, request.options ?? {});
    const rejects = rejectsFile(request, table);
    try {
      return await rolledBack(session.store, (transaction) =>
        new Import(session, transaction, request, bytes, table, rejects).run(),
      );
    } finally {
      await rejects?.abandon();
    }
  } finally {
    await bytes.close();
  }
}

class RolledBack extends Error {
  constructor(readonly result: ImportResult) {
    super('rolled back');
  }
}

/** Runs an import in a transaction that is kept only where something was imported. */
async function rolledBack(
  store: Store,
  work: (transaction: StoreTransaction) => Promise<ImportResult>,
): Promise<ImportResult> {
  try {
    return await store.transaction(async (transaction) => {
      const result = await work(transaction);
      if (result.outcome !== 'imported') throw new RolledBack(result);
      return result;
    });
  } catch (error) {
    if (error instanceof RolledBack) return error.result;
    throw error;
  }
}

function rejectsFile({ input, options }: ImportRequest, table: CsvTable): RejectsFile | undefined {
  const own = 'path' in input && !options?.dryRun ? defaultRejectsPath(input.path) : undefined;
  const path = options?.rejectsPath ?? own;
  if (path === undefined) return undefined;
  if ('path' in input) requireDifferent(path, input.path);
  return new RejectsFile(path, table.headerCells, table.format.delimiter);
}

/** One import within its transaction. */
class Import {
  #rows = 0;
  #rejected = 0;
  #problemCount = 0;
  readonly #problems: RowProblem[] = [];
  readonly #options: ImportOptions;
  readonly #rowReader: RowReader;

  constructor(
    private readonly session: Session,
    private readonly transaction: StoreTransaction,
    private readonly request: ImportRequest,
    private readonly bytes: ByteSource,
    private readonly table: CsvTable,
    private readonly rejects: RejectsFile | undefined,
  ) {
    this.#options = request.options ?? {};
    const { base, dateFormat = 'iso' } = this.#options;
    this.#rowReader = new RowReader(table.header, { base, dateFormat, csv: true });
  }

  async run(): Promise<ImportResult> {
    const { transaction } = this;
    const head = await transaction.log.head();
    const writer = await ImportWriter.open({
      transaction,
      seq: (head?.seq ?? 0) + 1,
      columns: this.table.header.columns,
      update: this.#options.update ?? false,
      force: this.#options.force ?? false,
      dueDates: await dueCalculator(this.session, transaction),
      lostHolds: await holdGuard(transaction, this.session.today()),
      reject: (row, problem) => this.#reject(row.cells, [problem]),
    });
    try {
      await this.#readAll(writer);
      await writer.finish();
    } catch (error) {
      await writer.abandon();
      throw error;
    }
    if (this.#rows === 0) {
      throw badInput('csv-no-rows', 'The file has a header line and no rows; nothing was changed', {
        hint: 'Check the program that wrote it',
      });
    }
    return await this.#conclude(writer.counts);
  }

  async #readAll(writer: ImportWriter): Promise<void> {
    const { reader, first, rest } = this.table;
    await this.#takeRecords(first, writer);
    let bytes = 0;
    for await (const piece of rest) {
      this.request.signal?.throwIfAborted();
      await this.#takeRecords(reader.feed(piece), writer);
      bytes += piece.length;
      this.request.onProgress?.({ bytes, totalBytes: this.bytes.size, rows: this.#rows });
    }
    if (!reader.finished) await this.#takeRecords(await reader.finish(), writer);
  }

  async #takeRecords(records: readonly CsvRecord[], writer: ImportWriter): Promise<void> {
    for (const { line, cells } of records) {
      if (cells === null) {
        this.#rows += 1;
        await this.#reject(null, [misquoted(line)]);
      } else if (!isBlank(cells)) {
        this.#rows += 1;
        const item = this.#rowReader.read(cells, line);
        const busy = Array.isArray(item) ? this.#reject(cells, item) : writer.add({ line, cells, item });
        // Waiting costs a turn of the event loop, so only where there is something to wait for.
        if (busy !== undefined) await busy;
      }
    }
  }

  async #reject(cells: readonly string[] | null, problems: readonly RowProblem[]): Promise<void> {
    this.#rejected += 1;
    this.#problemCount += problems.length;
    if (this.#problems.length < NAMED_PROBLEMS) this.#problems.push(...problems);
    await this.rejects?.add(cells, problems);
  }

  async #conclude(counts: ImportCounts): Promise<ImportResult> {
    const sha256 = this.bytes.sha256();
    const changed = counts.added + counts.updated;
    const good = changed + counts.unchanged;
    const refused = this.#rejected > 0 && (!this.#options.partial || good === 0);
    const outcome = refused
      ? 'rejected'
      : this.#options.dryRun
        ? 'dry-run'
        : changed > 0
          ? 'imported'
          : 'unchanged';
    const written = (await this.rejects?.commit()) ? this.rejects?.path : undefined;
    const result: ImportResult = {
      ...counts,
      outcome,
      rows: this.#rows,
      rejected: this.#rejected,
      problems: this.#problems.slice(0, NAMED_PROBLEMS).toSorted((a, b) => a.line - b.line),
      problemCount: this.#problemCount,
      rejectsPath: written ?? null,
      sha256,
      logSeq: null,
    };
    if (outcome !== 'imported') return result;
    return { ...result, logSeq: await this.#log(result) };
  }

  async #log(result: ImportResult): Promise<number> {
    const { rows, added, updated, unchanged, rejected, defects, sha256 } = result;
    const record = await this.session.recorder.append(this.transaction, {
      action: 'inventory.import',
      outcome: 'done',
      data: { rows, added, updated, unchanged, rejected, defects, sha256, ...this.#fileName() },
    });
    return record.seq;
  }

  #fileName(): { file?: string } {
    const { input } = this.request;
    return 'path' in input ? this.session.fileName(input.path) : {};
  }
}

function misquoted(line: number): RowProblem {
  return {
    line,
    column: null,
    valueClass: null,
    reason: 'has a quote where none can stand',
    hint: 'Put the whole cell in quotes, and write a quote within it twice ("")',
  };
}
