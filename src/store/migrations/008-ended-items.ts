import type { Knex } from 'knex';

export async function up(database: Knex): Promise<void> {
  // The items that are not active are few at first: all of them, less these, are counted without looking at each.
  await database.raw("create index items_ended on items (state) where state <> 'active'");
}
