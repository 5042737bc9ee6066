import { randomBytes } from 'node:crypto';
import { type FileHandle, link, lstat, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { badInput, refused } from '../model/index.js';
import { syncFolder } from '../workspace/index.js';

/** Bytes of a name that leave room for what a temporary one has more, within the 255 that file systems take. */
const LONGEST_TOLD = 240;
const NO_HARD_LINKS = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS']);

const TEMPORARY = /^\.(.+)\.[0-9a-f]{8}\.tmp$/s;

/** Whether a path is one under which {@link TemporaryOutput} writes a file of this name. */
export function isTemporaryOf(path: string, target: string): boolean {
  return (
    resolve(dirname(path)) === resolve(dirname(target)) &&
    TEMPORARY.exec(basename(path))?.[1] === toldName(basename(target))
  );
}

/** Which file it is, whatever its name. */
export interface FileIdentity {
  device: bigint;
  inode: bigint;
}

/** @throws the file system's error */
export async function identityAt(path: string): Promise<FileIdentity> {
  const { dev, ino } = await lstat(path, { bigint: true });
  return { device: dev, inode: ino };
}

/** A file that is being written under a temporary name, 0600, in the folder where it will appear. */
export class TemporaryOutput {
  readonly path: string;
  #file: FileHandle | undefined;
  #made = false;

  /** @param name in the folder of the target; one that tells of the target unless given */
  constructor(
    readonly target: string,
    name = temporaryName(basename(target)),
  ) {
    this.path = join(dirname(target), name);
  }

  async open(): Promise<FileHandle> {
    this.#file = await open(this.path, 'wx+', 0o600);
    this.#made = true;
    return this.#file;
  }

  /** Makes what was written durable. @returns size in bytes */
  async sync(): Promise<number> {
    await this.#file?.sync();
    return (await this.#file?.stat())?.size ?? 0;
  }

  /**
   * Gives the file its name, durably. It is open until then: who else may write to the folder could have put another file
   * under the temporary name, and what was proved would not be what has the name.
   *
   * @param force replaces a file of that name
   * @returns which file has it now
   * @throws Fault `output-exists` (exit 2), `output-swapped` (exit 4)
   */
  async appear(force: boolean): Promise<FileIdentity> {
    if (force) await rename(this.path, this.target);
    else await this.#appearAlone();
    const identity = await this.#requireAtTarget();
    await this.#close();
    await syncFolder(dirname(this.target));
    return identity;
  }

  /** Takes away what was written, unless it has appeared. */
  async discard(): Promise<void> {
    await this.#close();
    // Removing what never was can fail, too: for a name that is too long, or in a folder that is closed to this account.
    if (this.#made) await rm(this.path, { force: true });
  }

  /** A link fails where the name was taken meanwhile; a rename would replace it. */
  async #appearAlone(): Promise<void> {
    try {
      await link(this.path, this.target);
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? '';
      if (code === 'EEXIST') throw outputExists();
      if (!NO_HARD_LINKS.has(code)) throw error;
      try {
        await (await open(this.target, 'wx', 0o600)).close();
      } catch (taken) {
        if ((taken as NodeJS.ErrnoException).code === 'EEXIST') throw outputExists();
        throw taken;
      }
      await rename(this.path, this.target);
      return;
    }
    await rm(this.path);
  }

  async #requireAtTarget(): Promise<FileIdentity> {
    const there = await identityAt(this.target);
    const written = await this.#file?.stat({ bigint: true });
    if (there.device !== written?.dev || there.inode !== written.ino) throw outputSwapped();
    return there;
  }

  async #close(): Promise<void> {
    await this.#file?.close();
    this.#file = undefined;
  }
}

function temporaryName(target: string): string {
  return `.${toldName(target)}.${randomBytes(4).toString('hex')}.tmp`;
}

/** What a temporary name tells of the one that it is for. */
function toldName(target: string): string {
  return Buffer.byteLength(target) <= LONGEST_TOLD ? target : 'quietus';
}

function outputExists(): Error {
  return badInput('output-exists', 'A file of that name has appeared meanwhile; it was left as it is', {
    hint: 'Give another name with -o, or replace it with --force',
  });
}

function outputSwapped(): Error {
  return refused('output-swapped', 'Somebody has put another file in the place of the output', {
    hint: 'Do not use the file that is there; give a place with -o where only your account may write',
  });
}
