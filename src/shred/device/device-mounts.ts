import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import { MountTable } from '../mount-table.js';
import type { DeviceFacts } from './device-facts.js';
import { deviceSpellings } from './device-spellings.js';

/** Names that fstab(5) has for devices, and where the system keeps them. */
const TAGS: Readonly<Record<string, string>> = {
  UUID: '/dev/disk/by-uuid/',
  LABEL: '/dev/disk/by-label/',
  PARTUUID: '/dev/disk/by-partuuid/',
  PARTLABEL: '/dev/disk/by-partlabel/',
};

/**
 * Folders in which a device, or a partition of it, is seen when it is mounted, where nothing is mounted now: as
 * /etc/fstab says, of an encrypted one with /etc/crypttab, and as ext2, ext3 and ext4 note of the last time. To be
 * sanitized a device must be unmounted, and nothing else tells then which paths of an inventory are on it.
 */
export function absentMountPoints(
  device: Pick<DeviceFacts, 'path' | 'name'>,
  tables = { fstab: '/etc/fstab', crypttab: '/etc/crypttab' },
): string[] {
  const nodes = deviceSpellings(device);
  const mounts = MountTable.read();
  // crypttab(5): the name of the opened device comes first, and what it lies on second.
  const opened = linesOf(tables.crypttab).filter(([, source]) => nodes.includes(deviceOf(source)));
  const known = new Set([...nodes, ...opened.map(([name]) => `/dev/mapper/${name}`)]);
  const table = linesOf(tables.fstab).filter(([source]) => known.has(deviceOf(source)));
  const points = [
    ...table.map(([, point]) => point.replace(/(?<=.)\/+$/, '')),
    ...nodes.flatMap(lastMountPoint),
  ];
  return [...new Set(points)].filter((point) => point.startsWith('/') && mounts?.at(point) !== true);
}

/** The first two fields of each line. */
function linesOf(path: string): [string, string][] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    return [];
  }
  return text.split('\n').map((line) => {
    const [first = '', second = ''] = line.trim().split(/\s+/).map(unescaped);
    return [first, second];
  });
}

function deviceOf(source: string): string {
  const [, tag = '', value = ''] = /^([A-Z]+)="?(.*?)"?$/.exec(source) ?? [];
  const folder = TAGS[tag];
  return folder === undefined ? source : folder + value;
}

function unescaped(field: string): string {
  return field.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}

/** Linux, Documentation/filesystems/ext4/super.rst: `s_magic` and `s_last_mounted` of the superblock. */
const SUPERBLOCK = { at: 1024, magic: 0x38, magicNumber: 0xef53, lastMounted: 0x88, length: 64 };

function lastMountPoint(node: string): string[] {
  const block = Buffer.alloc(1024);
  try {
    const file = openSync(node, 'r');
    try {
      readSync(file, block, 0, block.length, SUPERBLOCK.at);
    } finally {
      closeSync(file);
    }
  } catch {
    return [];
  }
  if (block.readUInt16LE(SUPERBLOCK.magic) !== SUPERBLOCK.magicNumber) return [];
  const field = block.subarray(SUPERBLOCK.lastMounted, SUPERBLOCK.lastMounted + SUPERBLOCK.length);
  const end = field.indexOf(0);
  return [field.subarray(0, end < 0 ? field.length : end).toString('utf8')];
}
