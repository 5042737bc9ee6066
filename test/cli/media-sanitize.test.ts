import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, type TestContext } from 'vitest';
import { loopDevice, MARKER } from '../shred/device/loop-device.js';
import { type Outcome, quietus, start, temporaryFolder } from './harness.js';
import { initialized } from './made-once.js';

interface Bench {
  run(...args: string[]): Promise<Outcome>;
  workspace: string;
}

async function workspace(): Promise<Bench> {
  const folder = join(temporaryFolder(), 'acme');
  const run = (...args: string[]) => quietus(args, { env: { QUIETUS_WORKSPACE: folder } });
  await initialized(folder, [
    ...['--organization', 'Acme', '--time-zone', 'America/New_York', '--operator', 'tester'],
    ...['--operator-name', 'A. Tester', '--unattended', '--no-input', '--max-class-percent', '100'],
  ]);
  return { run, workspace: folder };
}

function device(context: TestContext, mebibytes: number) {
  const loop = loopDevice(context, mebibytes * 1024 * 1024);
  const confirmation = `${loop.path.replace('/dev/', '')}:${mebibytes * 1024 * 1024}`;
  return { ...loop, confirmation };
}

it('asks for the name and size of a device without a serial number, and shows first what would be done', async (context) => {
  const { path, confirmation, occurrences } = device(context, 2);
  const { run } = await workspace();
  const before = occurrences(MARKER);
  const preview = await run('media', 'sanitize', path, '--method', 'clear', '--dry-run');
  expect(preview).toMatchObject({ status: 0 });
  expect(preview.stdout).toContain(`--confirm ${confirmation}`);
  expect(preview.stdout).toContain('overwrite-aes-ctr-1-pass, which is Clear');
  expect(await run('media', 'sanitize', path, '--method', 'clear', '--no-input')).toMatchObject({
    status: 2,
  });
  expect(await run('media', 'sanitize', path, '--method', 'clear', '--confirm', 'loop')).toMatchObject({
    status: 2,
  });
  expect(await run('media', 'sanitize', path, '--method', 'purge', '--confirm', confirmation)).toMatchObject({
    status: 4,
    stderr: expect.stringContaining('offer nothing for the method purge'),
  });
  expect(occurrences(MARKER)).toBe(before);
  const done = await run('media', 'sanitize', path, '--method', 'clear', '--confirm', confirmation, '--json');
  expect(done).toMatchObject({ status: 0 });
  const { certificate } = JSON.parse(done.stdout);
  expect(await run('certificate', 'verify', certificate)).toMatchObject({ status: 0 });
  const shown = await run('certificate', 'show', certificate, '--json');
  expect(shown.stdout).toContain('"sanitization": "clear"');
  // Where it was read from stands with the item: the method must not say otherwise.
  expect(shown.stdout).toContain('read back, past the page cache where that is possible, and compared.');
  expect(JSON.parse(done.stdout)).toMatchObject({
    outcome: 'sanitized',
    sanitization: 'Clear',
    verification: { kind: 'full', result: 'passed', bytes_read: 2 * 1024 * 1024 },
  });
  expect(occurrences(MARKER)).toBe(0);
  const log = await run('log', 'list', '--json');
  expect(log.stdout).toContain('media.sanitize');
  expect(await run('log', 'verify')).toMatchObject({ status: 0 });
});

it('says of a reader without a medium that there is none, before anything is recorded', async (context) => {
  const { path, confirmation } = device(context, 0);
  const { run } = await workspace();
  const preview = await run('media', 'sanitize', path, '--method', 'clear', '--dry-run');
  expect([preview.status, preview.stdout]).toEqual([4, expect.stringContaining('No medium is in it')]);
  const words = ['media', 'sanitize', path, '--method', 'clear', '--confirm', confirmation];
  expect(await run(...words)).toMatchObject({ status: 4 });
  expect((await run('media', 'list')).stdout).not.toContain('san-');
});

