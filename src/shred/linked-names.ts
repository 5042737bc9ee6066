import type { BigIntStats } from 'node:fs';
import type { Reason } from '../model/index.js';
import { reason } from './reasons.js';

/** A file with other names (hard links) than those that were found in one place. */
export interface LinkedNames {
  /** Device and inode. */
  key: string;
  /** In all. */
  names: number;
  found: number;
  /** Of one that was found, relative to the place, in text form; empty for the place itself. */
  path: string;
}

/** Counts the names of files that have several, to find out which of them are elsewhere. */
export class NameCount {
  readonly #files = new Map<string, LinkedNames>();

  add(path: string, { dev, ino, nlink }: BigIntStats): void {
    if (nlink <= 1n) return;
    const key = `${dev}:${ino}`;
    const known = this.#files.get(key);
    if (known === undefined) this.#files.set(key, { key, names: Number(nlink), found: 1, path });
    // All found: nothing more can be asked of it.
    else if (known.found + 1 === known.names) this.#files.delete(key);
    else known.found += 1;
  }

  /** Files of which not all names were found, in the order of the first name that was. */
  get incomplete(): LinkedNames[] {
    return [...this.#files.values()];
  }
}

/** Why what has these names cannot be disposed of alone. */
export function reasonOfLinks(incomplete: readonly LinkedNames[]): Reason {
  const [first] = incomplete;
  const missing = first === undefined ? 0 : first.names - first.found;
  const which = missing === 1 ? '1 further name is' : `${missing} further names are`;
  const more = incomplete.length > 1 ? `, and so with ${incomplete.length - 1} more` : '';
  return reason('hard-linked', `${which} not among what is to be destroyed${more}`);
}

/**
 * Which of several places can be disposed of together because each has the names that the others lack.
 * @param places what each place lacks; empty where nothing
 * @returns keys of files all names of which are in places that can be disposed of so
 */
export function completeTogether(places: readonly (readonly LinkedNames[])[]): Set<string> {
  let candidates = places.filter(({ length }) => length > 0);
  for (;;) {
    const found = new Map<string, number>();
    for (const { key, found: here } of candidates.flat()) found.set(key, (found.get(key) ?? 0) + here);
    const complete = candidates.filter((place) => place.every(({ key, names }) => found.get(key) === names));
    if (complete.length === candidates.length) return new Set(candidates.flat().map(({ key }) => key));
    candidates = complete;
  }
}
