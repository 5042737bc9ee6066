import type { PathFingerprint, Reason } from '../model/index.js';
import type { Assessment, Examination, Examiner, LinkedNames } from '../shred/index.js';
import type { StoredItem } from '../store/index.js';
import { placeOf } from './named-paths.js';

/** One thing that a person named, as it was found. */
export interface SelectedPath {
  /** Its place in the list that was given, from 1. */
  position: number;
  /** Canonical. */
  location: string;
  /** The path as it was named, where it leads through a symbolic link. */
  alias: string | null;
  medium: 'file' | 'folder';
  /** Null where it cannot be destroyed as it is; `left` says why. */
  fingerprint: PathFingerprint | null;
  /** Regular files at and below it. */
  files: number;
  bytes: bigint;
  assessment: Assessment | null;
  /** Why it will be left, while the others are destroyed. */
  left: Reason | null;
  /** What below it is in the way, relative, where that is why and somebody can tell; for people only. */
  inTheWay: string | null;
  /** Files at and below it that have names elsewhere (hard links), where that is why. */
  elsewhere: readonly LinkedNames[];
  /** It shares files with others of the list (hard links), so that they are destroyed together. */
  linked: boolean;
  /** The handed-over item whose copy lies there. */
  transferred: StoredItem | null;
}

/** What one account may not do with one file stands in no one's way; everything else calls the whole off. */
const LEFT = new Set([
  'no-permission',
  'read-only',
  'immutable',
  'hard-linked',
  'path-too-long',
  'busy',
  'io-error',
]);

/** Finds out what a name that a person gave leads to. @returns why it cannot be disposed of at all, in place of it */
export function examineName(
  name: string,
  folder: string,
  examiner: Examiner,
): Omit<SelectedPath, 'position'> | Reason {
  const place = placeOf(name, folder);
  if ('code' in place) return place;
  const medium = place.stat.isDirectory() ? 'folder' : 'file';
  const found = examiner.examineNow(place.location, medium);
  const base = {
    location: place.location,
    alias: place.alias,
    medium,
    transferred: null,
    linked: false,
  } as const;
  if (found.status !== 'ready' && !LEFT.has(found.reason.code)) return found.reason;
  return { ...base, ...factsOf(found) };
}

type Facts = Pick<
  SelectedPath,
  'fingerprint' | 'files' | 'bytes' | 'assessment' | 'left' | 'inTheWay' | 'elsewhere'
>;

function factsOf(found: Examination): Facts & { location?: string } {
  if (found.status !== 'ready') {
    const { linked = [], path = null } = found.status === 'refused' ? found : {};
    const nothing = { fingerprint: null, files: 0, bytes: 0n, assessment: null };
    return { ...nothing, left: found.reason, inTheWay: path, elsewhere: linked };
  }
  const { location, fingerprint, files, bytes, assessment } = found;
  return { location, fingerprint, files, bytes, assessment, left: null, inTheWay: null, elsewhere: [] };
}

/** Takes together what was left for names elsewhere (hard links), where the other paths have these names. */
export function completeLinks(paths: SelectedPath[], examiner: Examiner): void {
  const lacking = paths.filter(({ elsewhere }) => elsewhere.length > 0);
  if (lacking.length < 2) return;
  const found = examiner.completeLinks(lacking.map(examinationOf), lacking);
  examiner.survey(found);
  for (const [at, path] of lacking.entries()) {
    const examined = found[at];
    if (examined?.status === 'ready') Object.assign(path, factsOf(examined), { linked: true });
  }
}

function examinationOf({ left, elsewhere }: SelectedPath): Examination {
  if (left === null) throw new Error('What has names elsewhere is left');
  return { status: 'refused', reason: left, linked: elsewhere };
}

/** The first file or folder that keeps a path from being disposed of, where it is not the path itself; for people only. */
export function nameInTheWay({ inTheWay, elsewhere, location }: SelectedPath): string | null {
  const path = inTheWay ?? elsewhere[0]?.path ?? '';
  return path === '' ? null : `${location}/${path}`;
}
