import { existsSync, readdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import type { DeviceFacts } from './device-facts.js';

const BLOCK = '/sys/class/block';
/** Where the system keeps further names of block devices. */
const LINKS = ['/dev/disk', '/dev/mapper'];

/**
 * Every path in /dev that leads to a device, to a partition of it, or to the disk that it is a partition of. People write
 * any of them into an inventory or a hold.
 */
export function deviceSpellings({ path, name }: Pick<DeviceFacts, 'path' | 'name'>): string[] {
  const nodes = new Set([path, ...relatives(name).map((each) => `/dev/${each}`)]);
  const links = LINKS.flatMap((folder) => linksBelow(folder)).filter((link) => {
    const target = realpathOf(link);
    return target !== null && nodes.has(target);
  });
  return [...nodes, ...links];
}

function relatives(name: string): string[] {
  const folder = realpathOf(join(BLOCK, name));
  if (folder === null) return [];
  const partitions = names(folder).filter((each) => existsSync(join(folder, each, 'partition')));
  const parent = existsSync(join(folder, 'partition')) ? [folder.split('/').at(-2) ?? ''] : [];
  return [...partitions, ...parent].filter((each) => each !== '');
}

function linksBelow(folder: string): string[] {
  return names(folder).flatMap((each) => {
    const path = join(folder, each);
    return folder === '/dev/disk' ? names(path).map((link) => join(path, link)) : [path];
  });
}

function names(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function realpathOf(path: string): string | null {
  try {
    return realpathSync(path);
  } catch {
    return null;
  }
}
