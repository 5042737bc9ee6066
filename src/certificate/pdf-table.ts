import type { Paper } from './pdf-paper.js';
import { COLOR, PAGE, STYLE, type Style, TEXT_WIDTH } from './pdf-style.js';
import { drawLines, wrap } from './pdf-text.js';

export interface Column {
  title: string;
  /** Points; all columns together take the width of the text. */
  width: number;
  align?: 'left' | 'right';
}

/** One text of a cell; several stand under each other. */
interface CellText {
  text: string;
  style?: Style;
  maxLines?: number;
}

export interface Row {
  cells: readonly (string | readonly CellText[])[];
  /** Runs under the cells over the width that is left of the first column. */
  note?: CellText;
}

interface MeasuredRow {
  cells: { lines: string[]; style: Style }[][];
  note: { lines: string[]; style: Style } | undefined;
  height: number;
}

const GAP = 7;
const PADDING = 3.4;

/** Rows up to which every cell is an element of its own; above, a row is read aloud as one paragraph. */
const FINE_ROWS = 500;

/**
 * A table that breaks between rows and repeats its header on every page. Rows are made one at a time.
 *
 * @param name stands above the header on the pages that follow
 * @param count how many rows there will be
 */
export function table(
  paper: Paper,
  name: string,
  columns: readonly Column[],
  rows: Iterable<Row>,
  count = 0,
): void {
  const fine = count <= FINE_ROWS;
  const whole = (body: () => void) => (fine ? paper.tagged('Table', body) : body());
  whole(() => {
    let started = false;
    for (const row of rows) {
      const measured = measure(paper, columns, row);
      if (!started) {
        paper.ensure(headerHeight(paper, columns) + measured.height);
        paper.tagged(fine ? 'TR' : 'P', () => drawHeader(paper, columns, fine ? 'TH' : null));
        started = true;
      } else if (paper.y + measured.height > PAGE.bottom) {
        paper.newPage();
        paper.artifact(() => {
          paper.draw(paper.printable(`${name}, continued`), PAGE.left, paper.y, STYLE.label);
          paper.y += STYLE.label.leading + 4;
          drawHeader(paper, columns, null);
        });
      }
      paper.tagged(fine ? 'TR' : 'P', () => drawRow(paper, columns, measured, fine));
      paper.rule(paper.y, COLOR.hairline, 0.5);
    }
  });
  paper.y += 9;
}

function measure(paper: Paper, columns: readonly Column[], row: Row): MeasuredRow {
  const cells = columns.map((column, index) => {
    const cell = row.cells[index] ?? '';
    const texts: readonly CellText[] = typeof cell === 'string' ? [{ text: cell }] : cell;
    return texts.map(({ text, style = STYLE.cell, maxLines = 4 }) => ({
      lines: wrap(paper, text, style, column.width - GAP, maxLines),
      style,
    }));
  });
  const heights = cells.map((blocks) =>
    blocks.reduce((height, block) => height + block.lines.length * block.style.leading, 0),
  );
  const note = row.note && {
    lines: wrap(
      paper,
      row.note.text,
      row.note.style ?? STYLE.cellMuted,
      noteWidth(columns),
      row.note.maxLines ?? 6,
    ),
    style: row.note.style ?? STYLE.cellMuted,
  };
  const noteHeight = note ? note.lines.length * note.style.leading + 1 : 0;
  return { cells, note, height: Math.max(...heights) + noteHeight + 2 * PADDING };
}

function noteWidth(columns: readonly Column[]): number {
  return TEXT_WIDTH - (columns[0]?.width ?? 0) - GAP;
}

function drawRow(paper: Paper, columns: readonly Column[], row: MeasuredRow, fine: boolean): void {
  const cell = (body: () => void) => (fine ? paper.tagged('TD', body) : body());
  let x: number = PAGE.left;
  let bottom = paper.y + PADDING;
  columns.forEach((column, index) => {
    let y = paper.y + PADDING;
    cell(() => {
      for (const { lines, style } of row.cells[index] ?? []) {
        for (const line of lines) {
          paper.draw(line, x, y, style, column.align ?? 'left', column.width - GAP);
          y += style.leading;
        }
      }
    });
    bottom = Math.max(bottom, y);
    x += column.width;
  });
  const { note } = row;
  if (note)
    cell(() => drawLines(paper, note.lines, PAGE.left + (columns[0]?.width ?? 0), bottom + 1, note.style));
  paper.y += row.height;
}

function headerLines(paper: Paper, columns: readonly Column[]): string[][] {
  return columns.map((column) => wrap(paper, column.title, STYLE.columnTitle, column.width - GAP, 2));
}

function headerHeight(paper: Paper, columns: readonly Column[]): number {
  const most = Math.max(...headerLines(paper, columns).map((lines) => lines.length));
  return most * STYLE.columnTitle.leading + 2 * PADDING;
}

function drawHeader(paper: Paper, columns: readonly Column[], type: 'TH' | null): void {
  const cell = (body: () => void) =>
    type === null ? body() : paper.tagged(type, body, { A: { O: 'Table', Scope: 'Column' } });
  const height = headerHeight(paper, columns);
  paper.box(PAGE.left - 4, paper.y, TEXT_WIDTH + 8, height, COLOR.band);
  let x: number = PAGE.left;
  columns.forEach((column, index) => {
    const lines = headerLines(paper, columns)[index] ?? [];
    const y = paper.y + height - PADDING - lines.length * STYLE.columnTitle.leading;
    cell(() => {
      lines.forEach((line, row) => {
        const at = y + row * STYLE.columnTitle.leading;
        paper.draw(line, x, at, STYLE.columnTitle, column.align ?? 'left', column.width - GAP);
      });
    });
    x += column.width;
  });
  paper.y += height;
  paper.rule(paper.y, COLOR.rule, 0.7, PAGE.left - 4, TEXT_WIDTH + 8);
}
