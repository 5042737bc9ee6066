import { execFileSync, spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Outcome, quietus, temporaryFolder, terminal } from './harness.js';
import { initialized, madeOnce } from './made-once.js';

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

/** A company folder with a workspace in `acme`, and commands typed in it. */
class Company {
  readonly folder = temporaryFolder();
  readonly workspace = join(this.folder, 'acme');
  readonly records = join(this.folder, 'records');

  run(...args: string[]): Promise<Outcome> {
    return quietus(args, { cwd: this.folder, env: { QUIETUS_WORKSPACE: this.workspace } });
  }

  async json(...args: string[]): Promise<Record<string, unknown>> {
    const { stdout } = await this.run(...args, '--json');
    return JSON.parse(stdout) as Record<string, unknown>;
  }

  /** Makes the workspace with the schedule in force and `files` due payroll files in the inventory. */
  async prepare(files: number, init: string[] = []): Promise<void> {
    writeFileSync(join(this.folder, 'schedule.yaml'), SCHEDULE);
    await madeOnce(this.workspace, `main job ${init.join(' ')}`, async () => {
      await initialized(this.workspace, [
        ...['--organization', 'Acme', '--time-zone', 'America/New_York', '--operator', 'tester'],
        ...['--operator-name', 'A. Tester', '--unattended', '--no-input'],
        ...['--max-class-percent', '100', ...init],
      ]);
      expect(await this.run('schedule', 'import', 'schedule.yaml')).toMatchObject({ status: 0 });
    });
    mkdirSync(this.records);
    const rows = Array.from({ length: files }, (_, index) => {
      writeFileSync(join(this.records, `${index}.csv`), 'John Smith,078-05-1120\n'.repeat(50));
      return `PAY-${index},Payroll ${index},payroll,file,${join(this.records, `${index}.csv`)},ssn,50,2019-12-31`;
    });
    const head = 'id,title,class,medium,location,pi_elements,data_subjects,closed';
    writeFileSync(join(this.folder, 'inventory.csv'), `${[head, ...rows].join('\n')}\n`);
    expect(await this.run('inventory', 'import', 'inventory.csv')).toMatchObject({ status: 0 });
  }

  async approvedPlan(): Promise<string> {
    const { plan } = (await this.json('sweep', 'plan')) as { plan: string };
    expect(await this.run('sweep', 'approve', plan, '--confirm', plan)).toMatchObject({ status: 0 });
    return plan;
  }

  sqlite(sql: string): string {
    return execFileSync('sqlite3', [join(this.workspace, 'quietus.db'), sql], { encoding: 'utf8' });
  }
}

