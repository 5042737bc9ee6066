import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Outcome, quietus, start, temporaryFolder } from './harness.js';
import { initialized, madeOnce } from './made-once.js';

const SCHEDULE = `version: 1
title: Acme
classes:
  drafts:
    title: Drafts
    retain: [{after: closed, for: P1Y}]
    disposition: destroy
    approvals: 0
    authority: {citation: organization policy, checked: 2026-11-02}
  payroll:
    title: Payroll
    retain: [{after: closed, for: P3Y}]
    disposition: destroy
    approvals: 1
    authority: {citation: 29 CFR 516.5, checked: 2026-11-02}
`;

const BYTES = 200_000;

/** A company with due files of a class, in a workspace that asks for no approval by itself. */
class Company {
  readonly folder = temporaryFolder();
  readonly workspace = join(this.folder, 'acme');
  readonly records = join(this.folder, 'records');

  get place() {
    return { cwd: this.folder, env: { QUIETUS_WORKSPACE: this.workspace } };
  }

  run(...args: string[]): Promise<Outcome> {
    return quietus(args, this.place);
  }

  async prepare(recordClass: string, files: number): Promise<void> {
    writeFileSync(join(this.folder, 'schedule.yaml'), SCHEDULE);
    await madeOnce(this.workspace, 'a schedule that asks for no approval', async () => {
      await initialized(this.workspace, [
        ...['--organization', 'Acme', '--time-zone', 'America/New_York', '--operator', 'tester'],
        ...['--operator-name', 'A. Tester', '--unattended', '--no-input'],
        ...['--max-class-percent', '100', '--approvals', '0'],
      ]);
      expect(await this.run('schedule', 'import', 'schedule.yaml')).toMatchObject({ status: 0 });
    });
    mkdirSync(this.records);
    const rows = Array.from({ length: files }, (_, index) => {
      const path = join(this.records, `${index}.csv`);
      writeFileSync(path, 'x'.repeat(BYTES));
      return `REC-${index},Records ${index},${recordClass},file,${path},2019-12-31`;
    });
    writeFileSync(
      join(this.folder, 'inventory.csv'),
      `id,title,class,medium,location,closed\n${rows.join('\n')}\n`,
    );
    expect(await this.run('inventory', 'import', 'inventory.csv')).toMatchObject({ status: 0 });
  }

  get files(): number {
    return readdirSync(this.records).length;
  }

  sqlite(sql: string): string {
    return execFileSync('sqlite3', [join(this.workspace, 'quietus.db'), sql], { encoding: 'utf8' }).trim();
  }

  /** Everything was disposed of exactly once, and the books say so. */
  async expectAllDoneOnce(files: number): Promise<void> {
    expect(this.files).toBe(0);
    expect(this.sqlite("SELECT count(*) FROM items WHERE state = 'disposed'")).toBe(String(files));
    expect(this.sqlite("SELECT count(*), count(DISTINCT item_id) FROM disposals WHERE state = 'done'")).toBe(
      `${files}|${files}`,
    );
    expect(await this.run('log', 'verify')).toMatchObject({ status: 0 });
    expect(this.sqlite('SELECT count(*) FROM certificates')).toBe('1');
  }
}

