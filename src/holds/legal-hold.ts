import {
  type CalendarDate,
  classesOf,
  type Hold,
  type HoldScopeKind,
  type InventoryItem,
} from '../model/index.js';
import { addAll, byCodeUnits, foldedName, indexHolds } from './hold-index.js';
import { compileLocations } from './hold-locations.js';
import { compileHoldQuery, isHoldQuery, parseHoldQuery, type QueriedItem } from './hold-query.js';

/** What of an item holds look at. */
export type HeldItem = Pick<InventoryItem, 'id'> & QueriedItem;

/** Holds prepared for many items. */
export interface CompiledHolds {
  /** Ids of the holds in force that reach the item, in alphabetical order. */
  on(item: HeldItem): readonly string[];
}

/**
 * Ids of the holds in force that reach an item, in alphabetical order. Released holds reach nothing.
 *
 * In doubt a hold reaches more, never less; a record that was held in error is destroyed a little later, one that
 * was not held in error is gone.
 * - `item`, `class`, `subject`: the id, exactly; any of the item's classes and subjects.
 * - `custodian`: the name, whatever its case and spacing, because people type it twice.
 * - `location`, for files and folders: the path, whole segments at a time, after removal of `.`, `..`, doubled and
 *   closing slashes. It reaches what lies below it, and a folder that it lies in, since disposing of that folder
 *   would destroy what is held. Case counts, as it does on disk. Symbolic links are not followed here.
 * - `location`, for all other media: every text that begins with it, whatever its case and spacing; and where both
 *   are absolute paths, what is said above too.
 * - An archived item is reached where it is and where its content lay.
 * - `query`: all of its conditions are true; see `compileHoldQuery`. One that cannot be read reaches everything.
 */
export function holdsOn(item: HeldItem, holds: readonly Hold[]): readonly string[] {
  return compileHolds(holds).on(item);
}

/** The same for a million items: what is done for each does not grow with the number of holds. */
export function compileHolds(holds: readonly Hold[]): CompiledHolds {
  const scopes: Record<HoldScopeKind, [value: string, id: string][]> = {
    item: [],
    class: [],
    custodian: [],
    subject: [],
    location: [],
    query: [],
  };
  for (const hold of holds) {
    if (hold.releasedAt !== null) continue;
    for (const { kind, value } of hold.scopes) scopes[kind].push([value, hold.id]);
  }
  const items = indexHolds(scopes.item, (text) => text);
  const classes = indexHolds(scopes.class, (text) => text);
  const subjects = indexHolds(scopes.subject, (text) => text);
  const custodians = indexHolds(scopes.custodian, foldedName);
  const queries = scopes.query.map(([text, id]) => [queryOf(text), id] as const);
  const reached = scopes.location.length === 0 ? undefined : compileLocations(scopes.location);
  return {
    on(item) {
      const found = new Set(items.get(item.id));
      if (classes.size > 0) for (const id of classesOf(item)) addAll(found, classes.get(id));
      if (subjects.size > 0) for (const id of item.subjects) addAll(found, subjects.get(id));
      if (custodians.size > 0 && item.custodian !== null)
        addAll(found, custodians.get(foldedName(item.custodian)));
      reached?.(item, found);
      if (item.archivedFrom !== undefined) reached?.(item.archivedFrom, found);
      for (const [matches, id] of queries) if (!found.has(id) && matches(item)) found.add(id);
      return found.size === 0 ? NONE : [...found].toSorted(byCodeUnits);
    },
  };
}

/**
 * Holds that were released, as long as their cooling-off periods last: they reach what they reached when they stood.
 *
 * @returns a function that gives those that still reach an item on a day, with the last day of their periods
 */
export function compileCoolingOff(
  holds: readonly Hold[],
): (item: HeldItem, asOf: CalendarDate) => readonly { id: string; until: CalendarDate }[] {
  const untilOf = new Map<string, CalendarDate>();
  const cooling: Hold[] = [];
  for (const hold of holds) {
    if (hold.releasedAt === null || hold.coolingOffUntil === null) continue;
    untilOf.set(hold.id, hold.coolingOffUntil);
    cooling.push({ ...hold, releasedAt: null });
  }
  if (cooling.length === 0) return () => [];
  const compiled = compileHolds(cooling);
  return (item, asOf) =>
    compiled.on(item).flatMap((id) => {
      const until = untilOf.get(id);
      return until !== undefined && asOf <= until ? [{ id, until }] : [];
    });
}

function queryOf(text: string): (item: HeldItem) => boolean {
  return isHoldQuery(text) ? compileHoldQuery(parseHoldQuery(text)) : () => true;
}

const NONE: readonly string[] = Object.freeze([]);
