import {
  chmodSync,
  closeSync,
  constants,
  futimesSync,
  linkSync,
  lutimesSync,
  mkdirSync,
  openSync,
  symlinkSync,
  utimesSync,
} from 'node:fs';
import { join } from 'node:path';
import { NameTable, nameProblem } from './entry-name.js';
import { LinkTable, linkProblem } from './link-target.js';
import { unsafeEntry } from './packing-faults.js';
import { SparseFile } from './sparse-file.js';

const CREATE = constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY | (constants.O_NOFOLLOW ?? 0);

/** `unnamed`: a folder that so far is there only because something lies in it. Texts, since there may be a million. */
type Kept = 'file' | 'folder' | 'unnamed' | 'link';

/** What an entry says of itself, as far as it is kept. */
export interface EntryFacts {
  name: string;
  /** Permission bits; the others are dropped. */
  mode: number;
  /** Seconds since 1970. */
  mtime: number;
}

/**
 * A tree that is being made in an empty folder of our own. Links are made last, when everything else is there, so
 * that nothing can be written through one.
 */
export class ExtractedTree {
  readonly #root: string;
  readonly #names = new NameTable();
  readonly #kept = new Map<string, Kept>();
  readonly #files: EntryFacts[] = [];
  readonly #folders: EntryFacts[] = [];
  readonly #links = new Map<string, { target: string; mtime: number }>();

  constructor(root: string) {
    this.#root = root;
  }

  /** Paths, one at a time. */
  *files(): Generator<string> {
    for (const [name, kept] of this.#kept) if (kept === 'file') yield join(this.#root, name);
  }

  *folders(): Generator<string> {
    for (const [name, kept] of this.#kept) if (isFolder(kept)) yield join(this.#root, name);
  }

  /**
   * @param content its bytes, which are written before this resolves
   * @throws Fault `unsafe-pack`, and the file system's error
   */
  async addFile(facts: EntryFacts, content: AsyncIterable<Uint8Array>): Promise<void> {
    this.#take(facts.name, 'file');
    const fd = openSync(join(this.#root, facts.name), CREATE, 0o600);
    try {
      const file = new SparseFile(fd);
      for await (const bytes of content) file.write(bytes);
      file.end();
      futimesSync(fd, ...timesOf(facts));
      this.#files.push(facts);
    } finally {
      closeSync(fd);
    }
  }

  addFolder(facts: EntryFacts): void {
    this.#take(facts.name, 'folder');
    this.#folders.push(facts);
  }

  addLink({ name, mtime }: EntryFacts, target: string): void {
    this.#take(name, 'link');
    this.#links.set(name, { target, mtime });
  }

  /** A second name of a file that is already there. */
  addHardLink(name: string, target: string): void {
    if (this.#kept.get(target) !== 'file')
      throw unsafeEntry(name, 'is a second name of a file outside the pack');
    this.#take(name, 'file');
    linkSync(join(this.#root, target), join(this.#root, name));
  }

  /** Makes the symbolic links, and gives folders their times, which making something in them changes. */
  makeLinks(): void {
    const links = new LinkTable([...this.#links].map(([name, { target }]) => [name, target]));
    for (const [name, { target, mtime }] of this.#links) {
      const problem = linkProblem(name, target, links);
      if (problem) throw unsafeEntry(name, problem);
      const path = join(this.#root, name);
      symlinkSync(target, path);
      lutimesSync(path, ...timesOf({ mtime }));
    }
    for (const folder of this.#folders) utimesSync(join(this.#root, folder.name), ...timesOf(folder));
  }

  /** At the very end: who may not read or write a file can no longer flush it either. */
  setPermissions(): void {
    for (const { name, mode } of this.#files) chmodSync(join(this.#root, name), mode & 0o777);
    for (const { name, mode } of this.#folders.toReversed()) chmodSync(join(this.#root, name), mode & 0o777);
  }

  /** Reserves a name, and makes the folders above it. */
  #take(name: string, type: Exclude<Kept, 'unnamed'>): void {
    const problem = nameProblem(name);
    if (problem) throw unsafeEntry(name, problem);
    const rival = this.#names.add(name);
    if (rival !== null)
      throw unsafeEntry(name, `and ${JSON.stringify(rival)} are the same name on other systems`);
    for (let end = name.indexOf('/'); end >= 0; end = name.indexOf('/', end + 1)) {
      const folder = name.slice(0, end);
      const known = this.#kept.get(folder);
      if (known === undefined) this.#makeFolder(folder, 'unnamed');
      else if (!isFolder(known))
        throw unsafeEntry(name, `lies in ${JSON.stringify(folder)}, which is no folder`);
    }
    const known = this.#kept.get(name);
    if (known && !(type === 'folder' && known === 'unnamed')) throw unsafeEntry(name, 'occurs twice');
    if (type === 'folder' && known === undefined) this.#makeFolder(name, 'folder');
    else this.#kept.set(name, type);
  }

  #makeFolder(name: string, kept: 'folder' | 'unnamed'): void {
    mkdirSync(join(this.#root, name), 0o700);
    this.#kept.set(name, kept);
  }
}

function isFolder(kept: Kept): boolean {
  return kept === 'folder' || kept === 'unnamed';
}

/** As text, since Node takes a number below zero, a time before 1970, for the present. */
function timesOf({ mtime }: Pick<EntryFacts, 'mtime'>): [accessed: string, modified: string] {
  return [String(mtime), String(mtime)];
}
