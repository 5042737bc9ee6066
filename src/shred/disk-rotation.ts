import { realpathSync } from 'node:fs';
import { layersOf, readBlockStack } from './block-stack.js';
import { blockNumbersOf } from './mount-devices.js';
import { MountTable } from './mount-table.js';

/**
 * Whether a folder lies on disks all of which say that they rotate. Others can keep older copies of a block that was
 * overwritten; unknown counts as that.
 */
export function isOnRotatingDisks(folder: string): boolean {
  const mount = MountTable.read()?.mountOf(realpathSync.native(folder));
  const numbers = mount === undefined ? [] : blockNumbersOf(mount);
  const devices = numbers.flatMap((number) => readBlockStack(number) ?? []);
  const disks = devices.flatMap(layersOf).flatMap(({ disk }) => disk ?? []);
  const all = devices.length === numbers.length && disks.length > 0;
  return all && disks.every(({ rotational }) => rotational === true);
}
