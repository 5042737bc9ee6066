import { randomBytes } from 'node:crypto';
import { link, open, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Knex } from 'knex';
import { badInput } from '../../model/index.js';
import { syncFolder } from '../../workspace/index.js';
import { inTransaction, isSqlite } from '../connection.js';
import * as initial from './001-initial.js';
import * as eventsAndGates from './002-events-and-gates.js';
import * as disposals from './003-disposals.js';
import * as recipients from './004-recipients.js';
import * as archives from './005-archives.js';
import * as checkpoints from './006-checkpoints.js';
import * as certificates from './007-certificates.js';
import * as endedItems from './008-ended-items.js';
import * as reviews from './009-reviews.js';
import * as scheduleApprovals from './010-schedule-approvals.js';
import * as handovers from './011-handovers.js';
import * as itemFolders from './012-item-folders.js';
import * as logSegments from './013-log-segments.js';
import * as archivePlaces from './014-archive-places.js';
import * as logTimes from './015-log-times.js';
import * as logEvidence from './016-log-evidence.js';
import * as logActions from './017-log-actions.js';
import * as recoveryKinds from './018-recovery-kinds.js';
import * as recipientEvidence from './019-recipient-evidence.js';

export interface Migration {
  name: string;
  up(database: Knex): Promise<void>;
}

/** Forward only, in this order; a released migration never changes. */
export const MIGRATIONS: readonly Migration[] = [
  { name: '001-initial', up: initial.up },
  { name: '002-events-and-gates', up: eventsAndGates.up },
  { name: '003-disposals', up: disposals.up },
  { name: '004-recipients', up: recipients.up },
  { name: '005-archives', up: archives.up },
  { name: '006-checkpoints', up: checkpoints.up },
  { name: '007-certificates', up: certificates.up },
  { name: '008-ended-items', up: endedItems.up },
  { name: '009-reviews', up: reviews.up },
  { name: '010-schedule-approvals', up: scheduleApprovals.up },
  { name: '011-handovers', up: handovers.up },
  { name: '012-item-folders', up: itemFolders.up },
  { name: '013-log-segments', up: logSegments.up },
  { name: '014-archive-places', up: archivePlaces.up },
  { name: '015-log-times', up: logTimes.up },
  { name: '016-log-evidence', up: logEvidence.up },
  { name: '017-log-actions', up: logActions.up },
  { name: '018-recovery-kinds', up: recoveryKinds.up },
  { name: '019-recipient-evidence', up: recipientEvidence.up },
];

/** Table that names the migrations which a database has. */
const APPLIED = 'schema_migrations';

/**
 * Brings the database to this program's schema, in one transaction, after a backup copy where it already
 * holds something.
 *
 * @param backup path for the copy of an existing SQLite database that is made before its schema is changed
 * @throws Fault `workspace-newer` where a later version of this program has changed the schema
 */
export async function migrate(
  database: Knex,
  backup: (name: string) => string,
  migrations: readonly Migration[] = MIGRATIONS,
): Promise<void> {
  const seen = await appliedMigrations(database);
  const last = pendingAfter(seen, migrations).at(-1);
  if (last === undefined) return;
  if (seen.length > 0 && isSqlite(database)) await backUp(database, (suffix) => backup(last.name + suffix));
  await inTransaction(database, async (transaction) => {
    // Asked again under the lock: another process may have migrated since.
    const applied = await appliedMigrations(transaction);
    if (applied.length === 0) {
      await transaction.schema.createTable(APPLIED, (table) => {
        table.text('name').primary();
        table.text('applied_at').notNullable();
      });
    }
    for (const migration of pendingAfter(applied, migrations)) {
      await migration.up(transaction);
      await transaction(APPLIED).insert({ name: migration.name, applied_at: new Date().toISOString() });
    }
  });
}

async function appliedMigrations(database: Knex): Promise<string[]> {
  if (!(await database.schema.hasTable(APPLIED))) return [];
  const rows: { name: string }[] = await database(APPLIED).select('name').orderBy('name');
  return rows.map((row) => row.name);
}

function pendingAfter(applied: readonly string[], migrations: readonly Migration[]): readonly Migration[] {
  const unknown = applied.filter((name) => !migrations.some((migration) => migration.name === name));
  if (unknown.length > 0) {
    throw badInput('workspace-newer', 'This workspace was used by a newer version of Quietus', {
      hint: 'Update Quietus on this machine; nothing was changed',
      details: { migrations: unknown },
    });
  }
  return migrations.filter((migration) => !applied.includes(migration.name));
}

/** Copies the database to a name that no earlier copy has; the copy appears whole or not at all, for its owner only. */
async function backUp(database: Knex, backup: (suffix: string) => string): Promise<void> {
  const temporary = `${backup('')}.${randomBytes(4).toString('hex')}.tmp`;
  try {
    // SQLite fills an empty file and keeps its permissions; one that it makes itself would be for everybody.
    await (await open(temporary, 'wx', 0o600)).close();
    await database.raw('VACUUM INTO ?', [temporary]);
    const file = await open(temporary, 'r+');
    await file.sync();
    await file.close();
    await linkToFreeName(temporary, backup);
  } finally {
    await rm(temporary, { force: true });
  }
  await syncFolder(dirname(temporary));
}

async function linkToFreeName(file: string, backup: (suffix: string) => string): Promise<void> {
  for (let count = 1; ; count += 1) {
    try {
      return await link(file, backup(count === 1 ? '' : `-${count}`));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}
