import { badInput, parseCalendarDate } from '../model/index.js';
import type { LogFilter } from '../store/index.js';
import { dateIn } from '../workspace/index.js';

export interface LogFilterText {
  /** A day (YYYY-MM-DD) of the organization's time zone, or an instant (RFC 3339); inclusive. */
  since?: string | undefined;
  until?: string | undefined;
  operator?: string | undefined;
  action?: string | undefined;
  item?: string | undefined;
  certificate?: string | undefined;
}

/**
 * The filter that a person typed.
 *
 * @throws Fault `log-time-invalid` for what is neither a day nor an instant, `log-range-empty` where it ends
 *   before it begins
 */
export function logFilter(given: LogFilterText, timeZone: string): LogFilter {
  const filter: LogFilter = {};
  if (given.operator !== undefined) filter.operator = given.operator;
  if (given.action !== undefined) filter.action = given.action;
  if (given.item !== undefined && given.certificate !== undefined) {
    throw badInput('flags-conflict', '--item and --certificate exclude each other', {
      hint: 'Give one of them',
    });
  }
  if (given.item !== undefined) filter.subject = { kind: 'item', id: given.item };
  // The issue of the one that took its place tells of it, too.
  if (given.certificate !== undefined)
    filter.subject = { kind: 'certificate', id: given.certificate, data: 'replaces' };
  if (given.since !== undefined) filter.since = boundary(given.since, '--since', timeZone);
  if (given.until !== undefined) filter.until = boundary(given.until, '--until', timeZone);
  if (filter.since !== undefined && filter.until !== undefined && filter.since > filter.until) {
    throw badInput('log-range-empty', '--since is after --until', { hint: 'Exchange the two' });
  }
  return filter;
}

const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:Z|[+-]\d{2}:\d{2})$/;

/** The first (`--since`) or last (`--until`) millisecond that is meant, as the log writes instants. */
function boundary(text: string, flag: '--since' | '--until', timeZone: string): string {
  const day = parseCalendarDate(text);
  if (day !== undefined) {
    const begin = startOfDay(day, timeZone);
    if (flag === '--since') return new Date(begin).toISOString();
    return new Date(startOfDay(nextDay(day), timeZone) - 1).toISOString();
  }
  const at =
    INSTANT.test(text) && parseCalendarDate(text.slice(0, 10)) !== undefined ? Date.parse(text) : Number.NaN;
  if (!Number.isNaN(at)) return new Date(at).toISOString();
  throw badInput('log-time-invalid', `The value of ${flag} is neither a day nor an instant`, {
    hint: `Write ${flag} 2026-02-28, or ${flag} 2026-02-28T13:00:00Z`,
  });
}

const DAY = 86_400_000;

function nextDay(day: string): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + DAY).toISOString().slice(0, 10);
}

/** The first instant of a day in a zone, which lies within a day of UTC; either midnight where clocks go back over it. */
function startOfDay(day: string, timeZone: string): number {
  let low = Date.parse(`${day}T00:00:00Z`) - DAY;
  let high = low + 2 * DAY;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (dateIn(timeZone, new Date(middle)) < day) low = middle;
    else high = middle;
  }
  return high;
}