describe('the main job at the command line', () => {
  it('keeps what another item must keep by a path through a symbolic link, at the plan and at the claim', async () => {
    const company = new Company();
    await company.prepare(3);
    symlinkSync(company.records, join(company.folder, 'by-link'));
    symlinkSync(join(company.records, '1.csv'), join(company.folder, 'link.csv'));
    const add = (id: string, location: string) =>
      company.run(
        ...['inventory', 'add', id, '--title', 'Kept', '--class', 'payroll', '--medium', 'file'],
        ...['--location', join(company.folder, location), '--closed', '2025-12-31'],
      );
    expect(await add('KEPT-0', 'by-link/0.csv')).toMatchObject({ status: 0 });
    const plan = await company.approvedPlan();
    expect(await company.json('sweep', 'show', plan)).toMatchObject({
      counts: { dispose: 2, keep: 2 },
    });
    expect(await add('KEPT-1', 'link.csv')).toMatchObject({ status: 0 });
    const run = await company.run('sweep', 'run', plan, '--confirm', plan, '--accept-residual');
    expect(run.status, run.stderr).toBe(3);
    expect(readdirSync(company.records)).toEqual(['0.csv', '1.csv']);
  });

  it('goes from the inventory to a verified certificate, and finds one changed byte anywhere', async () => {
    const company = new Company();
    await company.prepare(3);
    const plan = await company.approvedPlan();

    const unconfirmed = await company.run('sweep', 'run', plan, '--no-input');
    expect(unconfirmed).toMatchObject({ status: 2 });
    expect(unconfirmed.stderr).toContain(`--confirm ${plan}`);
    const dry = await company.run('sweep', 'run', plan, '--dry-run');
    expect(dry).toMatchObject({ status: 0 });
    expect(readdirSync(company.records)).toHaveLength(3);

    const run = await company.run('sweep', 'run', plan, '--confirm', plan, '--accept-residual', '--json');
    expect([0, 3]).toContain(run.status);
    const data = JSON.parse(run.stdout) as { certificate: string; items: { destroyed: boolean }[] };
    expect(data.items.map(({ destroyed }) => destroyed)).toEqual([true, true, true]);
    expect(readdirSync(company.records)).toEqual([]);
    expect(run.stdout + run.stderr).not.toMatch(/Smith|078-05/);

    expect(await company.run('certificate', 'verify', data.certificate)).toMatchObject({ status: 0 });
    expect(await company.run('log', 'verify')).toMatchObject({ status: 0 });
    const folder = join(company.workspace, 'certificates');
    for (const kind of ['json', 'pdf']) {
      const path = join(folder, `certificate-${data.certificate}.${kind}`);
      expect(statSync(path).mode & 0o777).toBe(0o600);
      const bytes = readFileSync(path);
      const changed = Buffer.from(bytes);
      changed[bytes.length >> 1] = (changed[bytes.length >> 1] ?? 0) ^ 1;
      writeFileSync(path, changed);
      expect(await company.run('certificate', 'verify', data.certificate), kind).toMatchObject({ status: 5 });
      writeFileSync(path, bytes);
    }
    expect(await company.run('certificate', 'verify', data.certificate)).toMatchObject({ status: 0 });
    company.sqlite('create table kept as select * from certificates; delete from certificates');
    expect(await company.run('log', 'verify', '--json')).toMatchObject({
      status: 5,
      stdout: expect.stringContaining('certificate-unregistered'),
    });
    company.sqlite('insert into certificates select * from kept; drop table kept');
    expect(await company.run('log', 'verify')).toMatchObject({ status: 0 });
    company.sqlite("update log_entries set entry = replace(entry, 'tester', 'testes') where seq = 2");
    const log = await company.run('log', 'verify', '--json');
    expect(log).toMatchObject({ status: 5 });
    expect(log.stdout).toContain('"seq": 2');
  });

  it('says what is wrong with a plan, an approval or a day', async () => {
    const company = new Company();
    await company.prepare(2);
    expect(await company.run('sweep', 'run', 'plan-nowhere', '--confirm', 'plan-nowhere')).toMatchObject({
      status: 2,
    });
    const day = await company.run('sweep', 'plan', '--as-of', '2026-02-30');
    expect(day).toMatchObject({ status: 2 });
    expect(day.stderr).toContain('--as-of');
    const { plan } = (await company.json('sweep', 'plan')) as { plan: string };
    const early = await company.run('sweep', 'run', plan, '--confirm', plan);
    expect(early).toMatchObject({ status: 4 });
    expect(early.stderr).toContain(`quietus sweep approve ${plan}`);
    const exported = await company.run('sweep', 'show', plan, '--export');
    const sum = execFileSync('sha256sum', { input: exported.stdout, encoding: 'utf8' }).split(' ')[0];
    expect((await company.json('sweep', 'show', plan)).sha256).toBe(sum);
  });

  it('records what people destroyed only after a confirmation, and about a day that can be right', async () => {
    const company = new Company();
    await company.prepare(1);
    for (const id of ['BOX-1', 'BOX-2', 'BOX-3']) {
      const place = ['--medium', 'paper', '--location', 'Basement', '--closed', '2019-12-31'];
      const added = await company.run('inventory', 'add', id, '--title', id, '--class', 'payroll', ...place);
      expect(added).toMatchObject({ status: 0 });
    }
    const plan = await company.approvedPlan();
    const today = new Intl.DateTimeFormat('en-CA', { timeZone: 'America/New_York' }).format();
    const record = (day: string, ...rest: string[]) =>
      company.run(
        ...['dispose', 'record', '--plan', plan, '--method', 'shredded', '--by', 'A. Clerk', '--on', day],
        ...['--no-input', '--json', ...rest],
      );
    expect(await record(today, 'BOX-1')).toMatchObject({
      status: 2,
      stdout: expect.stringContaining('confirmation-needed'),
    });
    expect(await record(today, 'BOX-1', 'BOX-2', '--confirm', 'BOX-1')).toMatchObject({ status: 2 });
    expect(await record('2020-01-01', 'BOX-1', '--confirm', 'BOX-1')).toMatchObject({ status: 4 });
    expect(company.sqlite('select count(*) from certificates')).toBe('0\n');
    expect(await record(today, 'BOX-1', '--confirm', 'BOX-1')).toMatchObject({ status: 0 });
    expect(await record(today, 'BOX-2', 'BOX-3', '--confirm', '2')).toMatchObject({ status: 0 });
    expect(company.sqlite('select items from certificates order by number')).toBe('1\n2\n');
    expect(await company.run('log', 'verify')).toMatchObject({ status: 0 });
  });

  it('certifies which disk was destroyed, and the category that people say it comes up to', async () => {
    const company = new Company();
    await company.prepare(1);
    for (const id of ['HDD-1', 'HDD-2', 'HDD-3', 'BOX-1']) {
      const place = ['--medium', id === 'BOX-1' ? 'paper' : 'device', '--location', `Shelf of ${id}`];
      const dates = ['--closed', '2019-12-31'];
      await company.run('inventory', 'add', id, '--title', id, '--class', 'payroll', ...place, ...dates);
    }
    const plan = await company.approvedPlan();
    const today = new Intl.DateTimeFormat('en-CA', { timeZone: 'America/New_York' }).format();
    const record = (ids: string[], ...rest: string[]) =>
      company.run(
        ...['dispose', 'record', ...ids, '--plan', plan, '--by', 'A. Clerk', '--on', today, '--json'],
        ...['--confirm', ids.length === 1 ? String(ids[0]) : String(ids.length), ...rest],
      );
    const serial = ['--serial', 'ZN1A2B3C'];
    for (const [code, ids, ...rest] of [
      ['media-not-one', ['HDD-1', 'HDD-2'], '--method', 'destroyed', ...serial],
      ['media-is-paper', ['BOX-1'], '--method', 'shredded', ...serial],
      ['media-is-paper', ['BOX-1'], '--method', 'shredded', '--category', 'destroy'],
      ['category-not-allowed', ['HDD-1'], '--method', 'erased', '--category', 'destroy'],
      ['category-not-allowed', ['HDD-1'], '--method', 'destroyed', '--category', 'purge'],
      ['statement-invalid', ['HDD-1'], '--method', 'destroyed', '--serial', ' '],
    ] as [string, string[], ...string[]][]) {
      const refused = await record(ids, ...rest);
      expect(refused, code).toMatchObject({ status: 2 });
      expect(refused.stdout).toContain(code);
    }
    const disk = ['--kind', 'hard disk', '--maker', 'Seagate', '--model', 'ST1000DM010', ...serial];
    const destroyed = await record(['HDD-1'], '--method', 'destroyed', '--category', 'destroy', ...disk);
    const { certificate } = JSON.parse(destroyed.stdout);
    const reissue = ['certificate', 'issue', '--replaces', certificate, '--confirm', certificate];
    const { number: again } = await company.json(...reissue);
    for (const number of [certificate, again]) {
      const { items } = (await company.json('certificate', 'show', number)) as { items: unknown[] };
      expect(items).toMatchObject([
        {
          sanitization: 'destroy',
          media: {
            ...{ type: 'hard disk', vendor: 'Seagate', model: 'ST1000DM010', serial: 'ZN1A2B3C' },
            ...{ property_number: 'HDD-1', capacity_bytes: null },
          },
        },
      ]);
      const pdf = join(company.workspace, 'certificates', `certificate-${number}.pdf`);
      const text = execFileSync('pdftotext', ['-layout', pdf, '-'], { encoding: 'utf8' });
      expect(text.replaceAll(/\s+/g, ' ')).toContain('Seagate ST1000DM010, hard disk, serial ZN1A2B3C');
      expect(text).toContain('NIST SP 800-88: Destroy');
    }
    const register = await company.run('certificate', 'register', '--year', certificate.slice(0, 4), '--csv');
    expect(register.stdout).toMatch(/^.*HDD-1.*ZN1A2B3C.*attested,destroy,.*$/m);
    const two = await record(['HDD-2', 'HDD-3'], '--method', 'erased', '--category', 'purge');
    const { items } = (await company.json('certificate', 'show', JSON.parse(two.stdout).certificate)) as {
      items: unknown[];
    };
    expect(items).toMatchObject([
      { sanitization: 'purge', media: null },
      { sanitization: 'purge', media: null },
    ]);
    // What is on a label may lead to a person: the certificates have it, and the log has not.
    const log = await company.run('log', 'list', '--json');
    expect(log.stdout).toContain('"sanitization": "destroy"');
    expect(log.stdout).not.toContain('ZN1A2B3C');
    expect(await company.run('log', 'verify')).toMatchObject({ status: 0 });
  });

  it('certifies where paper came from and what becomes of it, as it was stated, also when issued again', async () => {
    const company = new Company();
    await company.prepare(1);
    const place = ['--medium', 'paper', '--location', 'Basement', '--closed', '2019-12-31'];
    await company.run('inventory', 'add', 'BOX-1', '--title', 'BOX-1', '--class', 'payroll', ...place);
    const plan = await company.approvedPlan();
    const today = new Intl.DateTimeFormat('en-CA', { timeZone: 'America/New_York' }).format();
    const record = (...rest: string[]) =>
      company.run(
        ...['dispose', 'record', 'BOX-1', '--plan', plan, '--method', 'shredded', '--by', 'A. Clerk'],
        ...['--on', today, '--confirm', 'BOX-1', '--json', ...rest],
      );
    for (const bad of [
      ['--source', ''],
      ['--source', 'two\nlines'],
      ['--destination', 'x'.repeat(501)],
      ['--destination', 'an escape \u001b[2J'],
      ['--place', 'x'.repeat(10_001)],
      ['--witness', 'two\nlines'],
      ['--title', 'x'.repeat(501)],
      ['--custody', `${today}; A. Clerk; Shred Co; ${'x'.repeat(501)}`],
    ]) {
      const refused = await record(...bad);
      expect(refused, bad[0]).toMatchObject({ status: 2 });
      expect(refused.stdout).toContain('statement-invalid');
    }
    const scan = join(temporaryFolder(), 'scan\n1.pdf');
    writeFileSync(scan, 'a scan');
    expect(await record('--vendor-certificate', scan)).toMatchObject({ status: 2 });
    expect(company.sqlite('select count(*) from certificates')).toBe('0\n');
    const done = await record('--source', 'Archive room B2', '--destination', 'pulped for recycling');
    expect(done).toMatchObject({ status: 0 });
    const { certificate } = JSON.parse(done.stdout);
    const issue = ['certificate', 'issue', '--replaces', certificate, '--confirm', certificate];
    const { number: again } = await company.json(...issue);
    for (const number of [certificate, again]) {
      const { items } = (await company.json('certificate', 'show', number)) as { items: unknown[] };
      expect(items).toMatchObject([{ source: 'Archive room B2', destination: 'pulped for recycling' }]);
      const pdf = join(company.workspace, 'certificates', `certificate-${number}.pdf`);
      const text = execFileSync('pdftotext', ['-layout', pdf, '-'], { encoding: 'utf8' });
      expect(text.replaceAll(/\s+/g, ' ')).toMatch(
        /from Archive room B2;.* destination: pulped for recycling/,
      );
    }
    // It is text of a person: the certificates have it, and the log has not.
    const log = await company.run('log', 'list', '--json');
    expect(log.stdout).toContain('item.attest');
    expect(log.stdout).not.toContain('Archive room');
    expect(await company.run('log', 'verify')).toMatchObject({ status: 0 });
  });

  it('asks a person at a terminal for the id of the plan and the passphrase of the key', async () => {
    const company = new Company();
    const secret = join(company.folder, 'secret');
    writeFileSync(secret, 'correct horse battery\n', { mode: 0o600 });
    await quietus(
      [
        ...['init', company.workspace, '--organization', 'Acme', '--time-zone', 'America/New_York'],
        ...[
          '--operator',
          'tester',
          '--operator-name',
          'A. Tester',
          '--passphrase-file',
          secret,
          '--no-input',
        ],
        ...['--max-class-percent', '100'],
      ],
      { cwd: company.folder },
    );
    mkdirSync(company.records);
    writeFileSync(join(company.records, 'a.csv'), 'x');
    writeFileSync(join(company.folder, 'schedule.yaml'), SCHEDULE);
    await company.run('schedule', 'import', 'schedule.yaml');
    await company.run(
      ...['inventory', 'add', 'A', '--title', 'A', '--class', 'payroll', '--medium', 'file'],
      ...['--location', join(company.records, 'a.csv'), '--closed', '2019-12-31'],
    );
    const { plan } = (await company.json('sweep', 'plan')) as { plan: string };
    const wrong = await company.run(
      'sweep',
      'approve',
      plan,
      '--confirm',
      plan,
      '--passphrase-file',
      '/dev/null',
    );
    expect(wrong).toMatchObject({ status: 2 });
    const approved = await terminal(['sweep', 'approve', plan], {
      cwd: company.folder,
      env: { QUIETUS_WORKSPACE: company.workspace },
      answers: [
        { after: 'to go on:', type: `${plan}\r` },
        { after: 'Passphrase', type: 'correct horse battery\r' },
      ],
    });
    expect(approved.stdout).toContain('Approved by tester');
    expect(approved.stdout).not.toContain('correct horse');
  });

  it('lets one run at a time have the workspace, and names the one that has it', async () => {
    const company = new Company();
    await company.prepare(1);
    const plan = await company.approvedPlan();
    const lock = join(company.workspace, 'run.lock');
    const holder = spawn('sqlite3', [lock], { stdio: ['pipe', 'pipe', 'inherit'] });
    holder.stdin.write('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; SELECT 1;\n');
    await new Promise((done) => holder.stdout.once('data', done));
    const second = await company.run('sweep', 'run', plan, '--confirm', plan);
    holder.kill();
    expect(second).toMatchObject({ status: 7 });
    expect(readdirSync(company.records)).toHaveLength(1);
  });

  it('refuses a workspace of a newer version and leaves it as it is', async () => {
    const company = new Company();
    await company.prepare(1);
    company.sqlite(
      "insert into schema_migrations values ('999-from-the-future', '2027-01-01T00:00:00.000Z')",
    );
    const before = company.sqlite('select count(*) from items');
    const refused = await company.run('inventory', 'list');
    expect(refused).toMatchObject({ status: 2 });
    expect(refused.stderr).toMatch(/newer version/);
    expect(company.sqlite('select count(*) from items')).toBe(before);
  });
});

