import { badInput, DATE_TRIGGERS, EVENT_NAME, type Fault } from '../model/index.js';
import { closest, editDistance } from '../workspace/index.js';
import {
  COLUMNS,
  type ColumnDefinition,
  columnOf,
  EVENT_PREFIX,
  knownHeaders,
  plainHeader,
  REJECTS_COLUMNS,
} from './columns.js';

/** What one column of the file holds. */
export type HeaderColumn = {
  /** Place in the row, from 0. */
  index: number;
  /** Its header as the file writes it, for messages. */
  header: string;
} & ({ definition: ColumnDefinition } | { event: string });

export interface Header {
  columns: readonly HeaderColumn[];
  /** Cells of the header line. */
  width: number;
}

/** How many of the cells name a known column: tells delimiters apart, and headers from rows. */
export function countKnown(cells: readonly string[]): number {
  return cells.filter((cell) => {
    const plain = plainHeader(cell);
    return columnOf(plain) !== undefined || plain.startsWith(EVENT_PREFIX) || isIgnored(plain);
  }).length;
}

/**
 * Reads the header line.
 *
 * @throws Fault `csv-header` that names every mistake in it
 */
export function readHeader(cells: readonly string[]): Header {
  if (countKnown(cells) === 0) throw notAHeader();
  const problems: string[] = [];
  const columns: HeaderColumn[] = [];
  for (const [index, cell] of cells.entries()) {
    const plain = plainHeader(cell);
    if (isIgnored(plain)) continue;
    const column = readColumn(plain, index, cell);
    if (typeof column === 'string') problems.push(`column ${index + 1}${quoted(cell)} ${column}`);
    else columns.push(column);
  }
  problems.push(...repeated(columns), ...missing(columns));
  if (problems.length > 0) {
    throw badInput('csv-header', `The header line is wrong: ${problems.join('; ')}`, {
      hint: `Columns: ${COLUMNS.map(({ name }) => name).join(', ')}, and event:NAME for each event`,
      details: { problems },
    });
  }
  return { columns: inReadingOrder(columns), width: cells.length };
}

function readColumn(plain: string, index: number, header: string): HeaderColumn | string {
  const definition = columnOf(plain);
  if (definition !== undefined) return { index, header: header.trim(), definition };
  if (plain === '') return 'has no header';
  if (!plain.startsWith(EVENT_PREFIX)) {
    const near = closest(plain, [...knownHeaders(), 'event:']);
    return near === undefined ? 'is unknown' : `is unknown: did you mean ${near}?`;
  }
  const event = plain.slice(EVENT_PREFIX.length).replaceAll('_', '-').replace(/^-+/, '');
  const trigger = DATE_TRIGGERS.find((name) => editDistance(name, event.slice(0, 64)) <= 1);
  if (trigger !== undefined) return `is a date of every item: did you mean ${trigger.replace('-', '_')}?`;
  if (!EVENT_NAME.test(event))
    return 'does not name an event: use up to 64 lower-case letters, digits and hyphens';
  return { index, header: header.trim(), event };
}

function isIgnored(plain: string): boolean {
  return (REJECTS_COLUMNS as readonly string[]).includes(plain);
}

/** Rows are read in this order, whatever the order of the file. */
function inReadingOrder(columns: readonly HeaderColumn[]): HeaderColumn[] {
  const place = (column: HeaderColumn) =>
    'definition' in column ? COLUMNS.indexOf(column.definition) : COLUMNS.length;
  return columns.toSorted((a, b) => place(a) - place(b));
}

function repeated(columns: readonly HeaderColumn[]): string[] {
  const first = new Map<string, HeaderColumn>();
  return columns.flatMap((column) => {
    const name = columnName(column);
    const before = first.get(name);
    if (before === undefined) first.set(name, column);
    return before === undefined
      ? []
      : [`columns ${before.index + 1} and ${column.index + 1} are both ${name}`];
  });
}

/** The documented name of a column, whatever its header is. */
function columnName(column: HeaderColumn): string {
  return 'definition' in column ? column.definition.name : `${EVENT_PREFIX}${column.event}`;
}

function missing(columns: readonly HeaderColumn[]): string[] {
  const present = new Set(columns.map(columnName));
  return COLUMNS.filter(({ name, required }) => required && !present.has(name)).map(
    ({ name, aliases }) => `the column ${name} is missing (also called ${aliases.join(' or ')})`,
  );
}

/** A header line without one known column may be a row of data, so nothing of it is repeated. */
function notAHeader(): Fault {
  return badInput('csv-header', 'The first line is not a header line: it names no known column', {
    hint: `Begin the file with a line of column names, at least ${COLUMNS.filter(({ required }) => required)
      .map(({ name }) => name)
      .join(',')}; or say with --delimiter what separates the cells`,
  });
}

function quoted(cell: string): string {
  const text = cell.trim();
  if (text === '') return '';
  return ` "${text.length > 40 ? `${text.slice(0, 39)}…` : text}"`;
}
