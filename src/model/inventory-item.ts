import type { CalendarDate } from './calendar-date.js';
import type { Medium } from './medium.js';
import type { PiElement } from './personal-information.js';

/**
 * `active`: held, subject to its schedule. `claimed`: a run is disposing of it. `disposed`: destroyed, with
 * evidence. `transferred`: handed over to somebody who has confirmed it. An item that is not where the inventory says stays active: it is a defect, not a disposal.
 */
export const ITEM_STATES = ['active', 'claimed', 'disposed', 'transferred'] as const;
export type ItemState = (typeof ITEM_STATES)[number];

/** One entry of the inventory: a set of records of one class, in one place, disposed of as one. */
export interface InventoryItem {
  /** Chosen by the organization; opaque; 1 to 128 characters of letters, digits and `._:/-`. */
  id: string;
  title: string;
  /** Id of a record class of the schedule; null while nobody has said which. */
  recordClass: string | null;
  /** Ids of further record classes, sorted, all after `recordClass` in the alphabet; none where `recordClass` is null. */
  otherClasses: readonly string[];
  medium: Medium;
  /** Absolute path for `file` and `folder`; free text for what a person must fetch. */
  location: string;
  piElements: readonly PiElement[];
  /** Individuals to whom the personal information refers (c. 93I § 1); null where nobody has counted. */
  dataSubjects: number | null;
  /** Opaque ids of the people or cases that the records are about, sorted; events are recorded for them. Never names. */
  subjects: readonly string[];
  custodian: string | null;
  department: string | null;
  created: CalendarDate | null;
  modified: CalendarDate | null;
  closed: CalendarDate | null;
  lastUsed: CalendarDate | null;
  /** Named trigger events with the day on which each happened, such as `termination`. */
  events: EventDates;
  copiesElsewhere: string | null;
  notes: string | null;
}

/** Where content lies, or lay before it was archived. */
export type ContentPlace = Pick<InventoryItem, 'location' | 'medium'>;

/** All record classes of an item, sorted. */
export function classesOf(item: Pick<InventoryItem, 'recordClass' | 'otherClasses'>): readonly string[] {
  return item.recordClass === null ? [] : [item.recordClass, ...item.otherClasses];
}

/** Events with their days, by name. */
export type EventDates = Readonly<Record<string, CalendarDate>>;

/** Why an item has no due date. An item with a defect is never due. */
export type DueDefect =
  | 'class-missing'
  | 'class-unknown'
  | 'trigger-date-missing'
  | 'date-overflow'
  | 'schedule-missing';

/** Both clocks of an item, as its rule sets them. Dates are inclusive: the last day of the duty to keep, and the last day allowed. */
export interface DueDates {
  keepUntil: CalendarDate | null;
  deleteBy: CalendarDate | null;
  /** Kept for ever by its rule. */
  permanent: boolean;
  defect: DueDefect | null;
  /**
   * Trigger whose date is missing: the defect, where there is one; without a defect the event that has not been
   * recorded yet and that the item waits for. Such an item has no due date, and nothing is wrong with it.
   */
  missingTrigger: string | null;
}
