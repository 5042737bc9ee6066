import type { FileFingerprint, FolderFingerprint, Reason } from '../model/index.js';
import type { DisposalEntry } from './disposal-target.js';
import type { LinkedNames } from './linked-names.js';
import type { Assessment, MediumInspector } from './medium-inspector.js';

export interface ExaminationOptions {
  /** Files and folders that must never be destroyed, with all that lies in them: the workspace's own. */
  protectedPaths: readonly string[];
  /**
   * What the attributes `i` and `a` (chattr(1)) protect, or missing permission of the owner to write, may be destroyed:
   * they are taken away right before. Default: such things are refused.
   */
  liftProtection?: boolean;
  /** Default: that of the platform. */
  inspector?: MediumInspector;
}

export type Examination =
  | {
      status: 'ready';
      /** The location with all links in its parent folders resolved: what a plan must freeze and `destroy` be given. */
      location: string;
      fingerprint: FileFingerprint | FolderFingerprint;
      /**
       * For a file itself alone; for a folder itself first, then all below, sorted by the bytes of the path. Null where
       * they are too many to be held in memory: `readAgain` gives them.
       */
      entries: readonly DisposalEntry[] | null;
      /** How many there are. */
      count: number;
      /** Regular files among them. */
      files: number;
      /** Sum of the file sizes. */
      bytes: bigint;
      assessment: Assessment;
      /**
       * All entries, surveyed. What is not held is looked at again, which throws `TreeChanged`, at the latest after the
       * last entry, where it is no longer what was examined.
       */
      readAgain: () => Iterable<DisposalEntry>;
    }
  /**
   * `path`: what in the folder is in the way, relative to it, in text form; null where nobody can tell. `linked`: files of
   * it that have names elsewhere (hard links), where that is why.
   */
  | { status: 'refused'; reason: Reason; path?: string | null; linked?: readonly LinkedNames[] }
  /** `volumeDevice`: device number (decimal) of the nearest folder on the way that exists. */
  | { status: 'absent'; reason: Reason; volumeDevice: string };

export interface Examiner {
  examine(location: string, medium: 'file' | 'folder'): Promise<Examination>;
  /** The same at once; for callers that examine thousands of files in a row. */
  examineNow(location: string, medium: 'file' | 'folder'): Examination;
  /**
   * For many at once: looks at one without asking about its files' blocks, which takes a program. What was found must
   * be given to `survey` before its assessment is used.
   */
  glance(location: string, medium: 'file' | 'folder'): Examination;
  /** Looks again at those that were refused for names elsewhere, where the others among them have these names. */
  completeLinks(examined: readonly Examination[], places: readonly ExaminedPlace[]): Examination[];
  /** Completes the assessments of examinations, in place. */
  survey(examined: readonly Examination[]): void;
  /** Judges only the place, for an item that a cut-off run has already changed. */
  examinePlace(location: string): PlaceExamination;
}

/** What is to be examined. */
export interface ExaminedPlace {
  location: string;
  medium: 'file' | 'folder';
}

export interface PlaceExamination {
  /** Why nothing may be done there. */
  obstacle: Reason | undefined;
  assessment: Assessment;
  /** Device number (decimal) of the nearest folder on the way that exists. */
  volumeDevice: string;
}

export type ReadyExamination = Extract<Examination, { status: 'ready' }>;

/** True when both identify the same state of the same file or folder. */
export function sameFingerprint(
  a: FileFingerprint | FolderFingerprint,
  b: FileFingerprint | FolderFingerprint,
): boolean {
  if (a.device !== b.device || a.inode !== b.inode) return false;
  if (a.kind === 'file') {
    const sameTimes = b.kind === 'file' && a.modifiedNs === b.modifiedNs && a.changedNs === b.changedNs;
    return sameTimes && a.size === b.size;
  }
  return b.kind === 'folder' && a.files === b.files && a.bytes === b.bytes && a.treeSha256 === b.treeSha256;
}
