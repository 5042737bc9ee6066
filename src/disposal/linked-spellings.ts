import { lstatSync, readdirSync, realpathSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { ItemPlace, Repositories } from '../store/index.js';

const PATHS = 900;
const FOLDERS = 100;

/** A path of the inventory that leads through a symbolic link, and where it leads now. */
interface LinkedPath {
  spelling: string;
  real: string;
}

/**
 * Finds the other spellings of places: those by which the inventory may know them, because the location of an item
 * leads through a symbolic link or is one. Folders are looked at once each, however many items lie in them.
 *
 * @param locations canonical paths
 * @returns for each location, the paths under which the inventory would know it, or what lies in it
 */
export async function linkedSpellings(
  repositories: Repositories,
  locations: readonly string[],
): Promise<string[][]> {
  const folders = await repositories.places.folders();
  const touches = (real: string): boolean =>
    locations.some((location) => isWithin(real, location) || isWithin(location, real));
  const through = linkedFolders(folders).filter(({ real }) => touches(real));
  const ends = await inventoried(
    repositories,
    folders.flatMap(linksIn).filter(({ real }) => touches(real)),
  );
  const linked = [...through, ...ends];
  return locations.map((location) =>
    linked.flatMap(({ spelling, real }) => {
      if (isWithin(location, real)) return [spelling + location.slice(real.length)];
      return isWithin(real, location) ? [spelling] : [];
    }),
  );
}

/**
 * Items not disposed of whose location leads through a symbolic link or is one, each with the canonical path of its
 * real place as its location.
 */
export async function placesThroughLinks(repositories: Repositories): Promise<ItemPlace[]> {
  const folders = await repositories.places.folders();
  const places: ItemPlace[] = [];
  const through = linkedFolders(folders);
  for (let at = 0; at < through.length; at += FOLDERS) {
    const some = through.slice(at, at + FOLDERS);
    const reals = new Map(some.map(({ spelling, real }) => [spelling, real]));
    const found = await repositories.places.below(some.map(({ spelling }) => spelling));
    for (const { id, location } of found) {
      const real = reals.get(dirname(location));
      if (real !== undefined) places.push({ id, location: join(real, basename(location)) });
    }
  }
  const ends = folders.flatMap(linksIn);
  const reals = new Map(ends.map(({ spelling, real }) => [spelling, real]));
  for (const { id, location } of await itemsAt(repositories, ends)) {
    const real = reals.get(location);
    if (real !== undefined) places.push({ id, location: real });
  }
  return places;
}

function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder === '/' ? folder : `${folder}/`);
}

/** Those of the folders on whose way, or at whose end, there is a symbolic link. */
function linkedFolders(folders: readonly string[]): LinkedPath[] {
  const known = new Map<string, boolean>();
  const leadsThroughLink = (path: string): boolean => {
    if (path === dirname(path)) return false;
    const answer = known.get(path) ?? (leadsThroughLink(dirname(path)) || isLink(path));
    known.set(path, answer);
    return answer;
  };
  return folders.filter(leadsThroughLink).flatMap(resolved);
}

function isLink(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() ?? false;
  } catch {
    return false;
  }
}

/** The symbolic links that lie right in a folder; none where this account may not list it. */
function linksIn(folder: string): LinkedPath[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isSymbolicLink())
      .flatMap(({ name }) => resolved(join(folder, name)));
  } catch {
    return [];
  }
}

/** Where a path leads: nothing where it leads nowhere, or this account may not follow it and destroys nothing there. */
function resolved(spelling: string): LinkedPath[] {
  try {
    return [{ spelling, real: realpathSync.native(spelling) }];
  } catch {
    return [];
  }
}

/** Those that are the location of an item; any other link in its folder says nothing of the inventory. */
async function inventoried(repositories: Repositories, links: readonly LinkedPath[]): Promise<LinkedPath[]> {
  const known = new Set((await itemsAt(repositories, links)).map(({ location }) => location));
  return links.filter(({ spelling }) => known.has(spelling));
}

async function itemsAt(repositories: Repositories, links: readonly LinkedPath[]): Promise<ItemPlace[]> {
  const places: ItemPlace[] = [];
  for (let at = 0; at < links.length; at += PATHS) {
    const paths = links.slice(at, at + PATHS).map(({ spelling }) => spelling);
    places.push(...(await repositories.places.at(paths)));
  }
  return places;
}
