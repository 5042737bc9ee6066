import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  closeSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { mustRun } from '../crypto/tools.js';
import {
  ageKeygen,
  ageRecipient,
  type EncryptionDesk,
  encryptionDesk,
  opensslCertificate,
  passphraseFile,
  sha256sum,
} from './encryption-desk.js';
import { programCommand, programFolder, quietus, start, temporaryFolder } from './harness.js';

/** A desk with a recipient for each of three formats, and a folder with two files. */
async function desk(): Promise<EncryptionDesk & { recipient: string; certificate: string; key: string }> {
  const made = await encryptionDesk(recipientsAndRecords);
  const [certificate, key] = [join(made.desk, 'county.pem'), join(made.desk, 'county.key')];
  return { ...made, recipient: ageRecipient(join(made.desk, 'key.txt')), certificate, key };
}

async function recipientsAndRecords(made: EncryptionDesk): Promise<void> {
  const { recipient } = ageKeygen(made.desk);
  await made.json(['recipient', 'add', 'acme', '--age', recipient]);
  await made.json(['recipient', 'confirm', 'acme', '--fingerprint', sha256sum(recipient)]);
  await made.json(['recipient', 'add', 'drlee', '--passphrase-by', 'telephone']);
  await made.json(['recipient', 'confirm', 'drlee', '--how', 'telephone']);
  const { certificate, fingerprint } = opensslCertificate(made.desk);
  await made.json(['recipient', 'add', 'county', '--certificate', certificate]);
  await made.json(['recipient', 'confirm', 'county', '--fingerprint', fingerprint]);
  mkdirSync(join(made.desk, 'records'));
  writeFileSync(join(made.desk, 'records', 'one'), 'one');
  writeFileSync(join(made.desk, 'records', 'two'), Buffer.alloc(300_000, 2));
}

function names(folder: string): string[] {
  return readdirSync(folder).sort();
}

async function until(condition: () => boolean): Promise<void> {
  for (let waited = 0; !condition(); waited += 20) {
    if (waited > 20_000) throw new Error('it did not come to that');
    await delay(20);
  }
}

/** A name as a process of this machine gives to what it has not finished. */
function leftName(pid: number): string {
  return `.quietus-plain-${sha256sum(hostname()).slice(0, 8)}-${pid}-00000000.tmp`;
}

const unfinished = (folder: string) => names(folder).filter((name) => name.startsWith('.quietus-plain-'));

