import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  closeSync,
  copyFileSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  ageKeygen,
  type EncryptionDesk,
  encryptionDesk,
  opensslCertificate,
  passphraseFile,
  sha256sum,
} from './encryption-desk.js';
import { start } from './harness.js';

const PASSPHRASE = 'correct horse battery staple';
const PAYROLL = 'name,ssn\nPat Roe,123-45-6789\n';

/** A desk whose identity `records` is a recipient, with `vault` for recovery. */
function desk(): Promise<EncryptionDesk> {
  return encryptionDesk(recordsAndVault);
}

async function recordsAndVault(made: EncryptionDesk): Promise<void> {
  const unlock = ['--passphrase-file', passphraseFile(made.desk, PASSPHRASE)];
  for (const [name, ...recovery] of [['records'], ['vault', '--recovery']] as const) {
    await made.json(['identity', 'create', name, ...unlock]);
    const { public_key: key, fingerprint } = await made.json(['identity', 'show', name]);
    await made.json(['recipient', 'add', name, '--age', String(key), ...recovery]);
    await made.json(['recipient', 'confirm', name, '--fingerprint', String(fingerprint)]);
  }
  writeFileSync(join(made.desk, 'payroll.csv'), PAYROLL);
}

const unlocked = (made: EncryptionDesk) => ['--passphrase-file', join(made.desk, 'passphrase')];

/** The secret key of an identity as a file that age reads. */
async function keyFile(made: EncryptionDesk, name: string): Promise<string> {
  const file = join(made.desk, `${name}.key`);
  await made.json(['identity', 'export', name, '--secret', '-o', file, ...unlocked(made)]);
  return file;
}

function ageOpens(key: string, file: string): string | null {
  const opened = spawnSync('age', ['-d', '-i', key, file]);
  return opened.status === 0 ? opened.stdout.toString() : null;
}

const digestOf = (file: string) => execFileSync('sha256sum', [file]).toString().slice(0, 64);

describe('a rotated key', () => {
  test('opens what the former one opened, in its place, and the former one does not any more', async () => {
    const made = await desk();
    const folder = join(made.desk, 'kept');
    mkdirSync(join(folder, 'deep'), { recursive: true });
    const file = join(folder, 'deep', 'payroll.age');
    const first = await made.json(['encrypt', 'payroll.csv', '--to', 'records', '-o', file]);
    const others = join(folder, 'others.age');
    await made.json(['encrypt', 'payroll.csv', '--to', 'vault', '-o', others, '--sheet', 'none']);
    writeFileSync(join(folder, 'plain.csv'), PAYROLL);
    const untouched = digestOf(others);
    chmodSync(file, 0o640);

    const rotated = await made.json([
      ...['identity', 'rotate', 'records', '--reencrypt', folder, ...unlocked(made)],
      ...['--new-passphrase-file', join(made.desk, 'passphrase')],
    ]);
    expect(rotated.reencryption).toMatchObject({
      files: [
        {
          path: file,
          replaced: first.transfer,
          recipients: ['records', 'vault'],
          ciphertext_sha256: digestOf(file),
        },
      ],
      failed: [],
      left: { other_key: 1, by_passphrase: 0 },
    });
    expect(ageOpens(await keyFile(made, 'records-2'), file)).toBe(PAYROLL);
    expect(ageOpens(await keyFile(made, 'vault'), file)).toBe(PAYROLL);
    expect(ageOpens(await keyFile(made, 'records'), file)).toBeNull();
    expect(digestOf(others)).toBe(untouched);
    expect(statSync(file).mode & 0o777).toBe(0o640);
    expect(readFileSync(join(folder, 'plain.csv'), 'utf8')).toBe(PAYROLL);

    const receipt = JSON.parse(readFileSync(`${file}.receipt.json`, 'utf8'));
    const sheet = readFileSync(`${file}.how-to-open.txt`);
    expect(receipt).toMatchObject({
      ciphertext_sha256: digestOf(file),
      files: 1,
      instruction_sheet: { sha256: execFileSync('sha256sum', { input: sheet }).toString().slice(0, 64) },
    });
    expect(sheet.toString()).toContain(digestOf(file));
    const told = (await made.log()).filter(
      ({ action, data }) => action === 'transfer.encrypt' && 're_encrypts' in data,
    );
    expect(told).toMatchObject([{ outcome: 'intent', data: { re_encrypts: first.transfer } }]);

    const misspelt = await made.run(['reencrypt', folder, '--as', 'record', ...unlocked(made)]);
    expect(misspelt).toMatchObject({ status: 2, stderr: expect.stringContaining('no identity') });
    const again = await made.json(['reencrypt', folder, '--as', 'records', ...unlocked(made)]);
    expect(again).toMatchObject({ files: [], failed: [], left: { other_key: 2 } });
  });
});

