import { closeSync, constants, existsSync, fstatSync, fsync, lstatSync, openSync } from 'node:fs';
import { parse } from 'node:path';
import { promisify } from 'node:util';

const flush = promisify(fsync);
const { O_RDONLY } = constants;
/** Linux: a descriptor that only names a place, so that folders one may pass through but not list can be opened. */
const O_PATH = 0o10000000;
// Not defined on Windows.
const O_DIRECTORY = constants.O_DIRECTORY ?? 0;
const O_NOFOLLOW = constants.O_NOFOLLOW ?? 0;

const HAS_DESCRIPTOR_PATHS = process.platform === 'linux' && existsSync('/proc/self/fd');

export interface Identity {
  device: string;
  inode: string;
}

/** Thrown when a folder is no longer the one it was; codes as in system errors, so that one place turns both into reasons. */
export class FolderChanged extends Error {
  readonly syscall = 'open';
  constructor(readonly code: 'ELOOP' | 'ENOTDIR' | 'ESTALE') {
    super(code);
  }
}

/**
 * A folder that stays the same whatever happens to its path.
 *
 * On Linux it is an open descriptor, and a child is addressed as `/proc/self/fd/N/name`, which has the semantics of
 * openat(2): somebody who swaps a folder for a symbolic link while we run cannot lead us elsewhere. On other platforms
 * it is a path whose identity is compared before each use; the assessment lists this as a limit.
 */
export class DirectoryHandle {
  readonly #descriptor: number | undefined;
  readonly #path: string;
  readonly identity: Identity;

  private constructor(path: string | Buffer, shown: string) {
    this.#path = shown;
    if (HAS_DESCRIPTOR_PATHS) {
      // Together the flags refuse a link with ENOTDIR.
      this.#descriptor = openSync(path, O_PATH | O_DIRECTORY | O_NOFOLLOW);
      const stat = fstatSync(this.#descriptor, { bigint: true });
      this.identity = { device: String(stat.dev), inode: String(stat.ino) };
    } else {
      this.identity = identityOfFolder(path);
    }
  }

  /** The root folder of the file system that `location` (absolute) lies on. */
  static root(location: string): DirectoryHandle {
    const { root } = parse(location);
    return new DirectoryHandle(root, Buffer.from(root).toString('latin1'));
  }

  /** Opens a folder in this one. Throws a system error (ENOTDIR, ENOENT…) when it is a link, missing or no folder. */
  descend(name: Buffer): DirectoryHandle {
    const separator = this.#path.endsWith('/') ? '' : '/';
    return new DirectoryHandle(this.child(name), this.#path + separator + name.toString('latin1'));
  }

  /** A path for system calls that leads to the name in this very folder. */
  child(name: Buffer): Buffer {
    if (this.#descriptor !== undefined) {
      return Buffer.concat([Buffer.from(`/proc/self/fd/${this.#descriptor}/`), name]);
    }
    const path = Buffer.from(this.#path, 'latin1');
    const now = identityOfFolder(path);
    if (now.device !== this.identity.device || now.inode !== this.identity.inode) {
      throw new FolderChanged('ESTALE');
    }
    return Buffer.concat([path, Buffer.from(this.#path.endsWith('/') ? '' : '/'), name]);
  }

  /** Makes removals and new names in this folder durable. */
  async sync(): Promise<void> {
    // Windows cannot open folders; NTFS logs names by itself.
    if (process.platform === 'win32') return;
    const path = this.child(Buffer.from('.'));
    const descriptor = openSync(path, O_RDONLY | O_DIRECTORY);
    try {
      await flush(descriptor);
    } finally {
      closeSync(descriptor);
    }
  }

  close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
  }
}

function identityOfFolder(path: string | Buffer): Identity {
  const stat = lstatSync(path, { bigint: true });
  if (stat.isSymbolicLink()) throw new FolderChanged('ELOOP');
  if (!stat.isDirectory()) throw new FolderChanged('ENOTDIR');
  return { device: String(stat.dev), inode: String(stat.ino) };
}
