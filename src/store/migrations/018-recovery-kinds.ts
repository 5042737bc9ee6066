import type { Knex } from 'knex';

/**
 * One recovery recipient of each kind that a file can have: age never mixes post-quantum keys with others, so a workspace that
 * sends to both needs both. No other key of age begins with `age1pq1`: bech32 data has no `1`.
 */
export async function up(database: Knex): Promise<void> {
  await database.raw('drop index recipients_recovery');
  await database.raw(
    "create unique index recipients_recovery on recipients (kind, (substr(public_key, 1, 7) = 'age1pq1')) where recovery = 1 and removed_at is null",
  );
}