describe('quietus demo', () => {
  it('plays the whole job and leaves nothing behind', async () => {
    const folder = temporaryFolder();
    const demo = await quietus(['demo'], { cwd: folder, env: { TMPDIR: folder }, timeout: 60_000 });
    expect(demo).toMatchObject({ status: 0, stderr: '' });
    expect(demo.stdout).toContain('Every check passed.');
    expect(readdirSync(folder)).toEqual([]);
  });

  it('keeps the company and its certificates where it is told to, and no other folder', async () => {
    const folder = temporaryFolder();
    const demo = await quietus(['demo', '--keep', 'company', '--to', 'papers', '--json'], {
      cwd: folder,
      env: { TMPDIR: folder },
      timeout: 60_000,
    });
    const data = JSON.parse(demo.stdout) as { worth_opening: string[]; files: number; plan: string };
    expect(data.files).toBeGreaterThanOrEqual(200);
    expect(data.worth_opening.length).toBeGreaterThanOrEqual(4);
    for (const path of data.worth_opening) expect(existsSync(path), path).toBe(true);
    expect(readdirSync(folder).toSorted()).toEqual(['company', 'papers']);
    const again = await quietus(['demo', '--keep', 'company'], { cwd: folder });
    expect(again).toMatchObject({ status: 2 });
    rmSync(join(folder, 'papers'), { recursive: true });
  });
});
