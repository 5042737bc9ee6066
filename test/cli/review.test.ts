import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { quietus, temporaryFolder, terminal } from './harness.js';

const SCHEDULE = `version: 1
title: Example
classes:
  charge:
    title: Charge of discrimination
    retain: [{after: closed, for: P1Y}]
    disposition: review
    approvals: 0
    authority: {citation: 29 CFR 1602.14, checked: 2026-11-02}
`;

test('a review, from the queue to the plan', async () => {
  const folder = temporaryFolder();
  const cwd = join(folder, 'workspace');
  const answers = [
    '--organization',
    'Acme',
    '--time-zone',
    'America/New_York',
    '--operator-name',
    'Jane Doe',
  ];
  await quietus(['init', cwd, ...answers, '--operator', 'jdoe', '--unattended', '--approvals', '0']);
  const records = join(folder, 'records');
  mkdirSync(records);
  const rows = ['C-1', 'C-2', 'C-3'].map((id) => {
    writeFileSync(join(records, id), `record ${id}`);
    return `${id},Charge file,charge,file,${join(records, id)},ssn,2020-05-01,${id === 'C-3' ? 'legal' : 'hr'}`;
  });
  const csv = ['id,title,class,medium,location,pi_elements,closed,custodian', ...rows].join('\n');
  writeFileSync(join(folder, 'inventory.csv'), `${csv}\n`);
  writeFileSync(join(folder, 'schedule.yaml'), SCHEDULE);
  expect((await quietus(['schedule', 'import', join(folder, 'schedule.yaml')], { cwd })).status).toBe(0);
  expect((await quietus(['inventory', 'import', join(folder, 'inventory.csv')], { cwd })).status).toBe(0);

  const list = await quietus(['review', 'list'], { cwd });
  expect(list).toMatchObject({ status: 0 });
  expect(list.stdout).toContain('Due, and to be reviewed (3):');
  expect(list.stdout).toContain('awaits a review');
  for (const line of list.stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80);

  const unclear = await quietus(['review', 'decide', '--dispose', '--reason', 'x'], { cwd });
  expect(unclear).toMatchObject({ status: 2, stderr: expect.stringContaining('Name one item, or choose') });
  const both = await quietus(
    ['review', 'decide', 'C-1', '--dispose', '--keep-until', '2099-01-01', '--reason', 'x'],
    { cwd },
  );
  expect(both.status).toBe(2);

  const reason = ['--reason', 'Closed in 2021, agreed with Jane Roe'];
  const unconfirmed = await quietus(['review', 'decide', '--custodian', 'hr', '--dispose', ...reason], {
    cwd,
  });
  expect(unconfirmed).toMatchObject({ status: 2, stderr: expect.stringContaining('--confirm 2') });
  const typed = await terminal(['review', 'decide', '--custodian', 'hr', '--dispose', ...reason], {
    cwd,
    answers: [{ after: /Type 2/, type: '2\r' }],
  });
  expect(typed.stdout).toContain('2 items: may go');

  const kept = await quietus(['review', 'decide', 'C-3', '--keep-until', '2099-06-30', ...reason, '--json'], {
    cwd,
  });
  expect(JSON.parse(kept.stdout)).toMatchObject({
    decision: 'keep',
    keep_until: '2099-06-30',
    items: [{ id: 'C-3' }],
  });
  expect(kept.stdout).not.toContain('Roe');

  const plan = JSON.parse((await quietus(['sweep', 'plan', '--limit', '2', '--json'], { cwd })).stdout);
  expect(plan.items.map((item: { id: string; reason: string }) => [item.id, item.reason])).toEqual([
    ['C-1', 'reviewed'],
    ['C-2', 'reviewed'],
    ['C-3', 'review-keeps'],
  ]);
  const log = await quietus(['log', 'list', '--action', 'review', '--json'], { cwd });
  expect(JSON.parse(log.stdout).entries).toHaveLength(3);
  expect(log.stdout).not.toContain('Roe');
});
