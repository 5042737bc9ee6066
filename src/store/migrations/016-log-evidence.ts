import type { Knex } from 'knex';

/**
 * Finds the entries with which other tables are compared, without reading all of the log: every plan and every run asks
 * for them. Entries of other actions, by far the most, are not in it.
 */
export async function up(database: Knex): Promise<void> {
  await database.raw(
    `create index log_entries_evidence on log_entries (action, seq) where action in
      ('certificate.countersign', 'certificate.issue', 'certificate.void', 'event.record', 'gate.state', 'gate.withdraw', 'hold.place', 'hold.release', 'review.decide', 'schedule.import', 'sweep.approve', 'sweep.plan')`,
  );
}
