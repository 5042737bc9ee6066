import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { connect } from '../../src/store/connection.js';
import { openStore } from '../../src/store/index.js';
import { MIGRATIONS, migrate } from '../../src/store/migrations/index.js';
import { temporaryFolder } from '../temporary-folder.js';

const ROWS = `
  insert into plans (id, created_at, planned_by, as_of, schedule_version, sha256, counts, approvals_required, state)
    values ('plan-1', '2026-01-02T00:00:00.000Z', 'jdoe', '2026-01-02', 1, 'a', '{}', 0, 'done');
  insert into runs (id, plan_id, kind, started_at, started_by, accept_residual)
    values ('run-1', 'plan-1', 'sweep', '2026-01-02T00:00:00.000Z', 'jdoe', 0);
  insert into runs (id, plan_id, kind, started_at, started_by, accept_residual)
    values ('run-2', 'plan-1', 'attested', '2026-01-02T00:00:00.000Z', 'jdoe', 0);
  insert into certificates values ('2026-0001', 2026, 1, 'run-1', '2026-01-03T00:00:00.000Z', 'jdoe', 5, 'j1', 'p1', 9);
  insert into certificates values ('2026-0002', 2026, 2, 'run-2', '2026-01-03T00:00:00.000Z', 'jdoe', 1, 'j2', 'p2', 11);
`;

it('certificates of runs stay what they were, and are found by their run', async () => {
  const folder = temporaryFolder();
  const file = join(folder, 'quietus.db');
  const backup = (name: string) => join(folder, `before-${name}.db`);
  const before = connect({ sqlite: file });
  const own = MIGRATIONS.findIndex(({ name }) => name === '007-certificates');
  await migrate(before, backup, MIGRATIONS.slice(0, own));
  await before.destroy();
  execFileSync('sqlite3', [file, ROWS]);
  const store = await openStore({ sqlite: file }, backup);
  onTestFinished(() => store.close());
  expect(await store.certificates.ofRun('run-1')).toEqual({
    number: '2026-0001',
    year: 2026,
    sequence: 1,
    subjectKind: 'sweep',
    subjectId: 'run-1',
    replaces: null,
    issuedAt: '2026-01-03T00:00:00.000Z',
    issuedBy: 'jdoe',
    items: 5,
    jsonSha256: 'j1',
    pdfSha256: 'p1',
    signatureSha256: null,
    logSeq: 9,
  });
  expect(await store.certificates.ofRun('run-2')).toMatchObject({ subjectKind: 'physical', items: 1 });
  expect(await store.certificates.nextSequence(2026)).toBe(3);
});
