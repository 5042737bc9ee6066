import { type CalendarDate, daysInMonth, parseCalendarDate } from '../model/index.js';

const MONTHS = 'January February March April May June July August September October November December'.split(
  ' ',
);

/** Why a text is not a calendar date, in words that complete `KEY …`, and what to write instead. */
export interface DateMistake {
  message: string;
  hint: string | null;
}

/**
 * Reads a date as this project writes it, YYYY-MM-DD, and explains every other text. A date in another order is
 * never guessed at: 03/04/2024 is two days to two readers.
 */
export function readWrittenDate(text: string): CalendarDate | DateMistake {
  const date = parseCalendarDate(text);
  if (date !== undefined) return date;
  const iso = /^(\d{4})-(\d{1,2})-(\d{1,2})$/.exec(text);
  if (iso) return mistake(Number(iso[1]), Number(iso[2]), Number(iso[3]));
  const american = /^(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})$/.exec(text);
  if (!american) return { message: 'is not a date', hint: 'Write it as YYYY-MM-DD, such as 2026-11-02' };
  const [first, second, year] = [Number(american[1]), Number(american[2]), Number(american[3])];
  if (first <= 12 && second <= 12 && first !== second) {
    const [one, other] = [spell(year, first, second), spell(year, second, first)];
    return { message: 'can be read as two dates', hint: `Write ${one} or ${other}` };
  }
  return first <= 12 ? mistake(year, first, second) : mistake(year, second, first);
}

/** Whether reading a date found a mistake. */
export function isDateMistake(date: CalendarDate | DateMistake): date is DateMistake {
  return typeof date !== 'string';
}

function mistake(year: number, month: number, day: number): DateMistake {
  const name = MONTHS[month - 1];
  if (name === undefined)
    return { message: `is not a date: there is no month ${month}`, hint: 'Write it as YYYY-MM-DD' };
  const last = daysInMonth(year, month);
  if (day < 1 || day > last) {
    return {
      message: `is not a date: ${name} ${year} has ${last} days`,
      hint: `Its last day is ${spell(year, month, last)}`,
    };
  }
  return { message: 'is not a date of the form YYYY-MM-DD', hint: `Write ${spell(year, month, day)}` };
}

function spell(year: number, month: number, day: number): string {
  return [String(year).padStart(4, '0'), String(month).padStart(2, '0'), String(day).padStart(2, '0')].join(
    '-',
  );
}