it('certifies the end of the keys of an encrypted disk, with what nobody stated', async (context) => {
  const { path, confirmation } = device(context, 24);
  const { run } = await workspace();
  const cost = ['--pbkdf', 'pbkdf2', '--pbkdf-force-iterations', '1000'];
  execFileSync('cryptsetup', ['luksFormat', '-q', ...cost, path], { input: 'pass' });
  const words = ['media', 'sanitize', path, '--method', 'crypto-erase', '--confirm', confirmation];
  expect(await run(...words)).toMatchObject({
    status: 4,
    stderr: expect.stringContaining('--accept-residual'),
  });
  const done = await run(...words, '--accept-residual', '--never-plaintext', '--json');
  expect(done.status).toBe(3);
  const { certificate, outcome, sanitization } = JSON.parse(done.stdout);
  expect([outcome, sanitization]).toEqual(['key-erased', null]);
  expect(await run('certificate', 'verify', certificate)).toMatchObject({ status: 0 });
  const shown = await run('certificate', 'show', certificate, '--json');
  expect(shown.stdout).toContain('"code": "key-copies-unattested"');
  expect(shown.stdout).not.toContain('"code": "plaintext-unattested"');
  expect(JSON.parse(shown.stdout).items).toMatchObject([
    { pre_state: 'LUKS container with its key slots', post_state: 'ciphertext without a key slot' },
  ]);
});

it('killed in the middle: the next run says that the outcome is unknown, and does it again', async (context) => {
  const { path, confirmation, occurrences } = device(context, 64);
  const { run, workspace: folder } = await workspace();
  const words = ['media', 'sanitize', path, '--method', 'clear', '--confirm', confirmation];
  const child = start(words, { env: { QUIETUS_WORKSPACE: folder } });
  await new Promise<void>((resolve) => {
    child.process.stderr?.on('data', (text: Buffer) => text.includes('Overwriting') && resolve());
  });
  child.process.kill('SIGKILL');
  await child.finished;
  const listed = await run('media', 'list');
  expect(listed.stdout).toMatch(/overwrite-aes-ctr-1-pass +unfinished/);
  const again = await run(...words, '--json');
  expect(again).toMatchObject({ status: 0 });
  expect(JSON.parse(again.stdout)).toMatchObject({ outcome: 'sanitized', settled: [{ outcome: 'unknown' }] });
  expect(occurrences(MARKER.slice(0, 12))).toBe(0);
  expect(await run('log', 'verify')).toMatchObject({ status: 0 });
});

it('gets the certificate later where the key that signs it was missing', async (context) => {
  const { path, confirmation } = device(context, 2);
  const { run, workspace: folder } = await workspace();
  const key = join(folder, 'keys', 'certificate.signing-key.json');
  renameSync(key, `${key}.away`);
  const words = ['media', 'sanitize', path, '--method', 'clear', '--confirm', confirmation];
  expect(await run(...words, '--source', ' ')).toMatchObject({
    status: 2,
    stderr: expect.stringContaining('--source'),
  });
  const stated = ['--source', 'server PAYROLL-2', '--destination', 'returned to lessor'];
  expect(await run(...words, ...stated)).toMatchObject({
    status: 4,
    stderr: expect.stringContaining('signing'),
  });
  renameSync(`${key}.away`, key);
  const id = /san-\S+/.exec((await run('media', 'list')).stdout)?.[0] ?? '';
  const change = (sql: string) => execFileSync('sqlite3', [join(folder, 'quietus.db'), sql]);
  const [before = ''] = JSON.parse(
    execFileSync('sqlite3', [
      '-json',
      join(folder, 'quietus.db'),
      'select target from sanitizations',
    ]).toString(),
  ).map(({ target }: { target: string }) => target);
  for (const forged of [
    "target = json_set(target, '$.device.serial', 'WX-1')",
    "target = json_set(target, '$.device.bytes', 4000000000000)",
    "target = json_set(target, '$.planId', 'plan-2026-01-01-000000')",
    "target = json_set(target, '$.destination', 'incinerated')",
    "item_id = 'USB-1'",
  ]) {
    change(`pragma foreign_keys = off; update sanitizations set ${forged}`);
    const refused = await run('certificate', 'issue', id);
    expect(refused, forged).toMatchObject({ status: 5, stderr: expect.stringContaining(id) });
    change(`update sanitizations set item_id = null, target = '${before.replaceAll("'", "''")}'`);
  }
  const issued = await run('certificate', 'issue', id);
  expect(issued).toMatchObject({ status: 0, stdout: expect.stringContaining('(1 item)') });
  const [, number = ''] = /Certificate (\S+)/.exec(issued.stdout) ?? [];
  expect(await run('certificate', 'verify', number)).toMatchObject({ status: 0 });
  expect((await run('certificate', 'issue', id)).stdout).toContain(number);
  const shown = await run('certificate', 'show', number, '--json');
  expect(JSON.parse(shown.stdout).items).toMatchObject([
    {
      ...{ source: 'server PAYROLL-2', destination: 'returned to lessor' },
      pre_state: 'able to be read; its content was not looked at',
      post_state: 'holds the pseudo-random data that was written',
    },
  ]);
  expect(await run('certificate', 'issue', 'san-2026-01-01-000000')).toMatchObject({ status: 2 });
});

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

