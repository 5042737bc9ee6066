import { type CalendarDate, subjectMistake } from '../model/index.js';
import { isDateMistake, readWrittenDate } from '../schedule/index.js';
import { type EventStatement, eventNameMistake } from './events.js';
import { smallTable } from './small-table.js';

/** One thing that is wrong with one row of a file of events. */
export interface EventProblem {
  /** Line of the file, from 1. */
  line: number;
  column: 'event' | 'subject' | 'date' | null;
  /** Completes `COLUMN …`; never with the value. */
  reason: string;
  hint: string | null;
}

/** A file of events as it was read: the good rows, and all that is wrong with the others. */
export interface EventFile {
  rows: number;
  statements: readonly (EventStatement & { line: number })[];
  problems: readonly EventProblem[];
  rejected: number;
}

const COLUMNS = ['event', 'subject', 'date'] as const;

/**
 * Reads a CSV file (UTF-8) with the columns `event`, `subject` and `date`, in any order.
 *
 * @throws Fault `csv-header`, `csv-empty`, `csv-too-large`, `csv-not-utf8`, `is-a-folder`, `csv-quotes`
 */
export async function readEventFile(path: string): Promise<EventFile> {
  const { places, rows, width } = await smallTable(path, COLUMNS);
  const [event = -1, subject = -1, date = -1] = COLUMNS.map((name) => places.get(name));
  return readRows(rows, { event, subject, date }, width);
}

type Places = Readonly<Record<(typeof COLUMNS)[number], number>>;

function readRows(
  rows: readonly { line: number; cells: readonly string[] }[],
  places: Places,
  width: number,
): EventFile {
  const problems: EventProblem[] = [];
  const statements: (EventStatement & { line: number })[] = [];
  const seen = new Map<string, { line: number; date: CalendarDate | null }>();
  let rejected = 0;
  for (const { line, cells } of rows) {
    const read = readRow(cells, places, width, line);
    if (Array.isArray(read)) {
      problems.push(...read);
      rejected += 1;
      continue;
    }
    const key = `${read.event} ${read.subject}`;
    const before = seen.get(key);
    if (before !== undefined && before.date !== read.date) {
      const reason = `differs from that of the same event and subject on line ${before.line}`;
      problems.push({ line, column: 'date', reason, hint: 'Leave the right one in the file' });
      rejected += 1;
    } else if (before === undefined) {
      seen.set(key, { line, date: read.date });
      statements.push({ ...read, line });
    }
  }
  return { rows: rows.length, statements, problems, rejected };
}

function readRow(
  cells: readonly string[],
  places: Places,
  width: number,
  line: number,
): EventStatement | EventProblem[] {
  if (cells.length !== width) {
    const reason = `has ${cells.length} cells, and the header line has ${width}`;
    return [{ line, column: null, reason, hint: null }];
  }
  const [event, subject, written] = [places.event, places.subject, places.date].map((at) => cells[at] ?? '');
  const date = readWrittenDate(written ?? '');
  const problems: EventProblem[] = [];
  const note = (
    column: EventProblem['column'],
    mistake: { reason: string; hint: string | null } | undefined,
  ) => {
    if (mistake) problems.push({ line, column, ...mistake });
  };
  note('event', eventNameMistake(event ?? ''));
  note('subject', subjectMistake(subject ?? ''));
  if (isDateMistake(date)) {
    note('date', { reason: date.message, hint: date.hint });
    return problems;
  }
  return problems.length > 0 ? problems : { event: event ?? '', subject: subject ?? '', date };
}
