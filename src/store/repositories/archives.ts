import type { Knex } from 'knex';
import type { CalendarDate, ContentPlace } from '../../model/index.js';
import type { ItemPlace } from './item-place.js';

/**
 * `begun`: being encrypted; the plaintext is untouched. `proved`: the archive is complete and was read back; the
 * plaintext may be gone. `kept`: all is done. `erasing`: its key is being destroyed. `erased`: nothing opens it.
 */
export type ArchiveState = 'begun' | 'proved' | 'kept' | 'erasing' | 'erased';

/** An item that is kept encrypted. `facts` and `result` are JSON that src/archive writes and reads. */
export interface ArchiveRecord {
  id: string;
  itemId: string;
  state: ArchiveState;
  path: string;
  recipient: string;
  createdAt: string;
  createdBy: string;
  eraseAfter: CalendarDate | null;
  facts: string;
  erasedAt: string | null;
  result: string | null;
}

interface ArchiveRow {
  id: string;
  item_id: string;
  state: ArchiveState;
  path: string;
  recipient: string;
  created_at: string;
  created_by: string;
  erase_after: string | null;
  facts: string;
  erased_at: string | null;
  result: string | null;
}

export class ArchiveRepository {
  constructor(private readonly database: Knex) {}

  async insert(archive: ArchiveRecord): Promise<void> {
    await this.database('archives').insert({
      id: archive.id,
      item_id: archive.itemId,
      state: archive.state,
      path: archive.path,
      recipient: archive.recipient,
      created_at: archive.createdAt,
      created_by: archive.createdBy,
      erase_after: archive.eraseAfter,
      facts: archive.facts,
      erased_at: archive.erasedAt,
      result: archive.result,
    });
  }

  /** @returns false where it is not in the state `from` */
  async advance(
    id: string,
    from: ArchiveState,
    to: ArchiveState,
    changes: { facts?: string; erasedAt?: string; result?: string } = {},
  ): Promise<boolean> {
    const changed = await this.database('archives')
      .where({ id, state: from })
      .update({
        state: to,
        ...(changes.facts === undefined ? {} : { facts: changes.facts }),
        ...(changes.erasedAt === undefined ? {} : { erased_at: changes.erasedAt }),
        ...(changes.result === undefined ? {} : { result: changes.result }),
      });
    return changed === 1;
  }

  async setFacts(id: string, facts: string): Promise<void> {
    await this.database('archives').where('id', id).update({ facts });
  }

  /** Forgets an archive whose content is still where it lay. */
  async remove(id: string, state: 'begun' | 'proved'): Promise<void> {
    await this.database('archives').where({ id, state }).delete();
  }

  async get(id: string): Promise<ArchiveRecord | undefined> {
    const row: ArchiveRow | undefined = await this.database('archives').where('id', id).first();
    return row && archive(row);
  }

  /** The archive of an item whose key still exists. */
  async ofItem(itemId: string): Promise<ArchiveRecord | undefined> {
    const row: ArchiveRow | undefined = await this.database('archives')
      .where('item_id', itemId)
      .whereNot('state', 'erased')
      .first();
    return row && archive(row);
  }

  /** The last archive of an item whose key was destroyed. */
  async erasedOfItem(itemId: string): Promise<ArchiveRecord | undefined> {
    const row: ArchiveRow | undefined = await this.database('archives')
      .where({ item_id: itemId, state: 'erased' })
      .orderBy('erased_at', 'desc')
      .first();
    return row && archive(row);
  }

  /**
   * Where the content of archives lay, by the ids of these.
   *
   * @param ids at most 1,000
   */
  async origins(ids: readonly string[]): Promise<Map<string, ContentPlace>> {
    const rows: Pick<ArchiveRow, 'id' | 'facts'>[] = await this.database('archives')
      .whereIn('id', ids)
      .select('id', 'facts');
    return new Map(
      rows.flatMap(({ id, facts }) => {
        const origin = originIn(facts);
        return origin === undefined ? [] : [[id, origin]];
      }),
    );
  }

  /** Items not disposed of whose archives, of which a key exists, are these files; at most 1,000 paths. */
  async atPaths(paths: readonly string[]): Promise<ItemPlace[]> {
    return await this.files().whereIn('archives.path', paths);
  }

  /** The same for archives that lie below any of these folders; at most 100 folders. */
  async belowFolders(folders: readonly string[]): Promise<ItemPlace[]> {
    const [first, ...rest] = folders.map((folder) =>
      this.files().where('archives.path', '>', `${folder}/`).where('archives.path', '<', `${folder}0`),
    );
    if (first === undefined) return [];
    return await (rest.length === 0 ? first : first.union(rest));
  }

  /** Written out, not bound, for the partial index. */
  private files(): Knex.QueryBuilder<ItemPlace, ItemPlace[]> {
    return this.database('archives')
      .join('items', 'items.id', 'archives.item_id')
      .whereRaw("archives.state <> 'erased'")
      .whereRaw("items.state <> 'disposed'")
      .select({ id: 'archives.item_id', location: 'archives.path' });
  }

  /** All of them, or those in a state, oldest first. */
  async list(state?: ArchiveState): Promise<ArchiveRecord[]> {
    const query = this.database('archives').orderBy(['created_at', 'id']);
    if (state !== undefined) query.where('state', state);
    const rows: ArchiveRow[] = await query;
    return rows.map(archive);
  }
}

/** Undefined where the facts cannot be read: then the archive itself cannot be used, nor erased. */
function originIn(text: string): ContentPlace | undefined {
  try {
    const { location, medium } = JSON.parse(text) as Partial<ContentPlace>;
    return typeof location === 'string' && (medium === 'file' || medium === 'folder')
      ? { location, medium }
      : undefined;
  } catch {
    return undefined;
  }
}

function archive(row: ArchiveRow): ArchiveRecord {
  return {
    id: row.id,
    itemId: row.item_id,
    state: row.state,
    path: row.path,
    recipient: row.recipient,
    createdAt: row.created_at,
    createdBy: row.created_by,
    eraseAfter: row.erase_after as CalendarDate | null,
    facts: row.facts,
    erasedAt: row.erased_at,
    result: row.result,
  };
}
