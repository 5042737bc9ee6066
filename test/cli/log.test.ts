import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { beforeAll, describe, expect, test } from 'vitest';
import { quietus, temporaryFolder } from './harness.js';
import { initialized, madeOnce } from './made-once.js';

const WORDS = [
  ...['--organization', 'Acme', '--time-zone', 'America/New_York'],
  ...['--operator-name', 'Jane Doe', '--operator', 'jdoe', '--unattended'],
];

/** A workspace with four entries in its log: its creation and three holds. */
async function workspace(): Promise<string> {
  const root = join(temporaryFolder(), 'workspace');
  await madeOnce(root, 'three holds', async () => {
    await initialized(root, WORDS);
    for (const name of ['a', 'b', 'c']) {
      const placed = await quietus(['hold', 'place', '--matter', name, '--allow-unknown', '--class', name], {
        cwd: root,
      });
      expect(placed.status, placed.stderr).toBe(0);
    }
  });
  return root;
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

function sqlite(root: string, sql: string): string {
  return execFileSync('sqlite3', [join(root, 'quietus.db'), sql])
    .toString()
    .trim();
}

describe('log verify', () => {
  test('prints the number of entries and the hash of the last', async () => {
    const cwd = await workspace();
    const head = sqlite(cwd, 'select hash from log_entries where seq = 5');
    for (const [entry, message] of [
      ['17x', 'ENTRY is not a whole number\n'],
      ['0', 'ENTRY is not a whole number of 1 or more\n'],
    ] as const)
      expect((await quietus(['log', 'prove', entry], { cwd })).stderr).toContain(`error: ${message}`);
    const people = await quietus(['log', 'verify'], { cwd });
    expect(people).toMatchObject({ status: 0, stdout: expect.stringContaining('5 entries') });
    expect(people.stdout).toContain(head);
    const json = await quietus(['log', 'verify', '--json'], { cwd });
    expect(JSON.parse(json.stdout)).toMatchObject({ entries: 5, head, clock_set_back: [], unsigned: 0 });
  });

  test('ends with 5 at the first bad entry', async () => {
    const cwd = await workspace();
    sqlite(cwd, "update log_entries set entry = replace(entry, 'H-', 'X-') where seq = 3");
    const people = await quietus(['log', 'verify'], { cwd });
    expect(people).toMatchObject({ status: 5, stdout: '' });
    expect(people.stderr).toMatch(/^error: The log does not verify at entry 3/);
    const json = await quietus(['log', 'verify', '--json'], { cwd });
    expect(json.status).toBe(5);
    expect(JSON.parse(json.stdout).error.details).toMatchObject({
      seq: 3,
      problem: 'entry-changed',
      good_entries: 2,
    });
  });

  test.each([
    [
      'its entry forged',
      (seq: number, forged: string) =>
        `update log_entries set action = 'inventory.list', entry = '${forged}', hash = '${sha256(forged)}' where seq = ${seq}`,
    ],
    [
      'the log cut off before its entry',
      (seq: number) =>
        `delete from log_entries where seq >= ${seq}; delete from log_checkpoints where size >= ${seq}; delete from log_nodes; delete from log_tree`,
    ],
  ])('goes before anything is destroyed: a hold was taken out, and %s', async (_, tamper) => {
    const cwd = await workspace();
    const file = join(cwd, '..', 'payroll.csv');
    writeFileSync(file, 'name,ssn\n');
    const placed = await quietus(['hold', 'place', '--matter', 'Doe v. Acme', '--location', file], { cwd });
    expect(placed.status, placed.stderr).toBe(0);
    const args = ['dispose', file, '--ground', 'export', '--confirm', 'payroll.csv', '--accept-residual'];
    expect((await quietus(args, { cwd })).status).toBe(4);
    const entry = JSON.parse(
      sqlite(cwd, "select entry from log_entries where action = 'hold.place' order by seq desc limit 1"),
    );
    const forged = JSON.stringify({ ...entry, action: 'inventory.list', subject: {} });
    sqlite(cwd, `delete from holds where matter = 'Doe v. Acme'; ${tamper(entry.seq, forged)}`);
    const refused = await quietus([...args, '--json'], { cwd });
    expect(refused.status, refused.stderr).toBe(5);
    expect(JSON.parse(refused.stdout).error.code).toMatch(/^log-(broken|rewound)$/);
    expect(existsSync(file)).toBe(true);
  });

  test('finds that the log is of another workspace', async () => {
    const [cwd, other] = [await workspace(), join(temporaryFolder(), 'other')];
    expect(await quietus(['init', other, ...WORDS])).toMatchObject({ status: 0 });
    execFileSync('cp', [join(other, 'quietus.yaml'), join(cwd, 'quietus.yaml')]);
    const json = await quietus(['log', 'verify', '--json'], { cwd });
    expect(json.status).toBe(5);
    expect(JSON.parse(json.stdout).error.details.problem).toBe('workspace-differs');
  });

  test('after the database was lost says so, and makes no empty one', async () => {
    const cwd = await workspace();
    execFileSync('sh', ['-c', 'rm quietus.db*'], { cwd });
    for (const command of [
      ['log', 'verify'],
      ['log', 'list'],
      ['hold', 'list'],
    ]) {
      const outcome = await quietus([...command, '--json'], { cwd });
      expect(outcome.status).toBe(2);
      expect(JSON.parse(outcome.stdout).error.code).toBe('database-missing');
    }
  });
});

describe('log list', () => {
  let cwd: string;
  beforeAll(async () => {
    cwd = await workspace();
  });

  test('prints the newest first, as a table for people', async () => {
    const { stdout } = await quietus(['log', 'list'], { cwd });
    const lines = stdout.trimEnd().split('\n');
    expect(lines[0]).toMatch(/^NO +TIME \(UTC\) +OPERATOR +ACTION +OUTCOME +SUBJECT$/);
    expect(lines[1]).toMatch(
      /^ 5 +\d{4}-\d\d-\d\d \d\d:\d\d:\d\d +jdoe +hold\.place +done +hold H-\d{4}-0003$/,
    );
    expect(lines).toHaveLength(6);
  });

  test('pages through all of it', async () => {
    const seen: number[] = [];
    for (let after: number | null = 0, rounds = 0; after !== null && rounds < 9; rounds += 1) {
      const from = after === 0 ? [] : ['--after', String(after)];
      const { stdout } = await quietus(['log', 'list', '--limit', '3', '--json', ...from], { cwd });
      const page = JSON.parse(stdout);
      seen.push(...page.entries.map((entry: { seq: number }) => entry.seq));
      after = page.next_after;
    }
    expect(seen).toEqual([5, 4, 3, 2, 1]);
    const oldest = await quietus(['log', 'list', '--limit', '2', '--oldest-first', '--json'], { cwd });
    expect(JSON.parse(oldest.stdout)).toMatchObject({ entries: [{ seq: 1 }, { seq: 2 }], next_after: 2 });
    const people = await quietus(['log', 'list', '--limit', '3'], { cwd });
    expect(people.stderr).toContain('--after 3');
  });

  test('filters by operator, action, topic and time', async () => {
    const numbers = async (...flags: string[]) => {
      const { stdout } = await quietus(['log', 'list', '--json', ...flags], { cwd });
      return JSON.parse(stdout).entries.map((entry: { seq: number }) => entry.seq);
    };
    const second = sqlite(cwd, 'select time from log_entries where seq = 3');
    expect(await numbers('--action', 'hold')).toEqual([5, 4, 3]);
    expect(await numbers('--action', 'workspace.create')).toEqual([1]);
    expect(await numbers('--operator', 'nobody')).toEqual([]);
    expect(await numbers('--since', second)).toEqual([5, 4, 3]);
    expect(await numbers('--until', second, '--action', 'hold.place')).toEqual([3]);
    expect(await numbers('--until', '2020-01-01')).toEqual([]);
    const nobody = await quietus(['log', 'list', '--operator', 'nobody'], { cwd });
    expect(nobody).toMatchObject({ status: 0, stdout: '', stderr: expect.stringContaining('No entry') });
  });

  test('takes a day as that of the organization, from midnight to midnight', async () => {
    const changed = await workspace();
    // 2026-07-01 in New York is 04:00 UTC of that day to 04:00 UTC of the next.
    const times = [
      '2026-07-01T03:59:59.999Z',
      '2026-07-01T04:00:00.000Z',
      '2026-07-02T03:59:59.999Z',
      '2026-07-02T04:00:00.000Z',
    ];
    for (const [index, time] of times.entries())
      sqlite(changed, `update log_entries set time = '${time}' where seq = ${index + 1}`);
    const args = ['log', 'list', '--since', '2026-07-01', '--until', '2026-07-01', '--json'];
    const { entries } = JSON.parse((await quietus(args, { cwd: changed })).stdout);
    expect(entries.map((entry: { seq: number }) => entry.seq)).toEqual([3, 2]);
  });

  test.each([
    ['02/30/2024', 'log-time-invalid'],
    ['2024-02-30', 'log-time-invalid'],
    ['yesterday', 'log-time-invalid'],
    ['2024-02-30T00:00:00Z', 'log-time-invalid'],
  ])('refuses the time %s', async (time, code) => {
    const outcome = await quietus(['log', 'list', '--since', time, '--json'], { cwd });
    expect(outcome.status).toBe(2);
    expect(JSON.parse(outcome.stdout).error.code).toBe(code);
  });

  test('prints CSV that another program reads', async () => {
    const { stdout } = await quietus(['log', 'list', '--csv', '--oldest-first'], { cwd });
    const rows: Record<string, string>[] = parse(stdout, { columns: true });
    expect(rows.map((row) => row.seq)).toEqual(['1', '2', '3', '4', '5']);
    expect(JSON.parse(rows[2]?.subject ?? '')).toEqual({ hold: expect.stringMatching(/^H-\d{4}-0001$/) });
    expect(rows[4]?.hash).toBe(sqlite(cwd, 'select hash from log_entries where seq = 5'));
  });
});
