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

/**
 * A table that breaks between rows and repeats its header on every page. Rows are made one at a time.
 *
 * @param name stands above the header on the pages that follow
 */
export function table(paper: Paper, name: string, columns: readonly Column[], rows: Iterable<Row>): void {
  let started = false;
  for (const row of rows) {
    const measured = measure(paper, columns, row);
    if (!started) {
      paper.ensure(headerHeight(paper, columns) + measured.height);
      drawHeader(paper, columns);
      started = true;
    } else if (paper.y + measured.height > PAGE.bottom) {
      paper.newPage();
      paper.draw(paper.printable(`${name}, continued`), PAGE.left, paper.y, STYLE.label);
      paper.y += STYLE.label.leading + 4;
      drawHeader(paper, columns);
    }
    drawRow(paper, columns, measured);
  }
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

function drawRow(paper: Paper, columns: readonly Column[], row: MeasuredRow): void {
  let x: number = PAGE.left;
  let bottom = paper.y + PADDING;
  columns.forEach((column, index) => {
    let y = paper.y + PADDING;
    for (const { lines, style } of row.cells[index] ?? []) {
      for (const line of lines) {
        paper.draw(line, x, y, style, column.align ?? 'left', column.width - GAP);
        y += style.leading;
      }
    }
    bottom = Math.max(bottom, y);
    x += column.width;
  });
  if (row.note) {
    drawLines(paper, row.note.lines, PAGE.left + (columns[0]?.width ?? 0), bottom + 1, row.note.style);
  }
  paper.y += row.height;
  paper.rule(paper.y, COLOR.hairline, 0.5);
}

function headerLines(paper: Paper, columns: readonly Column[]): string[][] {
  return columns.map((column) => wrap(paper, column.title, STYLE.columnTitle, column.width - GAP, 2));
}

function headerHeight(paper: Paper, columns: readonly Column[]): number {
  const most = Math.max(...headerLines(paper, columns).map((lines) => lines.length));
  return most * STYLE.columnTitle.leading + 2 * PADDING;
}

function drawHeader(paper: Paper, columns: readonly Column[]): void {
  const height = headerHeight(paper, columns);
  paper.box(PAGE.left - 4, paper.y, TEXT_WIDTH + 8, height, COLOR.band);
  let x: number = PAGE.left;
  columns.forEach((column, index) => {
    const lines = headerLines(paper, columns)[index] ?? [];
    const y = paper.y + height - PADDING - lines.length * STYLE.columnTitle.leading;
    lines.forEach((line, row) => {
      paper.draw(
        line,
        x,
        y + row * STYLE.columnTitle.leading,
        STYLE.columnTitle,
        column.align ?? 'left',
        column.width - GAP,
      );
    });
    x += column.width;
  });
  paper.y += height;
  paper.rule(paper.y, COLOR.rule, 0.7, PAGE.left - 4, TEXT_WIDTH + 8);
}
