import { lstatSync } from 'node:fs';
import { dirname } from 'node:path';
import type { PlannedEntry } from './disposal-target.js';
import { entryPathBytes, splitEntryPath } from './entry-path.js';
import type { AfterOverwrite, OverwriteResult } from './file-overwrite.js';
import type { ItemWork } from './item-work.js';

/** A file of several names (hard links), all of which are disposed of. */
export interface LinkedFile {
  readonly device: string;
  readonly inode: string;
  readonly names: { work: ItemWork; paths: readonly Buffer[] }[];
  /** The overwriting of its content, once for all names, when it has begun. */
  overwriting?: Promise<OverwriteResult>;
  /** State after the overwriting, and after each name that was removed since. */
  after: AfterOverwrite | null;
  /** Its names are removed one after the other: each removal changes the state that the next one compares. */
  turn: Promise<void>;
}

/** The files of several names of one batch. */
export class LinkedFiles {
  readonly #byIdentity = new Map<string, LinkedFile>();

  /** Takes note of the names that may be removed, once their item is begun. */
  register(work: ItemWork, entries: Iterable<PlannedEntry>): void {
    for (const entry of entries) {
      if (entry.names === undefined) continue;
      const { device, inode } = entry;
      const key = `${device}:${inode}`;
      const file = this.#byIdentity.get(key) ?? {
        ...{ device, inode, names: [], after: null, turn: Promise.resolve() },
      };
      this.#byIdentity.set(key, file);
      file.names.push({ work, paths: pathsOf(work, entry) });
    }
  }

  of({ names, device, inode }: PlannedEntry): LinkedFile | undefined {
    return names === undefined ? undefined : this.#byIdentity.get(`${device}:${inode}`);
  }
}

/** Where the entry is under its own name and under its neutral one. */
function pathsOf(work: ItemWork, { path, neutralName }: PlannedEntry): Buffer[] {
  const top = Buffer.from(work.target.location);
  const slash = Buffer.from('/');
  const { folder } = splitEntryPath(path);
  const above =
    path === ''
      ? Buffer.from(dirname(work.target.location))
      : Buffer.concat([top, slash, entryPathBytes(folder)]);
  const own = path === '' ? top : Buffer.concat([top, slash, entryPathBytes(path)]);
  return neutralName === null ? [own] : [own, Buffer.concat([above, slash, Buffer.from(neutralName)])];
}

/**
 * How many of the names that may be removed lead to the file now. It has other names where it has more: one that was
 * made since, or one of these that was moved away to be kept.
 */
export function namesLeft({ device, inode, names }: LinkedFile): bigint {
  const leads = (path: Buffer): boolean => {
    try {
      const stat = lstatSync(path, { bigint: true, throwIfNoEntry: false });
      return stat !== undefined && String(stat.dev) === device && String(stat.ino) === inode;
    } catch {
      return false;
    }
  };
  return BigInt(names.filter(({ paths }) => paths.some(leads)).length);
}
