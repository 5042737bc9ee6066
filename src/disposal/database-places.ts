import { realpathSync } from 'node:fs';
import type { ItemPlace, Repositories } from '../store/index.js';
import type { WorkspacePaths } from '../workspace/index.js';
import { readHooks } from './database-hook.js';
import { placesThroughLinks } from './linked-spellings.js';

/** What SQLite keeps beside a database: rows are in these, too. */
const BESIDE = ['', '-wal', '-journal'];

/**
 * The files of the SQLite databases that hooks name, each with one item not disposed of whose rows are in it: without
 * the file they are gone.
 */
export async function placesOfDatabases(
  repositories: Repositories,
  paths: WorkspacePaths,
): Promise<ItemPlace[]> {
  const places: ItemPlace[] = [];
  for (const { name, hook } of readHooks(paths)) {
    if (hook?.place.kind !== 'sqlite') continue;
    const id = await repositories.items.anyInDatabase(`database:${name}`);
    if (id === undefined) continue;
    const spellings = new Set([hook.place.path, realPath(hook.place.path)]);
    for (const path of spellings) places.push(...BESIDE.map((end) => ({ id, location: path + end })));
  }
  return places;
}

/** Items not disposed of that lie elsewhere than their location says: behind a symbolic link, or in a file of a database. */
export async function placesElsewhere(
  repositories: Repositories,
  paths: WorkspacePaths,
): Promise<ItemPlace[]> {
  return [...(await placesThroughLinks(repositories)), ...(await placesOfDatabases(repositories, paths))];
}

function realPath(path: string): string {
  try {
    return realpathSync.native(path);
  } catch {
    return path;
  }
}
