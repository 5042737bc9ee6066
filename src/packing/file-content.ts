import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import type { EntryState } from './entry-states.js';
import { changedWhilePacked } from './packing-faults.js';
import type { TarEntry } from './tar-header.js';

/** A file that is being packed. Without O_NOFOLLOW it could be swapped for a link meanwhile; a pipe would block. */
const FLAGS = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/** An open file whose state is compared after its last byte. */
export class FileContent {
  readonly entry: TarEntry;
  /** What it was when it was opened. */
  readonly before: EntryState;
  readonly #path: string;
  readonly #fd: number;
  #position = 0;

  /** @throws the file system's error; Fault `input-changed` where it is no file any more */
  constructor(path: string, name: string) {
    this.#path = path;
    this.#fd = openSync(path, FLAGS);
    try {
      const stats = fstatSync(this.#fd, { bigint: true });
      if (!stats.isFile()) throw changedWhilePacked(path);
      this.before = stats;
      const mode = Number(stats.mode & 0o777n);
      this.entry = { type: 'file', name, target: '', mode, size: Number(stats.size), mtimeNs: stats.mtimeNs };
    } catch (error) {
      closeSync(this.#fd);
      throw error;
    }
  }

  /**
   * Reads on.
   *
   * @param target as long as what is wanted, not longer than what is left
   * @throws Fault `input-changed` where the file has become shorter
   */
  readInto(target: Uint8Array): void {
    for (let done = 0; done < target.length; ) {
      const read = readSync(this.#fd, target, done, target.length - done, this.#position);
      if (read === 0) throw changedWhilePacked(this.#path);
      done += read;
      this.#position += read;
    }
  }

  /** Whether it holds something though it says that it is empty, as the files of the kernel (/proc) do. */
  belies(): boolean {
    if (this.entry.size > 0) return false;
    try {
      return readSync(this.#fd, new Uint8Array(1), 0, 1, 0) > 0;
    } catch {
      // Nobody knows then that it is empty.
      return true;
    }
  }

  /** @throws Fault `input-changed` where somebody wrote to it since it was opened */
  requireUnchanged(): void {
    const { size, mtimeNs, ctimeNs } = fstatSync(this.#fd, { bigint: true });
    const before = this.before;
    if (size !== before.size || mtimeNs !== before.mtimeNs || ctimeNs !== before.ctimeNs) {
      throw changedWhilePacked(this.#path);
    }
  }

  close(): void {
    closeSync(this.#fd);
  }
}
