import type { Identity } from './directory-handle.js';
import type { PlannedEntry } from './disposal-target.js';
import { entryPathBytes, splitEntryPath } from './entry-path.js';

/** A folder of an item whose content is being worked on. */
export interface OpenFolder {
  readonly index: number;
  readonly entry: PlannedEntry;
  /** Something of the item is still in it. */
  occupied: boolean;
  /** Something was removed from it, so that it has to be flushed if it stays. */
  touched: boolean;
  /** Its attributes that forbid changes are being taken away, or have been. */
  lifted?: Promise<void>;
  /** What becomes of it is known already. */
  settled: boolean;
}

/**
 * The folders of one item that still matter, by relative path: those on the way to what is worked on, and those whose
 * content is not over yet. Entries come in the order of their paths, so a folder can be forgotten once something comes
 * that lies behind all of its content.
 */
export class OpenFolders {
  readonly #byPath = new Map<string, OpenFolder>();

  add(index: number, entry: PlannedEntry): void {
    this.#byPath.set(entry.path, { index, entry, occupied: false, touched: false, settled: false });
  }

  /** What the folder at this relative path was when it was examined. */
  identity(path: string): Identity | undefined {
    return this.#byPath.get(path)?.entry;
  }

  /** The folder that holds the entry; undefined for the item itself. */
  holding(entryPath: string): OpenFolder | undefined {
    return entryPath === '' ? undefined : this.#byPath.get(splitEntryPath(entryPath).folder);
  }

  /**
   * The folders whose content is over, the deepest first. Each must be forgotten when it was dealt with.
   * @param last path of the entry that was worked on last; null when all of the item was
   */
  finished(last: string | null): OpenFolder[] {
    const bytes = last === null ? null : entryPathBytes(last);
    return [...this.#byPath.values()]
      .filter(({ entry }) => bytes === null || liesBehind(bytes, entry.path))
      .toSorted((a, b) => b.index - a.index);
  }

  settle(path: string): void {
    const folder = this.#byPath.get(path);
    if (folder !== undefined) folder.settled = true;
  }

  forget({ entry }: OpenFolder): void {
    this.#byPath.delete(entry.path);
  }
}

/** Whether a path comes after all that is in the folder. */
function liesBehind(path: Buffer, folder: string): boolean {
  if (folder === '') return false;
  const content = entryPathBytes(`${folder}/`);
  return !path.subarray(0, content.length).equals(content) && Buffer.compare(path, content) > 0;
}