describe('encrypting again', () => {
  test('keeps format and armor, and follows a link to the file that it names', async () => {
    const made = await desk();
    const { certificate, key, fingerprint } = opensslCertificate(made.desk);
    await made.json(['recipient', 'add', 'county', '--certificate', certificate]);
    await made.json(['recipient', 'confirm', 'county', '--fingerprint', fingerprint]);
    const next = opensslCertificate(made.desk, { name: 'county-2' });
    await made.json(['recipient', 'add', 'county-2', '--certificate', next.certificate, '--recovery']);
    await made.json(['recipient', 'confirm', 'county-2', '--fingerprint', next.fingerprint]);
    const text = join(made.desk, 'text.p7m');
    await made.json(['encrypt', 'payroll.csv', '--to', 'county', '-o', text, '--armor', '--sheet', 'none']);
    symlinkSync(text, join(made.desk, 'link'));
    const pair = join(made.desk, 'pair.pem');
    writeFileSync(pair, readFileSync(certificate, 'utf8') + readFileSync(key, 'utf8'), { mode: 0o600 });

    await made.json(['reencrypt', 'link', '-i', pair, '--to', 'county-2']);
    expect(readFileSync(text, 'latin1')).toMatch(/^-----BEGIN CMS-----/);
    const opened = ['cms', '-decrypt', '-inform', 'PEM', '-in', text];
    expect(execFileSync('openssl', [...opened, '-inkey', next.key]).toString()).toBe(PAYROLL);
    const former = spawnSync('openssl', [...opened, '-recip', certificate, '-inkey', key]);
    expect(former.stdout.toString()).not.toBe(PAYROLL);
  });

  test('takes a file that others encrypted, for whom a person says, and tells of its other names', async () => {
    const made = await desk();
    const { file: key, recipient } = ageKeygen(made.desk);
    const file = join(made.desk, 'theirs.age');
    execFileSync('age', ['-r', recipient, '-o', file, join(made.desk, 'payroll.csv')]);
    linkSync(file, join(made.desk, 'other-name.age'));
    const unknown = await made.run(['reencrypt', file, '-i', key]);
    expect(unknown).toMatchObject({ status: 2, stderr: expect.stringContaining('--to NAME') });

    const done = await made.run(['reencrypt', file, '-i', key, '--to', 'records']);
    expect(done).toMatchObject({ status: 0, stderr: expect.stringContaining('1 other name') });
    expect(ageOpens(await keyFile(made, 'records'), file)).toBe(PAYROLL);
    expect(ageOpens(key, file)).toBeNull();
    expect(readdirSync(made.desk).filter((name) => name.includes('receipt'))).toEqual([]);
  });

  test('shuts out nobody who could open the file, unless the recovery recipient can', async () => {
    const made = await encryptionDesk();
    const mine = ageKeygen(made.desk);
    const theirs = ageKeygen(made.desk, 'theirs.txt').recipient;
    await made.json(['recipient', 'add', 'acme', '--age', theirs]);
    await made.json(['recipient', 'confirm', 'acme', '--fingerprint', sha256sum(theirs)]);
    const file = join(made.desk, 'mine.age');
    execFileSync('age', ['-r', mine.recipient, '-o', file], { input: PAYROLL });
    const refused = await made.run(['reencrypt', file, '-i', mine.file, '--to', 'acme']);
    expect(refused).toMatchObject({ status: 4, stderr: expect.stringContaining('Nobody here could open') });
    expect(ageOpens(mine.file, file)).toBe(PAYROLL);
  });

  test('leaves a file as it is that is damaged, opened by a passphrase or by another key', async () => {
    const made = await desk();
    const folder = join(made.desk, 'kept');
    mkdirSync(folder);
    writeFileSync(join(made.desk, 'large'), Buffer.alloc(400_000, 7));
    const damaged = join(folder, 'damaged.age');
    await made.json(['encrypt', 'large', '--to', 'records', '-o', damaged, '--sheet', 'none']);
    copyFileSync(damaged, join(folder, 'good.age'));
    const bytes = readFileSync(damaged);
    bytes.writeUInt8(bytes.readUInt8(200_000) ^ 1, 200_000);
    writeFileSync(damaged, bytes);
    const { file: key, recipient } = ageKeygen(made.desk);
    execFileSync('age', ['-r', recipient, '-o', join(folder, 'theirs.age')], { input: PAYROLL });
    await made.json(['recipient', 'add', 'drlee', '--passphrase-by', 'phone', '--format', 'zip']);
    await made.json(['recipient', 'confirm', 'drlee', '--how', 'telephone']);
    const words = ['-o', join(folder, 'words.zip'), '--passphrase-to', 'words', '--sheet', 'none'];
    await made.json(['encrypt', 'payroll.csv', '--to', 'drlee', ...words]);
    const before = readdirSync(folder).sort();
    const toRecords = ['--to', 'records', '--as', 'records', ...unlocked(made)];

    for (const [name, status, message] of [
      ['damaged.age', 5, 'damaged'],
      ['theirs.age', 4, 'None of the given keys'],
      ['words.zip', 2, 'opened by a passphrase'],
    ] as const) {
      const outcome = await made.run(['reencrypt', join(folder, name), ...toRecords]);
      expect(outcome, name).toMatchObject({ status, stderr: expect.stringContaining(message) });
    }
    expect(readFileSync(damaged).equals(bytes)).toBe(true);
    expect(ageOpens(key, join(folder, 'theirs.age'))).toBe(PAYROLL);

    const all = await made.run(['reencrypt', folder, ...toRecords, '--json']);
    expect(all.status).toBe(3);
    expect(JSON.parse(all.stdout)).toMatchObject({
      files: [{ path: join(folder, 'good.age') }],
      failed: [{ path: damaged, code: 'ciphertext-damaged' }],
      left: { other_key: 1, by_passphrase: 1 },
    });
    expect(readFileSync(damaged).equals(bytes)).toBe(true);
    expect(readdirSync(folder).sort()).toEqual(before);
    expect((await made.run(['log', 'verify'])).status).toBe(0);
  });

  test('is refused where another file has come in the place of the one that was opened', async () => {
    const made = await desk();
    const file = join(made.desk, 'x.age');
    await made.json(['encrypt', 'payroll.csv', '--to', 'records', '-o', file, '--sheet', 'none']);
    writeFileSync(join(made.desk, 'newer'), 'newer');
    await made.json(['encrypt', 'newer', '--to', 'records', '-o', 'newer.age', '--sheet', 'none']);
    execFileSync('mkfifo', [join(made.desk, 'asked')]);
    chmodSync(join(made.desk, 'asked'), 0o600);
    const command = ['reencrypt', file, '--as', 'records', '--passphrase-file', 'asked'];
    const running = start([...command, '--workspace', made.root], { cwd: made.desk });
    // Opens when the program, which has opened the file, asks for the passphrase.
    const answer = openSync(join(made.desk, 'asked'), 'w');
    renameSync(join(made.desk, 'newer.age'), file);
    const digest = digestOf(file);
    writeSync(answer, `${PASSPHRASE}\n`);
    closeSync(answer);
    expect(await running.finished).toMatchObject({ status: 3, stderr: expect.stringContaining('changed') });
    expect(digestOf(file)).toBe(digest);
  });

  test('takes recipients from the log, none that are told passphrases, and no recovery of another kind', async () => {
    const made = await desk();
    const { recipient } = ageKeygen(made.desk);
    await made.json(['recipient', 'add', 'acme', '--age', recipient]);
    await made.json(['recipient', 'confirm', 'acme', '--fingerprint', sha256sum(recipient)]);
    await made.json(['recipient', 'add', 'drlee', '--passphrase-by', 'phone', '--format', 'age']);
    await made.json(['recipient', 'confirm', 'drlee', '--how', 'telephone']);
    const file = join(made.desk, 'x.age');
    const { transfer } = await made.json([
      ...['encrypt', 'payroll.csv', '--to', 'records', '-o', file, '--sheet', 'none'],
    ]);
    const digest = digestOf(file);
    const reencrypt = ['reencrypt', file, '--as', 'records', ...unlocked(made)];
    expect(await made.run([...reencrypt, '--to', 'drlee'])).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('told passphrases'),
    });
    const others = `[{"name":"acme","kind":"age","fingerprint":null,"recovery":false}]`;
    execFileSync('sqlite3', [
      join(made.root, 'quietus.db'),
      `update transfers set recipients = '${others}' where id = '${String(transfer)}'`,
    ]);
    expect(digestOf(file)).toBe(digest);
    expect(await made.json(reencrypt)).toMatchObject({ files: [{ recipients: ['records', 'vault'] }] });

    const { certificate, key } = opensslCertificate(made.desk);
    const theirs = opensslCertificate(made.desk, { name: 'theirs' });
    await made.json(['recipient', 'add', 'county', '--certificate', theirs.certificate]);
    await made.json(['recipient', 'confirm', 'county', '--fingerprint', theirs.fingerprint]);
    const pair = join(made.desk, 'pair.pem');
    writeFileSync(pair, readFileSync(certificate, 'utf8') + readFileSync(key, 'utf8'), { mode: 0o600 });
    const mine = join(made.desk, 'mine.p7m');
    const cms = ['cms', '-encrypt', '-binary', '-aes-256-gcm', '-outform', 'DER', '-out', mine, certificate];
    execFileSync('openssl', cms, { input: PAYROLL });
    const lost = await made.run(['reencrypt', mine, '-i', pair, '--to', 'county']);
    expect(lost).toMatchObject({ status: 4, stderr: expect.stringContaining('Nobody here could open') });
  });

  test('of a folder ends at a wrong passphrase, and does not lock the identity', async () => {
    const made = await desk();
    const folder = join(made.desk, 'kept');
    mkdirSync(folder);
    for (const name of ['a', 'b', 'c', 'd', 'e', 'f'])
      await made.json([
        ...['encrypt', 'payroll.csv', '--to', 'records', '-o', join(folder, name), '--sheet', 'none'],
      ]);
    const wrong = passphraseFile(made.desk, 'wrong horse battery staple', 'wrong');
    const command = ['reencrypt', folder, '--as', 'records', '--passphrase-file'];
    expect((await made.run([...command, wrong])).status).toBe(4);
    expect(await made.json([...command, join(made.desk, 'passphrase')])).toMatchObject({ failed: [] });
    const misspelt = await made.run([...command, join(made.desk, 'passphrase'), '--to', 'acne']);
    expect(misspelt.status).toBe(2);

    const { recipient } = ageKeygen(made.desk);
    execFileSync('sqlite3', [
      join(made.root, 'quietus.db'),
      `update recipients set public_key = '${recipient}' where name = 'vault'`,
    ]);
    const changed = await made.run([...command, join(made.desk, 'passphrase'), '--json']);
    // It is no matter of one file, and not told as six that failed.
    expect([changed.status, JSON.parse(changed.stdout).error.code]).toEqual([5, 'recipient-differs']);
  });

  test('that is killed leaves the former file, and goes on the next time', async () => {
    const made = await desk();
    const folder = join(made.desk, 'kept');
    mkdirSync(folder);
    const plain = join(made.desk, 'plain');
    writeFileSync(plain, '');
    truncateSync(plain, 100_000_000);
    const file = join(folder, 'large.age');
    await made.json(['encrypt', 'plain', '--to', 'records', '-o', file, '--sheet', 'none']);
    const before = readdirSync(folder).sort();
    const digest = digestOf(file);
    const command = ['reencrypt', folder, '--as', 'records', ...unlocked(made), '--workspace', made.root];
    const running = start(command, { cwd: made.desk });
    for (let waited = 0; readdirSync(folder).length === before.length; waited += 5) {
      if (waited > 20_000) throw new Error('it wrote nothing');
      await delay(5);
    }
    running.process.kill('SIGKILL');
    expect((await running.finished).signal).toBe('SIGKILL');
    expect(digestOf(file)).toBe(digest);

    const next = await made.json(['reencrypt', folder, '--as', 'records', ...unlocked(made)]);
    expect(next).toMatchObject({ files: [{ path: file }], failed: [] });
    expect(readdirSync(folder).sort()).toEqual(before);
    expect(digestOf(file)).not.toBe(digest);
    execFileSync('age', ['-d', '-i', await keyFile(made, 'records'), '-o', `${plain}.open`, file]);
    execFileSync('cmp', [plain, `${plain}.open`]);
  });

  test('on a full disk leaves the former file', async (context) => {
    const made = await desk();
    const folder = join(made.desk, 'small');
    mkdirSync(folder);
    if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=3m', 'none', folder]).status !== 0) {
      if (process.env.CI === 'true') throw new Error('CI must be able to mount a small file system');
      context.skip('this machine does not allow a mount');
    }
    onTestFinished(() => {
      execFileSync('umount', ['--lazy', folder]);
    });
    writeFileSync(join(made.desk, 'plain'), Buffer.alloc(2_000_000, 3));
    const file = join(folder, 'x.age');
    await made.json(['encrypt', 'plain', '--to', 'records', '-o', file, '--sheet', 'none']);
    const digest = digestOf(file);
    const before = readdirSync(folder).sort();
    const outcome = await made.run(['reencrypt', file, '--as', 'records', ...unlocked(made)]);
    expect(outcome).toMatchObject({ stderr: expect.stringMatching(/space|full/) });
    expect(outcome.status).not.toBe(0);
    expect(digestOf(file)).toBe(digest);
    expect(readdirSync(folder).sort()).toEqual(before);
  });
});
