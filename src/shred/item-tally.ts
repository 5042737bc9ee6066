import type { Outcome, Reason } from '../model/index.js';
import type { DisposalTarget, FileOutcome, PlannedEntry } from './disposal-target.js';
import type { AfterOverwrite } from './file-overwrite.js';
import type { Assessment } from './medium-inspector.js';

export type EntryProgress =
  /** Nothing done yet. */
  | { state: 'pending' }
  /** Verified, and may be removed once marked; `after` is null when an earlier run did it. */
  | { state: 'overwritten'; after: AfterOverwrite | null }
  | { state: 'removed' }
  /** Not destroyed: refused means that nothing was written to it. */
  | { state: 'refused' | 'failed' | 'unknown'; reason: Reason };

/** Entries that were not destroyed and are told of one by one; the reasons of all of them are. */
const MOST_TOLD = 1000;

/** What became of the entries of one item. */
export class ItemTally {
  files = 0;
  filesPlanned = 0;
  bytes = 0n;
  links = 0;
  #removed = 0;
  readonly #left: FileOutcome[] = [];
  readonly #leftStates = new Set<FileOutcome['outcome']>();
  readonly #causes = new Map<string, Reason>();
  /** Seeds of files with several names whose bytes are counted. */
  readonly #contents = new Set<string>();

  /** @param whyStopped why an entry was left that nothing was done to */
  add(index: number, entry: PlannedEntry, progress: EntryProgress, whyStopped: Reason): void {
    if (entry.type === 'file') this.filesPlanned += 1;
    if (progress.state === 'removed') this.#addRemoved(entry);
    else {
      const left = 'reason' in progress ? progress : { state: 'refused' as const, reason: whyStopped };
      this.#leave(left.state, left.reason);
      if (this.#left.length < MOST_TOLD) {
        this.#left.push({ index, outcome: left.state, reason: left.reason });
      }
    }
  }

  /** The rest of a large item, which was not begun. */
  leaveRest({ fingerprint }: DisposalTarget, why: Reason): void {
    this.filesPlanned = fingerprint.kind === 'file' ? 1 : fingerprint.files;
    this.#leave('refused', why);
  }

  #leave(state: FileOutcome['outcome'], why: Reason): void {
    this.#leftStates.add(state);
    if (!this.#causes.has(why.code)) this.#causes.set(why.code, why);
  }

  #addRemoved(entry: PlannedEntry): void {
    this.#removed += 1;
    if (entry.type === 'symlink') this.links += 1;
    if (entry.type !== 'file') return;
    this.files += 1;
    const { contentSeed } = entry;
    // Several names can have one content.
    if (contentSeed !== undefined && this.#contents.has(contentSeed)) return;
    if (contentSeed !== undefined) this.#contents.add(contentSeed);
    this.bytes += BigInt(entry.size);
  }

  /** Entries that were left, at most the first thousand, in their order. */
  get left(): FileOutcome[] {
    return this.#left.toSorted((a, b) => a.index - b.index);
  }

  /** Why entries were left, in their order. */
  get causes(): Reason[] {
    return [...this.left.map((each) => each.reason), ...this.#causes.values()];
  }

  judge({ residual }: Assessment): Outcome {
    if (this.#leftStates.has('failed')) return 'failed';
    const refused = this.#leftStates.has('refused');
    if (refused && this.#removed > 0) return 'failed';
    if (this.#leftStates.has('unknown')) return 'unknown';
    if (refused) return 'refused';
    if (this.bytes === 0n) return 'unlinked-only';
    return residual.length > 0 ? 'overwritten-residual' : 'overwritten-verified';
  }
}
