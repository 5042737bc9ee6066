import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  ageKeygen,
  type EncryptionDesk,
  encryptionDesk,
  opensslCertificate,
  passphraseFile,
  sha256sum,
  typeSheet,
} from './encryption-desk.js';
import { terminal } from './harness.js';
import { writeShiftedClock } from './shifted-clock.js';

const PAYROLL = 'name,ssn\nPat Roe,123-45-6789\n';
const PASSPHRASE = 'correct horse battery staple';

/** A desk with one confirmed recipient whose age key lies in key.txt, and a payroll file. */
function desk(): Promise<EncryptionDesk> {
  return encryptionDesk(acmeAndPayroll);
}

async function acmeAndPayroll(made: EncryptionDesk): Promise<void> {
  const { recipient } = ageKeygen(made.desk);
  await made.json(['recipient', 'add', 'acme', '--age', recipient]);
  await made.json(['recipient', 'confirm', 'acme', '--fingerprint', sha256sum(recipient)]);
  writeFileSync(join(made.desk, 'payroll.csv'), PAYROLL);
}

async function byPassphrase({ json }: EncryptionDesk, ...options: string[]): Promise<void> {
  await json(['recipient', 'add', 'drlee', '--passphrase-by', 'phone', ...options]);
  await json(['recipient', 'confirm', 'drlee', '--how', 'telephone']);
}

/** Names of what is in a folder, temporary files included. */
function names(folder: string): string[] {
  return readdirSync(folder).sort();
}

