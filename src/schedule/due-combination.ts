import type { CalendarDate, DueDates, DueDefect } from '../model/index.js';

/** What nobody can compute a date with first; it is the one that a person must mend first. */
const DEFECTS: readonly DueDefect[] = [
  'schedule-missing',
  'class-missing',
  'class-unknown',
  'trigger-date-missing',
  'date-overflow',
];

/**
 * Both clocks of an item that belongs to several classes: kept until the latest of all minimums, gone by the
 * earliest of all maximums. One defect makes the whole a defect, one class that is kept for ever keeps it for ever,
 * one event that is waited for is waited for. The order of the classes does not matter.
 */
export function combinedDueDates(
  all: readonly DueDates[],
  isDateTrigger: (name: string) => boolean,
): DueDates {
  const nothing = { keepUntil: null, deleteBy: null, permanent: false, defect: null, missingTrigger: null };
  const defect = DEFECTS.find((each) => all.some((due) => due.defect === each));
  if (defect !== undefined) {
    const names = all.filter((due) => due.defect === defect).map(({ missingTrigger }) => missingTrigger);
    return { ...nothing, defect, missingTrigger: first(names, isDateTrigger) };
  }
  if (all.some(({ permanent }) => permanent)) return { ...nothing, permanent: true };
  const missingTrigger = first(
    all.map((due) => due.missingTrigger),
    isDateTrigger,
  );
  if (missingTrigger !== null) return { ...nothing, missingTrigger };
  const days = (pick: (due: DueDates) => CalendarDate | null) => all.map(pick).filter((day) => day !== null);
  return {
    ...nothing,
    keepUntil:
      days(({ keepUntil }) => keepUntil)
        .toSorted()
        .at(-1) ?? null,
    deleteBy: days(({ deleteBy }) => deleteBy).toSorted()[0] ?? null,
  };
}

/** As for the clauses of one class: a date of the item before an event, then the alphabet. */
function first(names: readonly (string | null)[], isDateTrigger: (name: string) => boolean): string | null {
  const known = names.filter((name) => name !== null).toSorted();
  return known.find(isDateTrigger) ?? known[0] ?? null;
}
