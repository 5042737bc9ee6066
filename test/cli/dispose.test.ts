import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { quietus, start, temporaryFolder, terminal } from './harness.js';

const SCHEDULE = `version: 1
title: Test
classes:
  payroll:
    title: Payroll
    trigger: closed
    period: P3Y
    disposition: destroy
    authority: {citation: 29 CFR 516.5, checked: 2026-11-02}
`;

let root: string;
let records: string;
const run = (args: readonly string[], input = '') =>
  quietus(['--workspace', root, ...args], { cwd: records, input });
const write = (name: string, text = `SECRET of ${name}`): string => {
  writeFileSync(join(records, name), text);
  return join(records, name);
};

beforeAll(async () => {
  const folder = temporaryFolder();
  root = join(folder, 'workspace');
  records = join(folder, 'records');
  mkdirSync(records);
  const answers = [
    '--organization',
    'Acme',
    '--time-zone',
    'America/New_York',
    '--operator-name',
    'Jane Doe',
  ];
  const made = await quietus(['init', root, ...answers, '--operator', 'jdoe', '--unattended']);
  expect(made.status, made.stderr).toBe(0);
  writeFileSync(join(root, 's.yaml'), SCHEDULE);
  expect((await run(['schedule', 'import', join(root, 's.yaml')])).status).toBe(0);
});

