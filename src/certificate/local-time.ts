import type { CalendarDate } from '../model/index.js';

const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];

/** `March 31, 2026`: no locale data is asked, so that the same document always prints the same. */
export function dateInWords(date: CalendarDate | string): string {
  const [year = '', month = '', day = ''] = date.split('-');
  return `${MONTHS[Number(month) - 1]} ${Number(day)}, ${year}`;
}

/**
 * An instant as people of the time zone write it, with the offset that was in force:
 * `March 31, 2026, 14:07:22 (UTC-04:00)`.
 *
 * @param instant UTC, RFC 3339
 * @param timeZone IANA name
 */
export function instantInWords(instant: string, timeZone: string): string {
  const parts = new Intl.DateTimeFormat('en-US', {
    timeZone,
    calendar: 'gregory',
    numberingSystem: 'latn',
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    timeZoneName: 'longOffset',
  }).formatToParts(new Date(instant));
  const part = (type: string) => parts.find((candidate) => candidate.type === type)?.value ?? '';
  const offset = part('timeZoneName').replace('GMT', 'UTC').replace('-', '\u2212');
  const day = dateInWords(`${part('year')}-${part('month')}-${part('day')}`);
  return `${day}, ${part('hour')}:${part('minute')}:${part('second')} (${offset})`;
}
