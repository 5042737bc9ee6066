import type { PeriodClause, RecordClass, Schedule } from '../model/index.js';
import { closest, excerpt, type SourceProblem, YAML_MAX_BYTES } from '../workspace/index.js';
import { csvLine, type PlacedCell, readCsvTable, withoutGuard } from './csv-table.js';
import { type ParsedSchedule, parseSchedule } from './schedule-file.js';
import {
  type Cells,
  COLUMNS,
  type Column,
  placedSchedule,
  type Report,
  ROWS,
  type Row,
  TEXTS,
} from './schedule-rows.js';

/** A schedule as CSV (RFC 4180, UTF-8): a row for the schedule, for each class, and for each of its clauses. */
export function scheduleCsv(schedule: Schedule): string {
  const line = (cells: Partial<Record<Column, string>>) =>
    csvLine(COLUMNS.map((column) => cells[column] ?? ''));
  const rows = schedule.classes.flatMap((each) => classRows(each).map(line));
  return [
    csvLine(COLUMNS),
    line({ row: 'schedule', title: schedule.title, effective: schedule.effective ?? '' }),
    ...rows,
  ].join('');
}

function classRows(each: RecordClass): Partial<Record<Column, string>>[] {
  const { authority } = each;
  const clause = (row: string, { after, for: period }: PeriodClause) => ({
    row,
    class: each.id,
    after,
    for: period,
  });
  return [
    {
      row: 'class',
      class: each.id,
      title: each.title,
      // A class that is kept for ever has no cut-off to write.
      cut_off: each.disposition === 'permanent' ? '' : each.cutOff,
      disposition: each.disposition,
      approvals: String(each.approvals),
      citation: authority.citation,
      source: authority.source ?? '',
      checked: authority.checked,
      warning: authority.warning ?? '',
    },
    ...each.retain.map((retain) => clause('retain', retain)),
    ...(each.deleteWithin === null ? [] : [clause('delete-within', each.deleteWithin)]),
    ...(each.archiveFor === undefined ? [] : [{ row: 'archive', class: each.id, for: each.archiveFor }]),
    ...each.gates.map((gate) => ({
      ...gate,
      row: 'gate',
      class: each.id,
      days: 'days' in gate ? String(gate.days) : '',
    })),
    ...Object.entries(each.sanitization).map(([medium, method]) => ({
      row: 'sanitization',
      class: each.id,
      medium,
      method,
    })),
  ];
}

/**
 * Reads what {@link scheduleCsv} writes, and the same written by a person or a spreadsheet: columns in any order,
 * comma, semicolon or tab. What the values may be is the business of {@link parseSchedule}, which reads the schedule
 * that the rows describe; its mistakes are told with the line and column of the cell.
 *
 * @param fileName what messages call the file
 */
export function parseScheduleCsv(text: string, fileName: string): ParsedSchedule {
  if (Buffer.byteLength(text) > YAML_MAX_BYTES) {
    const message = `${fileName} is larger than ${YAML_MAX_BYTES} bytes`;
    return {
      problems: [{ line: 1, column: 1, path: '', message, hint: 'Check that this is the right file' }],
    };
  }
  const { rows, mistakes } = readCsvTable(text);
  const problems: SourceProblem[] = mistakes.map((each) => ({ path: '', ...each }));
  const problem = (at: PlacedCell, message: string, hint: string | null) =>
    problems.push({ line: at.line, column: at.column, path: '', message, hint });
  const [head, ...body] = rows;
  if (head === undefined) {
    const at = { text: '', line: 1, column: 1 };
    problem(at, `${fileName} is empty`, 'Check that this is the right file');
    return { problems };
  }
  const header = readHeader(head, problem);
  if (problems.length > 0 || !header.includes('row')) return { problems };
  const placed = placedSchedule(
    body.flatMap((cells) => readRow(cells, header, problem) ?? []),
    problem,
  );
  const parsed = parseSchedule(placed.text(), fileName);
  if (problems.length === 0 && 'schedule' in parsed) return parsed;
  const meaning = 'problems' in parsed ? parsed.problems.map((each) => placed.relocated(each)) : [];
  return { problems: [...problems, ...meaning].toSorted((a, b) => a.line - b.line || a.column - b.column) };
}

function readHeader(cells: readonly PlacedCell[], problem: Report): (Column | undefined)[] {
  const header = cells.map((cell) => {
    const name = cell.text
      .trim()
      .toLowerCase()
      .replaceAll(/[\s-]+/g, '_');
    const column = COLUMNS.find((each) => each === name);
    if (column === undefined) {
      const meant = closest(name, COLUMNS);
      const hint = meant === undefined ? `Columns are: ${COLUMNS.join(', ')}` : `Did you mean ${meant}?`;
      problem(cell, `${excerpt(cell.text.trim())} is not a column of a schedule`, hint);
    }
    return column;
  });
  for (const [at, column] of header.entries()) {
    const cell = cells[at];
    if (cell && column && header.indexOf(column) !== at)
      problem(cell, `The column ${column} stands twice`, null);
  }
  const [first] = cells;
  if (first && !header.includes('row')) {
    problem(first, 'The column row is missing', `It says what a row is: ${Object.keys(ROWS).join(', ')}`);
  }
  return header;
}

function readRow(
  row: readonly PlacedCell[],
  header: readonly (Column | undefined)[],
  problem: Report,
): Row | undefined {
  const cells: Cells = {};
  for (const [at, cell] of row.entries()) {
    const column = header[at];
    if (cell.text.trim() === '') continue;
    if (column === undefined)
      problem(cell, 'The row has more cells than the header line', 'Check the quotes');
    else {
      const text = withoutGuard(cell.text);
      cells[column] = { ...cell, text: TEXTS.has(column) ? text : text.trim() };
    }
  }
  const [start] = row;
  const kind = cells.row?.text.toLowerCase().replaceAll('_', '-') ?? '';
  const used = Object.hasOwn(ROWS, kind) ? ROWS[kind] : undefined;
  if (start === undefined) return undefined;
  if (used === undefined) {
    const what =
      cells.row === undefined ? 'is missing' : `is ${excerpt(cells.row.text)}, which is no kind of row`;
    problem(cells.row ?? start, `row ${what}`, `Write one of ${Object.keys(ROWS).join(', ')}`);
    return undefined;
  }
  for (const column of Object.keys(cells) as Column[]) {
    const cell = cells[column];
    if (!cell || column === 'row' || used.includes(column)) continue;
    problem(cell, `A row ${kind} has no ${column}`, `It uses ${used.join(', ')}`);
  }
  if (used.includes('class') && cells.class === undefined) {
    problem(start, `The row ${kind} names no class`, 'Write the id of the record class');
    return undefined;
  }
  return { kind, start, cells };
}
