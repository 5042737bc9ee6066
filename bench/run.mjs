// Runs every benchmark of this folder, one after the other: `npm run bench`, or `npm run bench -- start-up`.
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

const NOT_BENCHMARKS = new Set([
  'log-appends.mjs',
  'log-generator.mjs',
  'run.mjs',
  'measure.mjs',
  'disposal-job.mjs',
  'format-program.mjs',
  'zip-js-program.mjs',
]);
const wanted = process.argv.slice(2);
const root = join(import.meta.dirname, '..');

const built = spawnSync(process.execPath, [join(root, 'scripts', 'build.mjs')], { stdio: 'inherit' });
if (built.status !== 0) process.exit(1);
const files = readdirSync(import.meta.dirname)
  .filter((file) => file.endsWith('.mjs') && !NOT_BENCHMARKS.has(file))
  .filter((file) => wanted.length === 0 || wanted.includes(file.replace(/\.mjs$/, '')));
if (files.length === 0) {
  console.error('There is no such benchmark');
  process.exitCode = 2;
}
for (const file of files) {
  console.log(`\n## ${file.replace(/\.mjs$/, '')}\n`);
  const { status } = spawnSync(process.execPath, [join(import.meta.dirname, file)], { stdio: 'inherit' });
  if (status !== 0) process.exitCode = 1;
}
