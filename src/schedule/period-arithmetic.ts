import { Temporal } from 'temporal-polyfill';
import { type CalendarDate, type CutOff, parseCalendarDate } from '../model/index.js';

/** Settings of the organization that due dates depend on. */
export interface DueSettings {
  /** Last day of the fiscal year, MM-DD; `02-29` means the last day of February. */
  fiscalYearEnd: string;
}

/**
 * The last day of a period that is counted from a day, which itself does not count.
 *
 * Without a cut-off it is the day with the same number in the later month, and where that month has no such day, its
 * last one: 29 February plus P1Y ends on 28 February, 31 January plus P1M on the last of February. No day is lost by
 * that: the year that begins on 1 March ends with the last of February. Temporal calls it `constrain`.
 *
 * With a cut-off whole months, years and fiscal years follow each other: half a year from the end of February ends
 * with 31 August, not with the 28th, and a fiscal year that ends with February ends on the 29th where there is one.
 * So the period is added to the day after, and ends the day before.
 *
 * @param start the trigger's day, or what {@link cutOffDay} made of it
 * @param period ISO 8601, as `parsePeriod` accepts it
 * @returns null where the day lies after the year 9999
 */
export function lastDay(start: CalendarDate, period: string, cutOff: CutOff): CalendarDate | null {
  const date = Temporal.PlainDate.from(start);
  const duration = durationOf(period);
  if (cutOff === 'none') return written(date.add(duration, { overflow: 'constrain' }));
  return written(date.add({ days: 1 }).add(duration, { overflow: 'constrain' }).subtract({ days: 1 }));
}

/** Reading a period costs ten times as much as adding it, and a schedule has few. */
const durations = new Map<string, Temporal.Duration>();

function durationOf(period: string): Temporal.Duration {
  const known = durations.get(period);
  if (known) return known;
  if (durations.size >= 1000) durations.clear();
  const duration = Temporal.Duration.from(period);
  durations.set(period, duration);
  return duration;
}

/**
 * The day from which a minimum is counted: the trigger's day, or the end of the month, calendar year or fiscal
 * year that it falls in.
 *
 * @returns null where the day lies after the year 9999
 */
export function cutOffDay(day: CalendarDate, cutOff: CutOff, settings: DueSettings): CalendarDate | null {
  if (cutOff === 'none') return day;
  const date = Temporal.PlainDate.from(day);
  if (cutOff === 'month') return written(date.with({ day: date.daysInMonth }));
  if (cutOff === 'calendar-year') return written(date.with({ month: 12, day: 31 }));
  const [month = 12, last = 31] = settings.fiscalYearEnd.split('-').map(Number);
  const endIn = (year: number) =>
    Temporal.PlainDate.from({ year, month, day: last }, { overflow: 'constrain' });
  const end = endIn(date.year);
  return written(Temporal.PlainDate.compare(date, end) <= 0 ? end : endIn(date.year + 1));
}

/** The day that comes a number of days after another; null after the year 9999. */
export function dayAfter(day: CalendarDate, days: number): CalendarDate | null {
  return written(Temporal.PlainDate.from(day).add({ days }));
}

/** Temporal writes years after 9999 with a sign and six digits, which is no calendar date here. */
function written(date: Temporal.PlainDate): CalendarDate | null {
  return parseCalendarDate(date.toString()) ?? null;
}

/**
 * A function that gives the last day of a period for any trigger date, as {@link cutOffDay} and {@link lastDay} do,
 * and remembers what it computed: once for each month, year or, where the period has weeks or days, date.
 */
export function periodEnd(
  period: string,
  cutOff: CutOff,
  settings: DueSettings,
): (trigger: CalendarDate) => CalendarDate | null {
  const compute = (trigger: CalendarDate) => {
    const start = cutOffDay(trigger, cutOff, settings);
    return start === null ? null : lastDay(start, period, cutOff);
  };
  if (cutOff === 'month') return remember(monthOf, compute);
  if (cutOff === 'calendar-year') return remember(yearOf, compute);
  if (cutOff === 'fiscal-year') return remember((day) => fiscalYearOf(day, settings), compute);
  if (/[WD]/.test(period)) return remember((day) => monthOf(day) * 32 + digits(day, 8, 10), compute);
  return wholeMonths(period);
}

/** Years and months move every day of a month to the same later month; there only the number of the day counts. */
function wholeMonths(period: string): (trigger: CalendarDate) => CalendarDate | null {
  const lastOf = remember(monthOf, (day) => {
    const first = parseCalendarDate(`${day.slice(0, 8)}01`);
    const later = first === undefined ? null : lastDay(first, period, 'none');
    return later && cutOffDay(later, 'month', { fiscalYearEnd: '12-31' });
  });
  return (trigger) => {
    const last = lastOf(trigger);
    if (last === null || digits(trigger, 8, 10) >= digits(last, 8, 10)) return last;
    return parseCalendarDate(last.slice(0, 8) + trigger.slice(8)) ?? null;
  };
}

/** Results for more different days than this are forgotten: far more than the months of ten thousand years. */
const MEMORY = 200_000;

function remember(
  keyOf: (day: CalendarDate) => number,
  compute: (day: CalendarDate) => CalendarDate | null,
): (day: CalendarDate) => CalendarDate | null {
  const known = new Map<number, CalendarDate | null>();
  return (day) => {
    const key = keyOf(day);
    const found = known.get(key);
    if (found !== undefined) return found;
    if (known.size >= MEMORY) known.clear();
    const computed = compute(day);
    known.set(key, computed);
    return computed;
  };
}

function yearOf(day: CalendarDate): number {
  return digits(day, 0, 4);
}

function monthOf(day: CalendarDate): number {
  return yearOf(day) * 12 + digits(day, 5, 7);
}

/** The calendar year in which the fiscal year of a day ends. Both are MM-DD texts, which sort as days do. */
function fiscalYearOf(day: CalendarDate, { fiscalYearEnd }: DueSettings): number {
  return day.slice(5) <= fiscalYearEnd ? yearOf(day) : yearOf(day) + 1;
}

/** A number within a date, without cutting the text up: this runs for every item of an import. */
function digits(day: CalendarDate, start: number, end: number): number {
  let value = 0;
  for (let at = start; at < end; at += 1) value = value * 10 + day.charCodeAt(at) - 48;
  return value;
}
