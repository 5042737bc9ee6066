// Disposal of files beside the programs that people use for it: many small files, and one large one. Each starts with
// fresh files, whose making is not measured. `npm run bench -- disposal`; with QUIETUS_BENCH_FOLDER on another disk.
import { execFileSync, spawnSync } from 'node:child_process';
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { alternate, machine, seconds, table } from './measure.mjs';

const FILES = Number(process.env.QUIETUS_BENCH_FILES ?? 10_000);
const LARGE_MIB = Number(process.env.QUIETUS_BENCH_MIB ?? 2048);
const RUNS = Number(process.env.QUIETUS_BENCH_RUNS ?? 3);

const root = mkdtempSync(join(process.env.QUIETUS_BENCH_FOLDER ?? tmpdir(), 'quietus-bench-'));
const program = join(root, 'disposal-job.mjs');
const withoutReading = join(root, 'without-reading-back.mjs');
const small = join(root, 'small');
const large = join(root, 'large');

function makeSmall() {
  rmSync(small, { recursive: true, force: true });
  const content = Buffer.alloc(4096, 'payroll ');
  for (let folder = 0; folder < 10; folder += 1) {
    const at = join(small, String(folder));
    mkdirSync(at, { recursive: true });
    for (let file = 0; file < FILES / 10; file += 1) writeFileSync(join(at, `${file}.txt`), content);
  }
  execFileSync('sync', ['-f', root]);
}

function makeLarge() {
  const chunk = Buffer.alloc(1 << 20, 'payroll ');
  const file = openSync(large, 'w');
  for (let at = 0; at < LARGE_MIB; at += 1) writeSync(file, chunk);
  closeSync(file);
  execFileSync('sync', ['-f', root]);
}

function has(command) {
  return spawnSync('sh', ['-c', `command -v ${command}`]).status === 0;
}

const shell = (script, before) => ({ command: ['sh', '-c', script], before });
const ours = (path, medium, before, job = program) => ({
  command: [process.execPath, job, path, medium],
  before,
});

/** No disposal goes without reading back; shred does, so for the comparison that alone is taken out of the code. */
const WITHOUT_READING_BACK = {
  name: 'without-reading-back',
  setup(api) {
    api.onLoad({ filter: /shred[\\/]file-overwrite\.ts$/ }, ({ path }) => {
      const source = readFileSync(path, 'utf8');
      const changed = source.replace('!(await matches(access, content, layout, throttle))', 'false');
      if (changed === source) throw new Error('The reading back is not where it was');
      return { contents: changed, loader: 'ts' };
    });
  },
};

async function buildJob(outfile, plugins) {
  await build({
    entryPoints: [join(import.meta.dirname, 'disposal-job.mjs')],
    outfile,
    plugins,
    bundle: true,
    platform: 'node',
    format: 'esm',
    logLevel: 'error',
  });
}

/** @param goals by name: least ratios of the other's wall time to ours, read back and not */
function report(results, unit, amount, goals) {
  const [verified, unread] = [results['quietus, verified'], results['quietus, not read back']];
  table(
    ['command', unit, 'wall', 'CPU', 'peak memory', '/ verified', 'at least', '/ not read back', 'at least'],
    Object.entries(results).map(([name, { wall, cpu, rss }]) => [
      `\`${name}\``,
      String(Math.round(amount / wall)),
      seconds(wall),
      seconds(cpu),
      rss === null ? '' : `${Math.round(rss)} MB`,
      (wall / verified.wall).toFixed(2),
      goals[name]?.verified ?? '',
      (wall / unread.wall).toFixed(2),
      goals[name]?.unread ?? '',
    ]),
  );
  console.log('');
}

try {
  await buildJob(program, []);
  await buildJob(withoutReading, [WITHOUT_READING_BACK]);
  console.log(`Medians of ${RUNS} runs in turn. ${machine()}\n`);
  const each = `find ${small} -type f -print0 | xargs -0`;
  const many = alternate(
    {
      'quietus, verified': ours(small, 'folder', makeSmall),
      'quietus, not read back': ours(small, 'folder', makeSmall, withoutReading),
      'shred -n1 -u': shell(`${each} shred -n1 -u`, makeSmall),
      'shred -n1 --remove=unlink': shell(`${each} shred -n1 --remove=unlink`, makeSmall),
      'xargs -P4 shred -n1 -u': shell(`${each} -P4 -n 500 shred -n1 -u`, makeSmall),
      ...(has('srm') && { 'srm -ll': shell(`${each} srm -ll`, makeSmall) }),
    },
    { runs: RUNS, warmup: 0 },
  );
  console.log(`${FILES} files of 4 KiB\n`);
  report(many, 'files a second', FILES, {
    'shred -n1 -u': { verified: '4', unread: '5' },
    'shred -n1 --remove=unlink': { unread: '1.3' },
  });
  const direct = `dd if=/dev/zero of=${large} bs=1M count=${LARGE_MIB} oflag=direct conv=notrunc status=none`;
  const one = alternate(
    {
      'quietus, verified': ours(large, 'file', makeLarge),
      'quietus, not read back': ours(large, 'file', makeLarge, withoutReading),
      'shred -n1 -u': shell(`shred -n1 -u ${large}`, makeLarge),
      'dd oflag=direct': shell(`${direct} && rm ${large}`, makeLarge),
      // Minutes for a GiB: only where it is asked for.
      ...(process.env.QUIETUS_BENCH_SRM && { 'srm -ll': shell(`srm -ll ${large}`, makeLarge) }),
    },
    { runs: RUNS, warmup: 0 },
  );
  console.log(`One file of ${LARGE_MIB} MiB\n`);
  report(one, 'MiB a second', LARGE_MIB, {
    'shred -n1 -u': { verified: '1', unread: '3' },
    'dd oflag=direct': { unread: '0.8' },
  });
} finally {
  rmSync(root, { recursive: true, force: true });
}
