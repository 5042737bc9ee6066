import { stat } from 'node:fs/promises';
import { badInput } from '../model/index.js';
import { readAtMost } from '../workspace/index.js';

export interface SmallTable<Column extends string> {
  /** Place of each column in a row. */
  places: ReadonlyMap<Column, number>;
  /** Cells of the header line. */
  width: number;
  /** Rows but the header, each with its line of the file. */
  rows: readonly { line: number; cells: readonly string[] }[];
}

const MOST_BYTES = 64 * 1024 * 1024;

/**
 * Reads a CSV file (RFC 4180, UTF-8) that fits into memory and has exactly these columns, in any order.
 *
 * @throws Fault `csv-header`, `csv-empty`, `csv-too-large`, `csv-not-utf8`, `csv-quotes`, `is-a-folder`
 */
export async function smallTable<Column extends string>(
  path: string,
  columns: readonly Column[],
): Promise<SmallTable<Column>> {
  const { parse } = await import('csv-parse/sync');
  let records: { info: { lines: number }; record: string[] }[];
  try {
    records = parse(await fileText(path), {
      bom: true,
      info: true,
      relax_column_count: true,
      skip_empty_lines: true,
      trim: true,
    }) as unknown as typeof records;
  } catch (error) {
    if (!(error instanceof Error) || error.constructor.name !== 'CsvError') throw error;
    const line = (error as Error & { lines?: number }).lines ?? 0;
    throw badInput(
      'csv-quotes',
      `The quotes of the file cannot be read at line ${line}; nothing was recorded`,
      {
        hint: 'Put whole cells in quotes, and write a quote within them twice ("")',
      },
    );
  }
  const [header, ...rows] = records.map(({ info, record }) => ({ line: info.lines, cells: record }));
  const names = (header?.cells ?? []).map((cell) => cell.trim().toLowerCase());
  const places = new Map(columns.map((column) => [column, names.indexOf(column)]));
  if (names.length !== columns.length || [...places.values()].includes(-1)) {
    throw badInput(
      'csv-header',
      `The first line does not name the columns ${columns.join(', ')}, and no others`,
      {
        hint: `Begin the file with the line: ${columns.join(',')}`,
      },
    );
  }
  return { places, width: names.length, rows };
}

async function fileText(path: string): Promise<string> {
  if ((await stat(path)).isDirectory()) {
    throw badInput('is-a-folder', `${path} is a folder`, { hint: 'Give the path of a CSV file' });
  }
  // What a pipe or a device states as its size says nothing.
  const bytes = readAtMost(path, MOST_BYTES);
  if (bytes.length > MOST_BYTES) {
    throw badInput('csv-too-large', `${path} is larger than 64 MiB`, { hint: 'Split the file' });
  }
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    if (text.trim() === '') {
      throw badInput('csv-empty', 'The file is empty', { hint: 'Check the program that wrote it' });
    }
    return text;
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw badInput('csv-not-utf8', `${path} is not UTF-8 text`, { hint: 'Save it as CSV in UTF-8' });
  }
}