describe('encrypting', () => {
  test('to a terminal gives armor that can be copied from it', async () => {
    const made = await desk();
    const command = [
      'encrypt',
      'payroll.csv',
      '--to',
      'acme',
      '--armor',
      '-o',
      '-',
      '--workspace',
      made.root,
    ];
    const { stdout } = await terminal(command, { cwd: made.desk });
    writeFileSync(
      join(made.desk, 'copied.age'),
      /^-----BEGIN.*^-----END AGE ENCRYPTED FILE-----\n/ms.exec(stdout)?.[0] ?? '',
    );
    execFileSync('age', ['-d', '-i', 'key.txt', '-o', 'out', 'copied.age'], { cwd: made.desk });
    expect(readFileSync(join(made.desk, 'out'), 'utf8')).toBe(PAYROLL);
    expect(stdout).not.toContain('Encrypting');
  });

  test('a file gives one that says nothing, a sheet whose commands open it, and a receipt', async () => {
    const made = await desk();
    const { run, log } = made;
    const outcome = await run(['encrypt', 'payroll.csv', '--to', 'acme', '--json']);
    expect(outcome.status, outcome.stderr).toBe(0);
    const result = JSON.parse(outcome.stdout);
    expect(result.file).toMatch(/^transfer-\d{4}-\d\d-\d\d-[0-9a-f]{4}\.csv\.age$/);
    expect(statSync(result.output).mode & 0o7777).toBe(0o600);
    const ciphertext = readFileSync(result.output);
    expect(result.ciphertext_sha256).toBe(execFileSync('sha256sum', [result.output]).toString().slice(0, 64));
    expect(ciphertext.includes('Pat Roe')).toBe(false);

    typeSheet(made.desk, result.sheet_file);
    const opened = join(made.desk, result.file.replace(/\.age$/, ''));
    expect(readFileSync(opened, 'utf8')).toBe(PAYROLL);
    expect(readFileSync(join(made.desk, 'payroll.csv'), 'utf8')).toBe(PAYROLL);

    const receipt = JSON.parse(readFileSync(result.receipt_file, 'utf8'));
    expect(receipt).toMatchObject({
      recipients: [{ name: 'acme', kind: 'age', recovery: false }],
      plaintext_bytes: PAYROLL.length,
      ciphertext_bytes: ciphertext.length,
      verification: 'read-back-and-decrypted',
    });
    const entries = await log();
    expect(entries.slice(0, 2)).toMatchObject([
      { action: 'transfer.encrypt', outcome: 'done', hash: receipt.log.hash, seq: receipt.log.seq },
      { action: 'transfer.encrypt', outcome: 'intent' },
    ]);
    expect(JSON.stringify([entries, receipt]) + readFileSync(result.sheet_file)).not.toMatch(
      /payroll|Pat Roe|6789/,
    );
  });

  test('is text with --armor only where the format has such a form', async () => {
    const made = await desk();
    await byPassphrase(made);
    const options = ['--to', 'drlee', '--armor', '--passphrase-to', 'words'];
    const { stdout, status } = await terminal(
      ['encrypt', 'payroll.csv', ...options, '-o', '-', '--workspace', made.root],
      { cwd: made.desk },
    );
    expect([status, stdout]).toEqual([
      2,
      expect.stringContaining('no text form (--armor) of the format zip'),
    ]);
    expect(names(made.desk)).not.toContain('words');
  });

  test('a folder and a file gives one pack that tar opens, with times, links and empty folders', async () => {
    const made = await desk();
    const folder = join(made.desk, 'Rechnung “ü”');
    mkdirSync(join(folder, 'empty'), { recursive: true });
    writeFileSync(join(folder, 'a.txt'), 'a');
    symlinkSync('a.txt', join(folder, 'link'));
    execFileSync('touch', ['-d', '2020-02-29T12:00:00Z', join(folder, 'a.txt')]);
    const result = await made.json([
      ...['encrypt', 'Rechnung “ü”', 'payroll.csv', '--to', 'acme', '--compress', '-o', 'my transfer.age'],
    ]);
    expect(result).toMatchObject({ packed: true, compressed: true, files: 2 });
    typeSheet(made.desk, String(result.sheet_file));
    // The sheet's tar has extracted over the originals: look at what our own makes of it in a new place.
    const opened = await made.json([
      'decrypt',
      'my transfer.age',
      '-i',
      'key.txt',
      '--keep-packed',
      '-o',
      'x.tgz',
    ]);
    expect(opened.extracted).toBe(null);
    const out = join(made.desk, 'out');
    mkdirSync(out);
    execFileSync('tar', ['-xf', join(made.desk, 'x.tgz')], { cwd: out });
    expect(names(out)).toEqual(['Rechnung “ü”', 'payroll.csv']);
    expect(names(join(out, 'Rechnung “ü”'))).toEqual(['a.txt', 'empty', 'link']);
    expect(statSync(join(out, 'Rechnung “ü”', 'a.txt')).mtime.toISOString()).toBe('2020-02-29T12:00:00.000Z');

    const pack = await made.json(['encrypt', 'payroll.csv', '--to', 'acme', '--pack', '--sheet', 'none']);
    expect(pack.file).toMatch(/\.tar\.age$/);
    await made.json(['decrypt', String(pack.output), '-i', 'key.txt', '-o', 'unpacked']);
    expect(readFileSync(join(made.desk, 'unpacked', 'payroll.csv'), 'utf8')).toBe(PAYROLL);
  });

  test('for a certificate gives CMS that openssl opens as the sheet says', async () => {
    const made = await desk();
    const { certificate, key, fingerprint } = opensslCertificate(made.desk, { usage: 'keyEncipherment' });
    await made.json(['recipient', 'add', 'county', '--certificate', certificate]);
    await made.json(['recipient', 'confirm', 'county', '--fingerprint', fingerprint]);
    const result = await made.json(['encrypt', 'payroll.csv', '--to', 'county', '-o', 'sealed.csv.p7m']);
    expect(result.encryption).toBe('cms');
    writeFileSync(join(made.desk, 'certificate.pem'), readFileSync(certificate));
    writeFileSync(join(made.desk, 'key.pem'), readFileSync(key), { mode: 0o600 });
    typeSheet(made.desk, String(result.sheet_file));
    expect(readFileSync(join(made.desk, 'sealed.csv'), 'utf8')).toBe(PAYROLL);

    const both = await made.run(['encrypt', 'payroll.csv', '--to', 'county', '--to', 'acme']);
    expect(both).toMatchObject({ status: 2, stderr: expect.stringContaining('--to county, then --to acme') });
    writeFileSync(
      join(made.desk, 'both.pem'),
      readFileSync(certificate, 'utf8') + readFileSync(key, 'utf8'),
      {
        mode: 0o600,
      },
    );
    const opened = await made.run(['decrypt', 'sealed.csv.p7m', '-i', 'both.pem', '-o', '-']);
    expect(opened).toMatchObject({ status: 0, stdout: PAYROLL });
  });

  test('with a passphrase writes it to one new file only, and 7-Zip opens it as the sheet says', async () => {
    const made = await desk();
    await byPassphrase(made);
    const nowhere = await made.run(['encrypt', 'payroll.csv', '--to', 'drlee']);
    expect(nowhere).toMatchObject({ status: 2, stderr: expect.stringContaining('--passphrase-to') });
    const before = names(made.desk);
    const outcome = await made.run([
      ...['encrypt', 'payroll.csv', '--to', 'drlee', '--passphrase-to', 'words', '--json'],
    ]);
    expect(outcome.status, outcome.stderr).toBe(0);
    const result = JSON.parse(outcome.stdout);
    expect(statSync(join(made.desk, 'words')).mode & 0o7777).toBe(0o600);
    const words = readFileSync(join(made.desk, 'words'), 'utf8').trim();
    expect(words.split('-').length).toBeGreaterThanOrEqual(10);
    expect(names(made.desk).filter((name) => !before.includes(name))).toHaveLength(4);
    const traces = [outcome.stdout, outcome.stderr, JSON.stringify(await made.log())].join('');
    expect(traces + readFileSync(result.sheet_file) + readFileSync(result.receipt_file)).not.toContain(words);

    const opened = join(made.desk, result.file.replace(/\.zip$/, ''));
    typeSheet(made.desk, result.sheet_file, `${words}\n`);
    expect(readFileSync(opened, 'utf8')).toBe(PAYROLL);

    // Read out by telephone and typed with spaces, with the line end that an editor adds.
    const spoken = passphraseFile(made.desk, words.replaceAll('-', ' ').toUpperCase(), 'spoken');
    const back = await made.run(['decrypt', result.output, '--passphrase-file', spoken, '-o', '-']);
    expect(back, back.stderr).toMatchObject({ status: 0, stdout: PAYROLL });
    const wrong = passphraseFile(made.desk, PASSPHRASE, 'wrong');
    const refused = await made.run(['decrypt', result.output, '--passphrase-file', wrong, '-o', 'never']);
    expect(refused).toMatchObject({ status: 4, stderr: expect.stringContaining('the passphrase was tried') });
    expect(names(made.desk).filter((name) => name.includes('never'))).toEqual([]);
  });

  test('shows the passphrase once on a terminal', async () => {
    const made = await desk();
    await byPassphrase(made);
    const outcome = await terminal(['encrypt', 'payroll.csv', '--to', 'drlee', '--workspace', made.root], {
      cwd: made.desk,
      columns: 200,
    });
    expect(outcome.status, outcome.stdout).toBe(0);
    expect(outcome.stdout.match(/^ {4}[a-z-]{40,}$/gm)).toHaveLength(1);
    expect(outcome.stdout).toContain('drlee: phone');
  });

  test('is refused for recipients that are unconfirmed, expired, removed or unknown, with the next command', async () => {
    const made = await desk();
    const other = ageKeygen(made.desk, 'other.txt').recipient;
    const tomorrow = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10);
    await made.json(['recipient', 'add', 'beta', '--age', other, '--expires', tomorrow]);
    const before = names(made.desk);
    const unconfirmed = await made.run(['encrypt', 'payroll.csv', '--to', 'acme', '--to', 'beta']);
    expect(unconfirmed).toMatchObject({
      status: 4,
      stderr: expect.stringContaining('quietus recipient confirm beta --fingerprint'),
    });
    await made.json(['recipient', 'confirm', 'beta', '--fingerprint', sha256sum(other)]);
    const later = join(made.root, 'later.cjs');
    writeShiftedClock(later, 3);
    const expired = await made.run(['encrypt', 'payroll.csv', '--to', 'beta'], {
      env: { NODE_OPTIONS: `--require=${later}` },
    });
    expect(expired).toMatchObject({ status: 4, stderr: expect.stringContaining(`expired on ${tomorrow}`) });
    await made.json(['recipient', 'remove', 'beta']);
    expect((await made.run(['encrypt', 'payroll.csv', '--to', 'beta'])).status).toBe(2);
    expect(names(made.desk)).toEqual(before);
    expect(
      (await made.log()).filter(({ outcome }) => outcome === 'refused').map(({ data }) => data.code),
    ).toEqual(['recipient-expired', 'recipient-unconfirmed']);
  });
});

