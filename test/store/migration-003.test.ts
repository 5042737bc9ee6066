import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { connect } from '../../src/store/connection.js';
import { openStore } from '../../src/store/index.js';
import { MIGRATIONS, migrate } from '../../src/store/migrations/index.js';
import { temporaryFolder } from '../temporary-folder.js';
import { sampleRun } from './samples.js';

/** Rows as the version before wrote them: a run that disposals and a certificate refer to. */
const ROWS = `
  insert into operators (id, name, account, account_uid, public_key, created_at) values ('jdoe', 'J. Doe', 'jdoe', 1000, '', '2026-01-01');
  insert into plans values ('plan-1', '2026-01-02T00:00:00.000Z', 'jdoe', '2026-01-02', 1, '{}', 1, '${'a'.repeat(64)}', 'finished');
  insert into runs values ('run-1', 'plan-1', 'sweep', '2026-01-02T00:00:00.000Z', 'jdoe', '2026-01-02T01:00:00.000Z', 1);
  insert into runs values ('run-2', 'plan-1', 'attested', '2026-01-03T00:00:00.000Z', 'jdoe', '2026-01-03T00:00:00.000Z', 0);
  insert into disposals values ('run-1', 'HR-1', 0, 'done', '{}', 'overwritten-verified', '{}', 1, 2);
  insert into disposals values ('run-1', 'HR-2', 1, 'begun', '{}', null, null, 3, null);
  insert into disposal_entries values ('run-1', 'HR-2', 0, 'pending', null, '{}');
  insert into certificates values ('2026-0001', 2026, 1, 'run-1', '2026-01-02T02:00:00.000Z', 'jdoe', 1, '${'b'.repeat(64)}', '${'c'.repeat(64)}', 4);
`;

function sqlite(file: string, sql: string): string {
  return execFileSync('sqlite3', [file, sql], { encoding: 'utf8' }).trim();
}

it('a workspace from before runs without a plan keeps its runs and what refers to them', async () => {
  const folder = temporaryFolder();
  const file = join(folder, 'quietus.db');
  const backup = (name: string) => join(folder, `before-${name}.db`);
  const before = connect({ sqlite: file });
  await migrate(before, backup, MIGRATIONS.slice(0, 2));
  await before.destroy();
  sqlite(file, ROWS);
  const store = await openStore({ sqlite: file }, backup);
  onTestFinished(() => store.close());
  expect(await store.runs.sweepOf('plan-1')).toMatchObject({ id: 'run-1', acceptResidual: true });
  expect((await store.runs.attestedOf('plan-1')).map(({ id }) => id)).toEqual(['run-2']);
  expect(await store.disposals.ofRun('run-1')).toHaveLength(2);
  expect((await store.certificates.ofRun('run-1'))?.number).toBe('2026-0001');
  // The references are still enforced, by the new table.
  expect(sqlite(file, 'pragma foreign_key_check')).toBe('');
  expect(sqlite(file, 'select distinct "table" from pragma_foreign_key_list(\'disposals\')')).toBe('runs');
  expect(() => sqlite(file, "pragma foreign_keys = on; delete from runs where id = 'run-1'")).toThrow();
  expect(sqlite(file, "select count(*) from sqlite_master where name like 'runs_before%'")).toBe('0');
  await expect(store.runs.insert(sampleRun('run-3', 'plan-1'))).rejects.toThrow();
  await store.runs.insert({
    ...sampleRun('run-4', 'plan-1'),
    planId: null,
    kind: 'ad-hoc',
    finishedAt: null,
  });
  expect((await store.runs.unfinishedAdHoc()).map(({ id }) => id)).toEqual(['run-4']);
});
