import { isOverwritable } from '../model/index.js';
import type { ItemPlace, Repositories, StoredItem } from '../store/index.js';
import type { WorkspacePaths } from '../workspace/index.js';
import { type DatabaseHook, hookLocation, readHook } from './database-hook.js';
import { InventoryMemo } from './inventory-memo.js';
import type { RowsItem } from './row-examination.js';

/** SQLite allows about 32,000 parameters a statement; far fewer keep the plan simple. */
const AT_ONCE = 900;

/** Places in databases: items that have one in common are about the same rows. */
export class RowPlaces {
  /** Undefined where the hook cannot be read: then nothing is deleted by it. */
  readonly #hooks = new Map<string, DatabaseHook | undefined>();

  /** @param shared locations that several items have; kept for a run, since it reads the whole inventory */
  constructor(
    private readonly paths: WorkspacePaths,
    private readonly shared = sharedLocations(),
  ) {}

  /** Every place of an item; none where its rows are not deleted by a hook. */
  of(item: RowsItem & Pick<StoredItem, 'medium'>): ItemPlace[] {
    const hook = item.medium === 'database' ? this.#hookOf(item) : undefined;
    if (hook === undefined) return [];
    const places = hook.steps.flatMap(({ count }) => placesOf(item, hook.name, new Set(count.parameters)));
    return [...new Set(places)].map((location) => ({ id: item.id, location }));
  }

  /** Items not disposed of that may be about the same rows as these. */
  async near(repositories: Repositories, items: readonly StoredItem[]): Promise<StoredItem[]> {
    const found = new Map<string, StoredItem>();
    const keyed = items.filter((item) => this.#uses(item, 'key')).map(({ location }) => location);
    const linked = items.filter((item) => this.#uses(item, 'subject')).flatMap(({ subjects }) => subjects);
    const shared = keyed.length === 0 ? new Set() : await this.shared.of(repositories);
    for (const some of chunks(keyed.filter((location) => shared.has(location)))) {
      for (const item of await repositories.items.inDatabases(some)) found.set(item.id, item);
    }
    for (const some of chunks(linked)) {
      for (const item of await repositories.items.ofSubjects(some)) found.set(item.id, item);
    }
    return [...found.values()].filter((item) => item.state !== 'disposed' && this.of(item).length > 0);
  }

  #uses(item: StoredItem, parameter: string): boolean {
    const steps = isOverwritable(item.medium) ? undefined : this.#hookOf(item)?.steps;
    return steps?.some(({ count }) => count.parameters.includes(parameter)) === true;
  }

  #hookOf({ location }: Pick<StoredItem, 'location'>): DatabaseHook | undefined {
    const name = hookLocation(location)?.name;
    if (name === undefined) return undefined;
    if (!this.#hooks.has(name)) this.#hooks.set(name, this.#read(name));
    return this.#hooks.get(name);
  }

  #read(name: string): DatabaseHook | undefined {
    try {
      return readHook(this.paths, name);
    } catch {
      return undefined;
    }
  }
}

/** Locations of more than one item that is in a database. */
export function sharedLocations(): InventoryMemo<ReadonlySet<string>> {
  return new InventoryMemo((repositories) => repositories.items.sharedInDatabases());
}

/**
 * What tells the rows of one statement from those for other items, as a text without slashes. Rows that are told by the
 * id of their item are nobody else's.
 */
function placesOf(item: RowsItem, hook: string, used: ReadonlySet<string>): string[] {
  if (used.has('item')) return [];
  const key = used.has('key') ? (hookLocation(item.location)?.key ?? null) : null;
  const recordClass = used.has('class') ? item.recordClass : null;
  const subjects = used.has('subject') ? item.subjects : [null];
  return subjects.map((subject) => encodeURIComponent(JSON.stringify([hook, key, recordClass, subject])));
}

function* chunks(values: readonly string[]): Generator<string[]> {
  const distinct = [...new Set(values)];
  for (let at = 0; at < distinct.length; at += AT_ONCE) yield distinct.slice(at, at + AT_ONCE);
}
