import { foldersAbove } from '../disposal/index.js';

/** Where an item lies and whether it would be disposed of. Locations are normalised absolute paths. */
export interface PlacedItem {
  id: string;
  location: string;
}

/** `kept`: disposing of the item would destroy that other item. `first`: that other item goes first, this one later. */
export interface Overlap {
  id: string;
  with: string;
  why: 'kept' | 'first';
}

/**
 * Finds the items of a plan that must wait because disposing of them would destroy another item.
 *
 * An item is taken out where a kept item lies at, below or above its location. Of two items of the plan that
 * overlap only the inner one stays (of two at one place, the one with the lesser id): the outer one is planned
 * again when the inner one is gone. Taking one out can make others wait, so this goes on until nothing changes.
 *
 * @param planned items that the plan would dispose of
 * @param places all active items at, below and above them, the planned ones included; one can have several places
 */
export function overlapsToKeep(planned: readonly PlacedItem[], places: readonly PlacedItem[]): Overlap[] {
  const index = new LocationIndex([...planned, ...places]);
  const remaining = new Map(planned.map((item) => [item.id, item]));
  const overlaps: Overlap[] = [];
  const takeOut = (item: PlacedItem, other: PlacedItem, why: Overlap['why']) => {
    overlaps.push({ id: item.id, with: other.id, why });
    remaining.delete(item.id);
  };
  // Most items lie alone: what has no neighbour is asked for one only once.
  const neighboured = planned.filter((item) => index.related(item).length > 0);
  for (const item of neighboured) {
    const inner = index.related(item).find((other) => remaining.has(other.id) && goesFirst(other, item));
    if (inner) takeOut(item, inner, 'first');
  }
  for (let changed = true; changed; ) {
    changed = false;
    for (const item of neighboured) {
      if (!remaining.has(item.id)) continue;
      const kept = index
        .related(item)
        .find((other) => !remaining.has(other.id) && !waitsFor(other, item, overlaps));
      if (!kept) continue;
      takeOut(item, kept, 'kept');
      changed = true;
    }
  }
  return overlaps;
}

/** Whether `other` is disposed of before `item` where both are due: the inner one, then the lesser id. */
function goesFirst(other: PlacedItem, item: PlacedItem): boolean {
  if (other.location === item.location) return other.id < item.id;
  return other.location.startsWith(`${item.location}/`);
}

/** An outer item that only waits for this one does not hold this one back. */
function waitsFor(outer: PlacedItem, inner: PlacedItem, overlaps: readonly Overlap[]): boolean {
  return (
    goesFirst(inner, outer) && overlaps.some((overlap) => overlap.id === outer.id && overlap.why === 'first')
  );
}

/** Finds what lies at, above and below a path. */
export class LocationIndex {
  private readonly byLocation = new Map<string, PlacedItem[]>();
  private readonly byFolder = new Map<string, PlacedItem[]>();

  constructor(items: readonly PlacedItem[]) {
    const seen = new Set<string>();
    for (const item of items) {
      // An item behind a symbolic link has two: its own, and its real place.
      const place = `${item.id} ${item.location}`;
      if (seen.has(place)) continue;
      seen.add(place);
      push(this.byLocation, item.location, item);
      for (const folder of foldersAbove(item.location)) push(this.byFolder, folder, item);
    }
  }

  related(item: PlacedItem): PlacedItem[] {
    const found: PlacedItem[] = [];
    const take = (others: readonly PlacedItem[] | undefined) => {
      for (const other of others ?? []) if (other.id !== item.id) found.push(other);
    };
    take(this.byLocation.get(item.location));
    take(this.byFolder.get(item.location));
    for (const folder of foldersAbove(item.location)) take(this.byLocation.get(folder));
    return found;
  }
}

function push(map: Map<string, PlacedItem[]>, key: string, item: PlacedItem): void {
  const list = map.get(key);
  if (list) list.push(item);
  else map.set(key, [item]);
}
