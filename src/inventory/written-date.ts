import { type CalendarDate, daysInMonth, parseCalendarDate } from '../model/index.js';
import { CellMistake } from './cell-mistake.js';

/** How dates are written: `iso` is YYYY-MM-DD only; `mdy` also takes M/D/YYYY. */
export type DateFormat = 'iso' | 'mdy';

const MONTHS = 'January February March April May June July August September October November December'.split(
  ' ',
);
const ISO = 'Write dates as YYYY-MM-DD';
const ISO_OR_MDY = `${ISO}, or import with --date-format mdy where the month comes first`;

/** Reads a date; every other text is explained and never guessed at, and the explanation does not repeat it. */
export function readDate(text: string, format: DateFormat): CalendarDate | CellMistake {
  const date = parseCalendarDate(text);
  if (date !== undefined) return date;
  const iso = /^(\d{4})-(\d{1,2})-(\d{1,2})$/.exec(text);
  if (iso)
    return (
      explain(Number(iso[1]), Number(iso[2]), Number(iso[3])) ??
      new CellMistake('is not written YYYY-MM-DD', ISO)
    );
  const american = /^(\d{1,2})\/(\d{1,2})\/(\d{4})$/.exec(text);
  if (american) return readAmerican(Number(american[3]), Number(american[1]), Number(american[2]), format);
  if (/^\d{1,2}\/\d{1,2}\/\d{2}$/.test(text)) return new CellMistake('has a year of two digits', ISO);
  if (/^\d{4}-\d{2}-\d{2}[T ]/.test(text))
    return new CellMistake('has a time of day in it', `${ISO}, without the time`);
  return new CellMistake('is not a date', ISO);
}

function readAmerican(
  year: number,
  month: number,
  day: number,
  format: DateFormat,
): CalendarDate | CellMistake {
  if (format === 'iso') {
    return (
      (month <= 12 && explain(year, month, day)) || new CellMistake('is not written YYYY-MM-DD', ISO_OR_MDY)
    );
  }
  const digits = (value: number, length: number) => String(value).padStart(length, '0');
  const date = parseCalendarDate(`${digits(year, 4)}-${digits(month, 2)}-${digits(day, 2)}`);
  return date ?? explain(year, month, day) ?? new CellMistake('is not a date', ISO_OR_MDY);
}

/** Why there is no such day, if there is none. */
function explain(year: number, month: number, day: number): CellMistake | undefined {
  if (year < 1000) return new CellMistake('has a year before 1000', ISO);
  const name = MONTHS[month - 1];
  if (name === undefined) return new CellMistake(`is not a date: there is no month ${month}`, ISO);
  const last = daysInMonth(year, month);
  if (day >= 1 && day <= last) return undefined;
  return new CellMistake(`is not a date: ${name} ${year} has ${last} days`, `Correct the day. ${ISO}`);
}
