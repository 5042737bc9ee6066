import type { CalendarDate } from '../model/index.js';

/** The only source of time: passed in from the edge, so that rules never ask for it themselves. */
export interface Clock {
  now(): Date;
}

export const systemClock: Clock = { now: () => new Date() };

/** An instant as UTC, RFC 3339, to the millisecond. */
export function instant(clock: Clock): string {
  return clock.now().toISOString();
}

/**
 * The calendar date in a time zone at an instant.
 *
 * @param timeZone IANA name, such as `America/New_York`
 */
export function dateIn(timeZone: string, at: Date): CalendarDate {
  const parts = formatOf(timeZone).formatToParts(at);
  const part = (type: string) => parts.find((candidate) => candidate.type === type)?.value ?? '';
  return `${part('year').padStart(4, '0')}-${part('month')}-${part('day')}` as CalendarDate;
}

/** By time zone, of which a workspace has one: to make one takes ten times as long as to use it. */
const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(timeZone: string): Intl.DateTimeFormat {
  const known = formats.get(timeZone);
  if (known !== undefined) return known;
  const made = new Intl.DateTimeFormat('en-US', {
    timeZone,
    calendar: 'gregory',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
  });
  formats.set(timeZone, made);
  return made;
}

/** Whether the runtime knows the IANA time zone. Bare offsets such as `-05:00` are none: they know no daylight saving. */
export function isTimeZone(name: string): boolean {
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    return new Intl.DateTimeFormat('en-US', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}
