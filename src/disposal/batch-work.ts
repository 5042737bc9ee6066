import {
  type DisposalOptions,
  type DisposalTarget,
  destroy,
  type PendingDisposal,
  resume,
} from '../shred/index.js';
import type { PatientJournal } from './patient-journal.js';

/** Items a batch: two durable commits each, however many files they have. */
export const BATCH = 384;

export interface BatchOptions {
  patient: PatientJournal;
  disposal: DisposalOptions;
  /** What was begun of these targets and is not over, from the books. */
  pendingOf: (targets: readonly DisposalTarget[]) => Promise<readonly PendingDisposal[]>;
}

/**
 * Destroys one batch, with further attempts at what failed for a reason that passes.
 *
 * @param untouched true where none of the targets was begun before, so that the books need not be asked
 */
export async function destroyPatiently(
  batch: readonly DisposalTarget[],
  { patient, disposal, pendingOf }: BatchOptions,
  untouched: boolean,
): Promise<void> {
  patient.restart();
  let targets = batch;
  let pending = untouched ? [] : await pendingOf(targets);
  for (;;) {
    const begun = new Set(pending.map(({ target }) => target.itemId));
    const fresh = targets.filter(({ itemId }) => !begun.has(itemId));
    await resume(pending, patient, disposal);
    await destroy(fresh, patient, disposal);
    const again = new Set(patient.takeAgain());
    if (again.size === 0 || !(await patient.pause(disposal.signal))) return;
    targets = targets.filter(({ itemId }) => again.has(itemId));
    pending = await pendingOf(targets);
  }
}
