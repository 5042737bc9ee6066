// The log: verification of a million entries beside sha256sum over the same bytes, durable appends beside a bare SQLite loop
// with the same commits, and the proof of one entry among ten million. QUIETUS_BENCH_ENTRIES and QUIETUS_BENCH_PROOF make it smaller.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildEntry } from '../scripts/build.mjs';
import { bigLog } from './log-generator.mjs';
import { alternate, machine, median, seconds, table } from './measure.mjs';

const ENTRIES = Number(process.env.QUIETUS_BENCH_ENTRIES ?? 1_000_000);
const PROOF = Number(process.env.QUIETUS_BENCH_PROOF ?? 10_000_000);
const program = join(import.meta.dirname, '..', 'bin', 'quietus.js');
const folder = mkdtempSync(join(process.env.QUIETUS_BENCH_FOLDER ?? tmpdir(), 'quietus-bench-log-'));
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
console.log(machine());

const root = await bigLog(folder, ENTRIES);
const bytes = join(folder, 'entries');
execFileSync('sh', [
  '-c',
  `sqlite3 "$1" 'select entry from log_entries order by seq' > "$2"`,
  'sh',
  join(root, 'quietus.db'),
  bytes,
]);
const verify = alternate(
  {
    'quietus log verify': { command: [process.execPath, program, 'log', 'verify', '--workspace', root] },
    'quietus log list, one entry: start-up': {
      command: [process.execPath, program, 'log', 'list', '--limit', '1', '--workspace', root],
    },
    'sha256sum, once over the entries': { command: ['sha256sum', bytes] },
  },
  { runs: 3 },
);
table(
  ['', 'wall', 'CPU', 'entries/s (wall)', 'µs of CPU an entry', 'MB'],
  Object.entries(verify).map(([name, { wall, cpu, rss }]) => [
    name,
    seconds(wall),
    seconds(cpu),
    Math.round(ENTRIES / wall).toLocaleString('en-US'),
    ((cpu * 1e6) / ENTRIES).toFixed(2),
    Math.round(rss ?? 0),
  ]),
);

if (PROOF > 0) {
  const big = await bigLog(folder, PROOF);
  const output = join(folder, 'p.tlog-proof');
  const proof = alternate(
    {
      [`log prove, of ${PROOF.toLocaleString('en-US')}`]: {
        command: [
          process.execPath,
          program,
          'log',
          'prove',
          String(Math.floor(PROOF / 3)),
          '--force',
          '--output',
          output,
          '--workspace',
          big,
        ],
      },
      'log list of one entry (start-up and opening)': {
        command: [process.execPath, program, 'log', 'list', '--limit', '1', '--workspace', big],
      },
    },
    { runs: 5 },
  );
  if (!existsSync(output)) throw new Error('There is no proof');
  console.log('');
  table(
    ['', 'wall', 'CPU'],
    Object.entries(proof).map(([name, { wall, cpu }]) => [name, seconds(wall), seconds(cpu)]),
  );
}

const built = join(import.meta.dirname, '..', 'node_modules', '.cache', 'quietus-bench');
await buildEntry(join(import.meta.dirname, 'log-appending.ts'), built);
const rows = [];
for (const [commits, each] of [
  [2000, 1],
  [200, 100],
]) {
  const times = { ours: [], bare: [], rows: [] };
  for (let run = 0; run < 5; run += 1)
    for (const [name, kind] of [
      ['ours', join(built, 'log-appending.js')],
      ['bare', 'bare'],
      ['rows', 'bare-rows'],
    ]) {
      const words = [
        join(import.meta.dirname, 'log-appends.mjs'),
        kind,
        String(commits),
        String(each),
        folder,
      ];
      times[name].push(Number(execFileSync(process.execPath, words, { encoding: 'utf8' })));
    }
  const [ours, bare, loop] = [median(times.ours), median(times.bare), median(times.rows)];
  rows.push([
    `${commits} commits of ${each}`,
    `${(ours / commits).toFixed(2)} ms`,
    `${(bare / commits).toFixed(2)} ms`,
    (ours / bare).toFixed(2),
    `${(loop / commits).toFixed(2)} ms`,
    (ours / loop).toFixed(2),
  ]);
}
console.log('');
table(
  [
    'durable appends, a commit',
    'Quietus',
    'bare loop, one statement a commit',
    'ratio',
    'bare loop, one statement a row',
    'ratio',
  ],
  rows,
);
