import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Outcome, quietus, temporaryFolder } from './harness.js';
import { initialized } from './made-once.js';

const SCHEDULE = `version: 1
title: Acme
classes:
  payroll:
    title: Payroll
    trigger: closed
    period: P4Y
    cut_off: calendar-year
    disposition: destroy
    authority: {citation: 430 CMR 5.01, checked: 2026-11-02}
`;

/** A workspace with a schedule and payroll files that were closed at the end of the given years. */
class Company {
  readonly folder = temporaryFolder();
  readonly workspace = join(this.folder, 'acme');

  run(...args: string[]): Promise<Outcome> {
    return quietus([...args, '--no-input'], {
      cwd: this.folder,
      env: { QUIETUS_WORKSPACE: this.workspace },
    });
  }

  async json<Data>(...args: string[]): Promise<Data> {
    const outcome = await this.run(...args, '--json');
    return JSON.parse(outcome.stdout || outcome.stderr) as Data;
  }

  async prepare(years: readonly number[]): Promise<void> {
    await initialized(this.workspace, [
      ...['--organization', 'Acme', '--time-zone', 'America/New_York', '--operator', 'tester'],
      ...['--operator-name', 'A. Tester', '--unattended', '--no-input', '--max-class-percent', '100'],
    ]);
    const records = join(this.folder, 'records');
    mkdirSync(records);
    const rows = years.map((year) => {
      const path = join(records, `${year}.csv`);
      writeFileSync(path, 'John Smith,078-05-1120\n');
      return `PAY-${year},Payroll ${year},payroll,file,${path},ssn,50,${year}-12-31`;
    });
    const head = 'id,title,class,medium,location,pi_elements,data_subjects,closed';
    this.write('inventory.csv', `${[head, ...rows].join('\n')}\n`);
    this.write('schedule.yaml', SCHEDULE);
    expect(await this.run('schedule', 'import', 'schedule.yaml')).toMatchObject({ status: 0 });
    expect(await this.run('inventory', 'import', 'inventory.csv')).toMatchObject({ status: 0 });
  }

  write(name: string, text: string): string {
    writeFileSync(join(this.folder, name), text);
    return createHash('sha256').update(text).digest('hex').slice(0, 12);
  }
}

describe('planning at the command line', () => {
  it('shows what a shorter schedule would do, and imports it only with the number and a confirmation', async () => {
    const company = new Company();
    await company.prepare([2015, new Date().getFullYear() - 3]);
    const item = `PAY-${new Date().getFullYear() - 3}`;
    const digest = company.write('shorter.yaml', SCHEDULE.replace('P4Y', 'P1Y'));
    const simulated = await company.run('sweep', 'simulate', '--schedule', 'shorter.yaml');
    expect(simulated).toMatchObject({ status: 0 });
    expect(simulated.stdout).toContain(`Newly due (1):\n  ${item}: kept until`);
    expect(simulated.stdout).toContain('1 more item due');
    expect(simulated.stderr).toContain('Nothing was changed');

    const refused = await company.run('schedule', 'import', 'shorter.yaml');
    expect(refused).toMatchObject({ status: 4 });
    expect(refused.stderr).toContain('quietus sweep simulate --schedule shorter.yaml');
    expect(refused.stderr).toContain('--allow-more-due 1');

    const unconfirmed = await company.run('schedule', 'import', 'shorter.yaml', '--allow-more-due', '1');
    expect(unconfirmed).toMatchObject({ status: 2 });
    expect(unconfirmed.stderr).toContain(`--confirm ${digest}`);

    const imported = await company.json<{ version: number; items: { more_due: number } }>(
      ...['schedule', 'import', 'shorter.yaml', '--allow-more-due', '1', '--confirm', digest],
    );
    expect(imported).toMatchObject({ version: 2, items: { more_due: 1 } });
    const log = await company.run('log', 'list', '--json');
    expect(log.stdout).toContain('"more_due_allowed": 1');
  });

  it('explains an item without making a plan, and compares two plans', async () => {
    const company = new Company();
    await company.prepare([2015, 2016]);
    const explained = await company.run('sweep', 'plan', '--explain', 'PAY-2015');
    expect(explained).toMatchObject({ status: 0 });
    expect(explained.stdout).toMatch(/^PAY-2015, as of \d{4}-\d\d-\d\d: dispose\n {2}1\. Version 1/);
    expect(explained.stdout).toContain('430 CMR 5.01');
    expect(explained.stdout).toContain('end of its calendar year: 2015-12-31');
    expect(explained.stdout).toContain('2019-12-31');
    expect(explained.stdout).not.toContain('Payroll 2015');
    expect(await company.json('sweep', 'list')).toEqual({ plans: [] });
    const unknown = await company.run('sweep', 'plan', '--explain', 'NONE');
    expect(unknown).toMatchObject({ status: 2 });

    const first = await company.json<{ plan: string }>('sweep', 'plan', '--as-of', '2020-06-01');
    const second = await company.json<{ plan: string }>('sweep', 'plan', '--as-of', '2021-06-01');
    const diff = await company.run('sweep', 'diff', first.plan, second.plan);
    expect(diff).toMatchObject({ status: 0 });
    expect(diff.stdout).toContain('Newly in the second plan (1):\n  PAY-2016: not listed -> dispose');
    expect(diff.stdout).toContain('newly in 1, dropped out 0, changed 0, same 1');
    const back = await company.json<Record<string, unknown>>('sweep', 'diff', second.plan, first.plan);
    expect(back).toMatchObject({ entered: [], left: [{ id: 'PAY-2016', second: null }], same: 1 });
  });

  it('starts from a template, and takes the schedule out as CSV and in again', async () => {
    const company = new Company();
    await company.prepare([2015]);
    const listed = await company.run('schedule', 'templates');
    expect(listed.stdout).toContain('medical-practice');
    const printed = await company.run('schedule', 'templates', 'municipality');
    company.write('printed.yaml', printed.stdout);
    expect(await company.run('schedule', 'check', 'printed.yaml')).toMatchObject({ status: 0 });
    expect(await company.run('schedule', 'import', '--template', 'medical-practice')).toMatchObject({
      status: 0,
    });

    const exported = await company.run('schedule', 'export', '--csv');
    expect(exported.stdout).toContain('retain,form-i9,,termination,P1Y');
    company.write('schedule.csv', exported.stdout);
    expect(await company.run('schedule', 'import', 'schedule.csv')).toMatchObject({ status: 0 });
    const [yaml, csv] = [
      await company.json('schedule', 'show', '--version', '2'),
      await company.json('schedule', 'show'),
    ];
    expect((csv as { classes: unknown }).classes).toEqual((yaml as { classes: unknown }).classes);

    const plan = await company.json<{ plan: string }>('sweep', 'plan');
    expect(await company.run('sweep', 'show', plan.plan)).toMatchObject({ status: 0 });

    company.write('broken.csv', exported.stdout.replace('termination,P1Y', 'termination,1 year'));
    const broken = await company.run('schedule', 'check', 'broken.csv');
    expect(broken).toMatchObject({ status: 2 });
    expect(broken.stderr).toMatch(
      /broken\.csv:\d+:\d+ {2}classes\.form-i9\.retain\[1\]\.for `1 year` is not a period/,
    );
    expect(broken.stderr).toContain('Write P1Y');
  });
});
