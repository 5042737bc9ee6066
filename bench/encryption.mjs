// Encryption as users call it, in a prepared workspace, beside the programs that people would use instead, on the same
// files and in one run. `QUIETUS_BENCH_MEBIBYTES=128` makes it shorter; QUIETUS_BENCH_FOLDER names the disk that is
// written to. On a busy machine `chrt -f 10 npm run bench -- encryption` lets all of them go first.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildEntry, buildProgram } from '../scripts/build.mjs';
import { alternate, machine, median, seconds, table } from './measure.mjs';

const { QUIETUS_BENCH_MEBIBYTES = '1024', QUIETUS_BENCH_FOLDER = tmpdir() } = process.env;
const MEBIBYTES = Number(QUIETUS_BENCH_MEBIBYTES);
const RUNS = 5;
const STARTS = 9;
const FILES = 10_000;
const FILE_BYTES = 10_240;
/** Of a file without content, four times the other: memory must not depend on the size. */
const HUGE_MEBIBYTES = 4 * MEBIBYTES;

const folder = mkdtempSync(join(QUIETUS_BENCH_FOLDER, 'quietus-bench-'));
const at = (name) => join(folder, name);
const installed = (command) => !spawnSync(command, ['--version']).error;
const program = at('program');
const workspace = ['--workspace', at('workspace')];
const quietus = (...args) => [process.execPath, join(program, 'bin', 'quietus.js'), ...args];
/** Runs a command that must succeed. @returns its standard output */
const must = ([command, ...args]) =>
  execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

function makeFiles() {
  const block = 64;
  for (let done = 0; done < MEBIBYTES; done += block)
    writeFileSync(at('large'), randomBytes(Math.min(block, MEBIBYTES - done) << 20), { flag: 'a' });
  must(['truncate', '-s', `${HUGE_MEBIBYTES}M`, at('huge')]);
  writeFileSync(at('small'), 'one line\n');
  writeFileSync(at('passphrase'), 'quietus bench\n');
  for (let index = 0; index < FILES; index += 1) {
    const below = at(join('many', String(index % 100)));
    if (index < 100) mkdirSync(below, { recursive: true });
    writeFileSync(join(below, `record-${index}.csv`), randomBytes(FILE_BYTES));
  }
}

/** A workspace with one recipient for age and one for CMS, both confirmed. @returns what the other programs need */
function prepare() {
  must(
    quietus(
      ...['init', at('workspace'), '--organization', 'Acme', '--time-zone', 'America/New_York'],
      ...['--operator-name', 'Jane Doe', '--operator', 'jdoe', '--unattended'],
    ),
  );
  must(['age-keygen', '-o', at('key')]);
  const recipient = must(['age-keygen', '-y', at('key')]).trim();
  const subject = ['-subj', '/CN=Bench', '-days', '2', '-addext', 'keyUsage=critical,keyEncipherment'];
  const files = ['-keyout', at('rsa'), '-out', at('certificate')];
  must(['openssl', 'req', '-x509', '-noenc', '-newkey', 'rsa:3072', ...subject, ...files]);
  for (const [name, ...key] of [
    ['acme', '--age', recipient],
    ['county', '--certificate', at('certificate')],
  ]) {
    const { fingerprint } = JSON.parse(
      must(quietus('recipient', 'add', name, ...key, ...workspace, '--json')),
    );
    must(quietus('recipient', 'confirm', name, '--fingerprint', fingerprint, ...workspace));
  }
  return { recipient, identity: /^AGE-SECRET-KEY-\S+$/m.exec(must(['cat', at('key')]))[0] };
}

const before = () => {
  for (const name of ['out', 'out.receipt.json', 'out.zip', 'out.p7m'])
    rmSync(at(name), { recursive: true, force: true });
  touchMemory();
};

/**
 * A virtual machine may give memory that was freed back to its host. The first touch of a page then costs more than
 * encrypting it (11 microseconds, measured), and would fall on whichever command comes to it first.
 */
function touchMemory() {
  const touched = at('touched');
  must(['dd', 'if=/dev/zero', `of=${touched}`, 'bs=1M', `count=${3 * MEBIBYTES}`, 'status=none']);
  rmSync(touched);
}

const shell = (command) => ({ command: ['bash', '-c', command], before });
const run = (...command) => ({ command, before });
const encrypt = (path, ...more) =>
  run(
    ...quietus(
      'encrypt',
      at(path),
      '--to',
      'acme',
      '-o',
      at('out'),
      '--sheet',
      'none',
      ...workspace,
      ...more,
    ),
  );
const decrypt = (path, ...more) =>
  run(...quietus('decrypt', at(path), '-i', at('key'), '-o', at('out'), ...more));

function report(title, candidates, base, runs = RUNS) {
  const results = alternate(candidates, { runs, warmup: 0 });
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

/** The proof alone, in the program that has nothing but the format. */
function reportProof(format, recipient) {
  const proofs = Array.from({ length: RUNS }, () => {
    before();
    const { stderr } = spawnSync(process.execPath, [format, 'prove', recipient, at('large'), at('out')], {
      encoding: 'utf8',
    });
    const [, wall, cpu] = /PROOF (\S+) (\S+)/.exec(stderr);
    return { wall: Number(wall) / 1000, cpu: Number(cpu) / 1000 };
  });
  const middle = (key) => seconds(median(proofs.map((one) => one[key])));
  console.log(`\nRead back and proved, on its own: ${middle('wall')} wall, ${middle('cpu')} CPU`);
}

/** Milliseconds from the start of a process to its first byte, and to its end. */
function startUp([command, ...args]) {
  return new Promise((resolve, reject) => {
    const started = performance.now();
    let first = null;
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'ignore'] });
    child.stdout.on('data', () => {
      first ??= performance.now() - started;
    });
    child.on('error', reject);
    child.on('close', (status) => {
      if (status === 0) resolve({ first, whole: performance.now() - started });
      else reject(new Error(`${command} ended with ${status}`));
    });
  });
}

