import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

const BLOCK = '/sys/block';

function imageOf(device: string): string | undefined {
  try {
    const path = readFileSync(join(BLOCK, device, 'loop/backing_file'), 'utf8').replace(/\n$/, '');
    const { dev, ino } = statSync(path, { bigint: true });
    return `${dev}:${ino}`;
  } catch {
    // Not set up, or its file is deleted and has no path any more.
    return undefined;
  }
}

/**
 * Device and inode, as `DEV:INO`, of every file that a loop device stands for now. What is mounted from such a device is
 * reached by other paths, which holds and the inventory may name.
 */
export function loopImages(): ReadonlySet<string> {
  let devices: string[];
  try {
    devices = readdirSync(BLOCK).filter((name) => name.startsWith('loop'));
  } catch {
    devices = [];
  }
  return new Set(devices.map(imageOf).filter((each) => each !== undefined));
}
