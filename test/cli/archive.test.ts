import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { type Outcome, quietus, temporaryFolder } from './harness.js';
import { initialized } from './made-once.js';

const SCHEDULE = `version: 1
title: Acme
classes:
  payroll:
    title: Payroll
    trigger: closed
    period: P3Y
    disposition: archive
    archive: {for: P1Y}
    authority: {citation: 29 CFR 516.5, checked: 2026-11-02}
  later:
    title: Kept in its archive
    trigger: closed
    period: P3Y
    disposition: archive
    archive: {for: P100Y}
    authority: {citation: 29 CFR 516.5, checked: 2026-11-02}
  old:
    title: Destroyed where it lies
    trigger: closed
    period: P3Y
    disposition: destroy
    authority: {citation: 29 CFR 516.5, checked: 2026-11-02}
`;
const CONTENT = 'John Smith,078-05-1120\n'.repeat(200);

/** A workspace with a schedule, and what its archive key is made with. */
async function desk() {
  const folder = temporaryFolder();
  const workspace = join(folder, 'acme');
  const run = (...args: string[]): Promise<Outcome> =>
    quietus(args, { cwd: folder, env: { QUIETUS_WORKSPACE: workspace } });
  const json = async (...args: string[]) => JSON.parse((await run(...args, '--json')).stdout);
  const approved = async () => {
    const { plan } = await json('sweep', 'plan');
    expect(await run('sweep', 'approve', plan, '--confirm', plan)).toMatchObject({ status: 0 });
    return plan as string;
  };
  await initialized(workspace, [
    ...['--organization', 'Acme', '--time-zone', 'America/New_York', '--operator', 'tester'],
    ...['--operator-name', 'A. Tester', '--unattended', '--no-input', '--max-class-percent', '100'],
  ]);
  mkdirSync(join(folder, 'records'));
  writeFileSync(join(folder, 'schedule.yaml'), SCHEDULE);
  writeFileSync(join(folder, 'pass'), 'correct horse battery staple\n', { mode: 0o600 });
  expect(await run('schedule', 'import', 'schedule.yaml')).toMatchObject({ status: 0 });
  const enter = async (id: string, recordClass: string) => {
    const location = join(folder, 'records', `${id}.csv`);
    writeFileSync(location, CONTENT);
    const words = ['--title', id, '--class', recordClass, '--medium', 'file', '--location', location];
    const added = await run('inventory', 'add', id, ...words, '--closed', '2019-12-31');
    expect(added, added.stderr).toMatchObject({ status: 0 });
  };
  return { folder, workspace, run, json, approved, enter };
}

