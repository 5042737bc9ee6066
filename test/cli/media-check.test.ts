import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { encryptionDesk } from './encryption-desk.js';
import { quietus, temporaryFolder } from './harness.js';

/** 7-Zip, which CI must have. */
const SEVEN_ZIP = existsSync('/usr/bin/7z') || process.env.CI === 'true';

test.skipIf(!SEVEN_ZIP)('media check judges files of other programs by their structure', async () => {
  const made = await encryptionDesk();
  const stick = join(made.desk, 'stick');
  mkdirSync(stick);
  const plain = ['payroll.csv', 'more.csv'].map((name) => join(made.desk, name));
  for (const path of plain) writeFileSync(path, 'name,ssn\nPat Roe,123-45-6789\n');
  const archive = (name: string, ...options: string[]) =>
    execFileSync('7z', ['a', '-px', ...options, join(stick, name), ...plain]);
  archive('aes.zip', '-tzip', '-mem=AES256');
  archive('names-hidden.7z', '-t7z', '-mhe=on');
  archive('names-shown.7z', '-t7z');
  archive('broken-cipher.zip', '-tzip', '-mem=ZipCrypto');
  writeFileSync(join(stick, 'cut-off.7z'), readFileSync(join(stick, 'names-hidden.7z')));
  truncateSync(join(stick, 'cut-off.7z'), 100);
  const found = await made.run(['media', 'check', 'stick', '--json']);
  expect(found.status).toBe(4);
  const { encrypted, not_encrypted, remarks } = JSON.parse(found.stdout);
  expect(encrypted).toBe(2);
  expect(not_encrypted.map(({ path }: { path: string }) => path)).toEqual([
    'broken-cipher.zip',
    'cut-off.7z',
    'names-shown.7z',
  ]);
  expect(remarks).toMatchObject([
    { path: 'aes.zip', note: expect.stringContaining('names') },
    { path: 'names-hidden.7z', note: expect.stringContaining('not authenticated') },
  ]);
});

test('media check does what its help says, without a workspace', async () => {
  const help = (await quietus(['media', 'check', '--help'])).stdout.replace(/\s+/g, ' ');
  const folder = temporaryFolder();
  const check = () => quietus(['media', 'check', folder, '--json'], { cwd: folder });
  expect((await check()).status).toBe(0);
  expect(help).toContain('No workspace is needed');
  symlinkSync('nowhere', `${folder}/link`);
  execFileSync('mkfifo', [`${folder}/pipe`]);
  const listed = await check();
  expect(listed.status).toBe(4);
  expect(JSON.parse(listed.stdout).not_encrypted).toMatchObject([{ why: 'link' }, { why: 'special' }]);
  for (const said of [
    'So are links, which are not followed, devices and pipes',
    'receipts and instruction sheets of encrypt are not',
    'unless the device is encrypted as a whole',
  ])
    expect(help).toContain(said);
});

test('media check of an empty path, such as a variable that was never set, is no check of the current folder', async () => {
  const outcome = await quietus(['media', 'check', ''], { cwd: temporaryFolder() });
  expect(outcome).toMatchObject({ status: 2, stderr: expect.stringContaining('There is no folder') });
});
