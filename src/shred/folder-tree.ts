import { createHash } from 'node:crypto';
import type { BigIntStats } from 'node:fs';
import type { Reason } from '../model/index.js';
import type { DisposalEntry } from './disposal-target.js';
import { entryPathText } from './entry-path.js';
import { type Found, Refusal, type WalkOptions, walkFolder } from './folder-walk.js';
import { type LinkedNames, NameCount } from './linked-names.js';
import { reason, reasonOf } from './reasons.js';

/** What a folder holds. */
export interface FolderContents {
  /** Sorted by the bytes of the relative paths, the top first; null where there are more than were to be kept. */
  entries: DisposalEntry[] | null;
  /** Entries in all, with the top. */
  count: number;
  files: number;
  bytes: bigint;
  /** Content of a file lies in its inode. */
  inline: boolean;
  treeSha256: string;
  /** Files that have names elsewhere. */
  linked: LinkedNames[];
}

/** Why a folder cannot be disposed of as a whole. */
export interface FolderRefusal {
  reason: Reason;
  /** Of what in it is in the way, relative, in text form; null where nobody can tell. */
  path: string | null;
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
export class TreeDigest {
  readonly #hash = createHash('sha256').update('quietus-tree-2\n');

  /** Takes the next entry in order. */
  add({ path, entry }: Pick<Found, 'path' | 'entry'>): void {
    if (path.length === 0) return;
    const letter = entry.type === 'symlink' ? 'l' : entry.type.charAt(0);
    const { device, inode, size, modifiedNs, changedNs } = entry;
    this.#hash.update(`${letter}\0${device}\0${inode}\0${size}\0${modifiedNs}\0${changedNs}\0`);
    this.#hash.update(path).update('\0');
  }

  /** To be asked once, after the last entry. */
  hex(): string {
    return this.#hash.digest('hex');
  }
}

/**
 * Finds out what a folder holds without following links.
 * @param top canonical path of the folder
 * @param most entries to keep
 * @returns its contents, or why it cannot be disposed of as a whole
 */
export function readFolder(
  top: string,
  topStat: BigIntStats,
  options: WalkOptions,
  most: number,
): FolderContents | FolderRefusal {
  const digest = new TreeDigest();
  const names = new NameCount();
  const contents = { entries: [] as DisposalEntry[] | null, count: 0, files: 0, bytes: 0n, inline: false };
  try {
    for (const found of walkFolder(top, topStat, options)) {
      const { entry } = found;
      digest.add(found);
      contents.count += 1;
      if (contents.count > most) contents.entries = null;
      else contents.entries?.push(entry);
      if (entry.type !== 'file') continue;
      contents.files += 1;
      contents.bytes += BigInt(entry.size);
      names.add(entry.path, found.stat);
      contents.inline ||= entry.inline;
    }
  } catch (error) {
    const path = error instanceof Refusal ? entryPathText(error.path) : null;
    return { reason: whyRefused(error), path };
  }
  return { ...contents, treeSha256: digest.hex(), linked: names.incomplete };
}

function whyRefused(error: unknown): Reason {
  return error instanceof Refusal ? error.why : reasonOf(error);
}

/** Thrown when a folder that is read again is not what it was. */
export class TreeChanged extends Error {
  constructor(readonly why: Reason) {
    super(why.code);
  }
}

/**
 * Goes through a folder again that was found to have this digest.
 * @throws TreeChanged, at the latest after the last entry, where it has not
 */
export function* readAgain(
  top: string,
  topStat: BigIntStats,
  options: WalkOptions,
  treeSha256: string,
): Generator<DisposalEntry> {
  const digest = new TreeDigest();
  const walk = walkFolder(top, topStat, options);
  for (;;) {
    let next: IteratorResult<Found>;
    try {
      next = walk.next();
    } catch (error) {
      throw new TreeChanged(whyRefused(error));
    }
    if (next.done === true) break;
    digest.add(next.value);
    yield next.value.entry;
  }
  if (digest.hex() !== treeSha256) throw new TreeChanged(reason('changed'));
}
