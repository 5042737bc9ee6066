import { excerpt } from '../workspace/index.js';
import type { PlacedCell } from './csv-table.js';
import { PlacedYaml } from './placed-yaml.js';

/** Columns of an export, in its order. Every row says in `row` what it is, and uses only some of the others. */
export const COLUMNS = [
  'row',
  'class',
  'title',
  'after',
  'for',
  'cut_off',
  'disposition',
  'approvals',
  'citation',
  'source',
  'checked',
  'warning',
  'kind',
  'recipient',
  'days',
  'authority',
  'medium',
  'method',
  'effective',
] as const;
export type Column = (typeof COLUMNS)[number];

const CLASS_KEYS = ['title', 'cut_off', 'disposition', 'approvals'] as const;
const AUTHORITY_KEYS = ['citation', 'source', 'checked', 'warning'] as const;

/** What each kind of row uses, beside `row`. */
export const ROWS: Readonly<Record<string, readonly Column[]>> = {
  schedule: ['title', 'effective'],
  class: ['class', ...CLASS_KEYS, ...AUTHORITY_KEYS],
  retain: ['class', 'after', 'for'],
  'delete-within': ['class', 'after', 'for'],
  archive: ['class', 'for'],
  gate: ['class', 'kind', 'recipient', 'days', 'authority'],
  sanitization: ['class', 'medium', 'method'],
};

/** Texts keep their spaces; the other cells are words, periods and dates, around which spaces mean nothing. */
export const TEXTS: ReadonlySet<Column> = new Set([
  'title',
  'citation',
  'source',
  'warning',
  'recipient',
  'authority',
]);

export type Cells = Partial<Record<Column, PlacedCell>>;

export interface Row {
  kind: string;
  start: PlacedCell;
  cells: Cells;
}

export type Report = (at: PlacedCell, message: string, hint: string | null) => void;

/** The schedule that the rows describe, as a YAML text that knows where each value came from. */
export function placedSchedule(rows: readonly Row[], problem: Report): PlacedYaml {
  const yaml = new PlacedYaml();
  yaml.plain('version: 1');
  for (const each of rows.filter(({ kind }) => kind === 'schedule').slice(1))
    problem(each.start, 'A second row schedule begins here', 'Keep one');
  const schedule = rows.find(({ kind }) => kind === 'schedule');
  if (schedule?.cells.title) yaml.value('', 'title', schedule.cells.title);
  if (schedule?.cells.effective) yaml.value('', 'effective', schedule.cells.effective);
  const ids = new Set<string>();
  for (const [index, each] of rows.filter(({ kind }) => kind === 'class').entries()) {
    const id = each.cells.class;
    if (id === undefined) continue;
    if (ids.has(id.text))
      problem(id, `The class ${excerpt(id.text)} has a row already`, 'Remove one, or rename it');
    else {
      if (index === 0) yaml.plain('classes:');
      ids.add(id.text);
      writeClass(
        yaml,
        each,
        rows.filter((row) => row.kind !== 'class' && row.cells.class?.text === id.text),
        problem,
      );
    }
  }
  for (const { kind, cells } of rows) {
    if (kind === 'class' || cells.class === undefined || ids.has(cells.class.text)) continue;
    problem(
      cells.class,
      `There is no row class for ${excerpt(cells.class.text)}`,
      'Add one, or correct the id',
    );
  }
  return yaml;
}

function writeClass(yaml: PlacedYaml, row: Row, clauses: readonly Row[], problem: Report): void {
  const { cells, start } = row;
  yaml.key('  ', cells.class ?? start);
  for (const key of CLASS_KEYS) if (cells[key]) yaml.value('    ', key, cells[key]);
  if (AUTHORITY_KEYS.some((key) => cells[key])) {
    yaml.parent('    ', 'authority', start);
    for (const key of AUTHORITY_KEYS) if (cells[key]) yaml.value('      ', key, cells[key]);
  }
  const of = (kind: string) => clauses.filter((each) => each.kind === kind);
  writeList(yaml, 'retain', of('retain'), ['after', 'for']);
  writeList(yaml, 'gates', of('gate'), ['kind', 'recipient', 'days', 'authority']);
  const [within, second] = of('delete-within');
  if (second) problem(second.start, 'A class has one row delete-within at most', 'Keep one');
  if (within) {
    yaml.parent('    ', 'delete_within', within.start);
    writeEntry(yaml, '      ', within, ['after', 'for']);
  }
  const [archive, another] = of('archive');
  if (another) problem(another.start, 'A class has one row archive at most', 'Keep one');
  if (archive) {
    yaml.parent('    ', 'archive', archive.start);
    writeEntry(yaml, '      ', archive, ['for']);
  }
  writeMethods(yaml, of('sanitization'), problem);
}

function writeList(yaml: PlacedYaml, key: string, rows: readonly Row[], columns: readonly Column[]): void {
  const [first] = rows;
  if (first) yaml.parent('    ', key, first.start);
  for (const each of rows) writeEntry(yaml, '      - ', each, columns);
}

/** A mapping of the cells; of none it is an empty one, in which all is missing. */
function writeEntry(
  yaml: PlacedYaml,
  indent: string,
  { cells, start }: Row,
  columns: readonly Column[],
): void {
  const given = columns.filter((column) => cells[column] !== undefined);
  if (given.length === 0) yaml.plain(`${indent}{}`, start);
  for (const [at, column] of given.entries()) {
    const cell = cells[column];
    if (cell) yaml.value(at === 0 ? indent : ' '.repeat(indent.length), column, cell);
  }
}

function writeMethods(yaml: PlacedYaml, rows: readonly Row[], problem: Report): void {
  const [first] = rows;
  if (first) yaml.parent('    ', 'sanitization', first.start);
  const media = new Set<string>();
  for (const { cells, start } of rows) {
    const { medium, method } = cells;
    if (medium === undefined || method === undefined) {
      problem(
        start,
        'A row sanitization names a medium and a method',
        'Write both, such as paper and shredded',
      );
    } else if (media.has(medium.text)) problem(medium, 'The medium has a row already', 'Remove one');
    else {
      media.add(medium.text);
      yaml.field('      ', medium, method);
    }
  }
}
