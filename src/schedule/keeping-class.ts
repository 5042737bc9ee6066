import type { CalendarDate, RecordClass } from '../model/index.js';
import { type DueItem, dueDates } from './due-dates.js';
import type { DueSettings } from './period-arithmetic.js';

/**
 * Of an item's classes the one whose duty to keep it ends last: its authority is the one for the item's retention period.
 *
 * @param classes those of the item that the schedule has
 * @param keepUntil the item's, under all its classes
 * @returns of classes that keep it as long the first by id; undefined where none gives that day
 */
export function keepingClass(
  item: DueItem,
  classes: readonly RecordClass[],
  keepUntil: CalendarDate | null,
  settings: DueSettings,
): RecordClass | undefined {
  if (classes.length < 2) return classes[0];
  const own = (each: RecordClass) =>
    dueDates({ ...item, recordClass: each.id, otherClasses: [] }, [each], settings);
  return classes
    .filter((each) => own(each).keepUntil === keepUntil)
    .toSorted((a, b) => (a.id < b.id ? -1 : 1))
    .at(0);
}
