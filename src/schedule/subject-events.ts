import type { CalendarDate, EventDates, InventoryItem } from '../model/index.js';
import type { Repositories } from '../store/index.js';

const SUBJECTS_AT_ONCE = 500;

/**
 * Items with the events of their subjects. An event counts for an item only where it is recorded for all of the
 * item's subjects, and then with the latest day: a box with the files of two people waits for both.
 *
 * @param repositories those of the transaction that writes the items
 */
export async function withSubjectEvents<Item extends InventoryItem>(
  repositories: Repositories,
  items: readonly Item[],
): Promise<(Item & { subjectEvents: EventDates })[]> {
  const subjects = new Set(items.flatMap((item) => item.subjects));
  const known = await eventsOf(repositories, [...subjects]);
  return items.map((item) => ({ ...item, subjectEvents: commonEvents(item.subjects, known) }));
}

type EventsBySubject = ReadonlyMap<string, ReadonlyMap<string, CalendarDate>>;

async function eventsOf(repositories: Repositories, subjects: readonly string[]): Promise<EventsBySubject> {
  const known = new Map<string, Map<string, CalendarDate>>();
  for (let at = 0; at < subjects.length; at += SUBJECTS_AT_ONCE) {
    const found = await repositories.events.current(subjects.slice(at, at + SUBJECTS_AT_ONCE));
    for (const { subject, event, date } of found) {
      if (date === null) continue;
      const events = known.get(subject) ?? new Map<string, CalendarDate>();
      known.set(subject, events.set(event, date));
    }
  }
  return known;
}

function commonEvents(subjects: readonly string[], known: EventsBySubject): EventDates {
  const [first, ...others] = subjects;
  const common = new Map(first === undefined ? [] : known.get(first));
  for (const subject of others) {
    const events = known.get(subject);
    for (const [event, date] of common) {
      const other = events?.get(event);
      if (other === undefined) common.delete(event);
      else if (other > date) common.set(event, other);
    }
  }
  return Object.fromEntries([...common].toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