it('closes the device of the inventory where an approved plan disposes of it, and not otherwise', async (context) => {
  const { path, confirmation, occurrences } = device(context, 2);
  const { run, workspace: folder } = await workspace();
  const json = async (...args: string[]) => JSON.parse((await run(...args, '--json')).stdout);
  writeFileSync(join(folder, 's.yaml'), SCHEDULE);
  expect(await run('schedule', 'import', join(folder, 's.yaml'))).toMatchObject({ status: 0 });
  for (const [id, closed] of [
    ['STICK-1', '2019-12-31'],
    ['STICK-2', '2026-01-31'],
  ] as const) {
    const words = ['--title', id, '--class', 'payroll', '--medium', 'removable', '--location', 'Safe'];
    expect(await run('inventory', 'add', id, ...words, '--closed', closed)).toMatchObject({ status: 0 });
  }
  const stateOf = async (id: string) => (await json('inventory', 'show', id)).state;
  const { plan } = await json('sweep', 'plan');
  const wipe = ['media', 'sanitize', path, '--method', 'clear', '--confirm', confirmation];
  const before = occurrences(MARKER);

  // Not approved, not due, on hold: nothing is written.
  const unapproved = await run(...wipe, '--item', 'STICK-1', '--plan', plan);
  expect(unapproved).toMatchObject({ status: 4, stderr: expect.stringContaining('approvals') });
  expect(await run('sweep', 'approve', plan, '--confirm', plan)).toMatchObject({ status: 0 });
  expect(await run(...wipe, '--item', 'STICK-2', '--plan', plan)).toMatchObject({ status: 2 });
  expect(await run('hold', 'place', '--matter', 'Doe v. Acme', '--item', 'STICK-1')).toMatchObject({
    status: 0,
  });
  expect(await run(...wipe, '--item', 'STICK-1', '--plan', plan)).toMatchObject({ status: 4 });
  expect(occurrences(MARKER)).toBe(before);

  // Nor without a plan.
  const unplanned = await run(...wipe, '--item', 'STICK-2');
  expect(unplanned).toMatchObject({ status: 4, stderr: expect.stringContaining('No plan was named') });
  expect(occurrences(MARKER)).toBe(before);
  expect([await stateOf('STICK-1'), await stateOf('STICK-2')]).toEqual(['active', 'active']);
});

it('is refused where the inventory or a hold knows the device by any path to it', async (context) => {
  const { path, confirmation, occurrences } = device(context, 2);
  const { run, workspace: folder } = await workspace();
  const wipe = ['media', 'sanitize', path, '--method', 'clear', '--accept-residual'];
  const before = occurrences(MARKER);
  const refusal = async (text: string) => {
    for (const last of [['--confirm', confirmation], ['--dry-run']]) {
      const outcome = await run(...wipe, ...last);
      if (last[0] === '--confirm') expect(outcome.status, outcome.stdout).toBe(4);
      expect(outcome.stdout + outcome.stderr).toContain(text);
    }
    expect(occurrences(MARKER)).toBe(before);
  };
  const link = join(folder, 'the-stick');
  symlinkSync(path, link);
  const done = async (...args: string[]) => expect(await run(...args)).toMatchObject({ status: 0 });
  await done('inventory', 'add', 'DEV-1', '--title', 'Disk', '--medium', 'device', '--location', path);
  await refusal('The inventory has DEV-1 on it');
  await done('inventory', 'update', 'DEV-1', '--location', link);
  await refusal('The inventory has DEV-1 on it');
  await done('inventory', 'update', 'DEV-1', '--location', 'Safe');
  await done('hold', 'place', '--matter', 'Doe v. Acme', '--location', path);
  await refusal('A legal hold reaches it (H-');
  const [{ hold }] = JSON.parse((await run('hold', 'list', '--json')).stdout).holds;
  // Somebody with the database takes it away, and nobody released it.
  const released = (when: string) =>
    execFileSync('sqlite3', [join(folder, 'quietus.db'), `update holds set released_at = ${when}`]);
  released("'2020-01-01T00:00:00.000Z'");
  const forged = await run(...wipe, '--confirm', confirmation);
  expect(forged).toMatchObject({ status: 5, stderr: expect.stringContaining('nobody released it') });
  expect(occurrences(MARKER)).toBe(before);
  released('null');
  await done('hold', 'release', hold, '--reason', 'settled');
  await refusal('was released');
});

