import { statfsSync } from 'node:fs';
import { dataModeOf, isKeptInMemory } from './linux-medium-inspector.js';
import type { Mount } from './mount-table.js';
import { runSystemToolNow } from './system-tool.js';

/** The file system that a path lies on. */
export interface FileSystemFacts {
  type: string;
  /** Where it is mounted; null where the platform does not tell. */
  mountPoint: string | null;
  source: string | null;
  options: string[];
  readOnly: boolean;
  /** How ext3 and ext4 write content: `ordered`, `writeback` or `journal`. Null on others. */
  dataMode: string | null;
  /** Of Btrfs: path of the subvolume that is mounted. */
  subvolume: string | null;
  /** Of Btrfs: snapshots in the file system; null on others, or where this account may not ask. */
  snapshots: number | null;
  inMemory: boolean;
  totalBytes: bigint;
  freeBytes: bigint;
}

function snapshotsOf(type: string, mountPoint: string): number | null {
  if (type !== 'btrfs') return null;
  const run = runSystemToolNow('btrfs', ['subvolume', 'list', '-s', mountPoint]);
  return run.status === 'done'
    ? run.stdout.split('\n').filter((line) => line.startsWith('ID ')).length
    : null;
}

/** @param folder on the file system; `mount` is undefined where the platform does not tell */
export function fileSystemFacts(folder: string, type: string, mount: Mount | undefined): FileSystemFacts {
  const { blocks, bavail, bsize } = statfsSync(folder, { bigint: true });
  const point = mount === undefined ? null : Buffer.from(mount.point, 'latin1').toString('utf8');
  const option = (name: string): string | null =>
    mount?.options.find((each) => each.startsWith(`${name}=`))?.slice(name.length + 1) ?? null;
  return {
    type,
    mountPoint: point,
    source: mount === undefined ? null : Buffer.from(mount.source, 'latin1').toString('utf8'),
    options: [...(mount?.options ?? [])],
    readOnly: mount?.readOnly ?? false,
    dataMode: mount === undefined ? null : dataModeOf(mount),
    subvolume: option('subvol'),
    snapshots: point === null ? null : snapshotsOf(type, point),
    inMemory: isKeptInMemory(type),
    totalBytes: blocks * bsize,
    freeBytes: bavail * bsize,
  };
}