describe('dispose', () => {
  test('shows what would be achieved and changes nothing with --dry-run', async () => {
    const file = write('dry.csv');
    const before = lstatSync(file, { bigint: true });
    const text = await run(['dispose', 'dry.csv', '--dry-run']);
    expect(text.status, text.stderr).toBe(0);
    expect(text.stdout).toContain(`${file}: file, 17 bytes`);
    expect(text.stdout).toContain('never reaches');
    const data = JSON.parse((await run(['dispose', 'dry.csv', '--dry-run', '--json'])).stdout);
    expect(data).toMatchObject({
      dry_run: true,
      paths: [{ position: 1, medium: 'file', files: 1, bytes: 17 }],
    });
    expect(JSON.stringify(data)).not.toContain('dry.csv');
    expect(lstatSync(file, { bigint: true })).toEqual(before);
    expect(JSON.parse((await run(['log', 'list', '--json'])).stdout).entries.map(actionOf)).not.toContain(
      'dispose.list',
    );
  });

  test('fits into 80 columns, without colour where nobody looks', async () => {
    const file = write('narrow.csv');
    const shown = await run(['dispose', 'narrow.csv', '--dry-run']);
    const free = await run(['dispose', '--free-space', records, '--dry-run']);
    const lines = `${shown.stdout}${shown.stderr}${free.stdout}${free.stderr}`.split('\n');
    // A path cannot be broken.
    const others = lines.filter((line) => !line.includes(records));
    expect(others.length).toBeGreaterThan(10);
    expect(others.filter((line) => line.length > 80)).toEqual([]);
    expect(lines.join('\n')).not.toContain('\u001b');
    const done = await run(['dispose', 'narrow.csv', '--confirm', 'narrow.csv', '--accept-residual']);
    const told = `${done.stdout}${done.stderr}`.split('\n').filter((line) => !line.includes(file));
    expect(told.filter((line) => line.length > 80)).toEqual([]);
    expect(done.stdout).not.toContain('\u001b');
  });

  test('says nothing of the size of what it will leave', async () => {
    mkdirSync(join(records, 'twice'));
    linkSync(write('twice/a'), join(records, 'elsewhere'));
    const { status, stdout } = await run(['dispose', 'twice', '--dry-run']);
    expect(status).toBe(0);
    expect(stdout).toContain('twice: folder\n    Will be left: A file has more than one name');
    expect(stdout.replaceAll(/\s+/g, ' ')).toContain('1 further name is not among what is to be destroyed');
    expect(stdout).toContain(`What stands in the way: ${join(records, 'twice', 'a')}\n`);
    rmSync(join(records, 'twice'), { recursive: true });
    rmSync(join(records, 'elsewhere'));
  });

  test('says which of many files stands in the way of their folder', async (context) => {
    mkdirSync(join(records, 'many', 'deep'), { recursive: true });
    for (const name of ['1', '2', 'deep/3', 'deep/4\n5', 'deep/6']) write(`many/${name}`);
    const name = join(records, 'many', 'deep', '4\n5');
    // Missing permission stops everybody but root.
    if (process.getuid?.() !== 0) chmodSync(name, 0o400);
    else if (spawnSync('chattr', ['+i', name]).status !== 0) context.skip('chattr is not permitted here');
    try {
      const { status, stdout } = await run(['dispose', 'many', '--confirm', 'many', '--accept-residual']);
      expect(status).toBe(3);
      expect(stdout).toContain(`What stands in the way: ${join(records, 'many', 'deep', '4%0A5')}\n`);
      expect(readdirSync(join(records, 'many', 'deep'))).toEqual(['3', '4\n5', '6']);
      // A name may be personal information: what programs read has none.
      const json = await run(['dispose', 'many', '--dry-run', '--accept-residual', '--json']);
      expect(JSON.parse(json.stdout).paths).toMatchObject([{ would: 'leave' }]);
      expect(json.stdout).not.toContain('deep');
    } finally {
      if (process.getuid?.() === 0) spawnSync('chattr', ['-i', name]);
      rmSync(join(records, 'many'), { recursive: true });
    }
  });

  test('takes a file with several names where all of them are given', async () => {
    mkdirSync(join(records, 'both'));
    linkSync(write('both/a'), join(records, 'other-name'));
    const args = ['dispose', 'both', 'other-name', '--confirm', '2', '--accept-residual', '--json'];
    const result = await run(args);
    expect(result.status, result.stderr).toBe(0);
    expect(JSON.parse(result.stdout).paths.map(({ files }: { files: number }) => files)).toEqual([1, 1]);
    expect([existsSync(join(records, 'both')), existsSync(join(records, 'other-name'))]).toEqual([
      false,
      false,
    ]);
  });

  test('asks for the name on a terminal, destroys, and certifies what was said and nothing else', async () => {
    write('old.csv');
    const wrong = await terminal(['--workspace', root, 'dispose', 'old.csv', '--accept-residual'], {
      cwd: records,
      answers: [{ after: 'Type old.csv to go on', type: 'yes\r' }],
    });
    expect(wrong.status, wrong.stdout).toBe(2);
    expect(existsSync(join(records, 'old.csv'))).toBe(true);
    const stated = ['--pi', 'ssn', '--pi', 'payment_card', '--data-subjects', '12', '--class', 'payroll'];
    const done = await terminal(
      [
        '--workspace',
        root,
        'dispose',
        'old.csv',
        '--accept-residual',
        '--ground',
        'left the firm',
        ...stated,
      ],
      { cwd: records, answers: [{ after: 'Type old.csv to go on', type: 'old.csv\r' }] },
    );
    expect(done.stdout).toMatch(/overwritten-(verified|residual): 1/);
    expect(existsSync(join(records, 'old.csv'))).toBe(false);
    const number = /Certificate (\S+)/.exec(done.stdout)?.[1] ?? '';
    const document = JSON.parse(
      readFileSync(join(root, 'certificates', `certificate-${number}.json`), 'utf8'),
    );
    expect(document).toMatchObject({
      subject: { kind: 'disposal', ground: 'left the firm' },
      plan: null,
      items: [
        {
          title: null,
          record_class: 'payroll',
          authority: { citation: '29 CFR 516.5' },
          pi_elements: ['ssn', 'payment_card'],
          data_subjects: 12,
          pre_state: expect.stringMatching(/^readable, 1 file on \S+$/),
          post_state: 'overwritten and removed',
        },
      ],
    });
    expect(JSON.stringify(document)).not.toContain('old.csv');
    const verified = await run(['certificate', 'verify', number]);
    expect(verified.status, verified.stdout).toBe(0);
    // Names of files can be personal information: the log has none.
    expect((await run(['log', 'list', '--json'])).stdout).not.toContain('old.csv');
  });

  test('takes names from find -print0, with line ends in them, and goes on where one may not be touched', async () => {
    mkdirSync(join(records, 'many'));
    for (const name of ['a', 'line\nend', '-x', 'b c']) write(`many/${name}`);
    linkSync(write('second-name'), join(records, 'many', 'linked'));
    const names = spawnSync('find', ['many', '-type', 'f', '-print0'], { cwd: records }).stdout.toString();
    const result = await run(
      ['dispose', '--from-file0', '-', '--confirm', '5', '--accept-residual', '--json'],
      names,
    );
    expect(result.status, result.stderr).toBe(3);
    const outcomes = JSON.parse(result.stdout).paths.map(({ outcome }: { outcome: string }) => outcome);
    expect(outcomes.filter((outcome: string) => outcome.startsWith('overwritten-'))).toHaveLength(4);
    expect(outcomes.filter((outcome: string) => outcome === 'refused')).toHaveLength(1);
    expect(readdirSync(join(records, 'many'))).toEqual(['linked']);
    expect(readFileSync(join(records, 'second-name'), 'utf8')).toContain('SECRET');
  });

  test('refuses the whole list where one of it is a mistake', async () => {
    const good = write('good.csv');
    mkdirSync(join(records, 'repo', '.git'), { recursive: true });
    symlinkSync(good, join(records, 'link'));
    const cases: [names: string[], code: string, status: number][] = [
      [[], 'selection-empty', 2],
      [['good.csv', 'absent.csv'], 'absent', 2],
      [['good.csv', './good.csv'], 'duplicate', 2],
      [['good.csv', '/'], 'protected-path', 4],
      [['good.csv', root], 'protected-path', 4],
      [['good.csv', join(root, 'quietus.db')], 'protected-path', 4],
      [['good.csv', 'link'], 'is-symlink', 4],
      [['good.csv', 'repo'], 'git-repository', 4],
      [['good.csv', '..'], 'protected-path', 4],
      [['good.csv', '/proc/self/status'], 'protected-path', 4],
    ];
    for (const [names, code, status] of cases) {
      const result = await run(['dispose', ...names, '--confirm', String(names.length), '--json']);
      expect(result.status, `${code}: ${result.stderr}`).toBe(status);
      const { error } = JSON.parse(result.stdout || result.stderr);
      const reasons = error.details?.paths?.map(({ reason }: { reason: string }) => reason) ?? [error.code];
      expect(reasons, names.join(' ')).toEqual([code]);
    }
    expect(readFileSync(good, 'utf8')).toContain('SECRET');
  });

  test('destroys nothing while others may use the key of the log, without which no certificate is issued', async () => {
    const file = write('before.csv');
    const key = join(root, 'keys', 'log.signing-key.json');
    chmodSync(key, 0o644);
    try {
      expect(await run(['dispose', 'before.csv', '--confirm', 'before.csv'])).toMatchObject({
        status: 4,
        stderr: expect.stringContaining('Others may use the key of the log'),
      });
    } finally {
      chmodSync(key, 0o600);
    }
    expect(existsSync(file)).toBe(true);
    expect(JSON.parse((await run(['dispose', '--list', '--json'])).stdout).cut_off).toEqual([]);
  });

  test('asks more than the name of a git repository', async () => {
    const plain = await run(['dispose', 'repo', '--confirm', 'repo', '--accept-residual']);
    expect(plain.status).toBe(2);
    expect(plain.stderr).toContain('--confirm repo/.git');
    write('repo/.git/config');
    const meant = await run(['dispose', 'repo', '--confirm', 'repo/.git', '--accept-residual']);
    expect(meant.status, meant.stderr).not.toBe(2);
    expect(existsSync(join(records, 'repo'))).toBe(false);
  });

  test('leaves what the inventory knows to a sweep, and what a hold reaches to nobody', async () => {
    mkdirSync(join(records, 'tree', 'inner'), { recursive: true });
    write('tree/inner/kept.csv');
    writeFileSync(
      join(root, 'i.csv'),
      `id,title,class,medium,location,closed\nPAY-1,Pay,payroll,folder,${join(records, 'tree', 'inner')},2015-12-31\n`,
    );
    expect((await run(['inventory', 'import', join(root, 'i.csv')])).status).toBe(0);
    for (const name of ['tree', 'tree/inner', 'tree/inner/kept.csv']) {
      const refused = await run(['dispose', name, '--confirm', name]);
      expect(refused.status, name).toBe(4);
      expect(refused.stderr, name).toContain('PAY-1');
      expect(refused.stderr, name).toContain('quietus sweep plan');
    }
    // The inventory may know a place by a path through a link.
    symlinkSync(join(records, 'tree'), join(records, 'bough'));
    write('tree/loose.csv');
    const alias = `id,title,class,medium,location,closed\nPAY-2,Pay,payroll,file,${join(records, 'bough', 'loose.csv')},2015-12-31\n`;
    writeFileSync(join(root, 'alias.csv'), alias);
    expect((await run(['inventory', 'import', join(root, 'alias.csv')])).status).toBe(0);
    const aliased = await run(['dispose', 'bough/loose.csv', '--confirm', 'loose.csv']);
    expect(aliased.status).toBe(4);
    expect(aliased.stderr).toContain('PAY-2');
    write('held.csv');
    const held = ['hold', 'place', '--matter', 'Doe v. Acme', '--location', join(records, 'held.csv')];
    const placed = await run(held);
    expect(placed.status, placed.stderr).toBe(0);
    const refused = await run(['dispose', 'held.csv', '--confirm', 'held.csv']);
    expect(refused.status).toBe(4);
    expect(refused.stderr).toContain('H-2026-0001');
    expect(existsSync(join(records, 'held.csv'))).toBe(true);
    // An auditor sees that a hold was in the way, and of what kind each refusal was.
    const log = await run(['log', 'list', '--action', 'command.refuse', '--json']);
    const told = JSON.parse(log.stdout).entries.map(
      ({ data }: { data: { reasons?: string[] } }) => data.reasons,
    );
    expect(told.slice(0, 2)).toEqual([['legal-hold'], ['inventoried']]);
    expect(log.stdout).not.toContain('held.csv');
  });

  test('recognizes by its real path what the inventory knows by a path through a link', async () => {
    mkdirSync(join(records, 'disk2', 'hr', 'old'), { recursive: true });
    mkdirSync(join(records, 'disk2', 'free'));
    for (const name of ['hr/a.csv', 'hr/b.csv', 'hr/old/c.csv', 'free/d.csv']) write(`disk2/${name}`);
    symlinkSync(join(records, 'disk2', 'hr'), join(records, 'hr'));
    symlinkSync(join(records, 'disk2', 'hr', 'old'), join(records, 'old'));
    symlinkSync(join(records, 'disk2', 'free'), join(records, 'unlisted'));
    const items = [
      `LINK-1,Pay,payroll,file,${join(records, 'hr', 'a.csv')},2015-12-31`,
      `LINK-2,Pay,payroll,folder,${join(records, 'old')},2015-12-31`,
    ];
    writeFileSync(join(root, 'links.csv'), `id,title,class,medium,location,closed\n${items.join('\n')}\n`);
    expect((await run(['inventory', 'import', join(root, 'links.csv')])).status).toBe(0);
    for (const [name, ids] of [
      ['disk2/hr/a.csv', /LINK-1/],
      ['disk2/hr/old', /LINK-2/],
      ['disk2/hr/old/c.csv', /LINK-2/],
      ['disk2/hr', /LINK-[12]/],
      ['disk2', /LINK-[12]/],
    ] as const) {
      const refused = await run(['dispose', name, '--dry-run']);
      expect(refused.status, name).toBe(4);
      expect(refused.stderr, name).toMatch(ids);
    }
    for (const name of ['disk2/hr/b.csv', 'disk2/free']) {
      expect((await run(['dispose', name, '--dry-run'])).status, name).toBe(0);
    }
  });

  test('says that names which are not UTF-8 go with their folder', async () => {
    mkdirSync(join(records, 'bytes'));
    execFileSync('sh', ['-c', 'printf x > "$(printf \'bytes/caf\\351\')"'], { cwd: records });
    const listed = spawnSync('sh', ['-c', 'find bytes -type f -print0'], { cwd: records }).stdout;
    writeFileSync(join(records, 'names0'), listed);
    const refused = await run(['dispose', '--from-file0', 'names0', '--confirm', '1']);
    expect(refused.status).toBe(2);
    expect(refused.stderr).toContain('not valid UTF-8');
    const folder = await run(['dispose', 'bytes', '--confirm', 'bytes', '--accept-residual']);
    expect(folder.stderr).not.toContain('error');
    expect(existsSync(join(records, 'bytes'))).toBe(false);
  });
});

