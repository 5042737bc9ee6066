import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { deviceNumber } from './block-stack.js';
import type { Mount } from './mount-table.js';

/** A number that the kernel gives to no block device. */
const NO_DEVICE = '0:0';

/** The block device below a mount; its number is its own also where the mount has an anonymous one (Btrfs). */
function blockNumberOf({ device, source }: Pick<Mount, 'device' | 'source'>): string | undefined {
  if (!device.startsWith('0:')) return device;
  if (!source.startsWith('/dev/')) return undefined;
  const stat = statSync(source, { bigint: true, throwIfNoEntry: false });
  return stat?.isBlockDevice() === true ? deviceNumber(stat.rdev) : undefined;
}

/**
 * Numbers of all block devices below a mount. A Btrfs file system of several devices names only one of them in the
 * table of mounts, and can store a file on any; XFS can have a device for its log and one for files of its real-time
 * section.
 */
export function blockNumbersOf(mount: Pick<Mount, 'device' | 'source' | 'type' | 'options'>): string[] {
  const first = blockNumberOf(mount);
  if (first === undefined) return [];
  if (mount.type === 'xfs') return [first, ...furtherOf(mount.options)];
  if (mount.type !== 'btrfs') return [first];
  return btrfsDevices().find((devices) => devices.includes(first)) ?? [first];
}

/** @param options of an XFS file system, such as `rtdev=/dev/sdb1`; one that is not found there has a number of no device */
function furtherOf(options: readonly string[]): string[] {
  return options.flatMap((option) => {
    const path = /^(?:logdev|rtdev)=(.*)$/.exec(option)?.[1];
    if (path === undefined) return [];
    const stat = statSync(path, { bigint: true, throwIfNoEntry: false });
    return [stat?.isBlockDevice() === true ? deviceNumber(stat.rdev) : NO_DEVICE];
  });
}

/** The devices of each Btrfs file system that is mounted, as sysfs lists them. */
function btrfsDevices(root = '/sys/fs/btrfs'): string[][] {
  return namesIn(root).map((id) =>
    namesIn(join(root, id, 'devices')).flatMap((name) => {
      try {
        return [readFileSync(join(root, id, 'devices', name, 'dev'), 'latin1').trim()];
      } catch {
        return [];
      }
    }),
  );
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
