import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { quietus, temporaryFolder } from './harness.js';

const SCHEDULE = `version: 1
title: Test
classes:
  clinic-record:
    title: Clinic record
    trigger: last-encounter
    period: P20Y
    disposition: destroy
    gates: [{kind: notice, recipient: Department of Public Health, days: 30}]
    authority: {citation: c. 111 § 70, checked: 2026-11-02}
  payroll:
    title: Payroll
    trigger: closed
    period: P3Y
    disposition: destroy
    authority: {citation: 29 CFR 516.5, checked: 2026-11-02}
`;

let root: string;
const run = (...args: string[]) => quietus(args, { cwd: root });

beforeAll(async () => {
  root = join(temporaryFolder(), 'workspace');
  const answers = [
    '--organization',
    'Acme',
    '--time-zone',
    'America/New_York',
    '--operator-name',
    'Jane Doe',
  ];
  await quietus(['init', root, ...answers, '--operator', 'jdoe', '--unattended']);
  writeFileSync(join(root, 's.yaml'), SCHEDULE);
  writeFileSync(
    join(root, 'i.csv'),
    'id,title,class,medium,location,case,closed\n' +
      'C-1,File,clinic-record,paper,Room 1,PAT-7,\nC-2,File,payroll;clinic-record,paper,Room 1,PAT-7;PAT-8,1990-01-31\n',
  );
  expect((await run('schedule', 'import', 's.yaml')).status).toBe(0);
  const imported = await run('inventory', 'import', 'i.csv');
  expect(imported.status, imported.stderr).toBe(0);
});

test('an event makes records due, and a gate keeps them until somebody has stated what it asks for', async () => {
  expect((await run('inventory', 'show', 'C-2')).stdout).toMatch(/class +clinic-record, payroll/);
  const recorded = await run(
    'event',
    'record',
    'last-encounter',
    '--subject',
    'PAT-7',
    '--date',
    '2001-05-04',
  );
  expect(recorded.stdout).toBe('Recorded 1 event\nReaches 2 items; the due dates of 1 changed\n');
  writeFileSync(
    join(root, 'e.csv'),
    'event,subject,date\nlast-encounter,PAT-8,2003-05-04\nlast-encounter,Roe,2003-05-04\n',
  );
  const bad = await run('event', 'record', '--csv', 'e.csv');
  expect(bad).toMatchObject({
    status: 2,
    stderr: expect.stringContaining('line 3, subject: looks like a name'),
  });
  expect(bad.stderr).not.toContain('Roe');
  expect((await run('event', 'list', '--json')).stdout).not.toContain('PAT-8');
  const partial = await run('event', 'record', '--csv', 'e.csv', '--partial', '--json');
  expect([partial.status, JSON.parse(partial.stdout)]).toMatchObject([
    3,
    { items_changed: 1, problems: [{ line: 3 }] },
  ]);
  const listed = await run('inventory', 'list', '--subject', 'PAT-8', '--json');
  expect(JSON.parse(listed.stdout).items).toMatchObject([
    {
      id: 'C-2',
      keep_until: '2023-05-04',
      subjects: ['PAT-7', 'PAT-8'],
      subject_events: { 'last-encounter': '2003-05-04' },
    },
  ]);
  const planned = await run('sweep', 'plan', '--json');
  const reasons = (text: string) => JSON.parse(text).items.map((item: { reason: string }) => item.reason);
  expect(reasons(planned.stdout)).toEqual(['gate-notice', 'gate-notice']);
  const on = ['--on', '2026-01-02', '--by', 'Dana Reyes'];
  const stated = await run('gate', 'state', '--kind', 'notice', '--subject', 'PAT-7', ...on);
  expect(stated.stdout).toMatch(
    /^Recorded G-\d{4}-0001: notice \(Department of Public Health\) of 2026-01-02\n$/,
  );
  expect((await run('gate', 'list')).stdout).toMatch(/notice +2026-01-02 +subject PAT-7/);
  const due = await run('sweep', 'plan', '--limit', '9', '--json');
  expect(reasons(due.stdout)).toEqual(['due', 'due']);

  await run('hold', 'place', '--matter', 'M', '--subject', 'PAT-8');
  const { plan } = JSON.parse(due.stdout);
  const shown = await run('sweep', 'show', plan);
  expect(shown.stderr).toContain('A run would leave out 1 item now:\n  C-2: Held: legal hold');
  const exported = await run('inventory', 'export', 'out.csv');
  expect(exported.stdout).toContain('Exported 1 hold to out.holds.csv');
  expect(readFileSync(join(root, 'out.holds.csv'), 'utf8')).toContain(',subject,PAT-8\r\n');
  const log = await run('log', 'list', '--json');
  expect(log.stdout).not.toMatch(/Dana|Reyes|Health/);
  expect((await run('log', 'verify')).status).toBe(0);
});

test.each([
  [['event', 'record', 'termination'], 'event-incomplete'],
  [['event', 'record', 'termination', '--subject', 'jane.roe', '--date', '2026-01-01'], 'subject-invalid'],
  [['event', 'record', 'close', '--subject', 'EMP-1', '--date', '2026-01-01'], 'event-invalid'],
  [['event', 'record', 'termination', '--subject', 'EMP-1', '--date', '2026-02-30'], 'date-invalid'],
  [['event', 'withdraw', 'termination', '--subject', 'EMP-1'], 'event-unknown'],
  [
    ['gate', 'state', '--kind', 'permission', '--class', 'payroll', '--on', '2026-01-01', '--by', 'D'],
    'reference-missing',
  ],
  [['gate', 'withdraw', 'G-2020-0001'], 'statement-unknown'],
  [['hold', 'place', '--matter', 'M', '--subject', 'jane.roe'], 'subject-invalid'],
])('%j is refused', async (args, code) => {
  const result = await run(...args, '--json');
  expect(result.status).toBe(2);
  expect(JSON.parse(result.stdout).error.code).toBe(code);
});
