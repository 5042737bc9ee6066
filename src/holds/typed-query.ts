import type { CalendarDate } from '../model/index.js';
import { dayAfter } from '../schedule/index.js';
import {
  type HoldCondition,
  holdQueryText,
  invalidQuery,
  parseHoldQuery,
  querySpelling,
} from './hold-query.js';

/**
 * Between double quotes, a quote is `\"` or written twice; backslashes are themselves, but right before a quote two of
 * them are one.
 */
const TYPED = querySpelling(String.raw`(?:[^"\\]|\\+(?!["\\])|(?:\\\\)*\\"|(?:\\\\)*"")*(?:\\\\)*`, {
  quoted: (text) =>
    text.replaceAll(
      /(\\*)(""|"|$)/g,
      (_, run: string, quote: string) => '\\'.repeat(run.length >> 1) + quote.slice(0, 1),
    ),
  bare: (text) => {
    if (!text.startsWith("'")) return text;
    throw invalidQuery('values stand in double quotes, not in single ones', 'Write: title="b, c"');
  },
});

/**
 * Reads a query as a person types it, and refuses what can only be a mistake.
 *
 * @returns the text that is stored, which `parseHoldQuery` reads
 * @throws Fault `hold-query-invalid` (exit 2) that says where, or which range of dates has no day in it
 */
export function readTypedQuery(text: string): string {
  const conditions = parseHoldQuery(text, TYPED);
  requireDays(conditions);
  return holdQueryText(conditions);
}

/** No date lies after one day and before an earlier one: such a query would hold only what has no date. */
function requireDays(conditions: readonly HoldCondition[]): void {
  const ranges = new Map<string, { from: string; to: string }>();
  for (const each of conditions) {
    if (!('value' in each)) continue;
    const range = ranges.get(each.field) ?? { from: '', to: '~' };
    const { from, to } = daysOf(each);
    if (from > range.from) range.from = from;
    if (to < range.to) range.to = to;
    ranges.set(each.field, range);
    if (range.from > range.to) throw invalidQuery(`no day lies in the range of ${each.field}`);
  }
}

/** First and last day of a condition; `~` sorts after every day. */
function daysOf({ operator, value }: { operator: string; value: CalendarDate }): {
  from: string;
  to: string;
} {
  switch (operator) {
    case '>':
      return { from: dayAfter(value, 1) ?? '~~', to: '~' };
    case '>=':
      return { from: value, to: '~' };
    case '<':
      return { from: '', to: dayAfter(value, -1) ?? '' };
    case '<=':
      return { from: '', to: value };
    default:
      return { from: value, to: value };
  }
}
