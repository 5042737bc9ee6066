import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { connect } from '../../src/store/connection.js';
import { migrate } from '../../src/store/migrations/index.js';
import { LogRepository } from '../../src/store/repositories/log.js';
import { Soundness } from '../../src/store/repositories/soundness.js';
import { temporaryFolder } from '../temporary-folder.js';

/** A log whose queries are noted as SQLite would carry them out. */
async function explainedLog(): Promise<{ log: LogRepository; plans(): Promise<string[]> }> {
  const file = join(temporaryFolder(), 'quietus.db');
  const database = connect({ sqlite: file });
  onTestFinished(() => database.destroy());
  await migrate(database, (suffix) => `${file}.${suffix}`);
  const asked: { sql: string; bindings: unknown[] }[] = [];
  database.on('query', ({ sql, bindings }: { sql: string; bindings: unknown[] }) => {
    asked.push({ sql, bindings });
  });
  const asking = ({ sql }: { sql: string }) => !sql.startsWith('explain');
  const plans = async () => {
    const rows: { detail: string }[][] = [];
    const queries = asked.splice(0);
    for (const { sql, bindings } of queries.filter(asking))
      rows.push(await database.raw(`explain query plan ${sql}`, bindings as string[]));
    return rows.flat().map(({ detail }) => detail);
  };
  return { log: new LogRepository(database, null), plans };
}

it('looks entries up that others are compared with, however long the log is', async () => {
  const { log, plans } = await explainedLog();
  for (const action of ['hold.place', 'log.archive', 'log.new-epoch', 'log.timestamp', 'dispose.list']) {
    await log.page(0, 100, { action });
    expect(await plans(), action).toEqual([expect.stringContaining('INDEX log_entries_evidence (action=?')]);
  }
  await log.newestEvidence(['sweep.plan', 'certificate.issue']);
  expect(await plans()).toEqual(
    Array.from({ length: 2 }, () => expect.stringContaining('INDEX log_entries_evidence (action=?)')),
  );
  await log.newestMark(['log.accept-clock'], 1000);
  expect(await plans()).toEqual([expect.stringContaining('INDEX log_entries_marks (seq<?)')]);
  await log.latestTime(1);
  expect(await plans()).toEqual([expect.stringContaining('INDEX log_entries_instant')]);
});

it('knows its own schema, and refuses any other', async () => {
  const file = join(temporaryFolder(), 'quietus.db');
  const database = connect({ sqlite: file });
  onTestFinished(() => database.destroy());
  await migrate(database, (suffix) => `${file}.${suffix}`);
  const checks = new Soundness(database);
  // Where this fails after a new migration, SCHEMA_SHA256 is to be computed anew.
  expect(await checks.isSchemaOurs()).toBe(true);
  expect(await checks.damagedTable()).toBeNull();
  await database.raw('analyze');
  expect(await checks.isSchemaOurs()).toBe(true);
  await database.raw('create index other on log_entries (action)');
  expect(await checks.isSchemaOurs()).toBe(false);
});

it.each([
  ['an index', 'create index "sqlite-stat" on log_entries (action)'],
  ['a view', 'create view "sqlite.stat1" as select 1'],
  ['a table', 'create table sqlite5stat (tbl, idx, stat)'],
  ['a trigger', 'create trigger "SQLITE stat" after insert on holds begin delete from holds; end'],
  [
    'a trigger of the very name',
    `create trigger other after insert on holds begin delete from holds; end;
     pragma writable_schema = on;
     update sqlite_master set name = 'sqlite_stat4', sql = replace(sql, 'other', 'sqlite_stat4') where name = 'other';
     pragma writable_schema = reset`,
  ],
])('refuses %s that is named as if it were statistics', async (_, sql) => {
  const file = join(temporaryFolder(), 'quietus.db');
  const database = connect({ sqlite: file });
  onTestFinished(() => database.destroy());
  await migrate(database, (suffix) => `${file}.${suffix}`);
  execFileSync('sqlite3', [file], { input: `.bail on\n${sql};` });
  expect(await new Soundness(database).isSchemaOurs()).toBe(false);
});
