import type { Knex } from 'knex';
import { isSqlite } from '../connection.js';

const MARKS = ['log.accept-clock', 'settings.change', 'workspace.create'];
const EVIDENCE = [
  'archive.open',
  'certificate.countersign',
  'certificate.issue',
  'certificate.signer',
  'certificate.void',
  'dispose.list',
  'event.record',
  'gate.state',
  'gate.withdraw',
  'hold.place',
  'hold.release',
  'log.archive',
  'log.new-epoch',
  'log.timestamp',
  'operator.add',
  'operator.deactivate',
  'review.decide',
  'schedule.import',
  'sweep.approve',
  'sweep.plan',
];

/**
 * The indexes of 015 and 016 again. More actions are found by one of them: for some, `log verify` read the whole log. And an
 * append evaluates both conditions: SQLite fills a temporary table for `in`, each time, but compares a text in place.
 */
export async function up(database: Knex): Promise<void> {
  await database.raw('drop index log_entries_marks');
  await database.raw('drop index log_entries_evidence');
  await database.raw(`create index log_entries_marks on log_entries (seq) where ${among(database, MARKS)}`);
  await database.raw(
    `create index log_entries_evidence on log_entries (action, seq) where ${among(database, EVIDENCE)}`,
  );
}

function among(database: Knex, actions: readonly string[]): string {
  return isSqlite(database)
    ? `instr('|${actions.join('|')}|', '|' || action || '|') > 0`
    : `action in (${actions.map((action) => `'${action}'`).join(', ')})`;
}
