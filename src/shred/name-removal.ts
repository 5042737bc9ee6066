import {
  type BigIntStats,
  closeSync,
  constants,
  fstatSync,
  ftruncate as ftruncateCallback,
  linkSync,
  lstatSync,
  openSync,
  renameSync,
  rmdirSync,
  unlinkSync,
} from 'node:fs';
import { promisify } from 'node:util';
import type { Reason } from '../model/index.js';
import type { DirectoryHandle } from './directory-handle.js';
import type { DisposalEntry } from './disposal-target.js';
import { recognize } from './file-identity.js';
import { type AfterOverwrite, hasState, stateOf } from './file-overwrite.js';
import { errnoOf, reason, reasonOf } from './reasons.js';

// Freeing blocks is what costs most in a removal, and waits for the journal of a busy disk; in libuv's threads several
// files' are freed at once.
const ftruncate = promisify(ftruncateCallback);
const { O_RDONLY, O_WRONLY } = constants;
const SAFELY = (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

export interface RemovalRequest {
  folder: DirectoryHandle;
  entry: DisposalEntry;
  name: Buffer;
  neutralName: Buffer;
  /** An earlier run renamed it already. */
  underNeutralName: boolean;
  /** State after our own overwriting in this process; null when an earlier run did it, or for a link. */
  after: AfterOverwrite | null;
  /** Reads the open file: true when it holds nothing but what an earlier run wrote. Asked of files without `after`. */
  holdsOnlyOurs: (descriptor: number, stat: BigIntStats) => Promise<boolean>;
  /**
   * Told the state of a file of several names (hard links) after one of them was removed: its content is left for the
   * others, and truncated with the last.
   */
  othersRemain: (after: AfterOverwrite) => void;
  observe: (step: 'renamed' | 'truncated' | 'unlinked') => void;
}

function obstacle(request: RemovalRequest, stat: BigIntStats): Reason | undefined {
  const { entry, after } = request;
  const found = recognize(entry, stat, request.underNeutralName || after !== null);
  if (found === 'other') return reason('name-reused');
  if (found === 'uncertain') return reason('identity-uncertain');
  const same = after === null || (stat.size === after.size && stat.mtimeNs === after.modifiedNs);
  return same ? undefined : reason('grew-while-running');
}

/** Gives a file that somebody put in our file's place its name back, without covering a third one. */
function putBack(neutral: Buffer, original: Buffer): void {
  try {
    linkSync(neutral, original);
    unlinkSync(neutral);
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return;
    // File systems without hard links, such as FAT.
    if (lstatSync(original, { throwIfNoEntry: false }) === undefined) renameSync(neutral, original);
  }
}

/**
 * Renames what looks right. Whether it was the right one shows only afterwards ({@link openRenamed}): between looking
 * and renaming somebody may have put another file there, and that one must come back.
 */
function renameToNeutral(request: RemovalRequest, from: Buffer, to: Buffer): Reason | undefined {
  const stat = lstatSync(from, { bigint: true });
  const before = obstacle(request, stat);
  if (before !== undefined) return before;
  // Only now: renaming itself moves the time of the inode's change.
  if (request.after !== null && !hasState(stat, request.after)) return reason('grew-while-running');
  renameSync(from, to);
  return undefined;
}

/** Looks at what has the neutral name now. What is not ours gets its name back, if we took it. */
function openRenamed(request: RemovalRequest, from: Buffer, to: Buffer): number | Reason {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(to, O_WRONLY | SAFELY);
    const swapped = obstacle(request, fstatSync(descriptor, { bigint: true }));
    if (swapped === undefined) return descriptor;
    closeSync(descriptor);
    if (!request.underNeutralName) putBack(to, from);
    return swapped;
  } catch (error) {
    if (descriptor !== undefined) closeSync(descriptor);
    const swapped = checkSwapped(request, from, to);
    if (swapped === undefined) throw error;
    return swapped;
  }
}

