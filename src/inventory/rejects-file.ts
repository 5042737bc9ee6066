import { open } from 'node:fs/promises';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { badInput } from '../model/index.js';
import { REJECTS_COLUMNS } from './columns.js';
import { csvLine } from './csv-text.js';
import { type OutputFile, openOutputFile } from './output-file.js';
import type { RowProblem } from './row-reader.js';

/** `people.csv` gives `people.rejects.csv`, in the same folder. */
export function defaultRejectsPath(input: string): string {
  return join(dirname(input), `${basename(input, extname(input))}.rejects.csv`);
}

/**
 * The rows that an import left out, as the file has them, each with its line, the columns that are wrong and the
 * reasons. Opened at the first such row. Imported again after correction, its three first columns are ignored.
 */
export class RejectsFile {
  #file: OutputFile | undefined;
  #last: Promise<void> = Promise.resolve();

  constructor(
    readonly path: string,
    private readonly header: readonly string[],
    private readonly delimiter: string,
  ) {}

  /** @param cells null where the row's cells cannot be told apart @throws Fault `rejects-occupied` */
  add(cells: readonly string[] | null, problems: readonly RowProblem[]): Promise<void> {
    // Rows come from the reading and from the writing of a batch at the same time.
    this.#last = this.#last.then(() => this.#write(cells, problems));
    return this.#last;
  }

  async #write(cells: readonly string[] | null, problems: readonly RowProblem[]): Promise<void> {
    const file = await this.#opened();
    const row = cells ?? this.header.map(() => '');
    const columns = problems.flatMap(({ column }) => (column === null ? [] : [column]));
    const reasons = problems.map(({ column, reason }) => (column === null ? reason : `${column} ${reason}`));
    const line = String(problems[0]?.line ?? '');
    await file.write(csvLine([line, columns.join('; '), reasons.join('; '), ...row], this.delimiter));
  }

  /** @returns whether there is a file now */
  async commit(): Promise<boolean> {
    await this.#file?.commit();
    return this.#file !== undefined;
  }

  async abandon(): Promise<void> {
    await this.#file?.abandon();
  }

  async #opened(): Promise<OutputFile> {
    if (this.#file !== undefined) return this.#file;
    await requireReplaceable(this.path);
    this.#file = await openOutputFile(this.path);
    await this.#file.write(csvLine([...REJECTS_COLUMNS, ...this.header], this.delimiter));
    return this.#file;
  }
}

/** A rejects file never takes the place of anything but an older rejects file. */
async function requireReplaceable(path: string): Promise<void> {
  let start: string;
  try {
    const file = await open(path, 'r');
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(65_536), 0, 65_536, 0);
      start = buffer.toString('utf8', 0, bytesRead);
    } finally {
      await file.close();
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  const headerLine = start.split(/[\r\n]/, 1)[0] ?? '';
  if (headerLine.split(/[,;\t]/, REJECTS_COLUMNS.length).join() === REJECTS_COLUMNS.join()) return;
  throw badInput('rejects-occupied', `${path} exists and is not a rejects file; nothing was imported`, {
    hint: 'Name another file with --rejects FILE',
  });
}

/** @throws Fault `rejects-is-input` */
export function requireDifferent(rejects: string, input: string): void {
  if (resolve(rejects) !== resolve(input)) return;
  throw badInput('rejects-is-input', 'The rejects file would replace the file that is being imported', {
    hint: 'Name another file with --rejects FILE',
  });
}