it('certifies a device of the inventory with the plan and its approvals', async (context) => {
  const { path, confirmation } = device(context, 2);
  const { run, workspace: folder } = await workspace();
  const json = async (...args: string[]) => JSON.parse((await run(...args, '--json')).stdout);
  writeFileSync(join(folder, 's.yaml'), SCHEDULE);
  await run('schedule', 'import', join(folder, 's.yaml'));
  const words = ['--title', 'Stick', '--class', 'payroll', '--medium', 'removable', '--location', 'Safe'];
  await run('inventory', 'add', 'STICK-1', ...words, '--closed', '2019-12-31');
  const { plan } = await json('sweep', 'plan');
  await run('sweep', 'approve', plan, '--confirm', plan);
  const wipe = ['media', 'sanitize', path, '--method', 'clear', '--confirm', confirmation];
  const done = await run(...wipe, '--item', 'STICK-1', '--plan', plan, '--json');
  expect(done.status, done.stderr).toBe(0);
  expect((await json('inventory', 'show', 'STICK-1')).state).toBe('disposed');
  const { certificate } = JSON.parse(done.stdout);
  expect(await run('certificate', 'verify', certificate)).toMatchObject({ status: 0 });
  const document = await json('certificate', 'show', certificate);
  expect(document).toMatchObject({
    subject: { kind: 'device' },
    plan: { id: plan },
    approvals: [{ operator: 'tester' }],
    items: [{ id: 'STICK-1', outcome: 'sanitized', sanitization: 'clear', record_class: 'payroll' }],
  });
  // It is over: no plan takes it up again.
  expect(await json('sweep', 'plan')).not.toMatchObject({ dispose: 1 });
  expect(await run(...wipe, '--item', 'STICK-1', '--plan', plan)).toMatchObject({ status: 4 });
  expect(await run('log', 'verify')).toMatchObject({ status: 0 });
});

it('is refused while records of the inventory are away with the device, or a hold is on its folder', async (context) => {
  const { path, confirmation } = device(context, 8);
  const { run } = await workspace();
  const point = join(temporaryFolder(), 'hr');
  mkdirSync(point);
  execFileSync('mkfs.ext4', ['-q', path]);
  if (spawnSync('mount', [path, point]).status !== 0) context.skip('mounting is not permitted here');
  writeFileSync(join(point, 'register.csv'), 'x');
  execFileSync('umount', [point]);
  const words = ['media', 'sanitize', path, '--method', 'clear', '--confirm', confirmation];
  const held = await run('hold', 'place', '--matter', 'M', '--location', point, '--json');
  expect(await run(...words)).toMatchObject({ status: 4, stderr: expect.stringContaining('legal hold') });
  const { hold } = JSON.parse(held.stdout);
  expect(await run('hold', 'release', hold, '--reason', 'settled')).toMatchObject({ status: 0 });
  const file = join(point, 'register.csv');
  // Its cooling-off period keeps the device as well, so the hold is not all that does.
  const facts = ['--title', 'Register', '--medium', 'file', '--location', file];
  expect(await run('inventory', 'add', 'REG-1', ...facts)).toMatchObject({ status: 0 });
  const refused = await run(...words, '--json');
  expect(refused.status).toBe(4);
  expect(`${refused.stdout}${refused.stderr}`).toContain('inventoried');
});