async function reportStartUp(candidates) {
  const samples = Object.fromEntries(Object.keys(candidates).map((name) => [name, []]));
  for (let round = 0; round < STARTS; round += 1)
    for (const [name, command] of Object.entries(candidates)) samples[name].push(await startUp(command));
  console.log('\nA file of one line to a pipe\n');
  const middle = (list, key) => `${Math.round(median(list.map((one) => one[key])))} ms`;
  table(
    ['command', 'first byte', 'whole'],
    Object.entries(samples).map(([name, list]) => [name, middle(list, 'first'), middle(list, 'whole')]),
  );
}

try {
  if (!installed('age')) throw new Error('age is not installed: there is nothing to compare with');
  mkdirSync(program);
  await buildProgram(program);
  await buildEntry('bench/age-program.ts', join(program, 'dist'));
  const format = join(program, 'dist', 'age-program.js');
  const alone = (...args) => run(process.execPath, format, ...args);
  makeFiles();
  const { recipient, identity } = prepare();
  console.log(
    `${MEBIBYTES} MiB in one file, and ${FILES} files of ${FILE_BYTES} bytes; medians of ${RUNS} runs. ${machine()}`,
  );

  const age = `age -r ${recipient} -o ${at('out')}`;
  const cms = [
    'openssl',
    'cms',
    '-encrypt',
    '-binary',
    '-aes-256-gcm',
    '-outform',
    'DER',
    '-in',
    at('large'),
  ];
  report(
    'Encrypt one file',
    {
      age: shell(`${age} ${at('large')}`),
      'age, then sync': shell(`${age} ${at('large')} && sync ${at('out')}`),
      'the format alone': alone('encrypt', recipient, at('large'), at('out')),
      'the format alone, one thread': alone('encrypt', recipient, at('large'), at('out'), '0'),
      'quietus encrypt (flushed, read back, receipt)': encrypt('large'),
      'quietus encrypt for a certificate (as above)': run(
        ...quietus(
          'encrypt',
          at('large'),
          '--to',
          'county',
          '-o',
          at('out'),
          '--sheet',
          'none',
          ...workspace,
        ),
      ),
      'openssl cms -encrypt -stream': run(...cms, '-stream', '-out', at('out.p7m'), at('certificate')),
      ...(installed('gpg') && {
        'gpg --symmetric': shell(
          `mkdir -p -m 700 ${at('gnupg')} && gpg --homedir ${at('gnupg')} --batch --quiet --pinentry-mode loopback --passphrase-file ${at('passphrase')} --compress-algo none --symmetric -o ${at('out')} ${at('large')}`,
        ),
      }),
    },
    'age',
  );
  reportProof(format, recipient);

  must(['age', '-r', recipient, '-o', at('large.age'), at('large')]);
  report(
    'Decrypt one file',
    {
      age: run('age', '-d', '-i', at('key'), '-o', at('out'), at('large.age')),
      'age, then sync': shell(
        `age -d -i ${at('key')} -o ${at('out')} ${at('large.age')} && sync ${at('out')}`,
      ),
      'the format alone': alone('decrypt', identity, at('large.age'), at('out')),
      'the format alone, one thread': alone('decrypt', identity, at('large.age'), at('out'), '0'),
      'quietus decrypt (flushed)': decrypt('large.age'),
    },
    'age',
  );

  report(
    'Encrypt a folder of many files',
    {
      'tar | age': shell(`tar -c -C ${folder} many | ${age}`),
      'pack and format alone': alone('pack', recipient, at('many'), at('out')),
      'quietus encrypt (flushed, read back, receipt)': encrypt('many'),
      ...(installed('7z') && {
        '7z, AES-256, stored': shell(
          `7z a -bd -tzip -mx=0 -mem=AES256 -pquietus ${at('out.zip')} ${at('many')}`,
        ),
      }),
    },
    'tar | age',
  );

  must(['age', '-r', recipient, '-o', at('small.age'), at('small')]);
  await reportStartUp({
    'node -p 0': [process.execPath, '-p', '0'],
    'quietus encrypt': quietus('encrypt', at('small'), '--to', 'acme', '-o', '-', ...workspace),
    'quietus decrypt': quietus('decrypt', at('small.age'), '-i', at('key'), '-o', '-'),
    age: ['age', '-r', recipient, at('small')],
  });

  rmSync(at('large'));
  rmSync(at('large.age'));
  const huge = { 'quietus encrypt': { ...encrypt('huge', '--force'), before: () => {} } };
  report(`Encrypt one file of ${HUGE_MEBIBYTES} MiB`, huge, 'quietus encrypt', 1);
  must(['mv', at('out'), at('huge.age')]);
  report(
    `Decrypt one file of ${HUGE_MEBIBYTES} MiB`,
    { 'quietus decrypt': decrypt('huge.age') },
    'quietus decrypt',
    1,
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}
