import {
  type BigIntStats,
  closeSync,
  constants,
  existsSync,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  rmSync,
} from 'node:fs';
import { rename, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { removeMade } from './made-tree.js';
import { outputSwapped } from './packing-faults.js';

// Not defined on Windows.
const FLAGS = constants.O_RDONLY | (constants.O_DIRECTORY ?? 0) | (constants.O_NOFOLLOW ?? 0);
const HAS_DESCRIPTOR_PATHS = process.platform === 'linux' && existsSync('/proc/self/fd');
/** What `rmdir` says where something else has come to the place. */
const NOT_OURS = new Set(['ENOENT', 'ENOTDIR', 'ENOTEMPTY', 'EEXIST', 'EPERM', 'EACCES']);

/**
 * A new folder, 0700, that is the same one until it has its name. Who else may write to the folder around it can move it
 * away and put a link, or a folder of theirs, in its place: what is extracted would then be written and removed there.
 * On Linux it is open, and addressed as `/proc/self/fd/N`, which leads to it wherever it is; elsewhere by its path.
 */
export class NewFolder {
  /** A path for system calls that leads into this very folder. */
  readonly root: string;
  #path: string;
  readonly #descriptor: number | undefined;

  /** @param path where nothing is @throws Fault `output-swapped`, and the file system's error */
  constructor(path: string) {
    this.#path = path;
    mkdirSync(path, 0o700);
    this.#descriptor = HAS_DESCRIPTOR_PATHS ? openSync(path, FLAGS) : undefined;
    this.root = this.#descriptor === undefined ? path : `/proc/self/fd/${this.#descriptor}`;
    if (this.#isNew()) return;
    this.close();
    throw outputSwapped();
  }

  /**
   * Gives the folder its name.
   *
   * @throws Fault `output-swapped` where something else was at its place
   */
  async appear(target: string): Promise<void> {
    this.#requireAt(this.#path);
    await rename(this.#path, target);
    this.#path = target;
    this.#requireAt(target);
  }

  /** Takes the folder away with all that is in it, and nothing that has come to its place. */
  async discard(): Promise<void> {
    removeMade(this.root);
    await rmdir(this.#path).catch((error: NodeJS.ErrnoException) => {
      if (!NOT_OURS.has(error.code ?? '')) throw error;
    });
  }

  close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
  }

  /** What an error of the file system says of a path in this folder, as a person knows it. */
  named(error: unknown): unknown {
    const { path } = error as { path?: unknown };
    if (typeof path === 'string' && path.startsWith(this.root))
      (error as NodeJS.ErrnoException).path = this.#path + path.slice(this.root.length);
    return error;
  }

  /**
   * Whether it is the folder that was made, and not one that was put there before it was opened: empty, and of the account
   * that makes files in it. That is compared with a file, since FAT and network file systems have owners of their own.
   */
  #isNew(): boolean {
    if (this.#descriptor === undefined) return true;
    if (readdirSync(this.root).length > 0) return false;
    const probe = join(this.root, 'probe');
    const file = openSync(probe, 'wx', 0o600);
    try {
      return fstatSync(file).uid === fstatSync(this.#descriptor).uid;
    } finally {
      closeSync(file);
      rmSync(probe);
    }
  }

  #requireAt(path: string): void {
    if (this.#descriptor === undefined) return;
    const there = lstatSync(path, { bigint: true, throwIfNoEntry: false });
    if (there === undefined || !isSame(there, fstatSync(this.#descriptor, { bigint: true })))
      throw outputSwapped();
  }
}

function isSame(one: BigIntStats, other: BigIntStats): boolean {
  return one.dev === other.dev && one.ino === other.ino;
}
