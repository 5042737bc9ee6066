import type { InventoryItem } from '../model/index.js';

/**
 * The column of a date that lies before the day of creation: mostly a wrong year, which would dispose of the records
 * years too early. `modified` may lie before it: a copy of a file keeps the day of the change and gets one of its own.
 *
 * @returns undefined where there is none, or nobody has entered when the item was created
 */
export function earlyDate(
  item: Pick<InventoryItem, 'created' | 'closed' | 'lastUsed' | 'events'>,
): string | undefined {
  const { created, closed, lastUsed, events } = item;
  if (created === null) return undefined;
  if (closed !== null && closed < created) return 'closed';
  if (lastUsed !== null && lastUsed < created) return 'last_used';
  for (const event in events) {
    const day = events[event];
    if (day !== undefined && day < created) return `event:${event}`;
  }
  return undefined;
}

/** Whether a change of these columns can have made a date lie too early. */
export function touchesDates(changed: readonly string[]): boolean {
  return changed.some((name) => COLUMNS.has(name) || name.startsWith('event:'));
}

const COLUMNS: ReadonlySet<string> = new Set(['created', 'closed', 'last_used']);

/** Completes `COLUMN …`. */
export const TOO_EARLY = {
  reason: 'lies before the day on which the item was created',
  hint: 'Check the year; if it is right, add --force',
} as const;