describe('the recovery recipient', () => {
  test('opens every file, and gets an escrow copy of passphrases that age opens, too', async () => {
    const made = await desk();
    const unlock = ['--passphrase-file', passphraseFile(made.desk, PASSPHRASE)];
    const vault = await made.json(['identity', 'create', 'vault-key', ...unlock]);
    const { public_key: key } = await made.json(['identity', 'show', 'vault-key']);
    await made.json(['recipient', 'add', 'vault', '--age', String(key), '--recovery']);
    const unconfirmed = await made.run(['encrypt', 'payroll.csv', '--to', 'acme']);
    expect(unconfirmed).toMatchObject({
      status: 4,
      stderr: expect.stringContaining('recovery recipient vault'),
    });
    await made.json(['recipient', 'confirm', 'vault', '--fingerprint', String(vault.fingerprint)]);

    const result = await made.json(['encrypt', 'payroll.csv', '--to', 'acme']);
    expect(result.recipients).toMatchObject([{ name: 'acme' }, { name: 'vault', recovery: true }]);
    const opened = await made.json(['decrypt', String(result.output), ...unlock, '-o', 'recovered.csv']);
    expect(opened.opened_by).toBe('the identity vault-key');
    expect(readFileSync(join(made.desk, 'recovered.csv'), 'utf8')).toBe(PAYROLL);

    await byPassphrase(made);
    const zip = await made.json(['encrypt', 'payroll.csv', '--to', 'drlee', '--passphrase-to', 'words']);
    expect(zip.passphrase_escrow).toBe('vault');
    expect(await made.run(['decrypt', String(zip.output), '--escrow', '-i', 'key.txt'])).toMatchObject({
      status: 4,
      stderr: expect.stringContaining('does not open the passphrase that is kept for vault'),
    });
    expect((await made.log()).map(({ action }) => action)).not.toContain('transfer.escrow');
    const kept = await made.json(['decrypt', String(zip.output), '--escrow', ...unlock, '-o', 'kept.csv']);
    expect(kept.opened_by).toBe('the passphrase kept for vault');
    expect(readFileSync(join(made.desk, 'kept.csv'), 'utf8')).toBe(PAYROLL);
    await made.json(['identity', 'export', 'vault-key', '--secret', '-o', 'vault.txt', ...unlock]);
    const escrow = execFileSync('sqlite3', [
      join(made.root, 'quietus.db'),
      'select escrow from transfers where escrow is not null',
    ]);
    const words = execFileSync('age', ['-d', '-i', join(made.desk, 'vault.txt')], {
      input: escrow,
    }).toString();
    expect(`${words}\n`).toBe(readFileSync(join(made.desk, 'words'), 'utf8'));
    expect((await made.log()).map(({ action }) => action)).toContain('transfer.escrow');
  });

  test('is required where the settings say so', async () => {
    const made = await desk();
    const settings = join(made.root, 'quietus.yaml');
    writeFileSync(
      settings,
      readFileSync(settings, 'utf8').replace('require_recovery: false', 'require_recovery: true'),
    );
    const refused = await made.run(['encrypt', 'payroll.csv', '--to', 'acme']);
    expect(refused).toMatchObject({ status: 4, stderr: expect.stringContaining('--recovery') });
  });
});

