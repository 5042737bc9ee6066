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

/** Seeds of the content of files with several names, by device and inode; one batch shares them. */
export type SharedSeeds = Map<string, string>;

function planner(method: OverwriteMethodId, seeds: SharedSeeds): (entry: DisposalEntry) => PlannedEntry {
  const chosen = method === DEFAULT_METHOD ? {} : { method };
  const names = neutralNames();
  return (entry) => ({
    ...entry,
    neutralName: entry.type === 'directory' ? null : names(),
    ...chosen,
    ...(entry.names !== undefined && { contentSeed: seedOf(entry, seeds, names) }),
  });
}

function seedOf({ device, inode }: DisposalEntry, seeds: SharedSeeds, names: () => string): string {
  const key = `${device}:${inode}`;
  const seed = seeds.get(key) ?? names();
  seeds.set(key, seed);
  return seed;
}

/** What is to be done to each entry of one target: for the journal to store, then to be worked through. */
export interface PlannedEntries {
  /** For the journal; where not all are in memory, each time it is gone through the tree is read again. */
  toStore: Iterable<PlannedEntry>;
  /** To work through, once they are stored. */
  pages: EntryPages<PlannedEntry>;
  /** Those of files with several names; known once the entries are stored. */
  linked: () => readonly PlannedEntry[];
}

/** The plan for what was examined. Entries that the examination does not hold are kept by the journal alone, if it can. */
export function planEntries(
  target: DisposalTarget,
  examined: ReadyExamination,
  plan: { method: OverwriteMethodId; seeds: SharedSeeds },
  journal: DisposalJournal,
): PlannedEntries {
  const planned = planner(plan.method, plan.seeds);
  if (examined.entries === null && journal.entries !== undefined) {
    const stored = new StoredEntries(target.itemId, examined, planned, journal);
    return { toStore: stored, pages: stored, linked: () => stored.linked };
  }
  const entries = Array.from(examined.readAgain(), planned);
  return { toStore: entries, pages: pagesOf(entries), linked: () => entries.filter(hasNames) };
}

/**
 * Entries that are in the journal and not in memory. Of each page a digest is kept, so that what the journal gives is what
 * it was told.
 */
class StoredEntries implements EntryPages<PlannedEntry> {
  readonly length: number;
  linked: PlannedEntry[] = [];
  #digests: string[] = [];

  constructor(
    private readonly itemId: string,
    private readonly examined: ReadyExamination,
    private readonly plan: (entry: DisposalEntry) => PlannedEntry,
    private readonly journal: DisposalJournal,
  ) {
    this.length = examined.count;
  }

  *[Symbol.iterator](): Generator<PlannedEntry> {
    this.#digests = [];
    this.linked = [];
    let page: PlannedEntry[] = [];
    for (const entry of this.examined.readAgain()) {
      const planned = this.plan(entry);
      if (hasNames(planned)) this.linked.push(planned);
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

function hasNames({ names }: PlannedEntry): boolean {
  return names !== undefined;
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
    const { surveyed = null, neutralName, method = null, names = 1, contentSeed = null } = rest;
    const numbers = [device, inode, size, modifiedNs, changedNs, bornNs];
    hash.update(
      JSON.stringify([path, type, ...numbers, inline, names, surveyed, neutralName, method, contentSeed]),
    );
  }
  return hash.digest('hex');
}
