import { compileCoolingOff, compileHolds } from '../holds/index.js';
import { type CalendarDate, isOverwritable, type Medium, type Reason } from '../model/index.js';
import type { ItemPlace, Repositories, StoredItem } from '../store/index.js';
import { holdObjection } from './hold-objection.js';
import { archivesAt, foldersAbove, itemPlacesAround } from './places-around.js';

/** A place that a person wants to dispose of. */
export interface PlaceToDispose {
  location: string;
  /** Other paths that lead there: the inventory and holds may know the place by one of them. */
  aliases: readonly string[];
  medium: Medium;
  /** The class that the person says it belongs to. */
  recordClass: string | null;
  /** Id of the inventory item that this very disposal has claimed there. */
  claimed: string | null;
}

export interface PlaceJudgement {
  /** Why it may not be disposed of by name. */
  objection: Reason | undefined;
  /** The handed-over item that lies exactly there, whose copy this is. */
  transferred: StoredItem | undefined;
}

const IDS = 900;

/**
 * Which of the places may be disposed of by name: none that a hold reaches, by whatever it names, and none where the
 * inventory knows of an item. What is in the inventory is disposed of when its period has ended and its plan is
 * approved, which is what a sweep sees to. The copy of an item that was handed over is the exception.
 *
 * @param databases files of databases that items are in
 */
export async function judgePlaces(
  repositories: Repositories,
  places: readonly PlaceToDispose[],
  today: CalendarDate,
  databases: readonly ItemPlace[],
): Promise<PlaceJudgement[]> {
  const judged = await judgeSpellings(repositories, places, today);
  const aliases = places.flatMap((place, at) => place.aliases.map((alias) => ({ at, alias, place })));
  const again = await judgeSpellings(
    repositories,
    aliases.map(({ alias, place }) => ({ ...place, location: alias })),
    today,
  );
  for (const [index, { at }] of aliases.entries()) {
    const { objection, transferred } = again[index] ?? {};
    const known = judged[at];
    if (known === undefined) continue;
    // A handed-over item is recognized at its real path only.
    known.objection ??= objection ?? (transferred && objectionOf([], [], transferred));
  }
  for (const [at, place] of places.entries()) {
    const known = judged[at];
    if (known)
      known.objection ??= databaseObjection(databases.find((each) => isAtOrIn(each.location, place)));
  }
  return judged;
}

async function judgeSpellings(
  repositories: Repositories,
  places: readonly PlaceToDispose[],
  today: CalendarDate,
): Promise<PlaceJudgement[]> {
  if (places.length === 0) return [];
  const holds = await repositories.holds.standing();
  const reaching = compileHolds(holds);
  const cooling = compileCoolingOff(holds);
  const archived = await archivesAt(repositories, places);
  const items = await itemsOf(repositories, await itemPlacesAround(repositories, places));
  const at = new Map<string, StoredItem[]>();
  const below = new Map<string, StoredItem>();
  for (const item of items) {
    at.set(item.location, [...(at.get(item.location) ?? []), item]);
    for (const folder of foldersAbove(item.location)) if (!below.has(folder)) below.set(folder, item);
  }
  return places.map((place) => {
    const { location, medium, recordClass } = place;
    const here = (at.get(location) ?? []).filter(
      ({ id, state }) => state !== 'claimed' || id !== place.claimed,
    );
    const own = (at.get(location) ?? []).find(({ id, state }) => state === 'claimed' && id === place.claimed);
    const transferred =
      own ?? here.find((item) => item.state === 'transferred' && isOverwritable(item.medium));
    const subject = transferred ?? {
      ...{ id: '', title: '', recordClass, otherClasses: [], subjects: [], piElements: [] },
      ...{ custodian: null, department: null, created: null, modified: null, closed: null, lastUsed: null },
      medium,
      location,
      uninventoried: true,
    };
    const held = reaching.on(subject);
    const cooled = cooling(subject, today);
    const other =
      here.find((item) => item !== transferred) ??
      foldersAbove(location)
        .flatMap((folder) => at.get(folder) ?? [])
        .at(0) ??
      (medium === 'folder' ? below.get(location) : undefined);
    const objection =
      objectionOf(held, cooled, other) ??
      archiveObjection(archived.find((each) => isAtOrIn(each.location, place)));
    return { objection, transferred };
  });
}

function objectionOf(
  held: readonly string[],
  cooling: readonly { id: string; until: CalendarDate }[],
  other: StoredItem | undefined,
): Reason | undefined {
  const hold = holdObjection(held, cooling);
  if (hold !== undefined) return hold;
  if (other === undefined) return undefined;
  if (other.state === 'claimed') {
    return { code: 'in-progress', text: `A run is disposing of ${other.id}, which lies there` };
  }
  return {
    code: 'inventoried',
    text: `The inventory has ${other.id} at, in or around it; a sweep disposes of it when its period has ended`,
  };
}

function isAtOrIn(path: string, { location, medium }: PlaceToDispose): boolean {
  return path === location || (medium === 'folder' && path.startsWith(`${location}/`));
}

/** An archive goes by the end of its key, which a plan allows; without its file nobody can open it before. */
function archiveObjection(archive: ItemPlace | undefined): Reason | undefined {
  if (archive === undefined) return undefined;
  const text = `The archive of ${archive.id} is or lies there; only quietus archive erase ends it`;
  return { code: 'archived', text };
}

function databaseObjection(database: ItemPlace | undefined): Reason | undefined {
  if (database === undefined) return undefined;
  const text = `A database with the rows of ${database.id} is or lies there; a sweep deletes them when their period has ended`;
  return { code: 'inventoried', text };
}

async function itemsOf(repositories: Repositories, places: readonly ItemPlace[]): Promise<StoredItem[]> {
  const ids = [...new Set(places.map(({ id }) => id))];
  const items: StoredItem[] = [];
  for (let at = 0; at < ids.length; at += IDS) {
    items.push(...(await repositories.items.byIds(ids.slice(at, at + IDS))).values());
  }
  return items;
}
