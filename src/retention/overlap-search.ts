import { isOverwritable } from '../model/index.js';
import type { ItemPlace, Repositories, StoredItem } from '../store/index.js';
import { foldersAbove, type Overlap, overlapsToKeep } from './location-overlap.js';

/** SQLite allows about 32,000 parameters a statement; far fewer keep the plan simple. */
const PATHS = 900;
const FOLDERS = 100;

/** What must be left out of the items that would be disposed of, because of where other items lie. */
export async function findOverlaps(
  repositories: Repositories,
  planned: readonly StoredItem[],
): Promise<Map<string, Overlap>> {
  const onDisk = planned.filter((item) => isOverwritable(item.medium));
  const paths = [...new Set(onDisk.flatMap((item) => [item.location, ...foldersAbove(item.location)]))];
  const folders = onDisk.filter((item) => item.medium === 'folder').map((item) => item.location);
  const places: ItemPlace[] = [];
  for (let at = 0; at < paths.length; at += PATHS) {
    places.push(...(await repositories.items.atLocations(paths.slice(at, at + PATHS))));
  }
  for (let at = 0; at < folders.length; at += FOLDERS) {
    places.push(...(await repositories.items.belowFolders(folders.slice(at, at + FOLDERS))));
  }
  return new Map(overlapsToKeep(onDisk, places).map((overlap) => [overlap.id, overlap]));
}