/** The same without opening, for what cannot be opened. */
function checkSwapped(request: RemovalRequest, from: Buffer, to: Buffer): Reason | undefined {
  const swapped = obstacle(request, lstatSync(to, { bigint: true }));
  if (swapped !== undefined && !request.underNeutralName) putBack(to, from);
  return swapped;
}

/** @returns false where it is the last name, and the descriptor still open */
function removeOneOfSeveral(request: RemovalRequest, descriptor: number, path: Buffer): boolean {
  if (request.entry.names === undefined || fstatSync(descriptor).nlink <= 1) return false;
  try {
    unlinkSync(path);
    request.othersRemain(stateOf(fstatSync(descriptor, { bigint: true })));
  } finally {
    closeSync(descriptor);
  }
  request.observe('unlinked');
  return true;
}

async function truncate(descriptor: number): Promise<void> {
  try {
    await ftruncate(descriptor, 0);
  } finally {
    closeSync(descriptor);
  }
}

/**
 * What an earlier run left under the name must still be what it wrote, or nothing, where that run had truncated it:
 * a mark says what was, and anybody may have written to the file since.
 * @returns the state that was compared, or why the file is not ours any more
 */
async function compareWithOurs(path: Buffer, request: RemovalRequest): Promise<AfterOverwrite | Reason> {
  const descriptor = openSync(path, O_RDONLY | SAFELY);
  try {
    const stat = fstatSync(descriptor, { bigint: true });
    const other = obstacle(request, stat);
    if (other !== undefined) return other;
    const truncated = request.underNeutralName && stat.size === 0n;
    if (!truncated && !(await request.holdsOnlyOurs(descriptor, stat))) return reason('changed-since');
    const after = stateOf(stat);
    return hasState(fstatSync(descriptor, { bigint: true }), after) ? after : reason('changed-since');
  } finally {
    closeSync(descriptor);
  }
}

/**
 * Removes the name of an overwritten file, or of a symbolic link: rename to the neutral name, truncate, unlink.
 * @returns why it was not removed, or undefined
 * @throws only what is not a system error
 */
export async function removeName(request: RemovalRequest): Promise<Reason | undefined> {
  const { entry, folder } = request;
  try {
    const from = folder.child(request.name);
    const to = folder.child(request.neutralName);
    if (entry.type !== 'file' || request.after !== null) return await removeCompared(request, from, to);
    const after = await compareWithOurs(request.underNeutralName ? to : from, request);
    return 'code' in after ? after : await removeCompared({ ...request, after }, from, to);
  } catch (error) {
    const why = reasonOf(error);
    return entry.type === 'file' ? reason('not-removed', why.code) : why;
  }
}

async function removeCompared(
  request: RemovalRequest,
  from: Buffer,
  to: Buffer,
): Promise<Reason | undefined> {
  if (!request.underNeutralName) {
    const changed = renameToNeutral(request, from, to);
    if (changed !== undefined) return changed;
  }
  if (request.entry.type === 'file') {
    const found = openRenamed(request, from, to);
    if (typeof found !== 'number') return found;
    if (!request.underNeutralName) request.observe('renamed');
    if (removeOneOfSeveral(request, found, to)) return undefined;
    await truncate(found);
    request.observe('truncated');
  } else if (!request.underNeutralName) {
    const swapped = checkSwapped(request, from, to);
    if (swapped !== undefined) return swapped;
    request.observe('renamed');
  }
  unlinkSync(to);
  request.observe('unlinked');
  return undefined;
}

/**
 * Removes an emptied folder under its own name: rmdir(2) removes nothing but empty folders, so nothing can be lost.
 * @returns why it was not removed, or undefined; a folder that is gone already counts as removed
 */
export function removeFolder(
  parent: DirectoryHandle,
  entry: DisposalEntry,
  name: Buffer,
): Reason | undefined {
  try {
    const path = parent.child(name);
    const stat = lstatSync(path, { bigint: true, throwIfNoEntry: false });
    if (stat === undefined) return undefined;
    if (recognize(entry, stat, true) !== 'same') return reason('name-reused');
    rmdirSync(path);
    return undefined;
  } catch (error) {
    return reasonOf(error);
  }
}