// Only root can give files to another account.
test.skipIf(process.getuid?.() !== 0)('a link into the folder of another account is not taken', async () => {
  const bob = join(records, 'of-bob');
  mkdirSync(bob);
  write('of-bob/diary');
  symlinkSync(bob, join(records, 'way'));
  execFileSync('chown', ['-hR', '12345', bob]);
  chmodSync(bob, 0o755);
  const refused = await run(['dispose', 'way/diary', '--confirm', 'diary', '--json']);
  expect(refused.status).toBe(4);
  expect(refused.stdout + refused.stderr).toContain('link-into-another-account');
  expect(existsSync(join(bob, 'diary'))).toBe(true);
});

// Only root can give links to another account.
test.skipIf(process.getuid?.() !== 0)('nor is a link of another account with dots behind it', async () => {
  mkdirSync(join(records, 'ours', 'sub'), { recursive: true });
  write('ours/kept');
  write('ours/sub/kept');
  symlinkSync(join(records, 'ours', 'sub'), join(records, 'theirs'));
  execFileSync('chown', ['-h', '12345', join(records, 'theirs')]);
  for (const name of ['theirs/.', 'theirs/..', 'theirs/../kept', 'theirs/../sub/kept']) {
    const refused = await run(['dispose', name, '--dry-run', '--json']);
    expect(refused.status, name).toBe(4);
    expect(refused.stdout + refused.stderr).toContain('link-into-another-account');
  }
});

