import {
  chmodSync,
  closeSync,
  constants,
  fchmodSync,
  fsyncSync,
  futimesSync,
  linkSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  openSync,
  symlinkSync,
  utimesSync,
} from 'node:fs';
import { join } from 'node:path';
import { syncFolder } from '../workspace/index.js';
import { nameProblem } from './entry-name.js';
import { LinkFile } from './link-file.js';
import { linkProblem, type TreeLinks } from './link-target.js';
import { madeEntries } from './made-tree.js';
import { NameTable } from './name-table.js';
import { NumberList } from './number-list.js';
import { unsafeEntry } from './packing-faults.js';
import { SparseFile, sparseFileBuffer } from './sparse-file.js';

const CREATE = constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY | (constants.O_NOFOLLOW ?? 0);
const OWNER_READS = 0o400;
/** No system has a link that says more. */
const MAX_TARGET_BYTES = 4096;

/** `unnamed`: a folder that so far is there only because something lies in it. */
const KINDS = ['none', 'file', 'folder', 'unnamed', 'link'] as const;
type Kind = (typeof KINDS)[number];

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
 * that nothing can be written through one. In memory are a slot for each name and two numbers for each folder: all
 * else is on the disk, however many entries there are.
 */
export class ExtractedTree {
  readonly #root: string;
  /** Of each name its kind, and its number among the folders or links. */
  readonly #names = new NameTable();
  readonly #modes = new NumberList();
  readonly #times = new NumberList();
  readonly #links: LinkFile;
  readonly #gathered = sparseFileBuffer();
  /** The folder that the last name lay in: most lie in the same one. */
  #above = '';

  constructor(root: string) {
    this.#root = root;
    this.#links = new LinkFile(root);
  }

  /** Names that are taken, with folders that no entry names. */
  get count(): number {
    return this.#names.count;
  }

  /** Paths of files that are still to be flushed, one at a time. */
  *files(): Generator<string> {
    for (const { type, path } of madeEntries(this.#root)) {
      if (type === 'file' && (lstatSync(path).mode & OWNER_READS) !== 0) yield path;
    }
  }

  /**
   * @param content its bytes, which are written before this resolves
   * @throws Fault `unsafe-pack`, and the file system's error
   */
  async addFile(facts: EntryFacts, content: AsyncIterable<Uint8Array>): Promise<void> {
    this.#take(facts.name, 'file');
    const fd = openSync(join(this.#root, facts.name), CREATE, 0o600);
    try {
      const file = new SparseFile(fd, this.#gathered);
      for await (const bytes of content) file.write(bytes);
      file.end();
      futimesSync(fd, ...timesOf(facts.mtime));
      fchmodSync(fd, facts.mode & 0o777);
      // All others are flushed together later, which is faster; this one cannot be opened again.
      if ((facts.mode & OWNER_READS) === 0) fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
  }

  addFolder({ name, mode, mtime }: EntryFacts): void {
    this.#take(name, 'folder', this.#modes.count);
    this.#modes.add(mode & 0o777);
    this.#times.add(mtime);
  }

  addLink({ name, mtime }: EntryFacts, target: string): void {
    if (Buffer.byteLength(target) > MAX_TARGET_BYTES)
      throw unsafeEntry(name, `is a link to a name of more than ${MAX_TARGET_BYTES} bytes`);
    this.#take(name, 'link', this.#links.count);
    this.#links.add({ name, target, mtime });
  }

  /** A second name of a file that is already there. */
  addHardLink(name: string, target: string): void {
    if (kindOf(this.#names.get(target)) !== 'file')
      throw unsafeEntry(name, 'is a second name of a file outside the pack');
    this.#take(name, 'file');
    linkSync(join(this.#root, target), join(this.#root, name));
  }

  /** Makes the symbolic links, after it has looked at all of them. */
  makeLinks(): void {
    for (const { name, target } of this.#links.all()) {
      const problem = linkProblem(name, target, this.#treeLinks);
      if (problem) throw unsafeEntry(name, problem);
    }
    for (const { name, target, mtime } of this.#links.all()) {
      const path = join(this.#root, name);
      symlinkSync(target, path);
      lutimesSync(path, ...timesOf(mtime));
    }
    this.#links.close();
  }

  /**
   * At the very end, from below: gives folders their times, which making something in them changes, flushes them, and
   * gives them their permissions, after which one may not be able to enter them.
   */
  async finishFolders(): Promise<void> {
    for (const { type, path, name } of madeEntries(this.#root)) {
      if (type !== 'folder') continue;
      const known = this.#names.get(name) ?? this.#names.rival(name);
      const named = known !== undefined && kindOf(known) === 'folder';
      if (named) utimesSync(path, ...timesOf(this.#times.at(numberOf(known))));
      await syncFolder(path);
      if (named) chmodSync(path, this.#modes.at(numberOf(known)));
    }
    await syncFolder(this.#root);
  }

  /** Frees what is open. */
  close(): void {
    this.#links.close();
  }

  readonly #treeLinks: TreeLinks = {
    target: (path) => {
      const known = this.#names.get(path);
      return known !== undefined && kindOf(known) === 'link'
        ? this.#links.at(numberOf(known)).target
        : undefined;
    },
    isLinkElsewhere: (path) => kindOf(this.#names.rival(path)) === 'link',
  };

  /** Reserves a name, and makes the folders above it. */
  #take(name: string, kind: Exclude<Kind, 'unnamed'>, number = 0): void {
    const problem = nameProblem(name);
    if (problem) throw unsafeEntry(name, problem);
    this.#takeFoldersAbove(name);
    this.#requireNoRival(name, name);
    const known = kindOf(this.#names.get(name));
    if (known !== 'none' && !(kind === 'folder' && known === 'unnamed'))
      throw unsafeEntry(name, 'occurs twice');
    if (kind === 'folder' && known === 'none') this.#makeFolder(name);
    this.#names.set(name, packed(kind, number));
  }

  #takeFoldersAbove(name: string): void {
    const above = name.slice(0, Math.max(0, name.lastIndexOf('/')));
    if (above === this.#above) return;
    for (let end = name.indexOf('/'); end >= 0; end = name.indexOf('/', end + 1)) {
      const folder = name.slice(0, end);
      this.#requireNoRival(name, folder);
      const known = kindOf(this.#names.get(folder));
      if (known === 'none') {
        this.#makeFolder(folder);
        this.#names.set(folder, packed('unnamed', 0));
      } else if (known !== 'folder' && known !== 'unnamed')
        throw unsafeEntry(name, `lies in ${JSON.stringify(folder)}, which is no folder`);
    }
    this.#above = above;
  }

  #requireNoRival(name: string, part: string): void {
    if (this.#names.rival(part) === undefined) return;
    const what = part === name ? 'is' : `lies in ${JSON.stringify(part)}, which is`;
    throw unsafeEntry(name, `${what} the same name as another one of the pack on other systems`);
  }

  #makeFolder(name: string): void {
    mkdirSync(join(this.#root, name), 0o700);
  }
}

function packed(kind: Kind, number: number): number {
  return number * KINDS.length + KINDS.indexOf(kind);
}

function kindOf(value: number | undefined): Kind {
  return value === undefined ? 'none' : (KINDS[value % KINDS.length] as Kind);
}

function numberOf(value: number): number {
  return Math.floor(value / KINDS.length);
}

/** As text, since Node takes a number below zero, a time before 1970, for the present. */
function timesOf(mtime: number): [accessed: string, modified: string] {
  return [String(mtime), String(mtime)];
}
