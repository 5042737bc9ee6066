import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { quietus, temporaryFolder } from './harness.js';

/** A small file system of its own; undefined where this machine does not allow one. */
function smallFileSystem(folder: string, megabytes: number): string | undefined {
  const place = join(folder, 'small');
  mkdirSync(place);
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', place]);
  if (mounted.status !== 0) return undefined;
  onTestFinished(() => {
    execFileSync('umount', ['--lazy', place]);
  });
  return place;
}

/** Takes all the space that is left. */
function fill(place: string): string {
  const filler = join(place, 'filler');
  const { bavail, bsize } = statfsSync(place);
  writeFileSync(filler, Buffer.alloc(bavail * bsize));
  return filler;
}

const SCHEDULE = `version: 1
title: Acme
classes:
  payroll:
    title: Payroll
    trigger: closed
    period: P3Y
    disposition: destroy
    authority: {citation: 29 CFR 516.5, checked: 2026-11-02}
`;

it('loses nothing on a full disk: an import and a run stop, and go on when there is space', async (context) => {
  const folder = temporaryFolder();
  const place = smallFileSystem(folder, 8);
  if (place === undefined) {
    context.skip('this machine does not allow a mount');
    return;
  }
  const workspace = join(place, 'acme');
  const records = join(folder, 'records');
  mkdirSync(records);
  const run = (...args: string[]) => quietus(args, { cwd: folder, env: { QUIETUS_WORKSPACE: workspace } });
  await quietus([
    ...['init', workspace, '--organization', 'Acme', '--time-zone', 'America/New_York', '--no-input'],
    ...['--operator', 'tester', '--operator-name', 'A. Tester', '--unattended', '--max-class-percent', '100'],
  ]);
  writeFileSync(join(folder, 'schedule.yaml'), SCHEDULE);
  expect(await run('schedule', 'import', 'schedule.yaml')).toMatchObject({ status: 0 });
  const head = 'id,title,class,medium,location,closed\n';
  const due = Array.from({ length: 20 }, (_, index) => {
    writeFileSync(join(records, `${index}`), 'PLAINTEXT');
    return `PAY-${index},Payroll,payroll,file,${join(records, String(index))},2019-12-31\n`;
  });
  writeFileSync(join(folder, 'due.csv'), head + due.join(''));
  expect(await run('inventory', 'import', 'due.csv')).toMatchObject({ status: 0 });

  const many = Array.from(
    { length: 60_000 },
    (_, index) => `BOX-${index},Box of paper,payroll,paper,Shelf ${index},2026-01-31\n`,
  );
  writeFileSync(join(folder, 'many.csv'), head + many.join(''));
  const full = await run('inventory', 'import', 'many.csv');
  expect(full.status).toBe(2);
  expect(full.stderr).toMatch(/space|full/i);
  const count = JSON.parse((await run('inventory', 'list', '--json')).stdout) as { items: unknown[] };
  expect(count.items).toHaveLength(20);

  const { plan } = JSON.parse((await run('sweep', 'plan', '--json')).stdout) as { plan: string };
  expect(await run('sweep', 'approve', plan, '--confirm', plan)).toMatchObject({ status: 0 });
  const filler = fill(place);
  const stopped = await run('sweep', 'run', plan, '--confirm', plan, '--accept-residual');
  expect(stopped.status).toBe(2);
  expect(stopped.stderr).toMatch(/space|full/i);
  rmSync(filler);
  const again = await run('sweep', 'run', plan, '--confirm', plan, '--accept-residual');
  expect([0, 3]).toContain(again.status);
  expect(readdirSync(records)).toEqual([]);
  expect(await run('log', 'verify')).toMatchObject({ status: 0 });
  expect(await run('certificate', 'verify', `${new Date().getFullYear()}-0001`)).toMatchObject({ status: 0 });
});
