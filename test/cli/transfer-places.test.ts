import { execFileSync, spawnSync } from 'node:child_process';
import {
  closeSync,
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { ageKeygen, type EncryptionDesk, encryptionDesk, sha256sum, typeSheet } from './encryption-desk.js';
import { environment, programCommand, start } from './harness.js';

const CONTENT = 'SSN 078-05-1120\n'.repeat(100);

/** Acme has an age key, Dr. Lee a passphrase by telephone; there are a file and a folder. */
function desk(): Promise<EncryptionDesk> {
  return encryptionDesk(acmeAndDrLee);
}

async function acmeAndDrLee(made: EncryptionDesk): Promise<void> {
  const { recipient } = ageKeygen(made.desk);
  await made.json(['recipient', 'add', 'acme', '--age', recipient]);
  await made.json(['recipient', 'confirm', 'acme', '--fingerprint', sha256sum(recipient)]);
  await made.json(['recipient', 'add', 'drlee', '--passphrase-by', 'telephone']);
  await made.json(['recipient', 'confirm', 'drlee', '--how', 'telephone']);
  writeFileSync(join(made.desk, 'payroll.csv'), CONTENT);
  mkdirSync(join(made.desk, 'folder'));
  writeFileSync(join(made.desk, 'folder', 'a.csv'), CONTENT);
}

/** Content of all files in the folder, by name. */
function contents(folder: string): Record<string, string> {
  const names = execFileSync('find', [folder, '-type', 'f'], { encoding: 'utf8' })
    .trim()
    .split('\n')
    .toSorted();
  return Object.fromEntries(names.map((name) => [name, readFileSync(name, 'latin1')]));
}

describe('encrypt replaces nothing that it reads or writes besides', () => {
  let made: EncryptionDesk;

  beforeAll(async () => {
    made = await desk();
    linkSync(join(made.desk, 'payroll.csv'), join(made.desk, 'hard'));
    symlinkSync('payroll.csv', join(made.desk, 'soft'));
    writeFileSync(join(made.desk, 'old'), 'old');
    writeFileSync(join(made.desk, 'y.how-to-open.txt'), 'old');
  });

  test.each([
    [
      'the receipt is the original',
      ['payroll.csv', '--to', 'acme', '--receipt', 'payroll.csv'],
      'output-is-input',
    ],
    [
      'even with --force',
      ['payroll.csv', '--to', 'acme', '--receipt', 'payroll.csv', '--force'],
      'output-is-input',
    ],
    ['by another name', ['payroll.csv', '--to', 'acme', '--receipt', 'hard', '--force'], 'output-is-input'],
    ['by a link', ['payroll.csv', '--to', 'acme', '--receipt', 'soft', '--force'], 'output-is-input'],
    [
      'the receipt is in the folder',
      ['folder', '--to', 'acme', '--receipt', 'folder/r.json'],
      'output-in-input',
    ],
    [
      'the receipt is the output',
      ['payroll.csv', '--to', 'acme', '-o', 'x.age', '--receipt', 'x.age', '--force'],
      'outputs-collide',
    ],
    [
      'the passphrase is the output',
      ['payroll.csv', '--to', 'drlee', '-o', 'x', '--passphrase-to', 'x', '--force'],
      'outputs-collide',
    ],
    [
      'the passphrase is the receipt',
      ['payroll.csv', '--to', 'drlee', '-o', 'x', '--passphrase-to', 'r', '--receipt', 'r'],
      'outputs-collide',
    ],
    [
      'the passphrase is the sheet',
      ['payroll.csv', '--to', 'drlee', '-o', 'x', '--passphrase-to', 'x.how-to-open.txt'],
      'outputs-collide',
    ],
    [
      'the passphrase would replace a file',
      ['payroll.csv', '--to', 'drlee', '-o', 'x', '--passphrase-to', 'old', '--force'],
      'output-exists',
    ],
    ['a receipt is there', ['payroll.csv', '--to', 'acme', '-o', 'x', '--receipt', 'old'], 'output-exists'],
    ['a sheet is there', ['payroll.csv', '--to', 'acme', '-o', 'y'], 'output-exists'],
    [
      'a folder is missing',
      ['payroll.csv', '--to', 'acme', '-o', 'x', '--receipt', 'no/r'],
      'output-folder-missing',
    ],
  ])('%s', async (_, args, code) => {
    const before = contents(made.desk);
    const { status, stdout } = await made.run(['encrypt', ...args, '--json']);
    expect([status, JSON.parse(stdout).error.code]).toEqual([2, code]);
    expect(contents(made.desk)).toEqual(before);
  });

  test('with --force old receipts and sheets are', async () => {
    const args = ['encrypt', 'payroll.csv', '--to', 'acme', '-o', 'x.age'];
    const first = await made.json(args);
    const again = await made.json([...args, '--force']);
    expect(again.receipt_file).toBe(first.receipt_file);
    expect(JSON.parse(readFileSync(String(again.receipt_file), 'utf8')).transfer).toBe(again.transfer);
  });

  test.each(['payroll.csv', 'folder'])('nor with standard output: %s', (input) => {
    const target = input === 'folder' ? 'folder/out.age' : input;
    const command = `"$0" "$1" encrypt ${input} --to acme -o - >> ${target}`;
    const shell = () =>
      execFileSync('sh', ['-c', command, ...programCommand()], {
        cwd: made.desk,
        env: { ...process.env, QUIETUS_WORKSPACE: made.root },
        stdio: 'pipe',
      });
    expect(shell).toThrow(input === 'folder' ? /lies in the folder/ : /standard output/);
    expect(readFileSync(join(made.desk, 'payroll.csv'), 'utf8')).toBe(CONTENT);
    if (input === 'folder') expect(readFileSync(join(made.desk, target), 'utf8')).toBe('');
  });
});

describe('standard input that was redirected from a file', () => {
  test.each([
    ['the encrypted file', 'encrypt - --to acme -o payroll.csv --force'],
    ['the receipt', 'encrypt - --to acme -o x.age --receipt payroll.csv --force'],
    ['what was decrypted', 'decrypt - -i key.txt -o payroll.csv --force'],
  ])('is not replaced by %s', async (_, command) => {
    const made = await desk();
    const file = join(made.desk, 'payroll.csv');
    if (command.startsWith('decrypt')) {
      await made.json(['encrypt', 'payroll.csv', '--to', 'acme', '-o', 'x.age', '--sheet', 'none']);
      renameSync(join(made.desk, 'x.age'), file);
    }
    const before = contents(made.desk);
    const [node, script] = programCommand();
    const shell = spawnSync('sh', ['-c', `"$0" "$1" ${command} < payroll.csv`, node, script], {
      cwd: made.desk,
      env: environment({ QUIETUS_WORKSPACE: made.root }),
    });
    expect(shell.status, shell.stderr.toString()).toBe(2);
    expect(contents(made.desk)).toEqual(before);
  });
});

describe('a workspace that cannot record the end', () => {
  test('keeps the file and the passphrase that opens it, and the next command records it', async () => {
    const made = await desk();
    const database = (sql: string) =>
      execFileSync('sqlite3', [join(made.root, 'quietus.db'), sql], { encoding: 'utf8' }).trim();
    execFileSync('mkfifo', [join(made.desk, 'pipe')]);
    const args = ['encrypt', 'pipe', '--to', 'drlee', '-o', 'x.zip', '--passphrase-to', 'p', '--json'];
    const running = start([...args, '--workspace', made.root], { cwd: made.desk });
    const end = openSync(join(made.desk, 'pipe'), 'r+');
    writeSync(end, CONTENT.slice(0, 100));
    // Now it has begun: a trigger that was there before would be found.
    for (let waited = 0; database('select count(*) from transfers') !== '1'; waited += 20) {
      if (waited > 20_000) throw new Error('it has not begun');
      await delay(20);
    }
    database(`create trigger full before update of state on transfers when new.state = 'done'
      begin select raise(abort, 'database or disk is full'); end`);
    writeSync(end, CONTENT.slice(100));
    closeSync(end);
    const { status, stdout } = await running.finished;
    expect([status, JSON.parse(stdout).error.code]).toEqual([3, 'transfer-unrecorded']);
    database('drop trigger full');
    await made.json(['decrypt', 'x.zip', '--passphrase-file', 'p', '-o', 'opened']);
    expect(readFileSync(join(made.desk, 'opened'), 'utf8')).toBe(CONTENT);
    const next = await made.json(['encrypt', 'payroll.csv', '--to', 'acme']);
    expect(next.ended_transfers).toEqual([
      'T-2026-0001'.replace('2026', String(new Date().getUTCFullYear())),
    ]);
    const ends = (await made.log()).filter(({ data }) => data.late === true);
    expect(ends).toMatchObject([{ action: 'transfer.encrypt', outcome: 'done' }]);
  });
});

describe('the name that is given with -o', () => {
  test.each([
    ['holds a line feed', 'a\nb.age', 'control characters'],
    ['turns the direction of text', 'a\u202eb.age', 'control characters'],
    ['is not valid UTF-8', 'a\ufffdb.age', 'not valid UTF-8'],
    [
      'leaves no room for that of the sheet',
      `${'a'.repeat(236)}.age`,
      'of the instruction sheet is too long',
    ],
  ])('is refused before anything is written where it %s', async (_, name, told) => {
    const made = await desk();
    const before = contents(made.desk);
    expect(await made.run(['encrypt', 'payroll.csv', '--to', 'acme', '-o', name])).toMatchObject({
      status: 2,
      stderr: expect.stringContaining(told),
    });
    expect(contents(made.desk)).toEqual(before);
  });

  test('may be as long as that of the sheet allows, and odd, and the commands of the sheet open it', async () => {
    const made = await desk();
    for (const name of [`${'a'.repeat(235)}.age`, '-o.age', '@x', 'week 48: "HR" $HOME.age']) {
      const result = await made.json(['encrypt', 'folder', '--to', 'acme', '-o', `./${name}`]);
      const out = join(made.desk, `out of ${name.length}`);
      mkdirSync(out);
      for (const file of [name, 'key.txt']) copyFileSync(join(made.desk, file), join(out, file));
      typeSheet(out, String(result.sheet_file));
      expect(readFileSync(join(out, 'folder', 'a.csv'), 'utf8')).toBe(CONTENT);
    }
  });
});

describe('what was read back from a medium', () => {
  function mountMedium(made: EncryptionDesk, type: string, directIo: string | undefined): void {
    const [folder, image] = [join(made.desk, 'stick'), join(made.desk, 'image')];
    mkdirSync(folder);
    if (type === 'tmpfs') execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'none', folder]);
    else {
      execFileSync('truncate', ['-s', '48M', image]);
      execFileSync(`mkfs.${type}`, ['-q', image]);
      execFileSync('mount', ['-o', 'loop', image, folder]);
      const device = execFileSync('losetup', ['-n', '-O', 'NAME', '-j', image], { encoding: 'utf8' }).trim();
      execFileSync('losetup', [`--direct-io=${directIo}`, device]);
    }
    onTestFinished(() => {
      execFileSync('umount', ['--lazy', folder]);
    });
  }

  test.for([
    ['ext4', 'on', 'read-back-from-medium', true],
    // What is read then comes from the cache of the image.
    ['ext4', 'off', 'read-back-and-decrypted', undefined],
    ['tmpfs', undefined, 'read-back-and-decrypted', undefined],
  ] as const)(
    'is said of %s as it is (direct %s)',
    async ([type, directIo, verification, inLog], context) => {
      const made = await desk();
      try {
        mountMedium(made, type, directIo);
      } catch (error) {
        if (process.env.CI === 'true') throw error;
        return context.skip('file systems cannot be mounted here');
      }
      const result = await made.json(['encrypt', 'payroll.csv', '--to', 'acme', '--media', 'stick']);
      expect(result.verification).toBe(verification);
      const [end] = (await made.log()).filter(({ action }) => action === 'transfer.encrypt');
      expect([end?.outcome, end?.data.read_from_medium]).toEqual(['done', inLog]);
      expect(existsSync(String(result.output))).toBe(true);
    },
  );
});
