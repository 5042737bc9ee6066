import {
  type CalendarDate,
  classesOf,
  type Hold,
  type HoldScopeKind,
  type InventoryItem,
} from '../model/index.js';

/** What of an item holds look at. */
export type HeldItem = Pick<
  InventoryItem,
  'id' | 'recordClass' | 'otherClasses' | 'subjects' | 'custodian' | 'medium' | 'location'
>;

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
  };
  for (const hold of holds) {
    if (hold.releasedAt !== null) continue;
    for (const { kind, value } of hold.scopes) scopes[kind].push([value, hold.id]);
  }
  const items = index(scopes.item, (text) => text);
  const classes = index(scopes.class, (text) => text);
  const subjects = index(scopes.subject, (text) => text);
  const custodians = index(scopes.custodian, foldedName);
  const reached = scopes.location.length === 0 ? undefined : compileLocations(scopes.location);
  return {
    on(item) {
      const found = new Set(items.get(item.id));
      if (classes.size > 0) for (const id of classesOf(item)) addAll(found, classes.get(id));
      if (subjects.size > 0) for (const id of item.subjects) addAll(found, subjects.get(id));
      if (custodians.size > 0 && item.custodian !== null)
        addAll(found, custodians.get(foldedName(item.custodian)));
      reached?.(item, found);
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

/**
 * An absolute path without `.`, `..`, doubled or closing slashes, in Unicode normalization form C, so that two
 * spellings of one place are one text. The root is `/`.
 */
export function normalizedPath(path: string): string {
  const text = path.normalize('NFC');
  if (!/\/\/|\/\.{1,2}(?:\/|$)|.\/$/.test(text)) return text;
  const segments: string[] = [];
  for (const segment of text.split('/')) {
    if (segment === '..') segments.pop();
    else if (segment !== '' && segment !== '.') segments.push(segment);
  }
  return `/${segments.join('/')}`;
}

const NONE: readonly string[] = Object.freeze([]);

type Index = ReadonlyMap<string, readonly string[]>;

function index(entries: readonly [string, string][], keyOf: (value: string) => string): Index {
  const result = new Map<string, string[]>();
  for (const [value, id] of entries) {
    const key = keyOf(value);
    const known = result.get(key);
    if (known) known.push(id);
    else result.set(key, [id]);
  }
  return result;
}

function compileLocations(
  entries: readonly [string, string][],
): (item: HeldItem, found: Set<string>) => void {
  const paths = index(
    entries.filter(([value]) => value.startsWith('/')),
    normalizedPath,
  );
  const sorted = [...paths.keys()].toSorted(byCodeUnits);
  const texts = index(entries, (value) => foldedName(value).replace(/(?<=.)\/+$/, ''));
  const lengths = [...new Set([...texts.keys()].map((text) => text.length))].toSorted((a, b) => a - b);
  return (item, found) => {
    const { location, medium } = item;
    if (location.startsWith('/')) {
      const path = normalizedPath(location);
      addHoldsAbove(path, paths, found);
      addHoldsBelow(path, paths, sorted, found);
    }
    if (medium === 'file' || medium === 'folder') return;
    const text = foldedName(location);
    for (const length of lengths) {
      if (length > text.length) break;
      addAll(found, texts.get(text.slice(0, length)));
    }
  };
}

/** Holds on the path itself or on a folder that it lies in. */
function addHoldsAbove(path: string, paths: Index, found: Set<string>): void {
  addAll(found, paths.get('/'));
  for (let end = path.indexOf('/', 1); end !== -1; end = path.indexOf('/', end + 1)) {
    addAll(found, paths.get(path.slice(0, end)));
  }
  addAll(found, paths.get(path));
}

/** Holds on something inside the path. */
function addHoldsBelow(path: string, paths: Index, sorted: readonly string[], found: Set<string>): void {
  const prefix = path === '/' ? '/' : `${path}/`;
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] ?? '') < prefix) low = middle + 1;
    else high = middle;
  }
  for (let at = low; at < sorted.length; at += 1) {
    const held = sorted[at] ?? '';
    if (!held.startsWith(prefix)) return;
    addAll(found, paths.get(held));
  }
}

function addAll(found: Set<string>, ids: readonly string[] | undefined): void {
  if (ids) for (const id of ids) found.add(id);
}

function byCodeUnits(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** A name as holds compare it: without case, and with every run of spaces as one. */
export function foldedName(text: string): string {
  return text.normalize('NFC').trim().replaceAll(/\s+/g, ' ').toLowerCase();
}
