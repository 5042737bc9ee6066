import { type BigIntStats, lstatSync, realpathSync } from 'node:fs';
import { sep } from 'node:path';
import type { Reason } from '../model/index.js';
import type { DisposalEntry } from './disposal-target.js';
import { HELD } from './entry-pages.js';
import type {
  Examination,
  ExaminationOptions,
  ExaminedPlace,
  Examiner,
  PlaceExamination,
  ReadyExamination,
} from './examination.js';
import {
  entryOf,
  type FileTraits,
  obstacleOfFile,
  obstacleOfFolder,
  obstacleOfStickyFolder,
} from './file-state.js';
import { assessmentOf, surveyed, surveyedFiles, surveyFiles, surveyOf, withReason } from './file-survey.js';
import { readAgain, readFolder, TreeChanged } from './folder-tree.js';
import { completeTogether, type LinkedNames, NameCount, reasonOfLinks } from './linked-names.js';
import { nearestFolder } from './links-on-the-way.js';
import { mayKeepContentInInode } from './linux-medium-inspector.js';
import { splitLocation } from './location-parts.js';
import type { Assessment, MediumFacts, MediumInspector } from './medium-inspector.js';
import { PathGuard } from './path-guard.js';
import { createMediumInspector } from './platform-inspector.js';
import { errnoOf, reason, reasonOf } from './reasons.js';

/** What is true of all files in one folder, found out once. */
interface ParentFacts {
  path: string;
  stat: BigIntStats;
  obstacle: Reason | undefined;
  medium: MediumFacts;
  /** It lies in a folder that is closed, under whatever path that was mounted. */
  closed: boolean;
}

interface Place {
  parent: ParentFacts;
  location: string;
}

function refusal(why: Reason): Examination {
  return { status: 'refused', reason: why };
}

class DiskExaminer implements Examiner {
  readonly #inspector: MediumInspector;
  readonly #guard: PathGuard;
  readonly #lift: boolean;
  readonly #parents = new Map<string, ParentFacts | Examination>();
  /** Entries that may still be held for callers who glance at many places before they use any. */
  #room = 2 * HELD;
  /** Files all of whose names are in places that are examined together. */
  readonly #complete = new Set<string>();

  constructor(options: ExaminationOptions) {
    this.#inspector = options.inspector ?? createMediumInspector();
    this.#guard = new PathGuard(options.protectedPaths);
    this.#lift = options.liftProtection === true;
  }

  async examine(location: string, medium: 'file' | 'folder'): Promise<Examination> {
    return this.examineNow(location, medium);
  }

  examineNow(location: string, medium: 'file' | 'folder'): Examination {
    const examined = this.#look(location, medium, HELD);
    this.survey([examined]);
    return examined;
  }

  glance(location: string, medium: 'file' | 'folder'): Examination {
    const examined = this.#look(location, medium, Math.min(HELD, this.#room));
    if (examined.status === 'ready') this.#room -= examined.entries?.length ?? 0;
    return examined;
  }

  completeLinks(examined: readonly Examination[], places: readonly ExaminedPlace[]): Examination[] {
    const lacking = examined.map((each) => (each.status === 'refused' ? (each.linked ?? []) : []));
    const complete = completeTogether(lacking);
    for (const key of complete) this.#complete.add(key);
    return examined.map((each, at) => {
      const place = places[at];
      const completed = lacking[at]?.some(({ key }) => complete.has(key)) === true;
      return place !== undefined && completed ? this.glance(place.location, place.medium) : each;
    });
  }

  survey(examined: readonly Examination[]): void {
    const ready = examined.filter((each) => each.status === 'ready');
    for (const survey of new Set(ready.map(({ assessment }) => surveyOf(assessment)))) {
      if (survey === undefined) continue;
      const there = ready.filter(({ assessment }) => surveyOf(assessment) === survey);
      surveyFiles(
        survey,
        there.flatMap((each) => surveyedFiles(each.location, each.entries ?? [])),
      );
    }
    for (const each of ready) each.assessment = this.#assess(each);
  }

