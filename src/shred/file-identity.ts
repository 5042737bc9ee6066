import type { BigIntStats } from 'node:fs';
import type { Reason } from '../model/index.js';
import type { DisposalEntry } from './disposal-target.js';
import { reason } from './reasons.js';

function hasType(stat: BigIntStats, type: DisposalEntry['type']): boolean {
  if (type === 'file') return stat.isFile();
  return type === 'symlink' ? stat.isSymbolicLink() : stat.isDirectory();
}

/** True when device, inode and type are those of the entry; says nothing about a number that was given out again. */
function hasNumbersOf(entry: DisposalEntry, stat: BigIntStats): boolean {
  return hasType(stat, entry.type) && String(stat.dev) === entry.device && String(stat.ino) === entry.inode;
}

/** Size and time of change as planned; a program that resets the time afterwards can make it look so. */
export function hasPlannedState(entry: DisposalEntry, stat: BigIntStats): boolean {
  return String(stat.size) === entry.size && String(stat.mtimeNs) === entry.modifiedNs;
}

/**
 * The same with the time of the inode's change, which no program can set: nobody, and no cut-off run either, has
 * written to it. Our own renaming moves that time too, so this does not serve for a file under its neutral name.
 */
export function looksUntouched(entry: DisposalEntry, stat: BigIntStats): boolean {
  return hasPlannedState(entry, stat) && String(stat.ctimeNs) === entry.changedNs;
}

/**
 * Why an open file that was never written to is not the planned one; undefined when it is.
 * @param names how many names of it may be removed
 */
export function obstacleBeforeWriting(
  entry: DisposalEntry,
  stat: BigIntStats,
  names: bigint,
): Reason | undefined {
  if (!hasNumbersOf(entry, stat)) return reason('changed');
  // Before the times: making a link changes that of the inode.
  if (stat.nlink > names) return reason('hard-linked');
  return looksUntouched(entry, stat) ? undefined : reason('changed');
}

/**
 * Whether a name found after a cut-off run still leads to the planned entry.
 *
 * The time of change is not compared here: our own overwriting changes it. The size may be larger, because overwriting
 * rounds it up to a block, and 0 once the file is truncated. Device and inode alone do not suffice: ext4 gives the
 * inode of a removed file to the next new one, which may well have the same name (a report that is written daily).
 * The time of creation tells them apart. Where there is none, only a file that looks untouched, or one under the
 * random neutral name, is surely ours.
 */
export function recognize(
  entry: DisposalEntry,
  stat: BigIntStats,
  underNeutralName: boolean,
): 'same' | 'other' | 'uncertain' {
  if (!hasNumbersOf(entry, stat)) return 'other';
  if (entry.bornNs !== '0') return String(stat.birthtimeNs) === entry.bornNs ? 'same' : 'other';
  return underNeutralName || looksUntouched(entry, stat) ? 'same' : 'uncertain';
}

/**
 * Why a file left by a cut-off run may not be overwritten (again); undefined when it may. It must look untouched, or
 * hold nothing but what the run wrote. Where only a part is ours, the rest may be what was planned, or what somebody
 * wrote since: nothing tells the two apart, so the file is left for a new plan.
 * @param names how many names of it may be removed
 * @param holdsOnlyOurs reads the open file; asked only when needed
 */
export async function obstacleAfterInterruption(
  entry: DisposalEntry,
  stat: BigIntStats,
  names: bigint,
  holdsOnlyOurs: () => Promise<boolean>,
): Promise<Reason | undefined> {
  const sameFile =
    hasNumbersOf(entry, stat) && (entry.bornNs === '0' || String(stat.birthtimeNs) === entry.bornNs);
  if (!sameFile || stat.size < BigInt(entry.size)) return reason('changed');
  if (stat.nlink > names) return reason('hard-linked');
  if (looksUntouched(entry, stat) || (await holdsOnlyOurs())) return undefined;
  return reason('changed-since');
}
