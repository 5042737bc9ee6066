import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { createWorkspace } from '../../src/session/index.js';
import { programFolder, quietus, temporaryFolder } from './harness.js';

interface Finding {
  check: string;
  state: string;
  message: string;
  hint: string | null;
}

let template = '';

beforeAll(async () => {
  const { userInfo } = await import('node:os');
  const user = userInfo();
  template = join(temporaryFolder(), 'workspace');
  await createWorkspace({
    root: template,
    organization: { name: 'Example Town', address: null },
    timeZone: 'America/New_York',
    fiscalYearEnd: '06-30',
    limits: { maxItems: 1000, maxClassPercent: 20 },
    approvals: { minimum: 1, plannerMayApprove: true },
    operator: { id: 'ann', name: 'Ann Example' },
    account: { name: user.username, uid: user.uid },
    passphrase: null,
    clock: { now: () => new Date('2026-11-22T12:00:00Z') },
  });
});

function workspace(): string {
  const root = join(temporaryFolder(), 'workspace');
  cpSync(template, root, { recursive: true });
  chmodSync(root, 0o700);
  return root;
}

async function doctor(
  root: string,
): Promise<{ status: number | null; findings: Finding[]; of: (check: string) => Finding[] }> {
  const { status, stdout } = await quietus(['doctor', '--json', '--workspace', root]);
  const document = JSON.parse(stdout);
  expect(document.exit_code).toBe(status);
  const findings: Finding[] = document.findings;
  return { status, findings, of: (check) => findings.filter((finding) => finding.check === check) };
}

