// Encryption beside the programs that people would use instead, on the same files. `QUIETUS_BENCH_MEBIBYTES=128`
// makes it shorter; QUIETUS_BENCH_FOLDER names the disk that is written to.
import { execFileSync, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildEntry, buildWorkers } from '../scripts/build.mjs';
import { alternate, machine, median, seconds, table } from './measure.mjs';

const { QUIETUS_BENCH_MEBIBYTES = '1024', QUIETUS_BENCH_FOLDER = tmpdir() } = process.env;
const MEBIBYTES = Number(QUIETUS_BENCH_MEBIBYTES);
const RUNS = 5;
const FILES = 10_000;
const FILE_BYTES = 10_240;

const root = join(import.meta.dirname, '..');
const folder = mkdtempSync(join(QUIETUS_BENCH_FOLDER, 'quietus-bench-'));
const at = (name) => join(folder, name);
const installed = (command) => !spawnSync(command, ['--version']).error;

/** The format and the pack as a program of their own. */
async function buildProgram() {
  mkdirSync(at('dist'));
  cpSync(join(root, 'package.json'), at('package.json'));
  symlinkSync(join(root, 'node_modules'), at('node_modules'));
  await buildEntry('bench/age-program.ts', at('dist'));
  await buildWorkers(at('dist/workers'));
  return at('dist/age-program.js');
}

function makeFiles() {
  const block = 64;
  for (let done = 0; done < MEBIBYTES; done += block)
    writeFileSync(at('large'), randomBytes(Math.min(block, MEBIBYTES - done) << 20), { flag: 'a' });
  for (let index = 0; index < FILES; index += 1) {
    const below = at(join('many', String(index % 100)));
    if (index < 100) mkdirSync(below, { recursive: true });
    writeFileSync(join(below, `record-${index}.csv`), randomBytes(FILE_BYTES));
  }
}

function report(title, results, base) {
  console.log(`\n${title}\n`);
  table(
    ['command', 'wall', 'CPU', 'peak memory', `speed, ${base} = 1`, `CPU, ${base} = 1`],
    Object.entries(results).map(([name, { wall, cpu, rss }]) => [
      name,
      seconds(wall),
      seconds(cpu),
      rss === null ? '' : `${Math.round(rss)} MB`,
      (results[base].wall / wall).toFixed(2),
      (cpu / results[base].cpu).toFixed(2),
    ]),
  );
}

try {
  if (!installed('age')) throw new Error('age is not installed: there is nothing to compare with');
  const program = await buildProgram();
  makeFiles();
  const keys = execFileSync('age-keygen', { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  writeFileSync(at('key'), keys, { mode: 0o600 });
  const recipient = /^# public key: (\S+)$/m.exec(keys)[1];
  const identity = /^AGE-SECRET-KEY-\S+$/m.exec(keys)[0];
  writeFileSync(at('passphrase'), 'quietus bench\n');
  const before = () => rmSync(at('out'), { recursive: true, force: true });
  const shell = (command) => ({ command: ['bash', '-c', command], before });
  const quietus = (...args) => ({ command: [process.execPath, program, ...args], before });
  console.log(
    `${MEBIBYTES} MiB in one file, and ${FILES} files of ${FILE_BYTES} bytes; medians of ${RUNS} runs. ${machine()}`,
  );

  const encryption = {
    age: { command: ['age', '-r', recipient, '-o', at('out'), at('large')], before },
    quietus: quietus('encrypt', recipient, at('large'), at('out')),
    'quietus, one thread': quietus('encrypt', recipient, at('large'), at('out'), '0'),
  };
  if (installed('openssl')) {
    encryption['openssl enc -aes-256-ctr (not authenticated)'] = shell(
      `openssl enc -aes-256-ctr -pbkdf2 -pass file:${at('passphrase')} -in ${at('large')} -out ${at('out')} 2>/dev/null`,
    );
  }
  if (installed('gpg')) {
    encryption['gpg --symmetric'] = shell(
      `mkdir -p -m 700 ${at('gnupg')} && gpg --homedir ${at('gnupg')} --batch --quiet --pinentry-mode loopback --passphrase-file ${at('passphrase')} --compress-algo none --symmetric -o ${at('out')} ${at('large')}`,
    );
  }
  report('Encrypt one file', alternate(encryption, { runs: RUNS }), 'age');

  const proofs = [];
  for (let run = 0; run < RUNS; run += 1) {
    before();
    const { stderr } = spawnSync(process.execPath, [program, 'prove', recipient, at('large'), at('out')], {
      encoding: 'utf8',
    });
    const [, wall, cpu] = /PROOF (\S+) (\S+)/.exec(stderr);
    proofs.push({ wall: Number(wall) / 1000, cpu: Number(cpu) / 1000 });
  }
  const proof = (key) => seconds(median(proofs.map((one) => one[key])));
  console.log(`\nRead back and proved, on its own: ${proof('wall')} wall, ${proof('cpu')} CPU`);

  execFileSync('age', ['-r', recipient, '-o', at('large.age'), at('large')]);
  const decryption = {
    age: { command: ['age', '-d', '-i', at('key'), '-o', at('out'), at('large.age')], before },
    quietus: quietus('decrypt', identity, at('large.age'), at('out')),
    'quietus, one thread': quietus('decrypt', identity, at('large.age'), at('out'), '0'),
  };
  report('Decrypt one file', alternate(decryption, { runs: RUNS }), 'age');

  const many = {
    'tar | age': shell(`tar -c -C ${folder} many | age -r ${recipient} -o ${at('out')}`),
    quietus: quietus('pack', recipient, at('many'), at('out')),
  };
  if (installed('7z')) {
    many['7z, AES-256, stored'] = shell(
      `7z a -bd -tzip -mx=0 -mem=AES256 -pquietus ${at('out.zip')} ${at('many')} && rm ${at('out.zip')}`,
    );
  }
  report('Encrypt a folder of many files', alternate(many, { runs: RUNS }), 'tar | age');
} finally {
  rmSync(folder, { recursive: true, force: true });
}
