import { type Dirent, opendirSync } from 'node:fs';
import { foldedName } from './entry-name.js';
import { NameTable } from './name-table.js';

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

/**
 * What lies in a folder, by code unit. Each name is kept as one text with its kind behind it: with an object for each,
 * a folder of a million files would take several times as much memory.
 */
export class FolderList {
  /** The next one last. No name has a zero in it, so that these sort as the names do. */
  readonly #waiting: string[] = [];

  /** @throws the file system's error */
  constructor(path: string) {
    const folder = opendirSync(path, { bufferSize: AT_A_TIME });
    try {
      for (let found = folder.readSync(); found !== null; found = folder.readSync())
        // Not a template: what that makes remembers its parts, and takes three times as much until it is gone.
        this.#waiting.push([found.name, kindOf(found)].join('\0'));
    } finally {
      folder.closeSync();
    }
    this.#waiting.sort().reverse();
  }

  /**
   * Takes out what cannot lie beside one that comes before it, since both names are the same elsewhere.
   *
   * @param object told of each, and of the one that stays
   */
  removeRivals(object: (name: string, rival: string) => void): void {
    const waiting = this.#waiting;
    // Of two rivals at least one is not its own folded name: in most folders nothing needs to be compared.
    if (waiting.every((entry) => isFolded(nameOf(entry)))) return;
    const names = new NameTable();
    let kept = waiting.length;
    for (let index = waiting.length - 1; index >= 0; index -= 1) {
      const entry = waiting[index] as string;
      const rival = names.rival(nameOf(entry));
      if (rival !== undefined) {
        object(nameOf(entry), nameOf(waiting[rival - 1] as string));
        continue;
      }
      kept -= 1;
      waiting[kept] = entry;
      names.set(nameOf(entry), kept + 1);
    }
    waiting.splice(0, kept);
  }

  /** @returns the next one, which it forgets; undefined at the end */
  next(): { name: string; kind: Kind } | undefined {
    const entry = this.#waiting.pop();
    return entry === undefined ? undefined : { name: nameOf(entry), kind: entry.slice(-1) as Kind };
  }
}

function nameOf(entry: string): string {
  return entry.slice(0, -2);
}

function isFolded(name: string): boolean {
  return foldedName(name) === name;
}
