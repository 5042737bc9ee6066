import type { Store } from '../store/index.js';

const LOOKUPS = {
  certificate: (store: Store, id: string) => store.certificates.get(id),
  hold: (store: Store, id: string) => store.holds.get(id),
  item: (store: Store, id: string) => store.items.get(id),
  plan: (store: Store, id: string) => store.plans.get(id),
};

/** What a command can be about. */
export type SubjectKind = keyof typeof LOOKUPS;

/**
 * The subject of an entry about what a person has named. An id is recorded only where the workspace knows it: whatever
 * else was typed can be personal information.
 *
 * @returns no ids where it is not known
 */
export async function knownSubject(
  store: Store,
  kind: SubjectKind,
  id: string,
): Promise<Readonly<Record<string, string>>> {
  const known = await LOOKUPS[kind](store, id).catch(() => undefined);
  return known === undefined ? {} : { [kind]: id };
}
