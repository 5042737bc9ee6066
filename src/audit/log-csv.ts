import type { LogLine } from './log-listing.js';

const COLUMNS = [
  'seq',
  'time',
  'operator',
  'host',
  'command',
  'action',
  'outcome',
  'subject',
  'data',
  'elapsed_ms',
  'hash',
] as const;

/** Entries as CSV (RFC 4180) with a header; `subject` and `data` are JSON. */
export function logCsv(lines: readonly LogLine[]): string {
  const rows = lines.map(({ entry, hash }) =>
    COLUMNS.map((column) => {
      if (column === 'hash') return hash;
      const value = entry[column] ?? '';
      return typeof value === 'object' ? JSON.stringify(value) : String(value);
    }),
  );
  return [COLUMNS, ...rows].map((row) => `${row.map(csvCell).join(',')}\r\n`).join('');
}

/** A spreadsheet takes a cell that begins with one of these for a formula; an apostrophe makes it text. */
const FORMULA = /^[=+\-@\t\r]/;

/** One cell of CSV (RFC 4180), as text to a spreadsheet. */
export function csvCell(value: string): string {
  const safe = FORMULA.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
