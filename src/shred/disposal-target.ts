import type { FileFingerprint, FolderFingerprint, Outcome, Reason } from '../model/index.js';
import type { EntryPages } from './entry-pages.js';
import type { Assessment } from './medium-inspector.js';
import type { OverwriteMethodId } from './overwrite-method.js';

/** Where the read-back came from. `page-cache` says only that the operating system holds the new content. */
export type VerifiedFrom = 'medium' | 'page-cache';

/** One name at or below an item's location. Numbers are decimal strings: inodes and nanoseconds pass 2^53. */
export interface DisposalEntry {
  /** Relative to the location, in the text form of `entryPathText`; empty for the location itself. */
  path: string;
  type: 'file' | 'directory' | 'symlink';
  device: string;
  inode: string;
  size: string;
  modifiedNs: string;
  /** Time of the inode's change, which no program can set back; '0' for directories. */
  changedNs: string;
  /** Time of creation, '0' where the file system has none. Tells a file from a later one that was given the same inode. */
  bornNs: string;
  /** The content lies in the inode and not in blocks of its own, so that overwriting may not reach where it was. */
  inline: boolean;
  /** How many names the file has; left out for one. */
  names?: number;
  /**
   * On file systems that can share blocks: codes of what overwriting this file leaves behind, as far as the file itself
   * tells; empty where nothing. Missing where nobody asked.
   */
  surveyed?: readonly string[];
}

/** An entry as the journal stores it: with the name that it is given before it is removed. */
export interface PlannedEntry extends DisposalEntry {
  /** 32 random hex characters; null for directories, which are removed under their own name. */
  neutralName: string | null;
  /** How it is overwritten; left out for the default. A cut-off run is finished by the method that it was begun with. */
  method?: OverwriteMethodId;
  /** Of a file with several names: 32 random hex characters that its content follows from, the same for each name. */
  contentSeed?: string;
}

export type EntryState = 'pending' | 'overwritten' | 'removed';

export interface PendingEntry extends PlannedEntry {
  state: EntryState;
  /** Given back from the mark; null when the entry is `pending` or had no content. */
  verifiedFrom: VerifiedFrom | null;
}

/** What is to be destroyed, and what it was when the plan was frozen. */
export interface DisposalTarget {
  itemId: string;
  /** The canonical location that `examine` gave: a folder on the way that is a symbolic link is refused. */
  location: string;
  medium: 'file' | 'folder';
  fingerprint: FileFingerprint | FolderFingerprint;
}

/** A target whose run was cut off, with all entries that `begin` was told of, in the same order. */
export interface PendingDisposal {
  target: DisposalTarget;
  entries: readonly PendingEntry[] | EntryPages<PendingEntry>;
}

/** What became of one entry that was not destroyed. */
export interface FileOutcome {
  /** Index into the entries that `begin` was told of. */
  index: number;
  outcome: 'refused' | 'failed' | 'unknown';
  reason: Reason;
}

export interface TargetOutcome {
  itemId: string;
  outcome: Outcome;
  reasons: Reason[];
  /** Files that were overwritten, verified and removed; those without content were only removed. */
  files: number;
  /** Files that were to be destroyed. */
  filesPlanned: number;
  /** Decimal; size of the destroyed files as planned, without the rounding up to a block. */
  bytes: string;
  /** Symbolic links that were removed (never followed). */
  links: number;
  method: OverwriteMethodId;
  /** Complete passes over each file. */
  passes: number;
  /** What was written in each pass, in words: `pseudo-random`, or `0x00, 0xFF, pseudo-random`. */
  pattern: string;
  /** Decimal; bytes in holes of sparse files, where nothing is stored and nothing was written; not counted for files that a cut-off run overwrote. */
  holeBytes: string;
  /** Files and folders whose attributes or permission bits that forbade changes were taken away; left out for none. */
  protectionLifted?: number;
  /** The weaker of the two when files differ; null when no content was overwritten. */
  verifiedFrom: VerifiedFrom | null;
  /** Null when there was nothing to assess. */
  assessment: Assessment | null;
  /** Only entries that were not destroyed, at most the first thousand. */
  fileOutcomes: readonly FileOutcome[];
}

/** Something that has just been done. */
export interface DisposalStep {
  step:
    | 'examined'
    | 'begun'
    | 'overwritten'
    | 'verified'
    | 'marked'
    | 'renamed'
    | 'truncated'
    | 'unlinked'
    | 'folder-synced'
    | 'finished';
  itemId: string;
  /** Index into the entries of the item; null for steps of the whole item. */
  fileIndex: number | null;
}
