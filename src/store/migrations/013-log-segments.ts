import type { Knex } from 'knex';

/**
 * Segments of the log whose entries lie in compressed files beside the database. Their rows stay, with hash and columns;
 * the text of the entry is empty.
 */
export async function up(database: Knex): Promise<void> {
  await database.schema.createTable('log_segments', (table) => {
    /** Number of the first entry, and of the last. */
    table.integer('first').primary();
    table.integer('last').notNullable();
    /** Name of the file, without its folder. */
    table.text('file').notNullable();
    table.integer('bytes').notNullable();
    /** SHA-256, hex, of the file and of its manifest. */
    table.text('sha256').notNullable();
    table.text('manifest_sha256').notNullable();
    /** JSON: number of the first entry of each block, with the byte at which it begins. */
    table.text('blocks').notNullable();
  });
}
