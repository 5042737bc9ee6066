import { dirname } from 'node:path';
import { isOverwritable } from '../model/index.js';
import type { Session } from '../session/index.js';
import { isWithin } from './systemd-units.js';

/** Folders in one unit; more are drawn together into what holds them. */
const MOST = 50;

/**
 * The folders that a sweep must be able to write to: those that hold the files and folders of the inventory, because
 * removing a name is writing to the folder that holds it. None lies in another.
 */
export async function recordFolders(session: Session): Promise<string[]> {
  const folders = new Set<string>();
  for await (const page of session.store.items.all({ state: 'active' })) {
    for (const { medium, location } of page) {
      if (isOverwritable(medium) && location.startsWith('/')) folders.add(dirname(location));
    }
  }
  return fewFolders(folders, MOST);
}

/** At most `most` folders that hold all of these; never the root folder unless it is one of them. */
export function fewFolders(folders: Iterable<string>, most: number): string[] {
  let few = outermost(folders);
  while (few.length > most) {
    const deepest = Math.max(...few.map(depth));
    if (deepest < 2) break;
    few = outermost(few.map((path) => (depth(path) === deepest ? dirname(path) : path)));
  }
  return few;
}

function depth(path: string): number {
  return path === '/' ? 0 : path.split('/').length - 1;
}

function outermost(folders: Iterable<string>): string[] {
  const kept: string[] = [];
  // With a slash at the end, a folder comes right before what is in it.
  for (const path of [...new Set(folders)].toSorted((a, b) => (`${a}/` < `${b}/` ? -1 : 1))) {
    const last = kept.at(-1);
    if (last === undefined || !isWithin(path, last)) kept.push(path);
  }
  return kept;
}
