import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { encryptionDesk } from './encryption-desk.js';

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
