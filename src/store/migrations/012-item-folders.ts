import type { Knex } from 'knex';
import { isSqlite } from '../connection.js';

export async function up(database: Knex): Promise<void> {
  await database.schema.createTable('item_folders', (table) => {
    /** See 001: text that sorts by its bytes in both databases. */
    const folder = isSqlite(database)
      ? table.text('folder')
      : table.specificType('folder', 'text collate "C"');
    folder.primary();
  });
  // What is cut off at the end are the characters that are no slash: the last name of the path.
  await database.raw(
    `insert into item_folders select distinct rtrim(location, replace(location, '/', '')) from items
      where substr(location, 1, 1) = '/'`,
  );
}
