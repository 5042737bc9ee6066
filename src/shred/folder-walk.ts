import { type BigIntStats, lstatSync } from 'node:fs';
import type { Reason } from '../model/index.js';
import type { DisposalEntry } from './disposal-target.js';
import { entryPathText } from './entry-path.js';
import {
  entryOf,
  type FileTraits,
  obstacleOfFile,
  obstacleOfFolder,
  obstacleOfStickyFolder,
} from './file-state.js';
import { NameList } from './name-list.js';
import type { PathGuard } from './path-guard.js';
import { reason } from './reasons.js';

const SLASH = Buffer.from('/');
const SLASH_BYTE = 0x2f;

/** One name that the walk came by. */
export interface Found {
  /** Bytes relative to the top; empty for the top itself. */
  path: Buffer;
  entry: DisposalEntry;
  stat: BigIntStats;
}

export interface WalkOptions {
  guard: PathGuard;
  traits: FileTraits;
}

/** Thrown by the walk only: the tree cannot be disposed of as a whole, so none of it is. */
export class Refusal extends Error {
  /** @param path of what is in the way, relative to the top */
  constructor(
    readonly why: Reason,
    readonly path: Buffer,
  ) {
    super(why.code);
  }
}

interface Folder {
  path: Buffer;
  name: Buffer;
  stat: BigIntStats;
}

/** A folder that is being read. */
interface Level {
  folder: Folder;
  names: NameList;
  next: number;
  /** Folders in it whose own names have been given out, and whose content has not: the last one is due first. */
  waiting: Folder[];
}

/**
 * Goes through a folder without following links.
 *
 * In the order of the bytes of the relative paths, the top first. That is not the order in which a tree is usually
 * walked: `a-b` comes between `a` and `a/x`. So the whole need not be held to be sorted, but only the names of the
 * folders on the way to the current one.
 *
 * @param top canonical path of the folder
 * @throws Refusal for what cannot be disposed of; a system error
 */
export function* walkFolder(top: string, topStat: BigIntStats, options: WalkOptions): Generator<Found> {
  const prefix = Buffer.from(`${top}/`);
  const nothing = Buffer.alloc(0);
  yield { path: nothing, entry: entryOf('', 'directory', topStat, options.traits), stat: topStat };
  const levels = [levelOf({ path: nothing, name: nothing, stat: topStat }, prefix)];
  for (let level = levels.at(-1); level !== undefined; level = levels.at(-1)) {
    const name = level.names.at(level.next);
    const due = level.waiting.at(-1);
    if (due !== undefined && (name === undefined || !comesBeforeContent(name, due.name))) {
      level.waiting.pop();
      levels.push(levelOf(due, prefix));
    } else if (name === undefined) {
      levels.pop();
    } else {
      level.next += 1;
      const { folder } = level;
      const path = folder.path.length === 0 ? Buffer.from(name) : Buffer.concat([folder.path, SLASH, name]);
      const at = Buffer.concat([prefix, path]);
      const stat = lstatSync(at, { bigint: true });
      const type = typeOf(stat);
      if (type === undefined) throw new Refusal(reason('special-file'), path);
      const obstacle = obstacleAt(at, { type, stat }, { folder: folder.stat, top: topStat }, options);
      if (obstacle !== undefined) throw new Refusal(obstacle, path);
      yield { path, entry: entryOf(entryPathText(path), type, stat, options.traits), stat };
      if (type === 'directory') level.waiting.push({ path, name, stat });
    }
  }
}

function levelOf(folder: Folder, prefix: Buffer): Level {
  return { folder, names: NameList.of(Buffer.concat([prefix, folder.path])), next: 0, waiting: [] };
}

/** Whether a name that comes after a folder's still comes before what is in the folder: `a-b` before `a/x`. */
function comesBeforeContent(name: Buffer, folder: Buffer): boolean {
  const follows = name[folder.length] ?? SLASH_BYTE;
  return follows < SLASH_BYTE && name.subarray(0, folder.length).equals(folder);
}

function typeOf(stat: BigIntStats): DisposalEntry['type'] | undefined {
  if (stat.isFile()) return 'file';
  if (stat.isDirectory()) return 'directory';
  if (stat.isSymbolicLink()) return 'symlink';
  return undefined;
}

function obstacleAt(
  at: Buffer,
  { type, stat }: { type: DisposalEntry['type']; stat: BigIntStats },
  above: { folder: BigIntStats; top: BigIntStats },
  options: WalkOptions,
): Reason | undefined {
  if (stat.dev !== above.top.dev && (type === 'directory' || !options.traits.copiedWhenOpened)) {
    return reason('mount-point');
  }
  if (options.guard.protectsIdentity(stat.dev, stat.ino)) return reason('protected-path');
  if (options.guard.isDeviceImage(stat.dev, stat.ino)) return reason('device-image');
  return (
    obstacleOfStickyFolder(above.folder, stat) ??
    (type === 'file' ? obstacleOfFile(at, stat, options.traits) : undefined) ??
    (type === 'directory' ? obstacleOfFolder(at, stat, options.traits.liftProtection) : undefined)
  );
}