describe('doctor', () => {
  test('of a new workspace finds all good but the schedule, which waits for a person', async () => {
    const { status, findings } = await doctor(workspace());
    expect(status).toBe(6);
    expect(
      findings.filter(({ state }) => state !== 'good').map(({ check, state }) => [check, state]),
    ).toEqual([['schedule', 'warning']]);
    expect(findings.map(({ check }) => check)).toEqual([
      'node',
      'sqlite3',
      'settings',
      'permissions',
      'free space',
      'database',
      'operator',
      'schedule',
      'log',
      'evidence',
      'clock',
    ]);
  });

  test('without a workspace looks at the machine alone, and says how to make one', async () => {
    const home = temporaryFolder();
    const outcome = await quietus(['doctor'], { cwd: home, env: { HOME: home } });
    expect(outcome.status).toBe(0);
    expect(outcome.stdout).toMatch(/^ok {7}node/);
    expect(outcome.stdout).toContain('quietus init');
  });

  test.each([
    ['quietus.db', 0o644],
    ['keys', 0o750],
    ['keys/ann.key.json', 0o640],
    ['quietus.yaml', 0o622],
  ])('finds that others may use %s (%i)', async (name, mode) => {
    const root = workspace();
    chmodSync(join(root, name), mode);
    const { status, of } = await doctor(root);
    expect(status).toBe(2);
    expect(of('permissions')).toMatchObject([{ state: 'bad', message: expect.stringContaining(name) }]);
    // The command that it gives puts it right.
    const { stdout } = await quietus(['doctor', '--workspace', root]);
    const fix = /Run: (chmod .*)/.exec(stdout)?.[1] ?? 'false';
    expect(spawnSync('sh', ['-c', fix]).status).toBe(0);
    expect((await doctor(root)).of('permissions')).toMatchObject([{ state: 'good' }]);
  });

  test('says of a file that SQLite takes away itself that it may be gone', async () => {
    const root = workspace();
    writeFileSync(join(root, 'quietus.db-wal'), '', { mode: 0o644 });
    chmodSync(join(root, 'quietus.db-wal'), 0o644);
    const [found] = (await doctor(root)).of('permissions');
    expect(found?.hint).toMatch(/^It goes when the last command ends; .* chmod go= .*quietus\.db-wal$/);
  });

  test('tells of a database that is an older copy as of the log, not of the clock', async () => {
    const root = workspace();
    const later = workspace();
    const run = (...args: string[]) => quietus([...args, '--workspace', later, '--json']);
    await run('inventory', 'add', 'A', '--title', 'A', '--medium', 'paper', '--location', 'Room 1');
    expect(await run('log', 'checkpoint')).toMatchObject({ status: 0 });
    cpSync(join(later, 'checkpoints'), join(root, 'checkpoints'), { recursive: true });
    const { status, of } = await doctor(root);
    expect(status).toBe(5);
    expect(of('log').at(-1)).toMatchObject({
      state: 'bad',
      message: expect.stringContaining('the database is an older copy'),
    });
    expect(of('clock')).toEqual([]);
  });

  test('finds that a hold is gone of which the log tells', async () => {
    const root = workspace();
    const place = [
      'hold',
      'place',
      '--matter',
      'Doe v. Roe',
      '--item',
      'A',
      '--allow-unknown',
      '--workspace',
      root,
    ];
    expect((await quietus(place)).status).toBe(0);
    expect((await doctor(root)).of('evidence')).toMatchObject([{ state: 'good' }]);
    spawnSync('sqlite3', [join(root, 'quietus.db'), 'delete from hold_scopes; delete from holds']);
    const { status, of } = await doctor(root);
    expect(status).toBe(5);
    expect(of('log')).toMatchObject([{ state: 'good' }]);
    expect(of('evidence')).toMatchObject([{ state: 'bad', message: expect.stringContaining('H-2026-0001') }]);
  });

  test('warns of what has expired or ends soon, and of transfers without an outcome', async () => {
    const root = workspace();
    const folder = temporaryFolder();
    const soon = spawnSync('openssl', [
      ...'req -x509 -newkey ed25519 -noenc -subj /CN=signer -days 20 -keyout /dev/null -out'.split(' '),
      join(folder, 'soon.pem'),
    ]);
    expect(soon.status).toBe(0);
    const pem = readFileSync(join(folder, 'soon.pem'), 'utf8');
    const gone = spawnSync('sh', ['-c', 'echo $$']).stdout.toString().trim();
    const work = JSON.stringify({ host: hostname(), pid: Number(gone), temporary: '/x', output: '/y' });
    const statements = `
      insert into certificate_signers (fingerprint, origin, certificates, recorded_at, recorded_by, log_seq)
        values ('${'a'.repeat(64)}', 'imported', '${pem}', '2026-11-22T12:00:00Z', 'ann', 1000);
      insert into recipients (name, kind, formats, expires_on, recovery, added_at, added_by)
        values ('bob', 'age', 'age', '2026-01-31', 0, '2026-01-01T00:00:00Z', 'ann');
      insert into transfers (id, state, format, begun_at, begun_by, recipients, work)
        values ('T-2026-0001', 'begun', 'age', '2026-01-01T00:00:00Z', 'ann', '[]', '${work}');`;
    const { stderr } = spawnSync('sqlite3', [join(root, 'quietus.db')], { input: statements });
    expect(stderr.toString()).toBe('');
    const { of } = await doctor(root);
    expect(of('certificates')).toMatchObject([
      { state: 'warning', message: expect.stringMatching(/expires on \d/) },
    ]);
    expect(of('recipients')).toMatchObject([
      { state: 'warning', message: 'The recipient bob expired on 2026-01-31' },
    ]);
    expect(of('transfers')).toMatchObject([
      { state: 'warning', message: expect.stringContaining('T-2026-0001') },
    ]);
  });

  test('tells settings that cannot be read and still looks at all else', async () => {
    const root = workspace();
    writeFileSync(join(root, 'quietus.yaml'), 'version: 1\n\torganization: x\n');
    const { status, of, findings } = await doctor(root);
    expect(status).toBe(2);
    expect(of('settings')).toMatchObject([{ state: 'bad' }]);
    expect(of('database')).toMatchObject([{ state: 'good' }]);
    expect(findings.length).toBeGreaterThan(6);
  });

  test('finds a database that is damaged or gone, without touching it', async () => {
    const damaged = workspace();
    writeFileSync(
      join(damaged, 'quietus.db'),
      'this is no database at all, and long enough to be looked at by SQLite\n'.repeat(99),
    );
    const first = await doctor(damaged);
    expect(first.status).toBe(5);
    expect(first.of('database')).toMatchObject([{ state: 'bad' }]);
    const gone = workspace();
    renameSync(join(gone, 'quietus.db'), join(gone, 'elsewhere.db'));
    const second = await doctor(gone);
    expect(second.status).toBe(2);
    expect(second.of('database')).toMatchObject([{ state: 'bad' }]);
  });

  test('finds an operator whose key file is gone', async () => {
    const root = workspace();
    rmSync(join(root, 'keys', 'ann.key.json'));
    rmSync(join(root, 'keys', 'ann.pub.pem'));
    const { status, of } = await doctor(root);
    expect(status).toBe(2);
    expect(of('operator').at(-1)).toMatchObject({
      state: 'bad',
      message: expect.stringContaining('keys/ann.key.json'),
    });
  });

  test('finds an archive whose file is gone or cut', async () => {
    const root = workspace();
    const record = join(root, '..', 'record.csv');
    const passphrase = join(root, '..', 'pass');
    writeFileSync(record, 'content');
    writeFileSync(passphrase, 'correct horse battery staple\n', { mode: 0o600 });
    const run = (...args: string[]) => quietus([...args, '--workspace', root, '--json']);
    await run('inventory', 'add', 'A', '--title', 'A', '--medium', 'file', '--location', record);
    await run('archive', 'key', '--make', '--passphrase-file', passphrase);
    const made = await run('archive', 'create', 'A', '--confirm', 'A', '--accept-residual');
    const { path } = JSON.parse(made.stdout);
    expect((await doctor(root)).of('archives')).toEqual([]);
    truncateSync(path, 100);
    expect((await doctor(root)).of('archives')).toMatchObject([{ state: 'bad' }]);
    rmSync(path);
    const { status, of } = await doctor(root);
    expect(status).toBe(5);
    expect(of('archives')).toMatchObject([
      { message: expect.stringMatching(/ A .*not where it was written/) },
    ]);
  });

  test('finds one changed byte of the log with exit code 5', async () => {
    const root = workspace();
    const { default: sqlite3 } = await import('sqlite3');
    await new Promise<void>((resolve, reject) => {
      const database = new sqlite3.Database(join(root, 'quietus.db'));
      database.exec("update log_entries set entry = replace(entry, 'ann', 'bob') where seq = 1", (error) => {
        database.close(() => (error ? reject(error) : resolve()));
      });
    });
    const { status, of } = await doctor(root);
    expect(status).toBe(5);
    expect(of('log')).toMatchObject([{ state: 'bad', message: expect.stringContaining('Entry 1') }]);
  });

  test('finds that an index of the log does not lead to its entries', async () => {
    const root = workspace();
    const statements = `pragma writable_schema = on;
      update sqlite_master set sql = replace(sql, '24', '19') where name = 'log_entries_instant';
      pragma writable_schema = reset; reindex log_entries_instant; pragma writable_schema = on;
      update sqlite_master set sql = replace(sql, '19', '24') where name = 'log_entries_instant';
      pragma writable_schema = reset`;
    expect(spawnSync('sqlite3', [join(root, 'quietus.db')], { input: statements }).stderr.toString()).toBe(
      '',
    );
    const { status, of } = await doctor(root);
    expect(status).toBe(5);
    expect(of('database')).toMatchObject([{ state: 'bad' }]);
  });

  test('finds a schedule that was written and not imported', async () => {
    const root = workspace();
    writeFileSync(join(root, 'schedule.yaml'), 'version: 1\n');
    expect((await doctor(root)).of('schedule')).toMatchObject([{ state: 'warning' }]);
  });

  test('works where the sqlite3 binding cannot be loaded, and says the exact fix', async () => {
    const folder = temporaryFolder();
    cpSync(programFolder(), folder, { recursive: true, filter: (path) => !path.includes('node_modules') });
    const broken = join(folder, 'node_modules', 'sqlite3');
    mkdirSync(broken, { recursive: true });
    writeFileSync(join(broken, 'package.json'), '{"name":"sqlite3","main":"index.js"}');
    writeFileSync(
      join(broken, 'index.js'),
      "throw new Error('Could not locate the bindings file. Tried:\\n /home/ann/x');",
    );
    symlinkSync(join(programFolder(), 'node_modules', 'yaml'), join(folder, 'node_modules', 'yaml'));
    const bin = join(folder, 'bin', 'quietus.js');
    const { status, stdout } = spawnSync(process.execPath, [bin, 'doctor', '--workspace', workspace()], {
      encoding: 'utf8',
    });
    expect(status).toBe(2);
    expect(stdout).toContain('npm rebuild sqlite3');
    expect(stdout).toContain('"allowScripts": {"sqlite3": true}');
    expect(stdout).toMatch(/ok {7}settings/);
    expect(stdout).not.toContain('/home/ann');
    const list = spawnSync(process.execPath, [bin, 'sweep', 'list', '--json', '--workspace', workspace()], {
      encoding: 'utf8',
    });
    expect(list.status).toBe(2);
    expect(JSON.parse(list.stdout).error.code).toBe('sqlite3-binding');
  });
});