test('dispose --free-space shows what it would fill, and fills nothing with --dry-run', async () => {
  const result = await run(['dispose', '--free-space', '.', '--dry-run', '--json']);
  expect(result.status, result.stderr).toBe(0);
  const data = JSON.parse(result.stdout);
  expect(data.free_bytes).toBeGreaterThan(data.reserve_bytes);
  expect(data.limits.map(({ code }: { code: string }) => code)).toContain('free-space-in-use');
});

function actionOf({ action }: { action: string }): string {
  return action;
}

// More than one batch, so that something is not begun.
test('what Ctrl-C stopped is listed, and is finished without beginning more', async () => {
  mkdirSync(join(records, 'slow'));
  const names = Array.from({ length: 400 }, (_, at) => `slow/${String(at).padStart(3, '0')}`);
  for (const name of names) write(name, 'SECRET '.repeat(7_000));
  const args = [
    '--workspace',
    root,
    'dispose',
    ...names,
    '--confirm',
    '400',
    '--accept-residual',
    '--rate',
    '2MB/s',
  ];
  const started = start(args, { cwd: records });
  // The first batch is under way as soon as the first of its files is not what it was.
  const first = lstatSync(join(records, 'slow/000'), { bigint: true }).mtimeNs;
  for (let waited = 0; waited < 20_000; waited += 50) {
    const now = lstatSync(join(records, 'slow/000'), { bigint: true, throwIfNoEntry: false });
    if (now?.mtimeNs !== first) break;
    await new Promise((done) => setTimeout(done, 50));
  }
  started.process.kill('SIGINT');
  const stopped = await started.finished;
  expect(stopped.status, stopped.stderr).toBe(130);
  expect(stopped.stderr).toContain('quietus dispose --continue dispose-');
  const listed = JSON.parse((await run(['dispose', '--list', '--json'])).stdout);
  const id = listed.cut_off[0].run;
  expect(listed.cut_off).toHaveLength(1);
  expect((await run(['doctor'])).stdout).toContain(id);
  const other = await run(['dispose', 'slow/399', '--confirm', '399']);
  expect(other.status).toBe(4);
  expect(other.stderr).toContain(`--continue ${id}`);
  const ended = await run(['dispose', '--continue', id, '--only-begun', '--confirm', id, '--json']);
  expect(ended.status, ended.stderr).toBe(3);
  const result = JSON.parse(ended.stdout);
  const left = readdirSync(join(records, 'slow'));
  expect(left.length).toBeGreaterThan(0);
  expect(result.not_begun).toBeGreaterThan(0);
  for (const name of left) expect(readFileSync(join(records, 'slow', name), 'utf8')).toContain('SECRET');
  expect(JSON.parse((await run(['dispose', '--list', '--json'])).stdout).cut_off).toEqual([]);
}, 120_000);
