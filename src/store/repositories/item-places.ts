import type { Knex } from 'knex';
import { ItemFolders } from './item-folders.js';
import type { ItemPlace } from './item-place.js';

/**
 * Whatever its medium: a database is a file too. What a run has claimed is still there. Written out, not bound: SQLite uses
 * a partial index only where the statement's own text shows that its condition holds.
 */
const PLACED = "state <> 'disposed' and substr(location, 1, 1) = '/'";

/** Where items lie in the file system. */
export class ItemPlaces {
  constructor(private readonly database: Knex) {}

  /** Items not disposed of whose location is one of these paths; at most 1,000 paths. */
  async at(paths: readonly string[]): Promise<ItemPlace[]> {
    return await this.standing().whereIn('location', paths);
  }

  /** Items not disposed of whose location lies below any of these folders; at most 100 folders. */
  async below(folders: readonly string[]): Promise<ItemPlace[]> {
    // '0' is the character after '/': the range holds what starts with the folder and a slash. One search for each
    // folder: joined by "or", SQLite would read the whole index instead.
    const [first, ...rest] = folders.map((folder) =>
      this.standing().where('location', '>', `${folder}/`).where('location', '<', `${folder}0`),
    );
    if (first === undefined) return [];
    return await (rest.length === 0 ? first : first.union(rest));
  }

  /** The folders that items lie in, or lay in once, each once. */
  async folders(): Promise<string[]> {
    return await new ItemFolders(this.database).all();
  }

  private standing(): Knex.QueryBuilder<ItemPlace, ItemPlace[]> {
    return this.database('items').whereRaw(PLACED).select('id', 'location');
  }
}
