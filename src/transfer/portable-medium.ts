import { createHash } from 'node:crypto';
import { closeSync, constants, openSync, readSync, realpathSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { badInput, verificationFailed } from '../model/index.js';
import type { DiskFacts } from '../shred/index.js';

/** What is known of the device that a folder lies on. */
export interface MediumFacts {
  /** Canonical path of the folder. */
  folder: string;
  /** Null where the operating system does not say. */
  removable: boolean | null;
  /** Maker and model, as the device gives them. */
  model: string | null;
  /** Whether the file system lies on a device that is encrypted as a whole (dm-crypt). */
  encrypted: boolean;
}

/**
 * Looks at the device under a folder.
 *
 * @throws Fault `medium-missing` (exit 2)
 */
export async function inspectMedium(path: string): Promise<MediumFacts> {
  let folder: string;
  try {
    // Of an empty path, such as a variable of a script that was never set, Node makes the current folder.
    if (path === '') throw new Error('no path');
    folder = realpathSync(path);
    if (!statSync(folder).isDirectory()) throw new Error('not a folder');
  } catch (error) {
    throw badInput('medium-missing', 'There is no folder at the path of the medium', {
      cause: error,
      hint: 'Give the folder where the medium is mounted, such as /media/jdoe/STICK',
    });
  }
  const { deviceNumber, isEncryptedThroughout, layersOf, readBlockStack } = await import('../shred/index.js');
  const top =
    process.platform === 'linux'
      ? readBlockStack(deviceNumber(statSync(folder, { bigint: true }).dev))
      : undefined;
  // Network file systems, tmpfs and their like have no device.
  if (top === undefined) return { folder, removable: null, model: null, encrypted: false };
  const layers = layersOf(top);
  const disks = layers.flatMap(({ disk }) => disk ?? []);
  return {
    folder,
    removable: disks.length === 0 ? null : disks.some(isRemovable),
    model: disks.find(({ model }) => model !== null)?.model ?? null,
    encrypted: isEncryptedThroughout(top),
  };
}

/** Sticks and cases with a disk may call themselves fixed, but hang on a bus that is made for plugging. */
function isRemovable({ removable, transport }: DiskFacts): boolean {
  return removable || transport === 'usb' || transport === 'mmc';
}

const BUFFER_BYTES = 1024 * 1024;

/**
 * Reads a file once more, past the page cache, and compares it with what was proved.
 *
 * @param digest SHA-256, hex
 * @returns false where the file system cannot be read so, or answers from somewhere else than a medium of this machine
 * @throws Fault `readback-differs` (exit 5)
 */
export async function readBackFromMedium(path: string, digest: string): Promise<boolean> {
  const { readsFromMedium } = await import('../shred/index.js');
  if (!readsFromMedium(realpathSync(dirname(path)))) return false;
  const found = await sha256FromMedium(path);
  if (found === null) return false;
  if (found === digest) return true;
  throw verificationFailed('readback-differs', 'What the medium holds is not what was written to it', {
    hint: 'Nothing was kept there. Do not use the medium any more, and destroy it; encrypt again to another one',
  });
}

/**
 * SHA-256 of a file, read past the page cache (O_DIRECT), so from the medium itself.
 *
 * @returns lower-case hex; null where the file system cannot be read so
 */
async function sha256FromMedium(path: string): Promise<string | null> {
  if (process.platform !== 'linux') return null;
  const { alignedBuffers } = await import('../shred/index.js');
  const [buffer] = alignedBuffers(1, BUFFER_BYTES) ?? [];
  if (buffer === undefined) return null;
  let file: number;
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_DIRECT);
  } catch {
    return null;
  }
  try {
    const hash = createHash('sha256');
    for (let at = 0; ; ) {
      const count = readSync(file, buffer, 0, BUFFER_BYTES, at);
      hash.update(buffer.subarray(0, count));
      at += count;
      if (count < BUFFER_BYTES) return hash.digest('hex');
    }
  } catch (error) {
    // EINVAL: the file system refuses it only when it is asked to read.
    if ((error as NodeJS.ErrnoException).code === 'EINVAL') return null;
    throw error;
  } finally {
    closeSync(file);
  }
}
