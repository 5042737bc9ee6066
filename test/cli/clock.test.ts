import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type Outcome, quietus, temporaryFolder } from './harness.js';
import { writeShiftedClock } from './shifted-clock.js';

const SCHEDULE = `version: 1
title: Acme
classes:
  drafts:
    title: Drafts
    retain: [{after: closed, for: P1Y}]
    disposition: destroy
    approvals: 0
    authority: {citation: organization policy, checked: 2026-11-02}
`;

/** The program with a clock that is wrong by some days. */
class Machine {
  readonly workspace = join(temporaryFolder(), 'workspace');

  async run(days: number, ...args: string[]): Promise<Outcome> {
    const shift = join(this.workspace, '..', 'shift.cjs');
    writeShiftedClock(shift, days);
    return await quietus(args, {
      cwd: join(this.workspace, '..'),
      env: {
        QUIETUS_WORKSPACE: this.workspace,
        ...(days === 0 ? {} : { NODE_OPTIONS: `--require=${shift}` }),
      },
    });
  }
}

/** The organization's day. */
function today(): string {
  return new Intl.DateTimeFormat('en-CA', { timeZone: 'America/New_York' }).format();
}

test('what a wrong clock wrote stops plans until a person types the date, and doctor and log verify name the way', async () => {
  const machine = new Machine();
  const answers = [
    '--organization',
    'Acme',
    '--time-zone',
    'America/New_York',
    '--operator-name',
    'Jane Doe',
  ];
  await machine.run(
    0,
    'init',
    machine.workspace,
    ...answers,
    '--operator',
    'jdoe',
    '--unattended',
    '--approvals',
    '0',
  );
  writeFileSync(join(machine.workspace, 'schedule.yaml'), SCHEDULE);
  writeFileSync(
    join(machine.workspace, '..', 'items.csv'),
    'id,title,class,medium,location,closed\nD-1,Draft,drafts,paper,Shelf 4,2020-01-31\n',
  );
  expect(await machine.run(0, 'schedule', 'import')).toMatchObject({ status: 0 });
  expect(await machine.run(0, 'inventory', 'import', 'items.csv')).toMatchObject({ status: 0 });

  for (let night = 0; night < 2; night += 1) {
    const refused = await machine.run(3650 + night, 'sweep', 'auto');
    expect(refused).toMatchObject({ status: 4, stderr: expect.stringContaining('log accept-clock') });
    expect(await machine.run(3650 + night, 'inventory', 'list')).toMatchObject({ status: 0 });
  }

  const way = expect.stringContaining('quietus log accept-clock');
  expect(await machine.run(0, 'sweep', 'plan', '--limit', '9')).toMatchObject({ status: 4, stderr: way });
  expect(await machine.run(0, 'hold', 'place', '--matter', 'Doe', '--class', 'drafts')).toMatchObject({
    status: 0,
  });
  expect(await machine.run(0, 'log', 'verify')).toMatchObject({ status: 5, stderr: way });
  const doctor = await machine.run(0, 'doctor');
  expect(doctor.status).toBe(5);
  expect(doctor.stdout + doctor.stderr).toMatch(/clock {2,}The clock says/);

  const accept = (day: string) =>
    machine.run(0, 'log', 'accept-clock', '--reason', 'Battery replaced', '--confirm', day, '--json');
  const wrong = await accept('2036-01-01');
  expect(JSON.parse(wrong.stdout)).toMatchObject({ error: { code: 'confirmation-wrong' } });
  expect(await machine.run(0, 'sweep', 'plan', '--limit', '9')).toMatchObject({ status: 4 });
  const accepted = await accept(today());
  expect(JSON.parse(accepted.stdout)).toMatchObject({ day: today() });
  expect(await machine.run(0, 'log', 'verify')).toMatchObject({ status: 0 });
  expect(await machine.run(0, 'sweep', 'plan', '--limit', '9')).toMatchObject({ status: 0 });
}, 120_000);
