import type { Medium } from '../model/index.js';
import type { ItemPlace, Repositories } from '../store/index.js';

/** SQLite allows about 32,000 parameters a statement; far fewer keep the plan simple. */
const PATHS = 900;
const FOLDERS = 100;

/** Every folder above a path, nearest first, without the root. */
export function foldersAbove(path: string): string[] {
  const folders: string[] = [];
  for (let at = path.lastIndexOf('/'); at > 0; at = path.lastIndexOf('/', at - 1))
    folders.push(path.slice(0, at));
  return folders;
}

type OnDisk = readonly { location: string; medium: Medium }[];

/**
 * Items not disposed of at, in and around places in the file system, and those whose archives are; locations are
 * canonical paths.
 */
export async function placesAround(repositories: Repositories, onDisk: OnDisk): Promise<ItemPlace[]> {
  const items = await itemPlacesAround(repositories, onDisk);
  return [...items, ...(await archivesAt(repositories, onDisk))];
}

/** Archived items whose encrypted files, of which a key exists, are or lie in these places. */
export async function archivesAt(repositories: Repositories, onDisk: OnDisk): Promise<ItemPlace[]> {
  const { archives } = repositories;
  return await lookUp(
    [...new Set(onDisk.map(({ location }) => location))],
    onDisk,
    (paths) => archives.atPaths(paths),
    (folders) => archives.belowFolders(folders),
  );
}

/** Items not disposed of at, in and around places in the file system, whatever lies there of their archives. */
export async function itemPlacesAround(repositories: Repositories, onDisk: OnDisk): Promise<ItemPlace[]> {
  const { places } = repositories;
  return await lookUp(
    [...new Set(onDisk.flatMap((item) => [item.location, ...foldersAbove(item.location)]))],
    onDisk,
    (paths) => places.at(paths),
    (folders) => places.below(folders),
  );
}

async function lookUp(
  paths: readonly string[],
  onDisk: OnDisk,
  at: (paths: readonly string[]) => Promise<ItemPlace[]>,
  below: (folders: readonly string[]) => Promise<ItemPlace[]>,
): Promise<ItemPlace[]> {
  const folders = onDisk.filter((item) => item.medium === 'folder').map((item) => item.location);
  const places: ItemPlace[] = [];
  for (let start = 0; start < paths.length; start += PATHS) {
    places.push(...(await at(paths.slice(start, start + PATHS))));
  }
  for (let start = 0; start < folders.length; start += FOLDERS) {
    places.push(...(await below(folders.slice(start, start + FOLDERS))));
  }
  return places;
}
