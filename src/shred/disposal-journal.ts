import type { Reason } from '../model/index.js';
import type { DisposalTarget, PlannedEntry, TargetOutcome, VerifiedFrom } from './disposal-target.js';
import type { Assessment } from './medium-inspector.js';

/** The intent to destroy one target. */
export interface DisposalRequest {
  target: DisposalTarget;
  /**
   * In their order. Those of a large folder are not in memory, but are looked up while they are gone through: that throws
   * where the folder has changed since it was examined, and then nothing of the request may become durable.
   */
  entries: Iterable<PlannedEntry>;
  /** Regular files among them. */
  files: number;
  assessment: Assessment;
}

export type BeginAnswer = { itemId: string; go: true } | { itemId: string; go: false; reason: Reason };

/** This file is overwritten and verified, and may be removed. */
export interface OverwrittenMark {
  itemId: string;
  /** Index into the request's entries. */
  index: number;
  /** Null for a file without content. */
  verifiedFrom: VerifiedFrom | null;
}

/**
 * The memory of `destroy` and `resume`, and the authority that lets them act. Each promise may resolve only when
 * the change is durable (flushed to the medium): what is written or removed next cannot be taken back.
 * When a call rejects, nothing further is done, and the promise of `destroy` rejects with the same error.
 */
export interface DisposalJournal {
  /**
   * Before anything is written: once for all small targets of a batch, and once for each large one. A request without an
   * answer is not carried out.
   */
  begin(requests: readonly DisposalRequest[]): Promise<readonly BeginAnswer[]>;
  /**
   * Right before a target's first irreversible act, and again whenever a quarter of a second has passed since.
   * Returns the reason why it may not go on (a hold, a changed plan), or undefined.
   */
  stillAuthorized(itemId: string): Promise<Reason | undefined>;
  /**
   * The entries of a request that was begun, from this place on; fewer than `count` only at the end. A journal without it
   * has all entries of a folder held in memory, whatever their number.
   */
  entries?(itemId: string, from: number, count: number): Promise<readonly PlannedEntry[]>;
  /** Once for all small targets of a batch, and once for each page of a large one, before any of their names is removed. */
  overwritten(marks: readonly OverwrittenMark[]): Promise<void>;
  /** Once a batch, with the outcome of every target of it: also of those that never reached `begin`. */
  finish(outcomes: readonly TargetOutcome[]): Promise<void>;
}
