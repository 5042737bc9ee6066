import { readFileSync } from 'node:fs';

/** One line of /proc/self/mountinfo. */
export interface Mount {
  /** Bytes of the path as a latin1 string: paths are not always UTF-8. */
  point: string;
  /** Number of the file system, `major:minor`: the same for all its mounts. */
  device: string;
  /** Which folder (or file) of the file system is mounted; `/` for all of it. Bytes as in `point`. */
  root: string;
  type: string;
  /** What is mounted; for a disk its device file. */
  source: string;
  /** Options of the file system itself, such as `data=journal`. */
  options: readonly string[];
  /** The file system or this mount of it is. */
  readOnly: boolean;
}

function decodeField(field: string): string {
  return field.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}

/** Bytes of a path as a latin1 string, the form that this class compares. */
function pathKey(path: string): string {
  return Buffer.from(path, 'utf8').toString('latin1');
}

function liesIn(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder === '/' ? '/' : `${folder}/`);
}

/** What follows the folder in a path that lies in it: empty, or beginning with a slash. */
function remainder(path: string, folder: string): string {
  if (folder === '/') return path === '/' ? '' : path;
  return path.slice(folder.length);
}

function joined(folder: string, rest: string): string {
  if (folder !== '/') return folder + rest;
  return rest === '' ? '/' : rest;
}

/**
 * The mounts that this process sees, as in proc_pid_mountinfo(5). Unlike a comparison of device numbers it finds
 * bind mounts of the same file system.
 */
export class MountTable {
  readonly #byPoint = new Map<string, Mount>();

  /** @param text content of mountinfo, decoded as latin1 */
  constructor(text: string) {
    for (const line of text.split('\n')) {
      const fields = line.split(' ');
      const dash = fields.indexOf('-', 6);
      const point = fields[4];
      const type = fields[dash + 1];
      if (dash < 0 || point === undefined || type === undefined) continue;
      // A later mount on the same point covers the earlier one.
      this.#byPoint.set(decodeField(point), {
        point: decodeField(point),
        device: fields[2] ?? '',
        root: decodeField(fields[3] ?? '/'),
        type,
        source: decodeField(fields[dash + 2] ?? ''),
        options: (fields[dash + 3] ?? '').split(','),
        readOnly: [...(fields[5] ?? '').split(','), ...(fields[dash + 3] ?? '').split(',')].includes('ro'),
      });
    }
  }

  /** The table of this moment, or undefined where there is no /proc. */
  static read(): MountTable | undefined {
    try {
      return new MountTable(readFileSync('/proc/self/mountinfo', 'latin1'));
    } catch {
      return undefined;
    }
  }

  /** Every mount, in no order. */
  mounts(): Iterable<Mount> {
    return this.#byPoint.values();
  }

  at(path: string): boolean {
    return this.#byPoint.has(pathKey(path));
  }

  below(path: string): boolean {
    const prefix = path === '/' ? '/' : `${pathKey(path)}/`;
    for (const point of this.#byPoint.keys()) {
      if (point.length > prefix.length && point.startsWith(prefix)) return true;
    }
    return false;
  }

  /**
   * True when the file or folder at a canonical path, or something below it, is also reached by another path: another
   * mount of the same file system shows it. Being mounted from a subfolder alone is no such case: the volumes of a
   * container usually are, and the rest of that file system cannot be seen from inside. Nor is a mount of a folder on
   * itself, which covers the first path to it.
   */
  hasSecondPath(path: string): boolean {
    const mount = this.mountOf(path);
    if (mount === undefined) return false;
    const inside = joined(mount.root, remainder(pathKey(path), mount.point));
    for (const other of this.#byPoint.values()) {
      if (other === mount || other.device !== mount.device) continue;
      if (liesIn(other.root, inside)) return true;
      if (!liesIn(inside, other.root)) continue;
      const second = joined(other.point, remainder(inside, other.root));
      if (this.#mountOfKey(second) === other) return true;
    }
    return false;
  }

  /** The mount that a canonical path lies on. */
  mountOf(path: string): Mount | undefined {
    return this.#mountOfKey(pathKey(path));
  }

  #mountOfKey(key: string): Mount | undefined {
    let at = key;
    for (;;) {
      const mount = this.#byPoint.get(at === '' ? '/' : at);
      if (mount !== undefined || at === '' || at === '/') return mount;
      at = at.slice(0, at.lastIndexOf('/'));
    }
  }
}