  #look(location: string, medium: 'file' | 'folder', most: number): Examination {
    const at = this.#place(location);
    if ('status' in at) return at;
    let stat: BigIntStats | undefined;
    try {
      stat = lstatSync(at.location, { bigint: true, throwIfNoEntry: false });
    } catch (error) {
      return refusal(reasonOf(error));
    }
    if (stat === undefined) {
      return { status: 'absent', reason: reason('absent'), volumeDevice: String(at.parent.stat.dev) };
    }
    const obstacle = this.#obstacleOf(at, stat, medium);
    if (obstacle !== undefined) return refusal(obstacle);
    if (medium === 'file') {
      const names = new NameCount();
      names.add('', stat);
      return this.#refuseLinks(names.incomplete) ?? readyFile(at, stat, this.#lift);
    }
    return this.#readyFolder(at, stat, most);
  }

  examinePlace(location: string): PlaceExamination {
    const at = this.#place(location);
    if ('status' in at) {
      const { assessment } = this.#inspector.inspect(nearestFolder(location));
      const volumeDevice = at.status === 'absent' ? at.volumeDevice : '';
      return { obstacle: at.status === 'refused' ? at.reason : undefined, assessment, volumeDevice };
    }
    const guarded = this.#guard.protectsPath(at.location) || at.parent.closed || at.parent.medium.pseudo;
    const { assessment } = at.parent.medium;
    return {
      obstacle: guarded ? reason('protected-path') : this.#obstacleOfMounts(at.location),
      assessment,
      volumeDevice: String(at.parent.stat.dev),
    };
  }

  #place(location: string): Place | Examination {
    const split = splitLocation(location);
    if ('code' in split) return refusal(split);
    let parent = this.#parents.get(split.parent);
    if (parent === undefined) {
      parent = this.#readParent(split.parent);
      this.#parents.set(split.parent, parent);
    }
    if ('status' in parent) return parent;
    const folder = parent.path.endsWith(sep) ? parent.path : parent.path + sep;
    return { parent, location: folder + split.name };
  }

  #readParent(path: string): ParentFacts | Examination {
    try {
      const canonical = realpathSync.native(path);
      const stat = lstatSync(canonical, { bigint: true });
      if (!stat.isDirectory()) return absent(path);
      const medium = this.#inspector.inspect(canonical);
      const closed = this.#guard.closesFolder(canonical);
      return { path: canonical, stat, obstacle: obstacleOfFolder(canonical, stat, false), medium, closed };
    } catch (error) {
      const errno = errnoOf(error);
      return errno === 'ENOENT' || errno === 'ENOTDIR' ? absent(path) : refusal(reasonOf(error));
    }
  }

  #obstacleOf(at: Place, stat: BigIntStats, medium: 'file' | 'folder'): Reason | undefined {
    const { location, parent } = at;
    if (stat.isSymbolicLink()) return reason('is-symlink');
    if (!stat.isFile() && !stat.isDirectory()) return reason('special-file');
    const guarded =
      this.#guard.protectsPath(location) ||
      this.#guard.protectsIdentity(stat.dev, stat.ino) ||
      parent.closed ||
      parent.medium.pseudo;
    if (guarded) return reason('protected-path');
    if (this.#guard.isDeviceImage(stat.dev, stat.ino)) return reason('device-image');
    if (stat.isFile() !== (medium === 'file')) return reason('wrong-type');
    if (medium === 'folder' && stat.dev !== parent.stat.dev) return reason('mount-point');
    return (
      this.#obstacleOfMounts(location) ??
      parent.obstacle ??
      obstacleOfStickyFolder(parent.stat, stat) ??
      (medium === 'file'
        ? obstacleOfFile(location, stat, traitsOf(parent.medium.assessment, this.#lift))
        : obstacleOfFolder(location, stat, this.#lift))
    );
  }

  #obstacleOfMounts(location: string): Reason | undefined {
    const mounted =
      this.#inspector.mountedAt(location) === true || this.#inspector.mountedBelow(location) === true;
    if (mounted) return reason('mount-point');
    return this.#inspector.hasSecondPath(location) === true ? reason('bind-mount') : undefined;
  }

  #refuseLinks(linked: readonly LinkedNames[]): Examination | undefined {
    const elsewhere = linked.filter(({ key }) => !this.#complete.has(key));
    if (elsewhere.length === 0) return undefined;
    return { status: 'refused', reason: reasonOfLinks(elsewhere), linked: elsewhere };
  }

  #readyFolder(at: Place, stat: BigIntStats, most: number): Examination {
    const { assessment } = at.parent.medium;
    const options = { guard: this.#guard, traits: traitsOf(assessment, this.#lift) };
    const contents = readFolder(at.location, stat, options, most);
    if ('reason' in contents) return { status: 'refused', ...contents };
    const { entries, count, files, bytes, inline, treeSha256, linked } = contents;
    const elsewhere = this.#refuseLinks(linked);
    if (elsewhere !== undefined) return elsewhere;
    const identity = { device: String(stat.dev), inode: String(stat.ino) };
    // Otherwise the survey says so.
    const tellsInline = inline && entries === null && surveyOf(assessment) === undefined;
    const again = (): Iterable<DisposalEntry> => readAgain(at.location, stat, options, treeSha256);
    return {
      status: 'ready',
      location: at.location,
      fingerprint: { kind: 'folder', ...identity, files, bytes: String(bytes), treeSha256 },
      entries,
      count,
      files,
      bytes,
      assessment: tellsInline ? withReason(assessment, 'inline-data') : assessment,
      readAgain: () => entries ?? surveyed(assessment, at.location, again()),
    };
  }

  /** What is not held is read again where its files have to be asked. */
  #assess({ assessment, entries, readAgain: again }: ReadyExamination): Assessment {
    if (entries !== null) return assessmentOf(assessment, entries);
    if (surveyOf(assessment) === undefined) return assessment;
    try {
      return assessmentOf(assessment, again());
    } catch (error) {
      if (error instanceof TreeChanged) return withReason(assessment, 'extents-unknown');
      throw error;
    }
  }
}

function traitsOf({ fileSystem }: Assessment, liftProtection: boolean): FileTraits {
  const copiedWhenOpened = fileSystem === 'overlay';
  return { mayBeInline: mayKeepContentInInode(fileSystem), copiedWhenOpened, liftProtection };
}

function readyFile(at: Place, stat: BigIntStats, lift: boolean): Examination {
  const { assessment } = at.parent.medium;
  const entry = entryOf('', 'file', stat, traitsOf(assessment, lift));
  const { device, inode, size, modifiedNs, changedNs } = entry;
  return {
    status: 'ready',
    location: at.location,
    fingerprint: { kind: 'file', device, inode, size, modifiedNs, changedNs },
    entries: [entry],
    count: 1,
    files: 1,
    bytes: stat.size,
    assessment,
    readAgain: () => [entry],
  };
}

/**
 * A series of examinations with one view of the mounts; reads only. What it remembers about parent folders may become
 * out of date, which is harmless: `destroy` opens them again, one by one, and compares identities on open descriptors.
 */
export function createExaminer(options: ExaminationOptions): Examiner {
  return new DiskExaminer(options);
}

function absent(path: string): Examination {
  const stat = lstatSync(nearestFolder(path), { bigint: true });
  return { status: 'absent', reason: reason('absent'), volumeDevice: String(stat.dev) };
}

/**
 * Looks at one location and says what would be destroyed there, or why it would not. Reads only, follows no link at
 * or below the location, and never throws for what it finds.
 * @param location absolute path; links in its parent folders are resolved, see `Examination.location`
 */
export async function examine(
  location: string,
  medium: 'file' | 'folder',
  options: ExaminationOptions,
): Promise<Examination> {
  return createExaminer(options).examineNow(location, medium);
}
