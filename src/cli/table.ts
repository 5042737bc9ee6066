import { displayWidth, truncate } from './display-width.js';
import { printable } from './printable.js';
import { coloured, terminalWidth } from './terminal.js';

export type Cell = string | number | boolean | null | undefined;

export interface Column<Row> {
  readonly head: string;
  readonly value: (row: Row) => Cell;
  /** Default: left. */
  readonly align?: 'left' | 'right';
  /** False for a column that must never be cut, such as an id. Default: true. */
  readonly shrink?: boolean;
}

export interface TableOptions {
  /**
   * Columns of the output; longer lines are cut. Default: the terminal's width, and no cutting when stdout is
   * not a terminal.
   */
  readonly width?: number | undefined;
}

const GAP = '  ';
const NARROWEST = 6;

/** Lines up rows under their column heads for people to read; cells go through {@link printable}. */
export function table<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  options: TableOptions = {},
): string {
  const cells = rows.map((row) => columns.map((column) => cellText(column.value(row))));
  const natural = columns.map((column, index) =>
    Math.max(displayWidth(column.head), ...widths(cells, index)),
  );
  const fitted = shrunk(natural, columns, options.width ?? terminalWidth());
  const line = (texts: readonly string[]): string =>
    texts
      .map((text, index) =>
        pad(truncate(text, fitted[index] ?? 0), fitted[index] ?? 0, columns[index]?.align),
      )
      .join(GAP)
      .trimEnd();
  const head = coloured('bold', line(columns.map((column) => column.head)));
  return [head, ...cells.map(line)].join('\n');
}

function cellText(value: Cell): string {
  if (value === null || value === undefined) return '';
  return printable(String(value));
}

function* widths(cells: readonly string[][], index: number): Generator<number> {
  for (const row of cells) yield displayWidth(row[index] ?? '');
}

/** Takes columns from the widest shrinkable column until the line fits. */
function shrunk<Row>(
  natural: readonly number[],
  columns: readonly Column<Row>[],
  width: number | undefined,
): number[] {
  const result = [...natural];
  if (width === undefined) return result;
  let surplus = result.reduce((sum, next) => sum + next, 0) + GAP.length * (columns.length - 1) - width;
  while (surplus > 0) {
    const widest = widestShrinkable(result, columns);
    if (widest === undefined) break;
    result[widest] = (result[widest] ?? 0) - 1;
    surplus -= 1;
  }
  return result;
}

function widestShrinkable<Row>(
  current: readonly number[],
  columns: readonly Column<Row>[],
): number | undefined {
  let widest: number | undefined;
  for (const [index, size] of current.entries()) {
    if (columns[index]?.shrink === false || size <= NARROWEST) continue;
    if (widest === undefined || size > (current[widest] ?? 0)) widest = index;
  }
  return widest;
}

function pad(text: string, width: number, align: 'left' | 'right' = 'left'): string {
  const space = ' '.repeat(Math.max(0, width - displayWidth(text)));
  return align === 'right' ? space + text : text + space;
}
