import { basename } from 'node:path';
import type { Outcome, Reason } from '../model/index.js';
import type { Identity } from './directory-handle.js';
import type {
  DisposalTarget,
  FileOutcome,
  PlannedEntry,
  TargetOutcome,
  VerifiedFrom,
} from './disposal-target.js';
import { entryPathBytes, splitEntryPath } from './entry-path.js';
import type { AfterOverwrite } from './file-overwrite.js';
import type { Assessment } from './medium-inspector.js';
import { DEFAULT_METHOD, type OverwriteMethod, overwriteMethod } from './overwrite-method.js';
import { distinctReasons, reason } from './reasons.js';

/** A yes of the journal holds for this long, so that a folder of many small files does not ask for each. */
const AUTHORIZATION_MS = 250;

export type EntryProgress =
  /** Nothing done yet. */
  | { state: 'pending' }
  /** Verified, and may be removed once marked; `after` is null when an earlier run did it. */
  | { state: 'overwritten'; after: AfterOverwrite | null }
  | { state: 'removed' }
  /** Not destroyed: refused means that nothing was written to it. */
  | { state: 'refused' | 'failed' | 'unknown'; reason: Reason };

/** One target on its way through the phases. */
export class ItemWork {
  readonly baseName: Buffer;
  readonly progress: EntryProgress[];
  readonly method: OverwriteMethod;
  /** Set in a resumed run for entries that already have their neutral name. */
  readonly neutral = new Set<number>();
  /** True when an earlier run was cut off: then the identity of files is judged differently. */
  readonly resumed: boolean;
  /** Why the rest of the item is left. */
  stopped: Reason | undefined;
  /** Index of each folder by its relative path. */
  readonly #folders = new Map<string, number>();
  readonly #notes: Reason[] = [];
  #authorizedAt = Number.NEGATIVE_INFINITY;
  #asking: Promise<Reason | undefined> | undefined;
  readonly #verifiedFrom = new Set<VerifiedFrom>();
  #holeBytes = 0;

  constructor(
    readonly target: DisposalTarget,
    readonly entries: readonly PlannedEntry[],
    readonly assessment: Assessment,
    resumed: boolean,
  ) {
    this.resumed = resumed;
    this.method = overwriteMethod(entries[0]?.method ?? DEFAULT_METHOD);
    this.baseName = Buffer.from(basename(target.location));
    this.progress = entries.map(() => ({ state: 'pending' }));
    for (const [index, entry] of entries.entries()) {
      if (entry.type === 'directory') this.#folders.set(entry.path, index);
    }
  }

  /** What the folder at this relative path was when it was examined. */
  folderIdentity(path: string): Identity | undefined {
    return this.entries[this.#folders.get(path) ?? -1];
  }

  isFolderRemoved(path: string): boolean {
    return this.progress[this.#folders.get(path) ?? -1]?.state === 'removed';
  }

  /** The name under which the plan knows the entry. */
  plannedName(index: number): Buffer {
    const path = this.entries[index]?.path ?? '';
    return path === '' ? this.baseName : entryPathBytes(splitEntryPath(path).name);
  }

  /** The name that the entry has now. */
  currentName(index: number): Buffer {
    const neutral = this.neutral.has(index) ? this.entries[index]?.neutralName : null;
    return typeof neutral === 'string' ? Buffer.from(neutral) : this.plannedName(index);
  }

  /** Asks the journal, unless it said yes a moment ago; a no is final. */
  async authorize(ask: (itemId: string) => Promise<Reason | undefined>): Promise<Reason | undefined> {
    if (this.stopped !== undefined) return this.stopped;
    if (performance.now() - this.#authorizedAt < AUTHORIZATION_MS) return undefined;
    this.#asking ??= ask(this.target.itemId).finally(() => {
      this.#asking = undefined;
    });
    const answer = await this.#asking;
    if (answer === undefined) this.#authorizedAt = performance.now();
    else this.stopped ??= answer;
    return this.stopped;
  }

  noteVerification(from: VerifiedFrom | null): void {
    if (from !== null) this.#verifiedFrom.add(from);
  }

  noteHoles(bytes: number): void {
    this.#holeBytes += bytes;
  }

  /** Adds a reason that does not change the outcome. */
  note(added: Reason): void {
    this.#notes.push(added);
  }

  leave(index: number, state: 'refused' | 'failed' | 'unknown', why: Reason): void {
    this.progress[index] = { state, reason: why };
  }

  get verifiedFrom(): VerifiedFrom | null {
    if (this.#verifiedFrom.has('page-cache')) return 'page-cache';
    return this.#verifiedFrom.has('medium') ? 'medium' : null;
  }

  /** The record of what was done, after the last phase. */
  outcome(): TargetOutcome {
    const left = this.#left();
    const removed = this.entries.filter((_, index) => this.progress[index]?.state === 'removed');
    const files = removed.filter((entry) => entry.type === 'file');
    const bytes = files.reduce((sum, entry) => sum + BigInt(entry.size), 0n);
    const outcome = this.#judge(left, removed.length, bytes);
    const causes = left.map((each) => each.reason).filter((each) => each.code !== 'not-emptied');
    const reasons = [...causes, ...this.#notes];
    if (this.stopped !== undefined) reasons.unshift(this.stopped);
    if (outcome === 'overwritten-residual') reasons.push(...this.assessment.residual);
    if (outcome === 'unlinked-only') reasons.push(reason('nothing-to-overwrite'));
    return {
      ...emptyOutcome(this.target.itemId, outcome, distinctReasons(reasons), this.assessment, this.method),
      holeBytes: String(this.#holeBytes),
      files: files.length,
      filesPlanned: this.entries.filter((entry) => entry.type === 'file').length,
      bytes: String(bytes),
      links: removed.filter((entry) => entry.type === 'symlink').length,
      verifiedFrom: this.verifiedFrom,
      fileOutcomes: left,
    };
  }

  #left(): FileOutcome[] {
    const left: FileOutcome[] = [];
    for (const [index, progress] of this.progress.entries()) {
      if (progress.state === 'removed') continue;
      if ('reason' in progress) left.push({ index, outcome: progress.state, reason: progress.reason });
      else left.push({ index, outcome: 'refused', reason: this.stopped ?? reason('stopped') });
    }
    return left;
  }

  #judge(left: readonly FileOutcome[], removed: number, bytes: bigint): Outcome {
    if (left.some((each) => each.outcome === 'failed')) return 'failed';
    const refused = left.some((each) => each.outcome === 'refused');
    if (refused && removed > 0) return 'failed';
    if (left.some((each) => each.outcome === 'unknown')) return 'unknown';
    if (refused) return 'refused';
    if (bytes === 0n) return 'unlinked-only';
    return this.assessment.residual.length > 0 ? 'overwritten-residual' : 'overwritten-verified';
  }
}

/** The outcome of a target of which nothing was destroyed. */
export function emptyOutcome(
  itemId: string,
  outcome: Outcome,
  reasons: Reason[],
  assessment: Assessment | null,
  method: OverwriteMethod = overwriteMethod(DEFAULT_METHOD),
): TargetOutcome {
  return {
    itemId,
    outcome,
    reasons,
    files: 0,
    filesPlanned: 0,
    bytes: '0',
    links: 0,
    method: method.id,
    passes: method.passes,
    pattern: method.pattern,
    holeBytes: '0',
    verifiedFrom: null,
    assessment,
    fileOutcomes: [],
  };
}
