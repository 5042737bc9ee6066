import { readlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { TreeLinks } from './link-target.js';
import { NameTable } from './name-table.js';
import { changedWhilePacked } from './packing-faults.js';

/** What the file system says where there is no link any more. */
const GONE = new Set(['ENOENT', 'ENOTDIR', 'ELOOP', 'EINVAL']);

/** The symbolic links below what is packed. Only their names are kept: what they say is on the disk. */
export class FoundLinks implements TreeLinks {
  readonly #roots: ReadonlyMap<string, string>;
  readonly #names: string[] = [];
  readonly #table = new NameTable();

  /** @param roots names in the pack of what is packed, and where it is on this machine */
  constructor(roots: ReadonlyMap<string, string>) {
    this.#roots = roots;
  }

  /** @param name in the pack, below one of the roots */
  add(name: string): void {
    this.#names.push(name);
    this.#table.set(name, this.#names.length);
  }

  /** In the order in which they were added. */
  *all(): Generator<{ path: string; name: string; target: string }> {
    for (const name of this.#names) {
      const path = this.#path(name);
      yield { path, name, target: targetOf(path) };
    }
  }

  target(name: string): string | undefined {
    return this.#table.get(name) === undefined ? undefined : targetOf(this.#path(name));
  }

  isLinkElsewhere(name: string): boolean {
    return this.#table.rival(name) !== undefined;
  }

  #path(name: string): string {
    const end = name.indexOf('/');
    return join(this.#roots.get(name.slice(0, end)) as string, name.slice(end));
  }
}

function targetOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch (error) {
    throw GONE.has((error as NodeJS.ErrnoException).code ?? '') ? changedWhilePacked(path) : error;
  }
}
