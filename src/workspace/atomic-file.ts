import { randomBytes } from 'node:crypto';
import { link, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

export interface AtomicWriteOptions {
  /** Permission bits of the new file, whatever the umask; 0600 unless told. */
  mode?: number;
  /** Fail with EEXIST rather than replace an existing file. */
  exclusive?: boolean;
}

/**
 * Makes a file appear whole or not at all: temporary file in the same folder, fsync, rename, fsync of the
 * folder. A crash leaves either the old file or the new one, and at worst a stray `.NAME.XXXX.tmp`.
 *
 * @throws the file system's error (ENOSPC, EACCES, EEXIST …) after removing the temporary file
 */
export async function writeFileAtomically(
  path: string,
  data: string | Uint8Array,
  options: AtomicWriteOptions = {},
): Promise<void> {
  const folder = dirname(path);
  const temporary = join(folder, temporaryName(basename(path)));
  try {
    const file = await open(temporary, 'wx', options.mode ?? 0o600);
    try {
      if (options.mode !== undefined) await file.chmod(options.mode);
      await file.writeFile(data);
      await file.sync();
    } finally {
      await file.close();
    }
    if (options.exclusive) await nameExclusively(temporary, path);
    else await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncFolder(folder);
}

/** Tells of the name that it is for, unless the two together are longer than the 255 bytes that file systems take. */
function temporaryName(name: string): string {
  const told = Buffer.byteLength(name) <= LONGEST_TOLD ? name : 'quietus';
  return `.${told}.${randomBytes(4).toString('hex')}.tmp`;
}

const LONGEST_TOLD = 240;

/** Gives the file its final name only where the name is free; a hard link fails with EEXIST where rename would replace. */
async function nameExclusively(temporary: string, path: string): Promise<void> {
  try {
    await link(temporary, path);
  } catch (error) {
    if (!NO_HARD_LINKS.has((error as NodeJS.ErrnoException).code ?? '')) throw error;
    // FAT and some network file systems have no hard links: reserve the name, then replace the empty file.
    await (await open(path, 'wx', 0o600)).close();
    await rename(temporary, path);
    return;
  }
  await rm(temporary);
}

const NO_HARD_LINKS = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS']);

/** Makes renames and unlinks in a folder durable. Platforms that cannot open folders are left as they are. */
export async function syncFolder(folder: string): Promise<void> {
  try {
    const handle = await open(folder, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code !== 'EISDIR' && code !== 'EPERM' && code !== 'EINVAL') throw error;
  }
}
