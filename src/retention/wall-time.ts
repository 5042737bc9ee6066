import { Temporal } from 'temporal-polyfill';
import { badInput, type CalendarDate } from '../model/index.js';

const FORM = /^([01]\d|2[0-3]):([0-5]\d)$/;

/** A time of the day on a clock on the wall, written HH:MM. */
export type WallTime = string & { readonly __wallTime: unique symbol };

/** @param what names the flag in the error. @throws Fault `time-invalid` (exit 2) */
export function parseWallTime(text: string, what: string): WallTime {
  if (FORM.test(text)) return text as WallTime;
  throw badInput('time-invalid', `${what} is not a time of the day written HH:MM, from 00:00 to 23:59`, {
    hint: `Write it as in ${what} 06:00`,
  });
}

/**
 * The instants at which clocks in the zone show the time, one for each day, after an instant. On the day that clocks
 * are put back and show it twice, it is the first of the two. A day on which they are put forward past it has none:
 * so does systemd (OnCalendar in systemd.time(7)).
 *
 * @param timeZone IANA name
 */
export function* wallTimes(timeZone: string, time: WallTime, after: Date): Generator<Date> {
  const from = Temporal.Instant.fromEpochMilliseconds(after.getTime()).toZonedDateTimeISO(timeZone);
  const wanted = Temporal.PlainTime.from(time);
  for (let day = from.toPlainDate().subtract({ days: 1 }); ; day = day.add({ days: 1 })) {
    const at = day.toPlainDateTime(wanted).toZonedDateTime(timeZone, { disambiguation: 'earlier' });
    if (!at.toPlainTime().equals(wanted) || at.epochMilliseconds <= after.getTime()) continue;
    yield new Date(at.epochMilliseconds);
  }
}

/** The next instant at which clocks in the zone show the time. */
export function nextWallTime(timeZone: string, time: WallTime, after: Date): Date {
  for (const at of wallTimes(timeZone, time, after)) return at;
  throw new RangeError('time has ended');
}

/**
 * The first day within a year, from a day on, on which clocks in the zone are put forward past the time; undefined
 * where there is none.
 */
export function dayWithoutTime(
  timeZone: string,
  time: WallTime,
  from: CalendarDate,
): CalendarDate | undefined {
  const wanted = Temporal.PlainTime.from(time);
  for (let day = Temporal.PlainDate.from(from), left = 366; left > 0; day = day.add({ days: 1 }), left -= 1) {
    const at = day.toPlainDateTime(wanted).toZonedDateTime(timeZone);
    if (!at.toPlainTime().equals(wanted)) return day.toString() as CalendarDate;
  }
  return undefined;
}
