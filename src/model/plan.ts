import type { CalendarDate } from './calendar-date.js';
import { isOverwritable, type Medium } from './medium.js';
import type { PiElement } from './personal-information.js';

const DECISIONS = ['dispose', 'keep', 'held', 'defect'] as const;
export type Decision = (typeof DECISIONS)[number];

/** Identity of one file-system entry at planning time; every number as a decimal string because inodes and nanoseconds pass 2^53. */
export interface FileFingerprint {
  kind: 'file';
  device: string;
  inode: string;
  size: string;
  modifiedNs: string;
  /** Time of the inode's change (ctime), which no program can set back. */
  changedNs: string;
}

/** Identity of a folder: that of its root, and a digest over the fingerprints of all that is below. */
export interface FolderFingerprint {
  kind: 'folder';
  device: string;
  inode: string;
  files: number;
  bytes: string;
  /** SHA-256, hex, over the sorted list of relative paths, types, inodes, sizes and both times of change. */
  treeSha256: string;
}

/** Rows of a database: the hook that finds them, and how many it found when the plan was made. */
export interface RowsFingerprint {
  kind: 'rows';
  /** Name of the hook. */
  hook: string;
  /** SHA-256, hex, of the hook's file: a changed hook is refused. */
  hookSha256: string;
  counts: readonly { table: string; rows: number }[];
}

/** Identity of something in a file system. */
export type PathFingerprint = FileFingerprint | FolderFingerprint;

export type Fingerprint = PathFingerprint | RowsFingerprint;

export interface PlanItem {
  itemId: string;
  decision: Decision;
  /** Stable kebab-case code of the reason. */
  reason: string;
  /** The reason in words, with the dates and the rule that led to it. */
  explanation: string;
  recordClass: string | null;
  /** Further classes of the item; see `InventoryItem`. */
  otherClasses: readonly string[];
  /** Of several classes the one whose duty to keep ends last; null where the item has one class, or no such day. */
  keptUnder: string | null;
  scheduleVersion: number | null;
  keepUntil: CalendarDate | null;
  deleteBy: CalendarDate | null;
  medium: Medium;
  /** Where the item lay when it was planned: for files and folders the canonical path, free of symbolic links; only for `dispose`. */
  location: string | null;
  piElements: readonly PiElement[];
  dataSubjects: number | null;
  /** SHA-256, hex, of the canonical JSON of what the inventory says of the item: a changed item drops out of the plan. */
  itemSha256: string;
  /** Identity of the file or folder; only for `dispose`, and null for media that no program can read. */
  fingerprint: Fingerprint | null;
  /** Ids of the holds that reach it. */
  holds: readonly string[];
}

/** Whether this program disposes of it by itself: files, folders, and rows that a hook finds. All else waits for people. */
export function isDoneByProgram({ medium, fingerprint }: Pick<PlanItem, 'medium' | 'fingerprint'>): boolean {
  return isOverwritable(medium) || fingerprint?.kind === 'rows';
}

/**
 * `planned`: frozen. `running`: a run has begun. `finished`: run and certified.
 */
const PLAN_STATES = ['planned', 'running', 'finished'] as const;
export type PlanState = (typeof PLAN_STATES)[number];

export interface PlanCounts {
  dispose: number;
  keep: number;
  held: number;
  defect: number;
}

/** A frozen list of decisions. `sha256` covers the canonical lines that `sweep show --export` prints. */
export interface Plan {
  id: string;
  createdAt: string;
  plannedBy: string;
  asOf: CalendarDate;
  scheduleVersion: number;
  counts: PlanCounts;
  approvalsRequired: number;
  sha256: string;
  state: PlanState;
}

export interface Approval {
  planId: string;
  operatorId: string;
  approvedAt: string;
  /** The canonical JSON that was signed. */
  statement: string;
  /** Ed25519 signature over the UTF-8 bytes of `statement`, base64. */
  signature: string;
}