describe('bad input', () => {
  test('leaves nothing behind: no output, no temporary file, the original as it was', async () => {
    const made = await desk();
    mkdirSync(join(made.desk, 'folder'));
    writeFileSync(join(made.desk, 'taken.age'), 'mine');
    const before = names(made.desk);
    const refusals: [string[], number, string][] = [
      [['payroll.csv', 'nothing.csv'], 2, '"nothing.csv" does not exist'],
      [['payroll.csv', '-o', 'payroll.csv', '--force'], 2, 'is the file that is read'],
      [['folder', '-o', 'folder/out.age'], 2, 'lies in the folder'],
      [['payroll.csv', '-o', 'taken.age'], 2, '--force'],
      [['payroll.csv', '-o', 'no/such/folder.age'], 2, 'does not exist'],
      [['payroll.csv', '--format', 'zip'], 2, 'not among those'],
      [['/dev/zero'], 2, 'A device or a socket'],
      [['payroll.csv', './payroll.csv'], 2, ''],
      [['-', 'payroll.csv'], 2, 'together with files'],
    ];
    for (const [args, status, message] of refusals) {
      const outcome = await made.run(['encrypt', ...args, '--to', 'acme']);
      expect(outcome, args.join(' ')).toMatchObject({ status, stderr: expect.stringContaining(message) });
      expect(names(made.desk), args.join(' ')).toEqual(before);
    }
    expect(readFileSync(join(made.desk, 'taken.age'), 'utf8')).toBe('mine');
    expect(readFileSync(join(made.desk, 'payroll.csv'), 'utf8')).toBe(PAYROLL);
  });

  test('that a folder holds is named, and left out only with --skip-unreadable', async () => {
    const made = await desk();
    const folder = join(made.desk, 'hr');
    mkdirSync(folder);
    writeFileSync(join(folder, 'good'), 'good');
    execFileSync('mkfifo', [join(folder, 'bad')]);
    const before = names(made.desk);
    const refused = await made.run(['encrypt', 'hr', '--to', 'acme']);
    expect(refused).toMatchObject({ status: 2, stderr: expect.stringContaining('bad') });
    expect(names(made.desk)).toEqual(before);
    const partly = await made.run(['encrypt', 'hr', '--to', 'acme', '--skip-unreadable', '-o', 'hr.tar.age']);
    expect(partly).toMatchObject({ status: 3, stderr: expect.stringContaining('left out') });
    expect(
      (await made.json(['decrypt', 'hr.tar.age', '-i', 'key.txt', '-o', 'out'])).extracted,
    ).toMatchObject({
      files: 1,
    });
  });

  test('to decrypt: cut off, changed, empty, plain or with another key gives nothing', async () => {
    const made = await desk();
    writeFileSync(join(made.desk, 'big'), Buffer.alloc(150_000, 7));
    await made.json(['encrypt', 'big', '--to', 'acme', '-o', 'big.age', '--sheet', 'none', '--receipt', 'r']);
    await made.json([
      'encrypt',
      'big',
      '--to',
      'acme',
      '--pack',
      '-o',
      'big.tar.age',
      '--sheet',
      'none',
      '--receipt',
      'tar-r',
    ]);
    ageKeygen(made.desk, 'other.txt');
    const flip = (from: string, to: string, change: (bytes: Buffer) => Buffer): string => {
      writeFileSync(join(made.desk, to), change(readFileSync(join(made.desk, from))));
      return to;
    };
    const damage = (bytes: Buffer): Buffer => {
      bytes[100_000] = (bytes[100_000] ?? 0) ^ 1;
      return bytes;
    };
    const cases: [string, string, number, string][] = [
      [flip('big.age', 'cut.age', (bytes) => bytes.subarray(0, 140_000)), 'key.txt', 5, 'damaged'],
      [flip('big.age', 'flipped.age', damage), 'key.txt', 5, 'damaged'],
      [flip('big.tar.age', 'cut.tar.age', (bytes) => bytes.subarray(0, 140_000)), 'key.txt', 5, 'damaged'],
      [flip('big.tar.age', 'flipped.tar.age', damage), 'key.txt', 5, 'damaged'],
      [flip('big.age', 'empty.age', () => Buffer.alloc(0)), 'key.txt', 2, 'It is empty'],
      [flip('big', 'plain.age', (bytes) => bytes), 'key.txt', 2, 'no encrypted format'],
      ['big.age', 'other.txt', 4, 'key 1 of --identity was tried'],
    ];
    const before = names(made.desk);
    for (const [file, key, status, message] of cases) {
      const outcome = await made.run(['decrypt', file, '-i', key, '-o', 'out']);
      expect(outcome, file).toMatchObject({ status, stderr: expect.stringContaining(message) });
      expect(names(made.desk), file).toEqual(before);
    }
  });

  test('a key file that others may read is refused', async () => {
    const made = await desk();
    await made.json(['encrypt', 'payroll.csv', '--to', 'acme', '-o', 'x.csv.age']);
    chmodSync(join(made.desk, 'key.txt'), 0o644);
    const outcome = await made.run(['decrypt', 'x.csv.age', '-i', 'key.txt']);
    expect(outcome).toMatchObject({ status: 4, stderr: expect.stringContaining('chmod go=') });
    expect(existsSync(join(made.desk, 'x.csv'))).toBe(false);
  });
});

