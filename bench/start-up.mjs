// Start-up: what a command costs before it does anything, beside an empty Node process.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { alternate, machine, seconds, table } from './measure.mjs';

const program = join(import.meta.dirname, '..', 'bin', 'quietus.js');
const folder = mkdtempSync(join(tmpdir(), 'quietus-bench-'));
try {
  const workspace = join(folder, 'workspace');
  const made = spawnSync(
    process.execPath,
    [
      ...[program, 'init', workspace, '--organization', 'Bench', '--time-zone', 'America/New_York'],
      ...['--operator', 'bench', '--operator-name', 'Bench', '--unattended', '--no-input'],
    ],
    { encoding: 'utf8' },
  );
  if (made.status !== 0) throw new Error(made.stderr);
  const quietus = (...args) => ({ command: [process.execPath, program, ...args, '--workspace', workspace] });
  const results = alternate(
    {
      'node -e 0': { command: [process.execPath, '-e', '0'] },
      'quietus --version': { command: [process.execPath, program, '--version'] },
      'quietus inventory list': quietus('inventory', 'list'),
    },
    { runs: 21, warmup: 2 },
  );
  const base = results['node -e 0'];
  console.log(`Start-up, medians of 21 runs in turn. ${machine()}\n`);
  table(
    ['command', 'wall', 'CPU', 'wall ratio', 'CPU ratio', 'at most'],
    Object.entries(results).map(([name, { wall, cpu }]) => [
      `\`${name}\``,
      seconds(wall),
      seconds(cpu),
      (wall / base.wall).toFixed(2),
      (cpu / base.cpu).toFixed(2),
      { 'quietus --version': '1.3', 'quietus inventory list': '2.5' }[name] ?? '',
    ]),
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}
