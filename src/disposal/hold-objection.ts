import type { CalendarDate, Reason } from '../model/index.js';

/**
 * Why what holds reach may not be disposed of by name.
 *
 * @param held ids of the holds in force that reach it
 * @param cooling released holds whose cooling-off periods last, with their last days
 */
export function holdObjection(
  held: readonly string[],
  cooling: readonly { id: string; until: CalendarDate }[],
): Reason | undefined {
  if (held.length > 0) {
    return { code: 'legal-hold', text: `A legal hold reaches it (${held.slice(0, 3).join(', ')})` };
  }
  const [last] = cooling.toSorted((a, b) => (a.until < b.until ? 1 : -1));
  if (last === undefined) return undefined;
  const text = `A legal hold (${last.id}) was released, and what it reached is left alone until ${last.until}`;
  return { code: 'cooling-off', text };
}
