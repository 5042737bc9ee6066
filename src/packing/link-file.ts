import { closeSync, constants, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { unfinishedName } from '../workspace/index.js';
import { NumberList } from './number-list.js';

const FLAGS = constants.O_CREAT | constants.O_EXCL | constants.O_RDWR | (constants.O_NOFOLLOW ?? 0);

/** A symbolic link that is still to be made. */
export interface WaitingLink {
  name: string;
  target: string;
  /** Seconds since 1970. */
  mtime: number;
}

/**
 * The symbolic links of a tree until they are made. They wait on the disk, in a file without a name, since a million
 * of them with their targets may be gigabytes.
 */
export class LinkFile {
  readonly #starts = new NumberList();
  readonly #folder: string;
  #fd: number | null = null;
  #end = 0;

  /** @param folder of our own: the file has a name in it until it is open */
  constructor(folder: string) {
    this.#folder = folder;
  }

  get count(): number {
    return this.#starts.count;
  }

  /** @returns its number, from 0 */
  add(link: WaitingLink): number {
    const bytes = Buffer.from(JSON.stringify([link.name, link.target, link.mtime]));
    this.#fd ??= this.#open();
    for (let done = 0; done < bytes.length; )
      done += writeSync(this.#fd, bytes, done, bytes.length - done, this.#end + done);
    this.#starts.add(this.#end);
    this.#end += bytes.length;
    return this.#starts.count - 1;
  }

  at(index: number): WaitingLink {
    const start = this.#starts.at(index);
    const end = index + 1 < this.#starts.count ? this.#starts.at(index + 1) : this.#end;
    const bytes = Buffer.alloc(end - start);
    for (let done = 0; done < bytes.length; ) {
      const read = readSync(this.#fd as number, bytes, done, bytes.length - done, start + done);
      if (read === 0) throw new RangeError('the links that wait have become shorter');
      done += read;
    }
    const [name, target, mtime] = JSON.parse(bytes.toString());
    return { name, target, mtime };
  }

  *all(): Generator<WaitingLink> {
    for (let index = 0; index < this.count; index += 1) yield this.at(index);
  }

  close(): void {
    if (this.#fd !== null) closeSync(this.#fd);
    this.#fd = null;
  }

  #open(): number {
    const path = join(this.#folder, unfinishedName());
    const fd = openSync(path, FLAGS, 0o600);
    rmSync(path);
    return fd;
  }
}
