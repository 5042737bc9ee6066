/** Entries that are worked on at once. */
export const PAGE = 1024;

/** Entries of one folder that are held in memory; those of a larger one are looked up again. */
export const HELD = 16 * PAGE;

/** A list that is read part by part, so that a folder of a million files need not be held in memory. */
export interface EntryPages<Entry> {
  readonly length: number;
  /**
   * {@link PAGE} entries from this place on, fewer only at the end.
   * @param from a multiple of PAGE
   * @throws where they cannot be read or are not what they were
   */
  page(from: number): Promise<readonly Entry[]>;
}

/** A list that is in memory anyway, part by part. */
export function pagesOf<Entry>(entries: readonly Entry[]): EntryPages<Entry> {
  return {
    length: entries.length,
    page: async (from) => (entries.length <= PAGE ? entries : entries.slice(from, from + PAGE)),
  };
}

/** Goes through all parts. */
export async function* partsOf<Entry>(pages: EntryPages<Entry>): AsyncGenerator<readonly Entry[]> {
  for (let from = 0; from < pages.length; from += PAGE) yield await pages.page(from);
}
