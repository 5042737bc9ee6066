import { itemPlacesAround, placesAround, type RowPlaces } from '../disposal/index.js';
import { isOverwritable } from '../model/index.js';
import type { ItemPlace, Repositories, StoredItem } from '../store/index.js';
import { LocationIndex, type Overlap, overlapsToKeep } from './location-overlap.js';

/** Ids asked for at once. */
const IDS = 900;

/** Places that locations do not say. */
export interface OtherPlaces {
  /** The real places of items whose location leads through a symbolic link, and of databases that items are in. */
  linked: readonly ItemPlace[];
  rows: RowPlaces;
}

/**
 * What must be left out of the items that would be disposed of, because of where other items lie.
 *
 * @param isDue whether a plan would dispose of an item if it lay alone
 */
export async function findOverlaps(
  repositories: Repositories,
  planned: readonly StoredItem[],
  isDue: (item: StoredItem) => boolean,
  { linked, rows }: OtherPlaces,
): Promise<Map<string, Overlap>> {
  const onDisk = plannedOnDisk(planned, linked);
  const found = overlapsToKeep(onDisk, [...linked, ...(await placesAround(repositories, onDisk))]);
  return byItem([
    ...found,
    ...(await overlapsOfArchives(repositories, planned, isDue, linked)),
    ...(await overlapsOfRows(repositories, planned, isDue, rows)),
  ]);
}

/**
 * Archives whose content came from a place at, in or around which another item lies that is not due: what the archive
 * holds may be all that is left of it.
 */
export async function overlapsOfArchives(
  repositories: Repositories,
  planned: readonly StoredItem[],
  isDue: (item: StoredItem) => boolean,
  linked: readonly ItemPlace[],
): Promise<Overlap[]> {
  const origins = planned.flatMap(({ id, archivedFrom }) => (archivedFrom ? [{ id, ...archivedFrom }] : []));
  if (origins.length === 0) return [];
  const index = new LocationIndex([...linked, ...(await itemPlacesAround(repositories, origins))]);
  const near = origins.map((origin) => ({ id: origin.id, others: index.related(origin) }));
  const others = await itemsById(
    repositories,
    near.flatMap(({ others }) => others.map(({ id }) => id)),
  );
  const kept = new Set([...others.values()].filter((item) => !isDue(item)).map(({ id }) => id));
  return near.flatMap(({ id, others }) => {
    const other = others.find((each) => kept.has(each.id));
    return other === undefined ? [] : [{ id, with: other.id, why: 'kept' as const }];
  });
}

async function itemsById(
  repositories: Repositories,
  ids: readonly string[],
): Promise<Map<string, StoredItem>> {
  const wanted = [...new Set(ids)];
  const items = new Map<string, StoredItem>();
  for (let at = 0; at < wanted.length; at += IDS) {
    for (const [id, item] of await repositories.items.byIds(wanted.slice(at, at + IDS))) items.set(id, item);
  }
  return items;
}

/**
 * Items whose rows in a database are those of another item, too: what is kept keeps them, and of two that are due the one
 * with the lesser id goes first.
 */
async function overlapsOfRows(
  repositories: Repositories,
  items: readonly StoredItem[],
  isDue: (item: StoredItem) => boolean,
  rows: RowPlaces,
): Promise<Overlap[]> {
  const planned = new Map(items.filter((item) => rows.of(item).length > 0).map((item) => [item.id, item]));
  const around: ItemPlace[] = [];
  for (let fresh = [...planned.values()]; fresh.length > 0; ) {
    const near = (await rows.near(repositories, fresh)).filter(({ id }) => !planned.has(id));
    around.push(...near.flatMap((item) => rows.of(item)));
    fresh = near.filter(isDue);
    for (const each of fresh) planned.set(each.id, each);
  }
  return overlapsToKeep(
    [...planned.values()].flatMap((item) => rows.of(item)),
    around,
  );
}

/** Another item that lies at, in or around the place of an item: to destroy what lies there destroys that one too. */
export async function neighbourOf(
  repositories: Repositories,
  item: StoredItem,
  linked: readonly ItemPlace[],
): Promise<string | undefined> {
  const index = new LocationIndex([...linked, ...(await placesAround(repositories, [item]))]);
  return index.related(item).at(0)?.id;
}

/** Nothing is destroyed through a link: such an item is a defect, and keeps what lies at its real place. */
function plannedOnDisk(planned: readonly StoredItem[], linked: readonly ItemPlace[]): StoredItem[] {
  const behindLinks = new Set(linked.map(({ id }) => id));
  return planned.filter(({ id, medium }) => isOverwritable(medium) && !behindLinks.has(id));
}

function byItem(overlaps: readonly Overlap[]): Map<string, Overlap> {
  return new Map(overlaps.map((overlap) => [overlap.id, overlap]));
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
  { linked, rows }: OtherPlaces,
): Promise<Map<string, Overlap>> {
  const planned = new Map(items.map((item) => [item.id, item]));
  const around: ItemPlace[] = [...linked];
  for (let fresh = [...items]; fresh.length > 0; ) {
    const onDisk = fresh.filter(({ medium }) => isOverwritable(medium));
    const places = await placesAround(repositories, onDisk);
    around.push(...places);
    const ids = [...new Set(places.map(({ id }) => id))].filter((id) => !planned.has(id));
    fresh = [...(await itemsById(repositories, ids)).values()].filter(isDue);
    for (const each of fresh) planned.set(each.id, each);
  }
  const found = overlapsToKeep(plannedOnDisk([...planned.values()], linked), around);
  return byItem([
    ...found,
    ...(await overlapsOfArchives(repositories, items, isDue, linked)),
    ...(await overlapsOfRows(repositories, items, isDue, rows)),
  ]);
}
