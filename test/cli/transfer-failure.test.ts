import { execFileSync, spawn, spawnSync } from 'node:child_process';
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  ageKeygen,
  ageRecipient,
  type EncryptionDesk,
  encryptionDesk,
  passphraseFile,
  sha256sum,
} from './encryption-desk.js';
import { environment, programCommand, start } from './harness.js';

async function desk(): Promise<EncryptionDesk & { recipient: string }> {
  const made = await encryptionDesk(acme);
  return { ...made, recipient: ageRecipient(join(made.desk, 'key.txt')) };
}

async function acme(made: EncryptionDesk): Promise<void> {
  const { recipient } = ageKeygen(made.desk);
  await made.json(['recipient', 'add', 'acme', '--age', recipient]);
  await made.json(['recipient', 'confirm', 'acme', '--fingerprint', sha256sum(recipient)]);
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

/** Whether this account may mount a small memory disk. */
function mounted(folder: string, bytes: string): boolean {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${bytes}`, 'none', folder], { stdio: 'ignore' });
  } catch (error) {
    if (process.env.CI === 'true') throw error;
    return false;
  }
  onTestFinished(() => {
    execFileSync('umount', ['--lazy', folder]);
  });
  return true;
}

describe('a transfer', () => {
  test('that is killed leaves no output, and the next one takes away what it left', async () => {
    const made = await desk();
    const pipe = join(made.desk, 'pipe');
    execFileSync('mkfifo', [pipe]);
    const before = names(made.desk);
    const running = start(['encrypt', 'pipe', '--to', 'acme', '-o', 'x.age', '--workspace', made.root], {
      cwd: made.desk,
    });
    // Opens when the program has opened its end.
    const end = openSync(pipe, 'r+');
    for (let piece = 0; piece < 40; piece += 1) writeSync(end, Buffer.alloc(60_000, piece));
    await until(() => names(made.desk).some((name) => name.startsWith('.x.age.')));
    running.process.kill('SIGKILL');
    expect((await running.finished).signal).toBe('SIGKILL');
    expect(existsSync(join(made.desk, 'x.age'))).toBe(false);

    writeFileSync(join(made.desk, 'note'), 'note');
    const next = await made.json(['encrypt', 'note', '--to', 'acme', '-o', 'y.age', '--sheet', 'none']);
    expect(next.ended_transfers).toHaveLength(1);
    expect(names(made.desk)).toEqual([...before, 'note', 'y.age', 'y.age.receipt.json'].sort());
    const outcomes = (await made.log()).filter(({ action }) => action === 'transfer.encrypt');
    expect(
      outcomes.map(({ outcome, data }) =>
        [outcome, ...(typeof data.code === 'string' ? [data.code] : [])].join(' '),
      ),
    ).toEqual(['done', 'intent', 'failed cut-off', 'intent']);
    expect((await made.run(['log', 'verify'])).status).toBe(0);
  });

  test('is refused where somebody puts another file in the place of its output', async () => {
    const made = await desk();
    const pipe = join(made.desk, 'pipe');
    execFileSync('mkfifo', [pipe]);
    const running = start(['encrypt', 'pipe', '--to', 'acme', '-o', 'x.age', '--workspace', made.root], {
      cwd: made.desk,
    });
    const end = openSync(pipe, 'r+');
    writeSync(end, Buffer.alloc(60_000));
    const temporary = () => names(made.desk).find((name) => name.startsWith('.x.age.'));
    await until(() => temporary() !== undefined);
    const path = join(made.desk, temporary() ?? '');
    renameSync(path, join(made.desk, 'moved'));
    writeFileSync(path, 'of somebody else');
    closeSync(end);
    expect(await running.finished).toMatchObject({
      status: 4,
      stderr: expect.stringContaining('another file in the place'),
    });
    const outcome = (await made.log()).find(({ action }) => action === 'transfer.encrypt');
    expect(outcome).toMatchObject({ outcome: 'failed', data: { code: 'output-swapped' } });
    expect(existsSync(join(made.desk, 'x.age.receipt.json'))).toBe(false);
  });

  test('may have a name as long as names can be, and one that is too long spoils nothing', async () => {
    const made = await desk();
    writeFileSync(join(made.desk, 'note'), 'note');
    const encrypt = (name: string) =>
      made.run([
        'encrypt',
        'note',
        '--to',
        'acme',
        '-o',
        name,
        '--sheet',
        'none',
        '--receipt',
        `${name[0]}.json`,
      ]);
    const longest = `${'a'.repeat(251)}.age`;
    expect(await encrypt(longest)).toMatchObject({ status: 0 });
    const opened = await made.run(['decrypt', longest, '-i', 'key.txt', '-o', 'b'.repeat(255)]);
    expect(opened).toMatchObject({ status: 0 });
    expect(readFileSync(join(made.desk, 'b'.repeat(255)), 'utf8')).toBe('note');

    const refusal = await encrypt(`${'c'.repeat(252)}.age`);
    expect(refusal).toMatchObject({ status: 2, stderr: expect.stringContaining('too long') });
    expect(await encrypt('d.age')).toMatchObject({ status: 0 });
    const outcomes = (await made.log()).filter(({ action }) => action === 'transfer.encrypt');
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(['done', 'intent', 'done', 'intent']);
  });

  test('that somebody wrote into the database removes no file but one that encrypting makes', async () => {
    const made = await desk();
    const record = join(made.desk, 'record.csv');
    writeFileSync(record, 'a record under a hold');
    const work = {
      host: hostname(),
      pid: spawnSync('true').pid,
      temporary: record,
      output: join(made.desk, 'x.age'),
    };
    execFileSync('sqlite3', [join(made.root, 'quietus.db')], {
      input: `insert into transfers (id, state, format, begun_at, begun_by, recipients, work)
        values ('T-2026-0099', 'begun', 'age', '2026-11-22T10:00:00.000Z', 'jdoe', '[]', '${JSON.stringify(work)}');`,
    });
    const next = await made.run(['encrypt', 'record.csv', '--to', 'acme', '-o', 'y.age', '--json']);
    expect(next.status).toBe(5);
    expect(next.stderr + next.stdout).toContain('transfer-changed');
    expect(existsSync(record)).toBe(true);
  });

  test('that is interrupted ends at once and leaves nothing', async () => {
    const made = await desk();
    writeFileSync(join(made.desk, 'big'), '');
    execFileSync('truncate', ['-s', '3G', join(made.desk, 'big')]);
    const before = names(made.desk);
    const running = start(['encrypt', 'big', '--to', 'acme', '-o', 'x.age', '--workspace', made.root], {
      cwd: made.desk,
    });
    await until(() => names(made.desk).some((name) => name.startsWith('.x.age.')));
    running.process.kill('SIGINT');
    expect(await running.finished).toMatchObject({ status: 130 });
    expect(names(made.desk)).toEqual(before);
  });

  test.runIf(process.platform === 'linux')(
    'of a file of the kernel is refused, whose size is none',
    async () => {
      const made = await desk();
      expect(await made.run(['encrypt', '/proc/cpuinfo', '--to', 'acme'])).toMatchObject({
        status: 2,
        stderr: expect.stringContaining('says that it is empty'),
      });
    },
  );

  test('of a folder through standard input is refused, which would be read as nothing', async () => {
    const made = await desk();
    const folder = openSync(made.desk, 'r');
    const [node, script] = programCommand();
    const { status, stderr } = spawnSync(
      node,
      [script, 'encrypt', '-', '--to', 'acme', '-o', 'x.age', '--workspace', made.root],
      { cwd: made.desk, env: environment(), stdio: [folder, 'pipe', 'pipe'], encoding: 'utf8' },
    );
    closeSync(folder);
    expect([status, stderr]).toEqual([2, expect.stringContaining('is a folder')]);
    expect(names(made.desk)).not.toContain('x.age');
  });

  test('of a file that somebody writes to is refused', async () => {
    const made = await desk();
    const file = join(made.desk, 'log');
    writeFileSync(file, Buffer.alloc(40_000_000, 7));
    const before = names(made.desk);
    const writer = spawn('sh', ['-c', 'while :; do echo more >> log; done'], { cwd: made.desk });
    onTestFinished(() => {
      writer.kill();
    });
    for (const options of [[], ['--compress'], ['--pack']]) {
      const outcome = await made.run(['encrypt', 'log', '--to', 'acme', '-o', 'x.age', ...options]);
      expect(outcome, options.join()).toMatchObject({
        status: 3,
        stderr: expect.stringContaining('changed while'),
      });
      expect(names(made.desk), options.join()).toEqual(before);
    }
  });

  test('of a folder is refused where a file is written to after its turn', async () => {
    const made = await desk();
    const folder = join(made.desk, 'payroll');
    mkdirSync(folder);
    writeFileSync(join(folder, 'a.csv'), 'first');
    writeFileSync(join(folder, 'b.csv'), Buffer.alloc(150_000_000, 7));
    const before = names(made.desk);
    const encrypt = ['encrypt', 'payroll', '--to', 'acme', '-o', 'x.age'];
    const running = start([...encrypt, '--workspace', made.root], { cwd: made.desk });
    const grown = () =>
      names(made.desk).some(
        (name) => name.startsWith('.x.age.') && statSync(join(made.desk, name)).size > 4e6,
      );
    await until(grown);
    writeFileSync(join(folder, 'a.csv'), 'later');
    const outcome = await running.finished;
    expect(outcome).toMatchObject({ status: 3, stderr: expect.stringContaining('changed while the rest') });
    expect(names(made.desk)).toEqual(before);
    expect(await made.run(encrypt)).toMatchObject({ status: 0 });
  });

  test('that fills the disk leaves nothing on it', async (context) => {
    const made = await desk();
    const small = join(made.desk, 'small');
    mkdirSync(small);
    if (!mounted(small, '1m')) return context.skip('this account may not mount a memory disk');
    writeFileSync(join(made.desk, 'big'), Buffer.alloc(3_000_000, 7));
    const outcome = await made.run(['encrypt', 'big', '--to', 'acme', '-o', 'small/x.age']);
    expect(outcome.status, outcome.stderr).not.toBe(0);
    expect(outcome.stderr).toMatch(/full|space/i);
    expect(names(small)).toEqual([]);

    await made.json(['encrypt', 'big', '--to', 'acme', '-o', 'big.age', '--sheet', 'none']);
    await made.json(['encrypt', 'big', '--to', 'acme', '--pack', '-o', 'big.tar.age', '--sheet', 'none']);
    for (const file of ['big.age', 'big.tar.age']) {
      const opened = await made.run(['decrypt', file, '-i', 'key.txt', '-o', 'small/out']);
      expect(opened.status, opened.stderr).not.toBe(0);
      expect(names(small), file).toEqual([]);
    }
    return undefined;
  });

  test('is told of as done in part where its receipt cannot be written', async (context) => {
    const made = await desk();
    const small = join(made.desk, 'small');
    mkdirSync(small);
    if (!mounted(small, '64k')) return context.skip('this account may not mount a memory disk');
    writeFileSync(join(small, 'rest'), Buffer.alloc(65_536));
    writeFileSync(join(made.desk, 'note'), 'note');
    const encrypt = ['encrypt', 'note', '--to', 'acme', '-o', 'x.age', '--receipt', 'small/r.json', '--json'];
    const { status, stdout } = await made.run(encrypt);
    expect([status, JSON.parse(stdout).error.code]).toEqual([3, 'handover-incomplete']);
    expect(names(small)).toEqual(['rest']);
    const opened = await made.run(['decrypt', 'x.age', '-i', 'key.txt', '-o', '-']);
    expect(opened.stdout).toBe('note');
    return undefined;
  });

  test('goes through pipes in both directions, as bytes and as text', async () => {
    const made = await desk();
    const text = 'for acme alone\n';
    const piped = ['encrypt', '-', '--to', 'acme', '-o', '-', '--armor', '--receipt', 'pipe.json'];
    const sealed = await made.run(piped, { input: text });
    expect(sealed.status, sealed.stderr).toBe(0);
    // Nobody can read back what went through a pipe, so that no evidence may say that somebody did.
    expect(JSON.parse(readFileSync(join(made.desk, 'pipe.json'), 'utf8'))).toMatchObject({
      ...{ file: null, verification: 'none', ciphertext_sha256: null },
    });
    const recorded = (await made.log()).find(({ action }) => action === 'transfer.encrypt');
    expect(recorded).toMatchObject({ outcome: 'done', data: { read_back: false, ciphertext_sha256: null } });
    expect(sealed.stdout).toMatch(/^-----BEGIN AGE ENCRYPTED FILE-----/);
    expect(sealed.stderr).toContain('not read back');
    const key = join(made.desk, 'key.txt');
    expect(execFileSync('age', ['-d', '-i', key], { input: sealed.stdout }).toString()).toBe(text);
    const opened = await made.run(['decrypt', '-', '-i', 'key.txt', '-o', '-'], { input: sealed.stdout });
    expect(opened).toMatchObject({ status: 0, stdout: text });
    const words = execFileSync('age', ['-r', made.recipient, '-a'], { input: text }).toString();
    expect(await made.run(['decrypt', '-', '-i', 'key.txt', '-o', '-'], { input: words })).toMatchObject({
      stdout: text,
    });
    const seen = JSON.parse((await made.run(['inspect', '-', '--json'], { input: words })).stdout);
    expect(seen).toMatchObject({ format: 'age', recipients: ['an age X25519 identity'] });
  });

  test('can destroy the original once the file is proved, and not before', async () => {
    const made = await desk();
    writeFileSync(join(made.desk, 'payroll.csv'), 'Pat Roe,123-45-6789\n');
    const args = ['encrypt', 'payroll.csv', '--to', 'acme', '-o', 'x.csv.age', '--dispose-original'];
    const unconfirmed = await made.run(args);
    expect(unconfirmed).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('--confirm payroll.csv'),
    });
    expect(existsSync(join(made.desk, 'x.csv.age'))).toBe(false);
    const confirmed = [...args, '--confirm', 'payroll.csv', '--accept-residual'];
    const wrong = await made.run([...confirmed.slice(0, 2), '--to', 'nobody', ...confirmed.slice(4)]);
    expect(wrong.status).toBe(2);
    expect(existsSync(join(made.desk, 'payroll.csv'))).toBe(true);

    const outcome = await made.run([...confirmed, '--json']);
    expect([0, 3], outcome.stderr).toContain(outcome.status);
    expect(JSON.parse(outcome.stdout).disposal).toMatchObject({ run: expect.any(String) });
    expect(existsSync(join(made.desk, 'payroll.csv'))).toBe(false);
    const opened = await made.run(['decrypt', 'x.csv.age', '-i', 'key.txt', '-o', '-']);
    expect(opened.stdout).toBe('Pat Roe,123-45-6789\n');
    // A device states no size and never ends.
    expect(await made.run(['decrypt', 'x.csv.age', '-i', '/dev/zero', '-o', '-'])).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('larger than 1 MiB'),
    });
  });

  test('keeps originals that were left out in part, or went where nothing is read back', async () => {
    const made = await desk();
    const folder = join(made.desk, 'hr');
    mkdirSync(folder);
    writeFileSync(join(folder, 'good'), 'good');
    writeFileSync(join(folder, 'left\\out'), 'a name that cannot be packed');
    const dispose = ['--dispose-original', '--confirm', 'hr', '--accept-residual'];
    const kept = { status: 3, stderr: expect.stringContaining('the originals are kept') };
    const partly = ['encrypt', 'hr', '--to', 'acme', '-o', 'hr.tar.age', '--skip-unreadable', ...dispose];
    expect(await made.run(partly)).toMatchObject(kept);
    expect(readdirSync(folder).toSorted()).toEqual(['good', 'left\\out']);
    rmSync(join(folder, 'left\\out'));
    const piped = await made.run(['encrypt', 'hr', '--to', 'acme', '-o', '-', ...dispose]);
    expect(piped).toMatchObject(kept);
    expect(readdirSync(folder)).toEqual(['good']);
  });

  test('as a page is for recipients who can install nothing', async () => {
    const made = await desk();
    await made.json(['recipient', 'add', 'drlee', '--passphrase-by', 'phone', '--format', 'html']);
    await made.json(['recipient', 'confirm', 'drlee', '--how', 'telephone']);
    writeFileSync(join(made.desk, 'letter.txt'), 'Dear Dr. Lee');
    const page = await made.json(['encrypt', 'letter.txt', '--to', 'drlee', '--passphrase-to', 'words']);
    expect(page).toMatchObject({ encryption: 'html', file: expect.stringMatching(/\.txt\.html$/) });
    expect(readFileSync(String(page.sheet_file), 'utf8')).toContain('with a current browser');
    const back = ['decrypt', String(page.output), '--passphrase-file', 'words', '-o', '-'];
    expect((await made.run(back)).stdout).toBe('Dear Dr. Lee');
  });
});

describe('rotating the recovery key', () => {
  test('encrypts the kept passphrases again, so that the new key opens them and the old one no more', async () => {
    const made = await desk();
    const old = passphraseFile(made.desk, 'the first passphrase of all', 'old');
    const fresh = passphraseFile(made.desk, 'another passphrase for it', 'fresh');
    const vault = await made.json(['identity', 'create', 'vault-key', '--passphrase-file', old]);
    const { public_key: key } = await made.json(['identity', 'show', 'vault-key']);
    await made.json(['recipient', 'add', 'vault', '--age', String(key), '--recovery']);
    await made.json(['recipient', 'confirm', 'vault', '--fingerprint', String(vault.fingerprint)]);
    await made.json(['recipient', 'add', 'drlee', '--passphrase-by', 'phone']);
    await made.json(['recipient', 'confirm', 'drlee', '--how', 'telephone']);
    writeFileSync(join(made.desk, 'note'), 'note');
    await made.json(['encrypt', 'note', '--to', 'drlee', '-o', 'x.zip', '--passphrase-to', 'words']);

    const rotated = await made.json([
      ...['identity', 'rotate', 'vault-key', '--passphrase-file', old, '--new-passphrase-file', fresh],
    ]);
    expect(rotated).toMatchObject({ identity: 'vault-key-2', recipients: ['vault'], escrows: 1 });
    expect(await made.json(['recipient', 'show', 'vault'])).toMatchObject({
      fingerprint: rotated.fingerprint,
      confirmed_how: 'own-key',
      recovery: true,
    });
    const escrow = execFileSync('sqlite3', [
      join(made.root, 'quietus.db'),
      'select escrow from transfers where escrow is not null',
    ]);
    const opens = async (name: string, passphrase: string): Promise<boolean> => {
      const file = `${name}.txt`;
      const unlock = ['--passphrase-file', passphrase];
      await made.json(['identity', 'export', name, '--secret', '-o', file, ...unlock]);
      try {
        execFileSync('age', ['-d', '-i', file], {
          input: escrow,
          cwd: made.desk,
          stdio: ['pipe', 'pipe', 'ignore'],
        });
        return true;
      } catch {
        return false;
      }
    };
    expect(await opens('vault-key-2', fresh)).toBe(true);
    expect(await opens('vault-key', old)).toBe(false);
    expect((await made.log()).map(({ action }) => action)).toContain('recipient.rotate');
  });
});
