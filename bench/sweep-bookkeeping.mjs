// The books of a sweep: claim, intent, mark and outcome of each item, durable, over disposals that do nothing; beside a
// bare loop with as many commits of as many rows.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildEntry } from '../scripts/build.mjs';
import { machine, median, table } from './measure.mjs';

const ITEMS = Number(process.env.BENCH_ITEMS ?? 20_000);
const RUNS = 5;
const root = join(import.meta.dirname, '..');
const program = mkdtempSync(join(tmpdir(), 'quietus-bench-'));

function once(mode) {
  const folder = mkdtempSync(join(tmpdir(), 'quietus-bench-'));
  try {
    const script = join(program, 'sweep-bookkeeping-program.js');
    return JSON.parse(
      execFileSync(process.execPath, [script, mode, folder, String(ITEMS)], { encoding: 'utf8' }),
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

try {
  symlinkSync(join(root, 'node_modules'), join(program, 'node_modules'));
  symlinkSync(join(root, 'package.json'), join(program, 'package.json'));
  symlinkSync(join(root, 'dist'), join(program, 'dist'));
  await buildEntry(join(import.meta.dirname, 'sweep-bookkeeping-program.ts'), program);
  const seconds = { journal: [], bare: [] };
  for (let run = 0; run < RUNS; run += 1)
    for (const mode of Object.keys(seconds)) seconds[mode].push(once(mode));
  const rate = (mode) => ITEMS / median(seconds[mode].map(({ wall }) => wall));
  const cpu = (mode) => `${((median(seconds[mode].map((each) => each.cpu)) / ITEMS) * 1e6).toFixed(0)} us`;
  console.log(`${ITEMS} items in batches of 384, medians of ${RUNS} runs. ${machine()}\n`);
  table(
    ['books', 'items a second', 'CPU an item', 'of the bare loop', 'at least'],
    [
      [
        'of a sweep',
        rate('journal').toFixed(0),
        cpu('journal'),
        (rate('journal') / rate('bare')).toFixed(2),
        '5,000',
      ],
      ['bare loop, as many commits', rate('bare').toFixed(0), cpu('bare'), '1.00', ''],
    ],
  );
} finally {
  rmSync(program, { recursive: true, force: true });
}
