import { createHash } from 'node:crypto';
import { accessSync, type BigIntStats, constants, lstatSync, readdirSync } from 'node:fs';
import type { Reason } from '../model/index.js';
import type { DisposalEntry } from './disposal-target.js';
import { entryPathText } from './entry-path.js';
import type { PathGuard } from './path-guard.js';
import { reason, reasonOf } from './reasons.js';

const { R_OK, W_OK, X_OK } = constants;
const SLASH = Buffer.from('/');

interface Found {
  /** Bytes relative to the top; empty for the top itself. */
  path: Buffer;
  entry: DisposalEntry;
}

/** What a folder holds, sorted by the bytes of the relative paths; the top comes first. */
export interface FolderContents {
  entries: DisposalEntry[];
  files: number;
  bytes: bigint;
  treeSha256: string;
}

export interface FileTraits {
  /** The file system can keep content in the inode. */
  mayBeInline: boolean;
  /** An overlay: opening for writing copies a file, and files can have other device numbers than folders without being mounts. */
  copiedWhenOpened: boolean;
}

export interface WalkOptions {
  guard: PathGuard;
  traits: FileTraits;
}

/** Thrown inside the walk only: the tree cannot be disposed of as a whole, so none of it is. */
class Refusal extends Error {
  constructor(readonly why: Reason) {
    super(why.code);
  }
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
  };
}

/** Why a file cannot be disposed of, judged by its own state; undefined when it can. */
export function obstacleOfFile(path: string | Buffer, stat: BigIntStats): Reason | undefined {
  if (stat.nlink > 1n) return reason('hard-linked');
  return obstacleOfAccess(path, R_OK | W_OK);
}

/** Why names cannot be removed from a folder; undefined when they can. Reading is needed to flush it. */
export function obstacleOfFolder(path: string | Buffer): Reason | undefined {
  return obstacleOfAccess(path, R_OK | W_OK | X_OK);
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

function typeOf(stat: BigIntStats): DisposalEntry['type'] {
  if (stat.isFile()) return 'file';
  if (stat.isDirectory()) return 'directory';
  if (stat.isSymbolicLink()) return 'symlink';
  throw new Refusal(reason('special-file'));
}

function check(
  at: Buffer,
  stat: BigIntStats,
  folder: BigIntStats,
  top: BigIntStats,
  options: WalkOptions,
): void {
  const type = typeOf(stat);
  if (stat.dev !== top.dev && (type === 'directory' || !options.traits.copiedWhenOpened)) {
    throw new Refusal(reason('mount-point'));
  }
  if (options.guard.protectsIdentity(stat.dev, stat.ino)) throw new Refusal(reason('protected-path'));
  const obstacle =
    obstacleOfStickyFolder(folder, stat) ??
    (type === 'file' ? obstacleOfFile(at, stat) : undefined) ??
    (type === 'directory' ? obstacleOfFolder(at) : undefined);
  if (obstacle !== undefined) throw new Refusal(obstacle);
}

function walk(top: string, topStat: BigIntStats, options: WalkOptions): Found[] {
  const found: Found[] = [
    { path: Buffer.alloc(0), entry: entryOf('', 'directory', topStat, options.traits) },
  ];
  const open: { path: Buffer; stat: BigIntStats }[] = [{ path: Buffer.alloc(0), stat: topStat }];
  const prefix = Buffer.from(`${top}/`);
  for (let folder = open.pop(); folder !== undefined; folder = open.pop()) {
    const within = folder.path.length === 0 ? folder.path : Buffer.concat([folder.path, SLASH]);
    for (const name of readdirSync(Buffer.concat([prefix, within]), { encoding: 'buffer' })) {
      const path = Buffer.concat([within, name]);
      const at = Buffer.concat([prefix, path]);
      const stat = lstatSync(at, { bigint: true });
      check(at, stat, folder.stat, topStat, options);
      const type = typeOf(stat);
      found.push({ path, entry: entryOf(entryPathText(path), type, stat, options.traits) });
      if (type === 'directory') open.push({ path, stat });
    }
  }
  return found;
}

/**
 * SHA-256 (hex) over a folder's contents.
 *
 * Input: the ASCII line `quietus-tree-2` and a line feed; then for each entry below the top, sorted by the bytes of
 * its relative path, seven fields that each end with a NUL byte: the type (`f`, `d` or `l`), device, inode, size,
 * time of change of the content and of the inode in nanoseconds since 1970 (all in decimal), and the relative path as
 * the file system's bytes.
 * Size and times of a directory are written as 0: they follow from its entries, and file systems count them differently.
 */
export function treeDigest(sorted: readonly Found[]): string {
  const hash = createHash('sha256').update('quietus-tree-2\n');
  for (const { path, entry } of sorted) {
    if (path.length === 0) continue;
    const letter = entry.type === 'symlink' ? 'l' : entry.type.charAt(0);
    const { device, inode, size, modifiedNs, changedNs } = entry;
    hash.update(`${letter}\0${device}\0${inode}\0${size}\0${modifiedNs}\0${changedNs}\0`);
    hash.update(path).update('\0');
  }
  return hash.digest('hex');
}

/**
 * Lists a folder without following links.
 * @param top canonical path of the folder
 * @returns its contents, or the reason why it cannot be disposed of as a whole
 */
export function readFolder(top: string, topStat: BigIntStats, options: WalkOptions): FolderContents | Reason {
  let found: Found[];
  try {
    found = walk(top, topStat, options);
  } catch (error) {
    return error instanceof Refusal ? error.why : reasonOf(error);
  }
  found.sort((a, b) => Buffer.compare(a.path, b.path));
  const files = found.filter((each) => each.entry.type === 'file');
  return {
    entries: found.map((each) => each.entry),
    files: files.length,
    bytes: files.reduce((sum, each) => sum + BigInt(each.entry.size), 0n),
    treeSha256: treeDigest(found),
  };
}
