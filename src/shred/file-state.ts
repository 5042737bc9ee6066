import { accessSync, type BigIntStats, constants } from 'node:fs';
import type { Reason } from '../model/index.js';
import type { DisposalEntry } from './disposal-target.js';
import { mayBeLifted } from './protection.js';
import { reason, reasonOf } from './reasons.js';

const { R_OK, W_OK, X_OK } = constants;

export interface FileTraits {
  /** The file system can keep content in the inode. */
  mayBeInline: boolean;
  /** An overlay: opening for writing copies a file, and files can have other device numbers than folders without being mounts. */
  copiedWhenOpened: boolean;
  /** Attributes and permission bits that forbid changes may be taken away. */
  liftProtection: boolean;
}

/**
 * True when content can only be in the inode. With ext4's `inline_data` such a file counts sectors for its size, which
 * are no whole blocks, or none at all; blocks of its own are counted as whole ones.
 */
function liesInInode(stat: BigIntStats): boolean {
  if (stat.size === 0n || stat.size >= stat.blksize) return false;
  return stat.blocks === 0n || (stat.blocks * 512n) % stat.blksize !== 0n;
}

/** The entry for what lstat or fstat says. */
export function entryOf(
  path: string,
  type: DisposalEntry['type'],
  stat: BigIntStats,
  traits: FileTraits,
): DisposalEntry {
  return {
    path,
    type,
    device: String(stat.dev),
    inode: String(stat.ino),
    size: type === 'directory' ? '0' : String(stat.size),
    modifiedNs: type === 'directory' ? '0' : String(stat.mtimeNs),
    changedNs: type === 'directory' ? '0' : String(stat.ctimeNs),
    // What an overlay copies from a lower layer, because it or something in it is written to, is born again.
    bornNs: traits.copiedWhenOpened ? '0' : String(stat.birthtimeNs),
    inline: traits.mayBeInline && type === 'file' && liesInInode(stat),
    ...(type === 'file' && stat.nlink > 1n && { names: Number(stat.nlink) }),
  };
}

/** Why a file cannot be disposed of, judged by its own state; undefined when it can. */
export function obstacleOfFile(
  path: string | Buffer,
  stat: BigIntStats,
  { copiedWhenOpened, liftProtection }: FileTraits,
): Reason | undefined {
  // Whether all of its names are disposed of shows at the end; but here a copy would be given to one of them.
  if (stat.nlink > 1n && copiedWhenOpened) return reason('hard-linked');
  return unlifted(obstacleOfAccess(path, R_OK | W_OK), stat, liftProtection);
}

function unlifted(obstacle: Reason | undefined, stat: BigIntStats, lift: boolean): Reason | undefined {
  return obstacle !== undefined && lift && mayBeLifted(obstacle, stat) ? undefined : obstacle;
}

/** Why names cannot be removed from a folder; undefined when they can. Reading is needed to flush it. */
export function obstacleOfFolder(
  path: string | Buffer,
  stat: BigIntStats,
  liftProtection: boolean,
): Reason | undefined {
  const obstacle = obstacleOfAccess(path, R_OK | W_OK | X_OK);
  // Of a folder only the attribute is taken away.
  return obstacle?.code === 'immutable' ? unlifted(obstacle, stat, liftProtection) : obstacle;
}

/** In a folder with the sticky bit only the owner of the name or of the folder may remove it. */
export function obstacleOfStickyFolder(folder: BigIntStats, child: BigIntStats): Reason | undefined {
  if ((folder.mode & 0o1000n) === 0n) return undefined;
  const user = process.geteuid?.();
  if (user === undefined || user === 0) return undefined;
  return BigInt(user) === folder.uid || BigInt(user) === child.uid ? undefined : reason('no-permission');
}

function obstacleOfAccess(path: string | Buffer, mode: number): Reason | undefined {
  try {
    accessSync(path, mode);
    return undefined;
  } catch (error) {
    return reasonOf(error);
  }
}