it('a period ends twice: a sweep archives what is due, and a person destroys its key when the archive has ended', async () => {
  const { folder, workspace, run, json, approved, enter } = await desk();
  await enter('PAY-1', 'payroll');
  await enter('LATER-1', 'later');

  // Without an archive key nothing is written and nothing is destroyed.
  const early = await approved();
  expect(await run('sweep', 'run', early, '--confirm', early)).toMatchObject({
    status: 3,
    stdout: expect.stringContaining('The workspace has no archive key yet'),
  });
  expect(readdirSync(join(folder, 'records'))).toHaveLength(2);

  expect(await run('sweep', 'handover', '--list')).toMatchObject({
    stdout: '',
    stderr: 'There are no hand-overs\n',
  });
  expect(
    await run('certificate', 'identity', 'import', 'none.p12', '--passphrase-file', 'pass'),
  ).toMatchObject({
    status: 2,
    stderr: 'error: There is no file none.p12\nhint: Check the path\n',
  });

  expect(await run('archive', 'key', '--make', '--passphrase-file', 'pass')).toMatchObject({ status: 0 });
  expect(await run('archive', 'key', '--make', '--passphrase-file', 'pass')).toMatchObject({
    status: 2,
    stderr: expect.stringMatching(/^hint: See it with: quietus archive key$/m),
  });

  // A hold that was taken out of the database, and not released, stops it.
  const forged = join(folder, 'forged');
  cpSync(workspace, forged, { recursive: true });
  const inForged = (...args: string[]) => quietus(args, { env: { QUIETUS_WORKSPACE: forged } });
  await inForged('hold', 'place', '--matter', 'Doe v. Acme', '--item', 'PAY-1');
  execFileSync('sqlite3', [join(forged, 'quietus.db'), 'delete from hold_scopes; delete from holds']);
  const create = ['archive', 'create', 'PAY-1', '--confirm', 'PAY-1', '--accept-residual', '--json'];
  expect(await inForged(...create)).toMatchObject({
    status: 5,
    stdout: expect.stringMatching(/"code": "hold-/),
  });
  expect(readdirSync(join(folder, 'records'))).toHaveLength(2);
  const first = await approved();
  const swept = await json('sweep', 'run', first, '--confirm', first);
  expect(swept).toMatchObject({ outcomes: { archived: 2 }, certificate: null });
  expect(readdirSync(join(folder, 'records'))).toEqual([]);
  expect(await run('sweep', 'run', first, '--confirm', first)).toMatchObject({ status: 2 });

  const second = await approved();
  const { items } = await json('sweep', 'show', second);
  const decided = (items as { id: string; decision: string; reason: string }[]).map(
    ({ id, decision, reason }) => [id, decision, reason],
  );
  expect(decided.toSorted(([a = ''], [b = '']) => (a < b ? -1 : 1))).toEqual([
    ['LATER-1', 'keep', 'in-archive'],
    ['PAY-1', 'dispose', 'archive-ended'],
  ]);
  const waits = await run('sweep', 'run', second, '--confirm', second, '--json');
  expect(JSON.parse(waits.stdout)).toMatchObject({ waiting: ['PAY-1'] });
  expect(waits.stderr).toContain(`quietus archive erase PAY-1 --plan ${second}`);
  expect(waits.stderr).not.toContain('dispose record');
  const attest = ['--method', 'erased', '--by', 'A', '--on', '2026-11-24', '--confirm', 'PAY-1'];
  expect(await run('dispose', 'record', 'PAY-1', '--plan', second, ...attest)).toMatchObject({ status: 2 });

  const words = ['archive', 'erase', 'PAY-1', '--plan', second, '--passphrase-file', 'pass'];
  expect(await run(...words, '--dry-run')).toMatchObject({ status: 0 });
  expect(await run(...words)).toMatchObject({ status: 2 });
  const later = await run(
    'archive',
    'erase',
    'LATER-1',
    '--plan',
    second,
    '--passphrase-file',
    'pass',
    '--confirm',
    'LATER-1',
  );
  expect(later).toMatchObject({ status: 2, stderr: expect.stringContaining('does not dispose of') });
  const tried = ['archive', 'erase', 'LATER-1', '--plan', second, '--dry-run'];
  expect(await run(...tried)).toMatchObject({ status: 2, stderr: later.stderr });
  const { archives } = await json('archive', 'list');
  const { path } = (archives as { item: string; path: string }[]).find(({ item }) => item === 'PAY-1') ?? {
    path: '',
  };
  const copy = join(folder, 'copy.age');
  writeFileSync(copy, readFileSync(path));
  const erased = await run(...words, '--confirm', 'PAY-1', '--no-key-backups', '--json');
  expect(erased.status).toBe(3);
  const [result] = JSON.parse(erased.stdout).erased;
  expect(result).toMatchObject({
    outcome: 'key-erased',
    sanitization: null,
    proof: { old_key_refused: true },
  });
  // The disk below is another on each machine.
  const codes = (result.reasons as { code: string }[]).map(({ code }) => code);
  expect(codes.filter((code) => code !== 'key-file-residual')).toEqual([
    'plaintext-on-medium',
    'plaintext-copies-unstated',
  ]);
  expect(existsSync(path)).toBe(false);
  expect(await run('certificate', 'verify', result.certificate)).toMatchObject({ status: 0 });
  const shown = await json('certificate', 'show', result.certificate);
  expect(shown.items).toMatchObject([
    {
      outcome: 'key-erased',
      pre_state: 'encrypted, and its key was kept',
      post_state: 'encrypted, and its key was destroyed',
    },
  ]);
  expect(await json('inventory', 'show', 'PAY-1')).toMatchObject({ state: 'disposed' });
  expect(await run(...words, '--confirm', 'PAY-1')).toMatchObject({ status: 3 });
  expect((await json('certificate', 'list')).certificates).toHaveLength(1);
  // The other archive is as it was.
  expect(
    await run('archive', 'open', 'LATER-1', '--to', 'opened', '--passphrase-file', 'pass'),
  ).toMatchObject({ status: 0 });
  expect(readFileSync(join(folder, 'opened'), 'utf8')).toBe(CONTENT);
  expect(spawnSync('grep', ['-rl', '078-05-1120', workspace]).stdout.toString()).toBe('');
  expect(await run('log', 'verify')).toMatchObject({ status: 0 });
}, 120_000);

it('a certificate of what lay in the open says that its archive is kept', async () => {
  const { folder, run, json, approved, enter } = await desk();
  await enter('OLD-1', 'old');
  expect(await run('archive', 'key', '--make', '--passphrase-file', 'pass')).toMatchObject({ status: 0 });
  const { archive } = await json('archive', 'create', 'OLD-1', '--keep', '--confirm', 'OLD-1');
  expect(archive).toMatch(/^arc-/);
  const plan = await approved();
  const swept = await run('sweep', 'run', plan, '--confirm', plan, '--accept-residual');
  expect(swept.stdout).toContain('Certificate');
  expect(readdirSync(join(folder, 'records'))).toEqual([]);
  const document = await json('certificate', 'show', `${new Date().getFullYear()}-0001`);
  expect(document.limits.map(({ code }: { code: string }) => code)).toContain('archive-kept');
  expect(document.items).toMatchObject([
    { id: 'OLD-1', post_state: `destroyed where it lay; its encrypted archive ${archive} is kept` },
  ]);
});