describe('what comes out', () => {
  test('is known by its content, whatever the file is called, in every format', async () => {
    const made = await desk();
    const passphrase = join(made.desk, 'passphrase');
    const common = ['encrypt', 'records', '--sheet', 'none', '--receipt', join(made.desk, 'receipt')];
    const pem = join(made.desk, 'both.pem');
    writeFileSync(pem, readFileSync(made.certificate, 'utf8') + readFileSync(made.key, 'utf8'), {
      mode: 0o600,
    });
    const cases: { file: string; to: string[]; open: string[] }[] = [
      { file: 'x.age', to: ['--to', 'acme'], open: ['-i', 'key.txt'] },
      { file: 'y.age', to: ['--to', 'acme', '--compress', '--armor'], open: ['-i', 'key.txt'] },
      { file: 'x.p7m', to: ['--to', 'county'], open: ['-i', pem] },
      {
        file: 'x.zip',
        to: ['--to', 'drlee', '--format', 'zip', '--passphrase-to', passphrase],
        open: ['--passphrase-file', passphrase],
      },
    ];
    for (const { file, to, open } of cases) {
      await made.json([...common, ...to, '-o', file, '--force']);
      const opened = await made.run(['decrypt', file, ...open, '-o', `${file}.out`]);
      expect(opened.status, `${file}: ${opened.stderr}`).toBe(0);
      expect(readFileSync(join(made.desk, `${file}.out`, 'records', 'one'), 'utf8'), file).toBe('one');
      await made.json(['decrypt', file, ...open, '--keep-packed', '-o', `${file}.tar`]);
      const listed = execFileSync('tar', ['-tf', join(made.desk, `${file}.tar`)]).toString();
      expect(listed.split('\n'), file).toContain('records/two');
    }
  });

  test('asks a stranger to a workspace for a key file', async () => {
    const { desk: folder, run } = await desk();
    await run(['encrypt', 'records', '--to', 'acme', '-o', 'sent.age']);
    const home = temporaryFolder();
    const there = { cwd: home, env: { HOME: home } };
    const file = join(folder, 'sent.age');
    expect(await quietus(['decrypt', file], there)).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('--identity FILE'),
    });
    expect(await quietus(['decrypt', 'sent.age'], there)).toMatchObject({
      status: 2,
      stderr: 'error: There is no file sent.age\nhint: Check the path\n',
    });
    expect(await quietus(['decrypt', file, '--as', 'records'], there)).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('quietus init'),
    });
  });

  test('that is a tar file of somebody else is extracted only with --unpack, which is never ignored', async () => {
    const made = await desk();
    execFileSync('tar', ['-cf', 'foreign', 'records'], { cwd: made.desk });
    for (const [from, to] of [
      ['foreign', 'foreign.age'],
      ['records/one', 'text.age'],
    ] as const)
      execFileSync('age', ['-r', made.recipient, '-o', to, from], { cwd: made.desk });
    const decrypt = (...args: string[]) => made.run(['decrypt', ...args, '-i', 'key.txt']);
    expect((await decrypt('foreign.age', '-o', 'as-file')).status).toBe(0);
    expect(statSync(join(made.desk, 'as-file')).isFile()).toBe(true);
    expect((await decrypt('foreign.age', '-o', 'as-folder', '--unpack')).status).toBe(0);
    expect(readFileSync(join(made.desk, 'as-folder', 'records', 'one'), 'utf8')).toBe('one');
    const before = names(made.desk);
    expect((await decrypt('text.age', '-o', 'nothing', '--unpack')).status).toBe(5);
    expect(names(made.desk)).toEqual(before);
  });

  test('of a pack with more than is allowed is nothing, and all of it with the flag that the hint names', async () => {
    const made = await desk();
    writeFileSync(join(made.desk, 'records', 'zeros'), Buffer.alloc(80_000_000));
    execFileSync('tar', ['-czf', 'foreign', 'records'], { cwd: made.desk });
    execFileSync('age', ['-r', made.recipient, '-o', 'foreign.age', 'foreign'], { cwd: made.desk });
    const decrypt = (...args: string[]) =>
      made.run(['decrypt', 'foreign.age', '-i', 'key.txt', '--unpack', '-o', 'out', ...args]);
    const before = names(made.desk);
    // The folder and its three files.
    const allowed = { '--max-ratio': '1032', '--max-entries': '4', '--max-bytes': '80.300003MB' };
    for (const [flag, short] of [
      ['--max-ratio', []],
      ['--max-entries', ['--max-ratio', '1032', '--max-entries', '3']],
      ['--max-bytes', ['--max-ratio', '1032', '--max-bytes', '80300002']],
    ] as const) {
      const refused = await decrypt(...short);
      expect(refused.status, refused.stderr).toBe(4);
      expect(refused.stderr).toContain(flag);
      expect(names(made.desk)).toEqual(before);
    }
    const typed = await decrypt('--max-bytes', 'lots');
    expect(typed).toMatchObject({ status: 2, stderr: expect.stringContaining('--max-bytes is not a size') });
    expect((await decrypt('--max-ratio', '1032', '--max-bytes', '8000TB')).status).toBe(0);
    rmSync(join(made.desk, 'out'), { recursive: true });
    const opened = await decrypt(...Object.entries(allowed).flat());
    expect(opened.status, opened.stderr).toBe(0);
    expect(statSync(join(made.desk, 'out', 'records', 'zeros')).size).toBe(80_000_000);
  });

  test('of a damaged file is in a pipe what came before the damage, and exit code 5', async () => {
    const made = await desk();
    const plaintext = Buffer.alloc(3_000_000, 7);
    writeFileSync(join(made.desk, 'plain'), plaintext);
    execFileSync('age', ['-r', made.recipient, '-o', 'whole.age', 'plain'], { cwd: made.desk });
    const bytes = readFileSync(join(made.desk, 'whole.age'));
    bytes[2_500_000] = (bytes[2_500_000] ?? 0) ^ 1;
    writeFileSync(join(made.desk, 'damaged.age'), bytes);
    const [node, script] = programCommand();
    const command = [script, 'decrypt', 'damaged.age', '-i', 'key.txt', '-o', '-'];
    const ours = spawnSync(node, command, { cwd: made.desk, maxBuffer: 1 << 24 });
    expect(ours.status).toBe(5);
    expect(ours.stderr.toString()).toMatch(/authentic, but the rest is missing/);
    expect(ours.stdout.length).toBeGreaterThan(1_000_000);
    expect(ours.stdout.equals(plaintext.subarray(0, ours.stdout.length))).toBe(true);
    const before = names(made.desk);
    expect((await made.run(['decrypt', 'damaged.age', '-i', 'key.txt', '-o', 'out'])).status).toBe(5);
    expect(names(made.desk)).toEqual(before);
  });
});