function lines(text: string): Record<string, unknown>[] {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

/** Starts a slow sweep and waits until at least one file is being overwritten. */
function slowSweep(company: Company, ...args: string[]) {
  return start(['sweep', 'auto', '--accept-residual', '--rate', '1MB/s', ...args], company.place);
}

async function until(condition: () => boolean): Promise<void> {
  for (let tries = 0; tries < 600; tries += 1) {
    if (condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error('It did not come about within 15 s');
}

const begun = (company: Company) => () =>
  company.sqlite("SELECT count(*) FROM log_entries WHERE action = 'item.dispose'") !== '0';

describe('sweep auto at the command line', () => {
  it('tells each item on a line as it ends, and the summary on the last', async () => {
    const company = new Company();
    await company.prepare('drafts', 3);
    const { status, stdout } = await company.run('sweep', 'auto', '--accept-residual', '--json-lines');
    expect(status).toBe(0);
    const told = lines(stdout);
    expect(told).toHaveLength(4);
    const items = told.slice(0, 3);
    expect(new Set(items.map(({ id }) => id))).toEqual(new Set(['REC-0', 'REC-1', 'REC-2']));
    expect(items.every(({ bytes }) => bytes === BYTES)).toBe(true);
    expect(told[3]).toMatchObject({
      format: 'quietus-run-summary/1',
      exit_code: 0,
      runs: [{ bytes: 3 * BYTES, certificate: expect.stringMatching(/-0001$/) }],
    });
    await company.expectAllDoneOnce(3);
    expect(await company.run('sweep', 'auto')).toMatchObject({ status: 0 });
  });

  it('loses nothing and repeats nothing when it is killed with -9', { timeout: 120_000 }, async () => {
    const company = new Company();
    await company.prepare('drafts', 10);
    const killed = slowSweep(company);
    await until(begun(company));
    // Throttled to 1 MB/s, 4 MB to write and read back take four seconds.
    killed.process.kill('SIGKILL');
    expect(await killed.finished).toMatchObject({ signal: 'SIGKILL' });
    expect(company.sqlite("SELECT count(*) FROM disposals WHERE state = 'done'")).toBe('0');
    const again = await company.run('sweep', 'auto', '--accept-residual', '--json');
    expect(JSON.parse(again.stdout)).toMatchObject({ runs: [{ resumed: true, left: 0 }] });
    await company.expectAllDoneOnce(10);
  });

  it('stops at SIGTERM with 130, and the next sweep finishes', { timeout: 120_000 }, async () => {
    const company = new Company();
    await company.prepare('drafts', 30);
    const stopped = slowSweep(company);
    await until(begun(company));
    stopped.process.kill('SIGTERM');
    const { status } = await stopped.finished;
    expect(status).toBe(130);
    expect(company.files).toBeGreaterThan(0);
    expect(await company.run('sweep', 'auto', '--accept-residual')).toMatchObject({ status: 0 });
    await company.expectAllDoneOnce(30);
  });

  it('lets only one process run at a time', { timeout: 120_000 }, async () => {
    const company = new Company();
    await company.prepare('drafts', 10);
    const first = slowSweep(company);
    await until(begun(company));
    const second = await company.run('sweep', 'auto');
    expect(second.status).toBe(7);
    expect(second.stderr).toContain('sweep auto');
    expect(await first.finished).toMatchObject({ status: 0 });
    await company.expectAllDoneOnce(10);
  });

  it('keeps what another process puts on hold during the run', { timeout: 120_000 }, async () => {
    const company = new Company();
    await company.prepare('drafts', 40);
    const sweep = slowSweep(company, '--json-lines');
    await until(begun(company));
    const hold = await company.run('hold', 'place', '--matter', 'Doe v. Acme', '--class', 'drafts');
    expect(hold).toMatchObject({ status: 0 });
    const placedAt = Number(
      company.sqlite("SELECT seq FROM log_entries WHERE action = 'hold.place' ORDER BY seq LIMIT 1"),
    );
    const { status, stdout } = await sweep.finished;
    expect(status).toBe(3);
    const left = lines(stdout).filter(({ outcome }) => outcome === 'refused');
    expect(left.length).toBeGreaterThan(0);
    expect(company.files).toBe(left.length);
    for (const { reasons } of left) expect(JSON.stringify(reasons)).toContain('legal-hold');
    // Nothing was begun after the hold stood in the log.
    const after = company.sqlite(
      `SELECT count(*) FROM log_entries WHERE action = 'item.dispose' AND seq > ${placedAt} AND entry LIKE '%"outcome":"intent"%'`,
    );
    expect(after).toBe('0');
    for (const { id } of left)
      expect(
        readFileSync(join(company.records, `${String(id).slice(4)}.csv`), 'utf8').startsWith('xxxx'),
      ).toBe(true);
  });

  it('is refused when the clock is before the newest entry of the log', async () => {
    const company = new Company();
    await company.prepare('drafts', 1);
    // An entry of tomorrow, as a clock that was ahead would have left it.
    company.sqlite(
      "INSERT INTO log_entries SELECT seq + 1, '2999-01-01T00:00:00.000Z', operator, action, hash || 'x', entry FROM log_entries ORDER BY seq DESC LIMIT 1",
    );
    const { status, stdout } = await company.run('sweep', 'auto', '--json');
    expect(status).toBe(4);
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'clock-backwards' } });
    expect(company.files).toBe(1);
  });
});

