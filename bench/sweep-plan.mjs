// `sweep plan` over a million items of which ten thousand are due: real files among them, so that planning
// identifies each one on disk.

import { spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { alternate, machine, seconds, table } from './measure.mjs';

const ITEMS = Number(process.env.BENCH_ITEMS ?? 1_000_000);
const DUE = Math.min(10_000, ITEMS / 100);
const program = join(import.meta.dirname, '..', 'bin', 'quietus.js');
const folder = mkdtempSync(join(tmpdir(), 'quietus-bench-'));
const workspace = join(folder, 'workspace');

function quietus(...args) {
  const result = spawnSync(process.execPath, [program, ...args], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, QUIETUS_WORKSPACE: workspace },
  });
  if (result.status !== 0) throw new Error(`${args.join(' ')}: ${result.stderr}`);
}

function writeInventory(path) {
  const file = openSync(path, 'w');
  writeSync(file, 'id,title,class,medium,location,pi_elements,data_subjects,custodian,department,closed\n');
  mkdirSync(join(folder, 'records'));
  let text = '';
  for (let index = 0; index < ITEMS; index += 1) {
    const id = `ITEM-${String(index).padStart(8, '0')}`;
    const due = index % (ITEMS / DUE) === 0;
    const location = join(folder, 'records', due ? `${id}.csv` : `later/${id}.csv`);
    if (due) writeFileSync(location, 'x'.repeat(2000));
    const closed = due ? `2015-0${1 + (index % 9)}-11` : `2026-0${1 + (index % 9)}-11`;
    text += `${id},Payroll register ${index},class-${index % 60},file,${location},ssn;financial_account,12,hr,HR,${closed}\n`;
    if (text.length > 1 << 20) {
      writeSync(file, text);
      text = '';
    }
  }
  writeSync(file, text);
  closeSync(file);
}

function schedule() {
  const classes = Array.from(
    { length: 60 },
    (_, index) => `  class-${index}:
    title: Class ${index}
    retain: [{after: closed, for: P${3 + (index % 5)}Y}]
    cut_off: calendar-year
    disposition: destroy
    approvals: 1
    authority: {citation: 29 CFR 516.5, checked: 2026-11-02}
`,
  );
  return `version: 1\ntitle: Bench\nclasses:\n${classes.join('')}`;
}

try {
  quietus(
    ...['init', workspace, '--organization', 'Bench', '--time-zone', 'America/New_York'],
    ...['--operator', 'bench', '--operator-name', 'Bench', '--unattended', '--no-input'],
  );
  writeFileSync(join(folder, 'schedule.yaml'), schedule());
  writeInventory(join(folder, 'inventory.csv'));
  quietus('schedule', 'import', 'schedule.yaml');
  quietus('inventory', 'import', 'inventory.csv', '--quiet');
  const env = { QUIETUS_WORKSPACE: workspace };
  const results = alternate(
    {
      'sweep list (start-up only)': { command: [process.execPath, program, 'sweep', 'list', '--quiet'], env },
      'sweep plan': {
        command: [process.execPath, program, 'sweep', 'plan', '--limit', String(ITEMS), '--quiet'],
        env,
      },
    },
    { runs: 5, warmup: 1 },
  );
  const base = results['sweep list (start-up only)'];
  const plan = results['sweep plan'];
  console.log(`${ITEMS} items, ${DUE} due, medians of 5 runs. ${machine()}\n`);
  table(
    ['command', 'wall', 'CPU', 'CPU after start-up', 'peak memory', 'at most'],
    [
      ['`sweep list`', seconds(base.wall), seconds(base.cpu), '', `${base.rss?.toFixed(0)} MB`, ''],
      [
        '`sweep plan`',
        seconds(plan.wall),
        seconds(plan.cpu),
        seconds(plan.cpu - base.cpu),
        `${plan.rss?.toFixed(0)} MB`,
        '2 s of CPU after start-up',
      ],
    ],
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}
