import { badInput, type CalendarDate, parseCalendarDate } from '../model/index.js';

/**
 * A day that was given on the command line.
 *
 * @param what names the flag in the error
 * @throws Fault `date-invalid`
 */
export function parseDay(text: string, what: string): CalendarDate {
  const day = parseCalendarDate(text);
  if (day !== undefined) return day;
  throw badInput('date-invalid', `${what} is not a day of the calendar written YYYY-MM-DD`, {
    hint: `Write it as in ${what} 2026-02-28`,
  });
}
