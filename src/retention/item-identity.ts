import { hookLocation, protectedPaths, RowExaminer, rowsInWords } from '../disposal/index.js';
import { isOverwritable, type PlanItem, type Reason } from '../model/index.js';
import type { Session } from '../session/index.js';
import { createExaminer, type Examiner } from '../shred/index.js';
import type { StoredItem } from '../store/index.js';

/** Holds and other items name places by their paths; a second path to one place would get round them. */
const THROUGH_LINK = {
  reason: 'location-through-link',
  explanation:
    'Cannot be disposed of: its location leads through a symbolic link; write the real path into the inventory',
};

/** Finds out what items to dispose of are, on disk and in databases. Close it. */
export class Examiners {
  readonly #files: Examiner;
  readonly #rows: RowExaminer;

  constructor(session: Session) {
    this.#files = createExaminer({ protectedPaths: protectedPaths(session.paths) });
    this.#rows = new RowExaminer(session.paths);
  }

  /** Adds the identity of the file, folder or rows; what cannot be identified is a defect and not disposed of. */
  async identified(item: StoredItem, planItem: PlanItem): Promise<PlanItem> {
    if (item.medium === 'database' && hookLocation(item.location) !== undefined) {
      const found = await this.#rows.examine(item);
      if (found.status !== 'ready') return defect(planItem, found.reason);
      const { fingerprint } = found;
      // Those who approve the plan see how much it is about.
      const told = `${planItem.explanation}; the hook ${fingerprint.hook} finds ${rowsInWords(fingerprint.counts)}`;
      return { ...planItem, fingerprint, explanation: told };
    }
    if (!isOverwritable(item.medium)) return planItem;
    const found = await this.#files.examine(item.location, item.medium);
    if (found.status !== 'ready') return defect(planItem, found.reason);
    if (found.location !== item.location) {
      return { ...planItem, location: null, decision: 'defect', ...THROUGH_LINK };
    }
    return { ...planItem, location: found.location, fingerprint: found.fingerprint };
  }

  /** The same for files and folders at the place that a plan names, and for rows of an item. */
  async again(line: PlanItem, item: StoredItem) {
    if (line.fingerprint?.kind === 'rows') return await this.#rows.examine(item);
    if (line.location === null || !isOverwritable(line.medium)) return undefined;
    return await this.#files.examine(line.location, line.medium);
  }

  async close(): Promise<void> {
    await this.#rows.close();
  }
}

function defect(planItem: PlanItem, reason: Reason): PlanItem {
  return {
    ...planItem,
    location: null,
    decision: 'defect',
    reason: reason.code,
    explanation: `Cannot be disposed of: ${reason.text}`,
  };
}
