import { type Dirent, opendirSync } from 'node:fs';
import { foldedName } from './entry-name.js';
import { NameTable } from './name-table.js';
import { SortedNames } from './sorted-names.js';

/** Names that the file system is asked for at a time. */
const AT_A_TIME = 256;

/** What a name is of. One letter, as it is kept. */
export type Kind = 'f' | 'd' | 'l' | 'o';

/** @returns `f` for a file, `d` for a folder, `l` for a symbolic link, `o` for anything else */
export function kindOf(found: Pick<Dirent, 'isFile' | 'isDirectory' | 'isSymbolicLink'>): Kind {
  if (found.isFile()) return 'f';
  if (found.isDirectory()) return 'd';
  return found.isSymbolicLink() ? 'l' : 'o';
}

/** What lies in a folder, by code unit, without what cannot lie beside one that comes before it. */
export class FolderList {
  /** Each with its kind behind it. No name has a zero in it, so that these sort as the names do. */
  readonly #names = new SortedNames();
  readonly #coming: Generator<string, void>;
  /** Of two rivals at least one is not its own folded name: in most folders nothing needs to be compared. */
  #mayHaveRivals = false;
  readonly #taken = new NameTable();

  /** @throws the file system's error */
  constructor(path: string) {
    const folder = opendirSync(path, { bufferSize: AT_A_TIME });
    try {
      for (let found = folder.readSync(); found !== null; found = folder.readSync()) {
        this.#mayHaveRivals ||= foldedName(found.name) !== found.name;
        this.#names.add(`${found.name}\0${kindOf(found)}`);
      }
    } finally {
      folder.closeSync();
    }
    this.#coming = this.#names.all();
  }

  /**
   * @param object told of what cannot lie beside an earlier one, since both names are the same elsewhere, and of that one
   * @returns the next one; undefined at the end
   */
  next(object: (name: string, rival: string) => void): { name: string; kind: Kind } | undefined {
    // Not for-of: leaving that would end what is to go on.
    for (let { value: entry } = this.#coming.next(); entry; { value: entry } = this.#coming.next()) {
      const name = nameOf(entry);
      const rival = this.#mayHaveRivals ? this.#rivalOf(name) : undefined;
      if (rival === undefined) return { name, kind: entry.slice(-1) as Kind };
      object(name, rival);
    }
    return undefined;
  }

  /** The name that stands in the way of another; undefined after that was taken up. */
  #rivalOf(name: string): string | undefined {
    const rival = this.#taken.rival(name);
    if (rival === undefined) {
      this.#taken.set(name, this.#taken.count + 1);
      return undefined;
    }
    return this.#nameTaken(rival);
  }

  /** By going through all again: the table has no names, and rivals are rare. @param number from 1 */
  #nameTaken(number: number): string {
    const taken = new NameTable();
    for (const entry of this.#names.all()) {
      const name = nameOf(entry);
      if (taken.rival(name) !== undefined) continue;
      taken.set(name, taken.count + 1);
      if (taken.count === number) return name;
    }
    throw new RangeError('there is no such name');
  }
}

function nameOf(entry: string): string {
  return entry.slice(0, -2);
}