/** A decrypt in the middle of its work, which gets its input through a pipe, and the names that were there before. */
async function halfDecrypted(made: Awaited<ReturnType<typeof desk>>, packed: boolean) {
  writeFileSync(join(made.desk, 'records', 'large'), Buffer.alloc(16_000_000, 7));
  const what = packed ? 'records' : join('records', 'large');
  await made.json(['encrypt', what, '--to', 'acme', '-o', 'x.age', '--sheet', 'none']);
  const bytes = readFileSync(join(made.desk, 'x.age'));
  execFileSync('mkfifo', [join(made.desk, 'pipe')]);
  const before = names(made.desk);
  const running = start(['decrypt', 'pipe', '-i', 'key.txt', '-o', 'out'], { cwd: made.desk });
  const end = openSync(join(made.desk, 'pipe'), 'r+');
  for (let at = 0; at < 12_000_000; at += 60_000) writeSync(end, bytes.subarray(at, at + 60_000));
  await until(() => unfinished(made.desk).length === 1);
  return { running, end, before };
}

describe('a decrypt that is killed', () => {
  test.each([false, true])(
    'leaves nothing that the next one does not take away (pack: %s)',
    async (packed) => {
      const made = await desk();
      const { running, end, before } = await halfDecrypted(made, packed);
      running.process.kill('SIGKILL');
      expect((await running.finished).signal).toBe('SIGKILL');
      closeSync(end);
      expect(existsSync(join(made.desk, 'out'))).toBe(false);
      expect(unfinished(made.desk)).toHaveLength(1);
      expect((await made.run(['doctor'])).stdout).toContain('1 unfinished output');

      const next = await made.run(['decrypt', 'x.age', '-i', 'key.txt', '-o', 'out']);
      expect(next).toMatchObject({ status: 0, stderr: expect.stringContaining('1 unfinished output') });
      expect(names(made.desk)).toEqual([...before, 'out'].sort());
    },
  );
});

