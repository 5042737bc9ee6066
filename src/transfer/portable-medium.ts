import { createHash } from 'node:crypto';
import { closeSync, constants, openSync, readFileSync, readSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { badInput } from '../model/index.js';
import { alignedBuffers } from '../shred/index.js';

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
export function inspectMedium(path: string): MediumFacts {
  let folder: string;
  try {
    folder = realpathSync(path);
    if (!statSync(folder).isDirectory()) throw new Error('not a folder');
  } catch (error) {
    throw badInput('medium-missing', 'There is no folder at the path of the medium', {
      cause: error,
      hint: 'Give the folder where the medium is mounted, such as /media/jdoe/STICK',
    });
  }
  const unknown: MediumFacts = { folder, removable: null, model: null, encrypted: false };
  if (process.platform !== 'linux') return unknown;
  const device = deviceFolder(statSync(folder).dev);
  if (device === null) return unknown;
  const encrypted = read(join(device, 'dm', 'uuid'))?.startsWith('CRYPT-') ?? false;
  const disk = diskOf(device);
  return { folder, removable: removableOf(disk), model: modelOf(disk), encrypted };
}

/** The folder in /sys of a device number as stat(2) gives it. */
function deviceFolder(device: number): string | null {
  const major = ((device >> 8) & 0xfff) | (Math.floor(device / 2 ** 32) & 0xfffff000);
  const minor = (device & 0xff) | ((device >> 12) & 0xfff00);
  try {
    return realpathSync(`/sys/dev/block/${major}:${minor}`);
  } catch {
    // Network file systems, tmpfs and their like have no device.
    return null;
  }
}

/** The disk that a partition, or the first device below a mapping, is a part of. */
function diskOf(device: string): string {
  const parent = join(device, '..');
  return read(join(device, 'partition')) === null ? device : realpathSync(parent);
}

function removableOf(disk: string): boolean | null {
  if (read(join(disk, 'removable')) === '1') return true;
  // Sticks and cases with a disk call themselves fixed, but hang on a bus that is made for plugging.
  if (/\/(?:usb|mmc|firewire|thunderbolt)\d*\//.test(`${disk}/`)) return true;
  return read(join(disk, 'removable')) === '0' ? false : null;
}

function modelOf(disk: string): string | null {
  const parts = [read(join(disk, 'device', 'vendor')), read(join(disk, 'device', 'model'))];
  const text = parts
    .filter((part) => part !== null && part !== '')
    .join(' ')
    .replaceAll(/[^\x20-\x7e]/g, '');
  return text === '' ? null : text;
}

function read(path: string): string | null {
  try {
    return readFileSync(path, 'latin1').trim();
  } catch {
    return null;
  }
}

const BUFFER_BYTES = 1024 * 1024;

/**
 * SHA-256 of a file, read past the page cache (O_DIRECT), so from the medium itself.
 *
 * @returns lower-case hex; null where the file system cannot be read so
 */
export function sha256FromMedium(path: string): string | null {
  if (process.platform !== 'linux') return null;
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
