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

/** Items not disposed of at, in and around places in the file system; locations are canonical paths. */
export async function placesAround(
  repositories: Repositories,
  onDisk: readonly { location: string; medium: Medium }[],
): Promise<ItemPlace[]> {
  const paths = [...new Set(onDisk.flatMap((item) => [item.location, ...foldersAbove(item.location)]))];
  const folders = onDisk.filter((item) => item.medium === 'folder').map((item) => item.location);
  const places: ItemPlace[] = [];
  for (let at = 0; at < paths.length; at += PATHS) {
    places.push(...(await repositories.items.atLocations(paths.slice(at, at + PATHS))));
  }
  for (let at = 0; at < folders.length; at += FOLDERS) {
    places.push(...(await repositories.items.belowFolders(folders.slice(at, at + FOLDERS))));
  }
  return places;
}
