import { placesAround } from '../disposal/index.js';
import { isOverwritable } from '../model/index.js';
import type { ItemPlace, Repositories, StoredItem } from '../store/index.js';
import { type Overlap, overlapsToKeep } from './location-overlap.js';

/** Ids asked for at once. */
const IDS = 900;

/**
 * What must be left out of the items that would be disposed of, because of where other items lie.
 *
 * @param linked the real places of items whose location leads through a symbolic link
 */
export async function findOverlaps(
  repositories: Repositories,
  planned: readonly StoredItem[],
  linked: readonly ItemPlace[],
): Promise<Map<string, Overlap>> {
  const onDisk = plannedOnDisk(planned, linked);
  return overlapsByItem(onDisk, [...linked, ...(await placesAround(repositories, onDisk))]);
}

/** Nothing is destroyed through a link: such an item is a defect, and keeps what lies at its real place. */
function plannedOnDisk(planned: readonly StoredItem[], linked: readonly ItemPlace[]): StoredItem[] {
  const behindLinks = new Set(linked.map(({ id }) => id));
  return planned.filter(({ id, medium }) => isOverwritable(medium) && !behindLinks.has(id));
}

function overlapsByItem(planned: readonly StoredItem[], places: readonly ItemPlace[]): Map<string, Overlap> {
  return new Map(overlapsToKeep(planned, places).map((overlap) => [overlap.id, overlap]));
}

/**
 * The same for some of the items that are due: what lies at, in and around them, and is due as well, counts as
 * planned too, and so on; else two due items that overlap would keep each other for ever.
 *
 * @param isDue whether a plan would dispose of an item if it lay alone
 */
export async function findOverlapsAmong(
  repositories: Repositories,
  items: readonly StoredItem[],
  isDue: (item: StoredItem) => boolean,
  linked: readonly ItemPlace[],
): Promise<Map<string, Overlap>> {
  const planned = new Map(items.map((item) => [item.id, item]));
  const around: ItemPlace[] = [...linked];
  for (let fresh = [...items]; fresh.length > 0; ) {
    const onDisk = fresh.filter(({ medium }) => isOverwritable(medium));
    const places = await placesAround(repositories, onDisk);
    around.push(...places);
    const ids = [...new Set(places.map(({ id }) => id))].filter((id) => !planned.has(id));
    fresh = [];
    for (let at = 0; at < ids.length; at += IDS) {
      const found = await repositories.items.byIds(ids.slice(at, at + IDS));
      fresh.push(...[...found.values()].filter(isDue));
    }
    for (const each of fresh) planned.set(each.id, each);
  }
  return overlapsByItem(plannedOnDisk([...planned.values()], linked), around);
}
