// `inventory import` of a million rows, from process start to exit, with due dates computed under a schedule,
// beside the sqlite3 shell's `.import` of the same file into a file database with the same durability (which
// stores text: it checks nothing, has no key and no index). BENCH_ORDER=random imports the ids in no order.
import { spawnSync } from 'node:child_process';
import {
  closeSync,
  cpSync,
  mkdtempSync,
  openSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { alternate, machine, seconds, table } from './measure.mjs';

const ROWS = Number(process.env.BENCH_ITEMS ?? 1_000_000);
const RUNS = Number(process.env.BENCH_RUNS ?? 3);
const RANDOM = process.env.BENCH_ORDER === 'random';
const program = join(import.meta.dirname, '..', 'bin', 'quietus.js');
const folder = mkdtempSync(join(tmpdir(), 'quietus-bench-'));
const template = join(folder, 'template');
const workspace = join(folder, 'workspace');
const csv = join(folder, 'inventory.csv');
const database = join(folder, 'shell.db');

const CLASSES = ['payroll', 'form-i9', 'customer-file', 'benefits', 'tax', 'claims'];
const ELEMENTS = [
  'ssn',
  'ssn;financial_account',
  'drivers_license',
  'payment_card',
  'biometric',
  'ssn;state_id',
];
const HEADER =
  'id,title,class,medium,location,pi_elements,data_subjects,custodian,department,created,closed,event:termination,copies_elsewhere,notes';

function quietus(...args) {
  const env = { ...process.env, QUIETUS_WORKSPACE: template };
  const result = spawnSync(process.execPath, [program, ...args], { cwd: folder, encoding: 'utf8', env });
  if (result.status !== 0) throw new Error(`${args.join(' ')}: ${result.stderr}`);
}

function date(index, years = 0) {
  const two = (value) => String(value).padStart(2, '0');
  return `${1990 + (index % 34) + years}-${two(1 + (index % 12))}-${two(1 + (index % 28))}`;
}

/** One row; every title has a comma in it, so that every row has a quoted cell. */
function row(index) {
  const paper = index % 10 === 9;
  return [
    `HR-${String(index).padStart(8, '0')}`,
    `"Payroll register, week ${(index % 52) + 1}"`,
    CLASSES[index % CLASSES.length],
    paper ? 'paper' : 'file',
    paper ? `Room 12 box ${index}` : `/srv/records/hr/${index % 997}/register-${index}.csv`,
    ELEMENTS[index % ELEMENTS.length],
    index % 500,
    `jdoe${index % 40}`,
    'Human Resources',
    date(index),
    date(index, 1),
    index % 3 === 0 ? date(index, 2) : '',
    '',
    '',
  ].join(',');
}

function writeTable() {
  const file = openSync(csv, 'w');
  // A prime step meets each row once, unless it divides their number.
  const step = RANDOM ? 618_033_989 : 1;
  writeSync(file, `${HEADER}\n`);
  for (let at = 0; at < ROWS; ) {
    const lines = [];
    for (; lines.length < 5000 && at < ROWS; at += 1) lines.push(row((at * step) % ROWS));
    writeSync(file, `${lines.join('\n')}\n`);
  }
  closeSync(file);
}

function schedule() {
  const classes = CLASSES.map(
    (name, index) => `  ${name}:
    title: ${name}
    retain: [{after: ${index % 2 === 0 ? 'created' : 'closed'}, for: P${3 + index}Y}]
    cut_off: calendar-year
    disposition: destroy
    authority: {citation: 29 CFR 516.5, checked: 2026-11-02}
`,
  );
  return `version: 1\ntitle: Bench\nclasses:\n${classes.join('')}`;
}

try {
  quietus(
    ...['init', template, '--organization', 'Bench', '--time-zone', 'America/New_York'],
    ...['--operator', 'bench', '--operator-name', 'Bench', '--unattended', '--no-input'],
  );
  writeFileSync(join(folder, 'schedule.yaml'), schedule());
  quietus('schedule', 'import', 'schedule.yaml');
  writeTable();
  const results = alternate(
    {
      'inventory import': {
        command: [process.execPath, program, 'inventory', 'import', csv, '--quiet'],
        env: { QUIETUS_WORKSPACE: workspace },
        before() {
          rmSync(workspace, { recursive: true, force: true });
          cpSync(template, workspace, { recursive: true });
        },
      },
      'sqlite3 .import': {
        command: [
          'sqlite3',
          database,
          'PRAGMA journal_mode = WAL',
          'PRAGMA synchronous = FULL',
          `.import --csv ${csv} items`,
        ],
        before() {
          for (const end of ['', '-wal', '-shm']) rmSync(database + end, { force: true });
        },
      },
    },
    { runs: RUNS, warmup: 0 },
  );
  const megabytes = (statSync(csv).size / 1e6).toFixed(0);
  const order = RANDOM ? 'random' : 'ascending';
  console.log(`${ROWS} rows, ${megabytes} MB, ${order} ids, medians of ${RUNS} runs. ${machine()}\n`);
  const cells = (name, { wall, cpu, rss }) => [
    `\`${name}\``,
    Math.round(ROWS / wall).toLocaleString('en-US'),
    seconds(wall),
    seconds(cpu),
    `${rss?.toFixed(0)} MB`,
  ];
  table(
    ['command', 'rows a second', 'wall', 'CPU', 'peak memory', 'must be'],
    [
      [
        ...cells('inventory import', results['inventory import']),
        'at least 60,000 rows a second, under 300 MB',
      ],
      [...cells('sqlite3 .import', results['sqlite3 .import']), ''],
    ],
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}