describe('a decrypt that has ended, but for whose end nobody has asked,', () => {
  test.runIf(process.platform === 'linux')('is told from one that runs', async () => {
    const made = await desk();
    await made.json(['encrypt', 'records', '--to', 'acme', '-o', 'x.age']);
    // What the shell becomes does not know that it has a child.
    const parent = spawn('sh', ['-c', 'sleep 0 & echo $!; exec sleep 60'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    onTestFinished(() => {
      parent.kill('SIGKILL');
    });
    const [line] = (await once(parent.stdout, 'data')) as [Buffer];
    const ended = Number(line.toString());
    await until(() => readFileSync(`/proc/${ended}/stat`, 'utf8').includes(') Z '));
    for (const pid of [ended, parent.pid ?? 0]) writeFileSync(join(made.desk, leftName(pid)), 'plain');
    expect(await made.run(['decrypt', 'x.age', '-i', 'key.txt', '-o', 'out'])).toMatchObject({
      status: 0,
      stderr: expect.stringContaining('1 unfinished output'),
    });
    expect(unfinished(made.desk)).toEqual([leftName(parent.pid ?? 0)]);
  });
});

describe('a decrypt whose terminal is closed', () => {
  test.each([false, true])('leaves no plaintext (pack: %s)', async (packed) => {
    const made = await desk();
    const { running, end, before } = await halfDecrypted(made, packed);
    running.process.kill('SIGHUP');
    running.process.kill('SIGHUP');
    await delay(300);
    // A read that waits for the pipe ends with it.
    closeSync(end);
    expect(await running.finished).toMatchObject({ status: 129, signal: null });
    expect(names(made.desk)).toEqual(before);
  });
});

describe('a file that costs too much', () => {
  test('is refused at once: scrypt with 2^30, and a header of 100 MB', async () => {
    const folder = temporaryFolder();
    const text = (bytes: number) => Buffer.alloc(bytes).toString('base64').replace(/=+$/, '');
    const head = 'age-encryption.org/v1\n';
    const end = `--- ${text(32)}\n${'x'.repeat(40)}`;
    writeFileSync(join(folder, 'factor.age'), `${head}-> scrypt ${text(16)} 30\n${text(32)}\n${end}`);
    const grease = `-> grease ${'x'.repeat(50)}\n\n`;
    writeFileSync(join(folder, 'header.age'), head + grease.repeat(100_000_000 / grease.length) + end);
    const { file } = ageKeygen(folder);
    const passphrase = passphraseFile(folder, 'guess');
    const started = Date.now();
    for (const args of [
      ['decrypt', 'factor.age', '--passphrase-file', passphrase],
      ['decrypt', 'header.age', '-i', file],
      ['inspect', 'header.age'],
    ]) {
      const outcome = await quietus([...args, '--json'], { cwd: folder });
      expect(outcome.status, args.join(' ')).toBe(2);
      expect(JSON.parse(outcome.stdout), args.join(' ')).toMatchObject({
        error: { code: 'header-too-costly' },
      });
    }
    expect((await quietus(['inspect', 'factor.age'], { cwd: folder })).stdout).toContain('2^30');
    // scrypt with 2^30 takes 1 TiB and an hour.
    expect(Date.now() - started).toBeLessThan(60_000);
    expect(names(folder).filter((name) => !name.endsWith('.age'))).toHaveLength(2);
  });

  test('is refused when it grows out of all proportion, and nothing of it stays', async (context) => {
    const made = await desk();
    execFileSync('truncate', ['-s', '100M', join(made.desk, 'zeros')]);
    execFileSync(
      'sh',
      ['-c', 'tar -c zeros | gzip -9 > bomb.gz && age -r "$1" -o bomb.age bomb.gz', 'sh', made.recipient],
      {
        cwd: made.desk,
      },
    );
    const before = names(made.desk);
    const outcome = await made.run([
      'decrypt',
      'bomb.age',
      '--unpack',
      '-i',
      'key.txt',
      '-o',
      'out',
      '--json',
    ]);
    expect(outcome.status).toBe(4);
    expect(JSON.parse(outcome.stdout)).toMatchObject({ error: { code: 'pack-too-large' } });
    expect(names(made.desk)).toEqual(before);
    mustRun(context, '7z', [
      'a',
      '-tzip',
      '-mem=AES256',
      '-pguess',
      join(made.desk, 'bomb.zip'),
      join(made.desk, 'zeros'),
    ]);
    const passphrase = passphraseFile(made.desk, 'guess');
    const zip = await made.run([
      'decrypt',
      'bomb.zip',
      '--passphrase-file',
      passphrase,
      '-o',
      'out',
      '--json',
    ]);
    expect(zip.status).toBe(4);
    expect(JSON.parse(zip.stdout)).toMatchObject({ error: { code: 'content-too-large' } });
    expect(existsSync(join(made.desk, 'out'))).toBe(false);
  });
});

describe('an account without permission', () => {
  test('is told, and gets nothing', async (context) => {
    const somebodyElse = (...command: string[]) => spawnSync('runuser', ['-u', 'nobody', '--', ...command]);
    // Made for this run, and so far for its own account only.
    chmodSync(programFolder(), 0o755);
    const reachable = somebodyElse(
      'test',
      '-r',
      join(programFolder(), 'node_modules', 'sqlite3', 'package.json'),
    );
    if (process.getuid?.() !== 0 || reachable.status !== 0)
      return context.skip('needs root, and a program that somebody else can run');
    const folder = temporaryFolder();
    const [uid, gid] = ['-u', '-g'].map((flag) => Number(execFileSync('id', [flag, 'nobody']).toString()));
    const [node, script] = programCommand();
    const asNobody = (...args: string[]) => {
      const command = ['-u', 'nobody', '--', 'env', `HOME=${folder}`, node, script, ...args];
      const { status, stdout, stderr } = spawnSync('runuser', command, { cwd: folder });
      return { status, stdout: stdout.toString(), stderr: stderr.toString() };
    };
    const { file, recipient } = ageKeygen(folder);
    mkdirSync(join(folder, 'records'));
    for (const name of ['open', 'closed']) writeFileSync(join(folder, 'records', name), name);
    for (const path of [folder, join(folder, 'records'), join(folder, 'records', 'open'), file])
      chownSync(path, uid ?? 0, gid ?? 0);
    chmodSync(join(folder, 'records', 'closed'), 0o600);
    const root = join(folder, 'workspace');
    const at = ['--workspace', root];
    const made = asNobody(
      ...['init', root, '--organization', 'Acme', '--time-zone', 'America/New_York'],
      ...['--operator-name', 'No Body', '--operator', 'nobody', '--unattended'],
    );
    expect(made.status, made.stderr).toBe(0);
    expect(asNobody('recipient', 'add', 'acme', '--age', recipient, ...at).status).toBe(0);
    expect(
      asNobody('recipient', 'confirm', 'acme', '--fingerprint', sha256sum(recipient), ...at).status,
    ).toBe(0);
    const before = names(folder);
    const refused = asNobody('encrypt', 'records', '--to', 'acme', '-o', 'x.age', ...at);
    expect(refused).toMatchObject({ status: 2, stderr: expect.stringContaining('closed') });
    expect(asNobody('encrypt', 'records/closed', '--to', 'acme', '-o', 'x.age', ...at).status).toBe(2);
    expect(names(folder)).toEqual(before);
    const skipping = ['encrypt', 'records', '--to', 'acme', '-o', 'x.age', '--skip-unreadable', ...at];
    expect(asNobody(...skipping)).toMatchObject({ status: 3, stderr: expect.stringContaining('closed') });
    copyFileSync(join(folder, 'x.age'), join(folder, 'theirs.age'));
    chmodSync(join(folder, 'theirs.age'), 0o600);
    expect(asNobody('decrypt', 'theirs.age', '-i', file, '-o', 'out').status).toBe(2);
    expect(existsSync(join(folder, 'out'))).toBe(false);
    // What root has left there is not theirs to remove, and not in their way. No process has this number.
    writeFileSync(join(folder, leftName(2 ** 22 + 1)), 'plain');
    expect(asNobody('decrypt', 'x.age', '-i', file, '-o', 'out').status).toBe(0);
    expect(unfinished(folder)).toHaveLength(1);
    expect(names(join(folder, 'out', 'records'))).toEqual(['open']);
    return undefined;
  });
});

describe('an encrypt that is killed', () => {
  test('between the appearance of the file and the entry of its outcome is told as done by the next', async () => {
    const made = await desk();
    writeFileSync(join(made.desk, 'note'), 'note');
    const hook = join(temporaryFolder(), 'hook.cjs');
    // The temporary name is taken away when the file has appeared under its own.
    writeFileSync(
      hook,
      `const files = require('node:fs/promises');
       const rm = files.rm;
       files.rm = async (path, options) => {
         if (/\\.x\\.age\\./.test(path)) process.kill(process.pid, 'SIGKILL');
         return rm(path, options);
       };
       require('node:module').syncBuiltinESMExports();`,
    );
    const killed = await made.run(['encrypt', 'note', '--to', 'acme', '-o', 'x.age', '--sheet', 'none'], {
      env: { NODE_OPTIONS: `--require=${hook}` },
    });
    expect(killed.signal).toBe('SIGKILL');
    const next = await made.json(['encrypt', 'note', '--to', 'acme', '-o', 'y.age', '--sheet', 'none']);
    expect(next.ended_transfers).toHaveLength(1);
    expect(names(made.desk).filter((name) => name.includes('x.age'))).toEqual(['x.age']);
    const written = execFileSync('sha256sum', [join(made.desk, 'x.age')])
      .toString()
      .slice(0, 64);
    const late = (await made.log()).find(({ outcome, data }) => outcome === 'done' && data.late === true);
    expect(late?.data.ciphertext_sha256).toBe(written);
    expect((await made.run(['decrypt', 'x.age', '-i', 'key.txt', '-o', 'again'])).status).toBe(0);
    expect(readFileSync(join(made.desk, 'again'), 'utf8')).toBe('note');
  });
});
