import type { Knex } from 'knex';

const ROWS = 400;

/**
 * The folders that items lie in, or lay in once: found without reading every item. Who writes an item notes its folder.
 */
export class ItemFolders {
  /** Noted already, so that a million items in one folder cost one row. */
  readonly #noted = new Set<string>();

  constructor(private readonly database: Knex) {}

  /** @param locations of any media; what is no absolute path has no folder */
  async note(locations: readonly string[]): Promise<void> {
    const fresh = new Set<string>();
    for (const location of locations) {
      if (!location.startsWith('/')) continue;
      const folder = location.slice(0, location.lastIndexOf('/') + 1);
      if (!this.#noted.has(folder)) fresh.add(folder);
    }
    const rows = [...fresh].map((folder) => ({ folder }));
    for (let at = 0; at < rows.length; at += ROWS) {
      await this.database('item_folders')
        .insert(rows.slice(at, at + ROWS))
        .onConflict('folder')
        .ignore();
    }
    for (const folder of fresh) this.#noted.add(folder);
  }

  /** Each once, without the slash at its end. */
  async all(): Promise<string[]> {
    const rows: { folder: string }[] = await this.database('item_folders').orderBy('folder').select('folder');
    return rows.map(({ folder }) => (folder === '/' ? folder : folder.slice(0, -1)));
  }
}
