import { createHash, randomBytes } from 'node:crypto';
import type { DisposalJournal } from './disposal-journal.js';
import type { DisposalEntry, DisposalTarget, PlannedEntry } from './disposal-target.js';
import { type EntryPages, PAGE, pagesOf } from './entry-pages.js';
import type { ReadyExamination } from './examination.js';
import { DEFAULT_METHOD, type OverwriteMethodId } from './overwrite-method.js';

/** Gives 32 random hex digits at each call; asking for them one by one takes as long as writing a small file. */
function neutralNames(): () => string {
  let pool = Buffer.alloc(0);
  return () => {
    if (pool.length === 0) pool = randomBytes(16 * 256);
    const name = pool.toString('hex', 0, 16);
    pool = pool.subarray(16);
    return name;
  };
}

function planner(method: OverwriteMethodId): (entry: DisposalEntry) => PlannedEntry {
  const chosen = method === DEFAULT_METHOD ? {} : { method };
  const names = neutralNames();
  return (entry) => ({ ...entry, neutralName: entry.type === 'directory' ? null : names(), ...chosen });
}

/** What is to be done to each entry of one target: for the journal to store, then to be worked through. */
export interface PlannedEntries {
  /** For the journal; where not all are in memory, each time it is gone through the tree is read again. */
  toStore: Iterable<PlannedEntry>;
  /** To work through, once they are stored. */
  pages: EntryPages<PlannedEntry>;
}

/** The plan for what was examined. Entries that the examination does not hold are kept by the journal alone, if it can. */
export function planEntries(
  target: DisposalTarget,
  examined: ReadyExamination,
  method: OverwriteMethodId,
  journal: DisposalJournal,
): PlannedEntries {
  if (examined.entries === null && journal.entries !== undefined) {
    const stored = new StoredEntries(target.itemId, examined, method, journal);
    return { toStore: stored, pages: stored };
  }
  const entries = Array.from(examined.readAgain(), planner(method));
  return { toStore: entries, pages: pagesOf(entries) };
}

/**
 * Entries that are in the journal and not in memory. Of each page a digest is kept, so that what the journal gives is what
 * it was told.
 */
class StoredEntries implements EntryPages<PlannedEntry> {
  readonly length: number;
  #digests: string[] = [];

  constructor(
    private readonly itemId: string,
    private readonly examined: ReadyExamination,
    private readonly method: OverwriteMethodId,
    private readonly journal: DisposalJournal,
  ) {
    this.length = examined.count;
  }

  *[Symbol.iterator](): Generator<PlannedEntry> {
    const plan = planner(this.method);
    this.#digests = [];
    let page: PlannedEntry[] = [];
    for (const entry of this.examined.readAgain()) {
      const planned = plan(entry);
      page.push(planned);
      if (page.length === PAGE) {
        this.#digests.push(digestOf(page));
        page = [];
      }
      yield planned;
    }
    if (page.length > 0) this.#digests.push(digestOf(page));
  }

  async page(from: number): Promise<readonly PlannedEntry[]> {
    const entries = (await this.journal.entries?.(this.itemId, from, PAGE)) ?? [];
    requireSame(entries, this.#digests[from / PAGE]);
    return entries;
  }
}

/** @throws where a journal gives other entries than it gave, or was told of, before */
export function requireSame(entries: readonly PlannedEntry[], digest: string | undefined): void {
  if (digestOf(entries) !== digest)
    throw new Error('The journal holds other entries of a disposal than before');
}

/** SHA-256 (hex) over what is planned for entries, to compare them with later. */
export function digestOf(entries: readonly PlannedEntry[]): string {
  const hash = createHash('sha256');
  for (const { path, type, device, inode, size, modifiedNs, changedNs, bornNs, inline, ...rest } of entries) {
    const { surveyed = null, neutralName, method = null } = rest;
    const numbers = [device, inode, size, modifiedNs, changedNs, bornNs];
    hash.update(JSON.stringify([path, type, ...numbers, inline, surveyed, neutralName, method]));
  }
  return hash.digest('hex');
}
