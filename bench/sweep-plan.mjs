// Planning and changing rules over large inventories. `sweep plan` is timed along two curves: the same number of due
// items in ever larger inventories, and ever more due items in one inventory. Due items are real files, so that
// planning identifies each one on disk. `BENCH_SIZES=100000,1000000,10000000` sets the inventories.

import { spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { alternate, machine, seconds, table } from './measure.mjs';

const SIZES = (process.env.BENCH_SIZES ?? '100000,1000000').split(',').map(Number);
const RUNS = 5;
const CLASSES = 60;
/** Items whose duty to keep ended before each day; one plan as of the day after finds all of them so far. */
const DUE = [
  { due: 1000, closed: '2000-03-11', asOf: '2010-01-01' },
  { due: 10_000, closed: '2008-03-11', asOf: '2016-06-01' },
  { due: 40_000, closed: '2014-03-11', asOf: '2026-01-01' },
];
const program = join(import.meta.dirname, '..', 'bin', 'quietus.js');

function writeInventory(folder, items) {
  const file = openSync(join(folder, 'inventory.csv'), 'w');
  writeSync(file, 'id,title,class,medium,location,pi_elements,data_subjects,custodian,department,closed\n');
  mkdirSync(join(folder, 'records'));
  const spread = Math.floor(items / DUE.at(-1).due);
  let text = '';
  for (let index = 0, due = 0; index < items; index += 1) {
    const id = `ITEM-${String(index).padStart(8, '0')}`;
    const group =
      index % spread === 0 && due < DUE.at(-1).due ? DUE.find((each) => due < each.due) : undefined;
    const location = join(folder, 'records', group ? `${id}.csv` : `later/${id}.csv`);
    if (group) {
      writeFileSync(location, 'x'.repeat(500));
      due += 1;
    }
    text += `${id},Payroll register ${index},class-${index % CLASSES},file,${location},ssn;financial_account,12,hr,HR,${group?.closed ?? '2026-03-11'}\n`;
    if (text.length > 1 << 20) {
      writeSync(file, text);
      text = '';
    }
  }
  writeSync(file, text);
  closeSync(file);
}

function schedule(period) {
  const classes = Array.from(
    { length: CLASSES },
    (_, index) => `  class-${index}:
    title: Class ${index}
    retain: [{after: closed, for: P${index === 7 ? period : 3 + (index % 5)}Y}]
    cut_off: calendar-year
    disposition: destroy
    approvals: 1
    authority: {citation: 29 CFR 516.5, checked: 2026-11-02}
`,
  );
  return `version: 1\ntitle: Bench\nclasses:\n${classes.join('')}`;
}

/** A figure for 10,000 due items is one only where the plan really takes 10,000. */
function requireDue(quietus, items, asOf, due) {
  const printed = quietus('sweep', 'plan', '--limit', String(items), '--as-of', asOf, '--quiet');
  const disposed = Number(/^ +dispose (\d+),/m.exec(printed)?.[1]);
  if (disposed !== due) throw new Error(`As of ${asOf}: ${disposed} items are due instead of ${due}`);
}

/** Makes a workspace with so many items, and times it. */
function measure(items) {
  const folder = mkdtempSync(join(tmpdir(), 'quietus-bench-'));
  const env = { QUIETUS_WORKSPACE: join(folder, 'workspace') };
  const quietus = (...args) => {
    const command = [process.execPath, program, ...args];
    const result = spawnSync(command[0], command.slice(1), {
      cwd: folder,
      encoding: 'utf8',
      env: { ...process.env, ...env },
    });
    if (result.status !== 0) throw new Error(`${args.join(' ')}: ${result.stderr}`);
    return result.stdout;
  };
  try {
    quietus(
      ...['init', env.QUIETUS_WORKSPACE, '--organization', 'Bench', '--time-zone', 'America/New_York'],
      ...['--operator', 'bench', '--operator-name', 'Bench', '--unattended', '--no-input'],
    );
    writeFileSync(join(folder, 'schedule.yaml'), schedule(5));
    writeInventory(folder, items);
    quietus('schedule', 'import', 'schedule.yaml');
    quietus('inventory', 'import', 'inventory.csv', '--quiet');
    const plan = (asOf) => ({
      command: [
        process.execPath,
        program,
        'sweep',
        'plan',
        '--limit',
        String(items),
        '--as-of',
        asOf,
        '--quiet',
      ],
      env,
    });
    for (const { due, asOf } of DUE) requireDue(quietus, items, asOf, due);
    let period = 5;
    const changeRule = {
      before: () => {
        period += 1;
        writeFileSync(join(folder, 'schedule.yaml'), schedule(period));
      },
      command: [process.execPath, program, 'schedule', 'import', join(folder, 'schedule.yaml'), '--quiet'],
      env,
    };
    return alternate(
      {
        start: { command: [process.execPath, program, 'sweep', 'list', '--quiet'], env },
        rule: changeRule,
        ...Object.fromEntries(DUE.map(({ due, asOf }) => [due, plan(asOf)])),
      },
      { runs: RUNS, warmup: 1 },
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const rows = [];
for (const items of SIZES) {
  const results = measure(items);
  const base = results.start;
  const row = (what, { wall, cpu, rss }) => [
    items.toLocaleString('en-US'),
    what,
    seconds(wall),
    seconds(cpu - base.cpu),
    `${rss?.toFixed(0)} MB`,
  ];
  for (const { due } of DUE)
    rows.push(row(`\`sweep plan\`, ${due.toLocaleString('en-US')} due`, results[due]));
  rows.push(row(`\`schedule import\`, the rule of one class of ${CLASSES}`, results.rule));
}
console.log(`Medians of ${RUNS} runs; CPU without that of \`sweep list\`. ${machine()}\n`);
table(['items', 'command', 'wall', 'CPU after start-up', 'peak memory'], rows);