describe('media check', () => {
  test('finds what is not encrypted, also under the name of a receipt or a sheet', async () => {
    const made = await desk();
    const stick = join(made.desk, 'stick');
    mkdirSync(stick);
    const copied = await made.json([
      ...['encrypt', 'payroll.csv', '--to', 'acme', '--media', 'stick', '--media-id', 'USB-7'],
      ...['--custodian', 'Pat Roe', '--destination', 'Boston'],
    ]);
    expect(String(copied.output)).toContain('/stick/transfer-');
    const listed = await made.json(['media', 'list']);
    expect(listed.transfers).toMatchObject([{ medium: 'USB-7', recipients: ['acme'], state: 'done' }]);
    const clean = await made.run(['media', 'check', 'stick']);
    expect(clean, clean.stdout).toMatchObject({ status: 0 });
    expect(clean.stdout).toContain('1 file encrypted, 2 receipts and sheets, 0 not known');

    writeFileSync(join(stick, 'payroll.age'), PAYROLL);
    const receipt = JSON.parse(readFileSync(String(copied.receipt_file), 'utf8'));
    writeFileSync(
      join(stick, 'x.receipt.json'),
      `${JSON.stringify({ ...receipt, note: PAYROLL }, null, 2)}\n`,
    );
    writeFileSync(String(copied.sheet_file), PAYROLL);
    symlinkSync('/etc/passwd', join(stick, 'link'));
    const found = await made.run(['media', 'check', 'stick', '--json']);
    expect(found.status).toBe(4);
    expect(
      JSON.parse(found.stdout)
        .not_encrypted.map(({ why }: { why: string }) => why)
        .sort(),
    ).toEqual(['link', 'not-encrypted', 'not-encrypted', 'not-encrypted']);
    const stored = execFileSync('sqlite3', [
      join(made.root, 'quietus.db'),
      'select media from transfers',
    ]).toString();
    expect(JSON.parse(stored)).toMatchObject({ id: 'USB-7', custodian: 'Pat Roe', destination: 'Boston' });
    expect(JSON.stringify(await made.log())).not.toMatch(/Pat Roe|Boston/);
  });

  test('takes the name that the sender chose for an output from its receipt, and nothing else', async () => {
    const made = await desk();
    const stick = join(made.desk, 'stick');
    mkdirSync(stick);
    const output = 'stick/März 2026 for Acme.age';
    await made.json(['encrypt', 'payroll.csv', '--to', 'acme', '-o', output]);
    const clean = await made.run(['media', 'check', 'stick']);
    expect(clean, clean.stdout).toMatchObject({ status: 0 });
    expect(clean.stdout).toContain('1 file encrypted, 2 receipts and sheets, 0 not known');

    const receipt = readFileSync(join(made.desk, `${output}.receipt.json`), 'utf8');
    const renamed = join(stick, 'other.receipt.json');
    for (const hidden of [receipt, receipt.replaceAll('März 2026 for Acme.age', 'Pat Roe 123-45-6789')]) {
      writeFileSync(renamed, hidden);
      const { status, stdout } = await made.run(['media', 'check', 'stick', '--json']);
      const { not_encrypted } = JSON.parse(stdout);
      expect({ status, not_encrypted }).toMatchObject({
        status: 4,
        not_encrypted: [{ path: 'other.receipt.json' }],
      });
    }
  });
});
