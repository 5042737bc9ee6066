import { basename } from 'node:path';
import type { Outcome, Reason } from '../model/index.js';
import type { DisposalTarget, PlannedEntry, TargetOutcome, VerifiedFrom } from './disposal-target.js';
import { type EntryPages, PAGE } from './entry-pages.js';
import { entryPathBytes, splitEntryPath } from './entry-path.js';
import { type EntryProgress, ItemTally } from './item-tally.js';
import type { Assessment } from './medium-inspector.js';
import { type OpenFolder, OpenFolders } from './open-folders.js';
import {
  DEFAULT_METHOD,
  type OverwriteMethod,
  type OverwriteMethodId,
  overwriteMethod,
} from './overwrite-method.js';
import { distinctReasons, reason } from './reasons.js';

/** A yes of the journal holds for this long, so that a folder of many small files does not ask for each. */
const AUTHORIZATION_MS = 250;

/** What a work is made of. */
export interface WorkRequest {
  target: DisposalTarget;
  entries: EntryPages<PlannedEntry>;
  method: OverwriteMethodId;
  assessment: Assessment;
  /** For a run that was cut off: finds out where each entry of the page is now. */
  locate?: (work: ItemWork) => void;
}

/** One target on its way through the phases, page by page. */
export class ItemWork {
  readonly target: DisposalTarget;
  readonly assessment: Assessment;
  readonly baseName: Buffer;
  readonly method: OverwriteMethod;
  /** Entries of the page that already have their neutral name, in a resumed run. */
  readonly neutral = new Set<number>();
  readonly folders = new OpenFolders();
  /** True when an earlier run was cut off: then the identity of files is judged differently. */
  readonly resumed: boolean;
  /** Why the rest of the item is left. */
  stopped: Reason | undefined;
  readonly #entries: EntryPages<PlannedEntry>;
  readonly #locate: WorkRequest['locate'];
  #page: readonly PlannedEntry[] = [];
  #from = 0;
  #progress: EntryProgress[] = [];
  readonly #notes: Reason[] = [];
  #authorizedAt = Number.NEGATIVE_INFINITY;
  #asking: Promise<Reason | undefined> | undefined;
  readonly #verifiedFrom = new Set<VerifiedFrom>();
  readonly #tally = new ItemTally();
  #holeBytes = 0;
  #lifted = 0;

  constructor(request: WorkRequest) {
    this.target = request.target;
    this.assessment = request.assessment;
    this.method = overwriteMethod(request.method);
    this.baseName = Buffer.from(basename(request.target.location));
    this.resumed = request.locate !== undefined;
    this.#entries = request.entries;
    this.#locate = request.locate;
  }

  /** All of its entries are in one page. */
  get isSmall(): boolean {
    return this.#entries.length <= PAGE;
  }

  /** Whether the page is the last one. */
  get isAtEnd(): boolean {
    return this.#from + this.#page.length >= this.#entries.length;
  }

  /** Path of the last entry of the page; null at the end of the item. */
  get lastPath(): string | null {
    return this.isAtEnd ? null : (this.#page.at(-1)?.path ?? null);
  }

  /** Goes to the next page. @returns false when there is none, or nothing in it would be touched */
  async advance(): Promise<boolean> {
    const from = this.#from + this.#page.length;
    if (from >= this.#entries.length) return false;
    if (this.stopped !== undefined && !this.resumed) {
      this.#tally.leaveRest(this.target, this.stopped);
      return false;
    }
    this.#page = await this.#entries.page(from);
    if (this.#page.length === 0) throw new Error('A list of entries ended before its end');
    this.#from = from;
    this.#progress = this.#page.map(() => ({ state: 'pending' }));
    this.neutral.clear();
    for (const [index, entry] of this.page()) {
      if (entry.type === 'directory') this.folders.add(index, entry);
    }
    this.#locate?.(this);
    return true;
  }

  /** The entries of the page with their indexes. */
  *page(): Generator<[number, PlannedEntry]> {
    for (const [at, entry] of this.#page.entries()) yield [this.#from + at, entry];
  }

  entry(index: number): PlannedEntry {
    const entry = this.#page[index - this.#from];
    if (entry === undefined) throw new RangeError('the entry is on another page');
    return entry;
  }

  progress(index: number): EntryProgress {
    const progress = this.#progress[index - this.#from];
    if (progress === undefined) throw new RangeError('the entry is on another page');
    return progress;
  }

  set(index: number, progress: EntryProgress): void {
    this.#progress[index - this.#from] = progress;
  }

  /** The name under which the plan knows the entry. */
  plannedName({ path }: PlannedEntry): Buffer {
    return path === '' ? this.baseName : entryPathBytes(splitEntryPath(path).name);
  }

  /** The name that the entry has now. */
  currentName(index: number): Buffer {
    const entry = this.entry(index);
    const neutral = this.neutral.has(index) ? entry.neutralName : null;
    return typeof neutral === 'string' ? Buffer.from(neutral) : this.plannedName(entry);
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

  /** An attribute or a permission bit that forbade changes was taken away. */
  noteLifted(): void {
    this.#lifted += 1;
  }

  /** Adds a reason that does not change the outcome. */
  note(added: Reason): void {
    this.#notes.push(added);
  }

  leave(index: number, state: 'refused' | 'failed' | 'unknown', why: Reason): void {
    this.set(index, { state, reason: why });
  }

  /** Counts what became of the files and links of the page, after its last phase. */
  tallyPage(): void {
    for (const [index, entry] of this.page()) {
      const progress = this.progress(index);
      if (entry.type === 'directory') {
        // What is to be removed is counted when its content is over.
        if (progress.state === 'pending') continue;
        this.#tally.add(index, entry, progress, this.#whyStopped);
        this.folders.settle(entry.path);
        continue;
      }
      const folder = this.folders.holding(entry.path);
      if (progress.state !== 'removed' && folder !== undefined) folder.occupied = true;
      this.#tally.add(index, entry, progress, this.#whyStopped);
    }
  }

  /** Counts what became of a folder whose content is over. */
  tallyFolder(folder: OpenFolder, progress: EntryProgress): void {
    this.#tally.add(folder.index, folder.entry, progress, this.#whyStopped);
    const parent = this.folders.holding(folder.entry.path);
    if (parent !== undefined && progress.state !== 'removed') parent.occupied = true;
  }

  get #whyStopped(): Reason {
    return this.stopped ?? reason('stopped');
  }

  get verifiedFrom(): VerifiedFrom | null {
    if (this.#verifiedFrom.has('page-cache')) return 'page-cache';
    return this.#verifiedFrom.has('medium') ? 'medium' : null;
  }

  /** The record of what was done, after the last phase of the last page. */
  outcome(): TargetOutcome {
    const { left, causes, files, filesPlanned, bytes, links } = this.#tally;
    const outcome = this.#tally.judge(this.assessment);
    const reasons = [...causes.filter((each) => each.code !== 'not-emptied'), ...this.#notes];
    if (this.stopped !== undefined) reasons.unshift(this.stopped);
    if (outcome === 'overwritten-residual') reasons.push(...this.assessment.residual);
    if (outcome === 'unlinked-only') reasons.push(reason('nothing-to-overwrite'));
    return {
      ...emptyOutcome(this.target.itemId, outcome, distinctReasons(reasons), this.assessment, this.method),
      holeBytes: String(this.#holeBytes),
      files,
      filesPlanned,
      bytes: String(bytes),
      links,
      verifiedFrom: this.verifiedFrom,
      ...(this.#lifted > 0 && { protectionLifted: this.#lifted }),
      fileOutcomes: left,
    };
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