describe('quotas of sweep run', () => {
  async function approved(company: Company, files: number): Promise<string> {
    await company.prepare('payroll', files);
    const { stdout } = await company.run('sweep', 'plan', '--json');
    const { plan } = JSON.parse(stdout) as { plan: string };
    expect(await company.run('sweep', 'approve', plan, '--confirm', plan)).toMatchObject({ status: 0 });
    return plan;
  }

  it('stop it with what is left not begun, until the same command has done all', async () => {
    const company = new Company();
    const plan = await approved(company, 5);
    const run = (...limits: string[]) =>
      company.run('sweep', 'run', plan, '--confirm', plan, '--accept-residual', '--json', ...limits);
    const told = join(company.folder, 'told.jsonl');
    appendFileSync(
      join(company.workspace, 'quietus.yaml'),
      `\nhooks:\n  command: ["/bin/sh", "-c", "cat >> ${told}"]\n`,
    );
    const first = await run('--max-items', '2');
    expect(first.status).toBe(3);
    expect(JSON.parse(first.stdout)).toMatchObject({
      stopped_at: 'max-items',
      not_begun: 3,
      unfinished: 0,
      bytes: 2 * BYTES,
      certificate: null,
    });
    expect(company.files).toBe(3);
    const second = await run('--max-bytes', `${BYTES + 1}B`);
    expect(JSON.parse(second.stdout)).toMatchObject({ stopped_at: 'max-bytes', not_begun: 2 });
    const tooSmall = await run('--max-bytes', '100kB');
    expect(tooSmall.status).toBe(4);
    expect(JSON.parse(tooSmall.stdout)).toMatchObject({ error: { code: 'quota-too-small' } });
    const last = await run();
    expect(JSON.parse(last.stdout)).toMatchObject({ stopped_at: null, not_begun: 0, bytes: 5 * BYTES });
    await company.expectAllDoneOnce(5);
    // The hook heard of each of them, also of the one that was refused.
    expect(lines(readFileSync(told, 'utf8'))).toMatchObject([
      {
        command: 'sweep run',
        exit_code: 3,
        stopped_at: 'max-items',
        runs: [{ plan, left: 3, bytes: 2 * BYTES }],
      },
      { exit_code: 3, stopped_at: 'max-bytes', runs: [{ resumed: true, left: 2 }] },
      { exit_code: 4, failure: 'quota-too-small', runs: [] },
      { exit_code: 0, failure: null, runs: [{ left: 0, outcomes: { 'overwritten-verified': 5 } }] },
    ]);
    expect(readFileSync(told, 'utf8')).not.toContain('REC-');
  });

  it('are refused where they are not written as they must be', async () => {
    const company = new Company();
    const plan = await approved(company, 1);
    for (const [limit = '', code] of [
      ['--max-bytes=20 potatoes', 'size-invalid'],
      ['--rate=50MB', 'rate-invalid'],
      ['--until=25:00', 'time-invalid'],
    ]) {
      const { status, stdout } = await company.run('sweep', 'run', plan, '--confirm', plan, '--json', limit);
      expect(status).toBe(2);
      expect(JSON.parse(stdout)).toMatchObject({ error: { code } });
    }
    expect(company.files).toBe(1);
  });

  it('tries again what is in use for a moment', { timeout: 60_000 }, async () => {
    const company = new Company();
    await company.prepare('payroll', 1);
    // A program that is running cannot be opened for writing: ETXTBSY.
    const busy = join(company.records, '0.csv');
    copyFileSync('/bin/sleep', busy);
    const { stdout } = await company.run('sweep', 'plan', '--json');
    const { plan } = JSON.parse(stdout) as { plan: string };
    await company.run('sweep', 'approve', plan, '--confirm', plan);
    const sleeper = execFileSync('sh', ['-c', `'${busy}' 2.5 >/dev/null 2>&1 & echo $!`], {
      encoding: 'utf8',
    });
    expect(Number(sleeper)).toBeGreaterThan(0);
    const run = await company.run('sweep', 'run', plan, '--confirm', plan, '--accept-residual', '--json');
    const [item] = (JSON.parse(run.stdout) as { items: { outcome: string }[] }).items;
    expect(item?.outcome).toMatch(/^overwritten-(verified|residual)$/);
    expect(existsSync(busy)).toBe(false);
  });
});

describe('timers at the command line', () => {
  it('shows what it would write, and writes units to a folder', async () => {
    const company = new Company();
    await company.prepare('drafts', 1);
    const dry = await company.run('timer', 'install', '--daily', '02:00', '--dry-run', '--until', '06:00');
    expect(dry.status).toBe(0);
    expect(dry.stdout).toContain('OnCalendar=*-*-* 02:00:00 America/New_York');
    expect(dry.stdout).toContain('"--until" "06:00"');
    const units = join(company.folder, 'units');
    const written = await company.run('timer', 'install', '--daily', '02:00', '--system', '--to', units);
    expect(written).toMatchObject({ status: 0 });
    expect(readdirSync(units)).toHaveLength(2);
    expect(await company.run('timer', 'install', '--daily', '2am')).toMatchObject({ status: 2 });
    const own = join(company.folder, 'config', 'systemd', 'user');
    await company.run('timer', 'install', '--daily', '02:00', '--user', '--to', own);
    const shown = await quietus(['timer', 'show'], {
      cwd: company.folder,
      env: { QUIETUS_WORKSPACE: company.workspace, XDG_CONFIG_HOME: join(company.folder, 'config') },
    });
    expect(shown.status).toBe(0);
    expect(shown.stdout).toMatch(/^ {2}\w+day, \w+ \d+, \d{4} at 02:00:00 E[SD]T \(/m);
  });
});
