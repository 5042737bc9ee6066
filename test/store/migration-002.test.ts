import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { connect } from '../../src/store/connection.js';
import { openStore } from '../../src/store/index.js';
import { MIGRATIONS, migrate } from '../../src/store/migrations/index.js';
import { temporaryFolder } from '../temporary-folder.js';

/** Rows as the first version of the program wrote them. */
const ROWS = `
  insert into items (id, title, record_class, medium, location, pi_elements, events, state, keep_until, permanent)
    values ('HR-1', 'Payroll', 'payroll', 'file', '/hr/1', 'ssn', '{"termination":"2024-02-29"}', 'active', '2026-01-31', 0);
  insert into items (id, title, medium, location, pi_elements, events, state, permanent, due_defect)
    values ('HR-2', 'Box', 'paper', 'Room 1', '', '{}', 'disposed', 0, 'class-missing');
  insert into schedules values (1, '2026-01-02T03:04:05.000Z', 'jdoe', '${'a'.repeat(64)}', 'version: 1',
    '{"title":"Old","classes":[{"id":"payroll","title":"Payroll","retain":[{"after":"closed","for":"P3Y"}],"cutOff":"none","deleteWithin":null,"disposition":"destroy","approvals":1,"authority":{"citation":"29 CFR 516.5","source":null,"checked":"2026-01-01","warning":null}}]}');
  insert into holds values ('H-2026-0001', 'Doe v. Acme', null, '2026-01-02T03:04:05.000Z', 'jdoe', null, null, null);
  insert into holds values ('H-2025-0001', 'Roe v. Acme', null, '2025-01-02T03:04:05.000Z', 'jdoe', '2025-02-01T00:00:00.000Z', 'jdoe', 'settled');
  insert into hold_scopes values ('H-2026-0001', 'class', 'payroll');
`;

it('a workspace of the first version opens and keeps what it holds', async () => {
  const folder = temporaryFolder();
  const file = join(folder, 'quietus.db');
  const backup = (name: string) => join(folder, `before-${name}.db`);
  const first = connect({ sqlite: file });
  await migrate(first, backup, MIGRATIONS.slice(0, 1));
  await first.destroy();
  execFileSync('sqlite3', [file, ROWS]);
  const store = await openStore({ sqlite: file }, backup);
  onTestFinished(() => store.close());
  expect(existsSync(backup(MIGRATIONS.at(-1)?.name ?? ''))).toBe(true);
  expect(await store.items.get('HR-1')).toMatchObject({
    recordClass: 'payroll',
    otherClasses: [],
    subjects: [],
    events: { termination: '2024-02-29' },
    subjectEvents: {},
    due: { keepUntil: '2026-01-31' },
  });
  expect(await store.items.get('HR-2')).toMatchObject({
    state: 'disposed',
    due: { defect: 'class-missing' },
  });
  expect((await store.holds.active()).map(({ id, scopes }) => [id, scopes])).toEqual([
    ['H-2026-0001', [{ kind: 'class', value: 'payroll' }]],
  ]);
  expect((await store.schedules.latest())?.classes[0]).toMatchObject({ id: 'payroll', approvals: 1 });
  expect(await store.items.list({ recordClass: 'payroll' }, { limit: 9 })).toHaveLength(1);
  expect(await store.events.list({}, { limit: 9 })).toEqual([]);
  expect(await store.gates.list()).toEqual([]);
});
