import type { CalendarDate, Hold, Reason } from '../model/index.js';
import { compileCoolingOff, compileHolds, type HeldItem } from './legal-hold.js';

/**
 * Why an item must be left alone on a day: a hold in force reaches it, or one that was released and cools off.
 *
 * @param holds those in force, and released ones
 */
export function protectionOf(
  item: HeldItem,
  holds: readonly Hold[],
  today: CalendarDate,
): Reason | undefined {
  const reaching = compileHolds(holds).on(item);
  if (reaching.length > 0) {
    return { code: 'legal-hold', text: `Legal holds reach it: ${reaching.join(', ')}.` };
  }
  const [last] = compileCoolingOff(holds)(item, today).toSorted((a, b) => (a.until < b.until ? 1 : -1));
  if (last === undefined) return undefined;
  const text = `The legal hold ${last.id} reached it until its release; it is left alone until ${last.until}.`;
  return { code: 'cooling-off', text };
}
