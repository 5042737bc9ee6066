import type { Knex } from 'knex';
import { isSqlite } from '../connection.js';

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
  'recipient.add',
  'recipient.confirm',
  'recipient.remove',
  'recipient.rotate',
  'review.decide',
  'schedule.import',
  'sweep.approve',
  'sweep.plan',
];

/** The index of 017 again, with what tells of recipients: each encryption compares those that it is for. */
export async function up(database: Knex): Promise<void> {
  const condition = isSqlite(database)
    ? `instr('|${EVIDENCE.join('|')}|', '|' || action || '|') > 0`
    : `action in (${EVIDENCE.map((action) => `'${action}'`).join(', ')})`;
  await database.raw('drop index log_entries_evidence');
  await database.raw(`create index log_entries_evidence on log_entries (action, seq) where ${condition}`);
}
