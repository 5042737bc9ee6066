import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type EncryptionDesk, encryptionDesk, passphraseFile } from './encryption-desk.js';

const PASSPHRASE = 'correct horse battery staple';

/** One identity of each age kind, both of them recipients, and somebody who gets a passphrase. */
async function identitiesAndRecipients({ desk, json }: EncryptionDesk): Promise<void> {
  const protect = ['--passphrase-file', passphraseFile(desk, PASSPHRASE)];
  for (const [name, kind] of [
    ['records', 'age'],
    ['vault', 'age-pq'],
  ] as const) {
    const made = await json(['identity', 'create', name, '--kind', kind, ...protect]);
    const { public_key: key } = await json(['identity', 'export', name]);
    writeFileSync(join(desk, `${name}.pub`), String(key));
    await json(['recipient', 'add', name, '--age', `${name}.pub`]);
    await json(['recipient', 'confirm', name, '--fingerprint', String(made.fingerprint)]);
  }
  await json(['recipient', 'add', 'drlee', '--passphrase-by', 'phone']);
  await json(['recipient', 'confirm', 'drlee', '--how', 'telephone']);
  writeFileSync(join(desk, 'a.csv'), 'a,b\n');
  await json(['encrypt', 'a.csv', '--to', 'records', '-o', 'records.age']);
  await json(['encrypt', 'a.csv', '--to', 'vault', '-o', 'vault.age']);
  await json(['encrypt', 'a.csv', '--to', 'vault', '--armor', '-o', 'vault.asc']);
}

describe('the identity that a file is opened with', () => {
  test('is of the kind that the file is encrypted for', async () => {
    const { desk, run, json } = await encryptionDesk(identitiesAndRecipients);
    const open = ['--passphrase-file', 'passphrase', '-o', 'out', '--force'];
    for (const [file, name] of [
      ['records.age', 'records'],
      ['vault.age', 'vault'],
      ['vault.asc', 'vault'],
    ] as const) {
      expect(await json(['decrypt', file, ...open])).toMatchObject({ opened_by: `the identity ${name}` });
      expect(readFileSync(join(desk, 'out'), 'utf8')).toBe('a,b\n');
    }
    expect(await run(['decrypt', 'vault.age', '--as', 'records', ...open])).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/records cannot open this file: it wants .*post-quantum.*\n.*vault/s),
    });
    expect(await run(['decrypt', 'vault.age', '--as', 'nobody', ...open])).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('no identity of that name'),
    });
    const header = `-> ssh-rsa ${'A'.repeat(6)}\n${'A'.repeat(43)}\n--- ${'A'.repeat(43)}\n`;
    writeFileSync(join(desk, 'ssh.age'), `age-encryption.org/v1\n${header}${' '.repeat(32)}`);
    expect(await run(['decrypt', 'ssh.age', ...open])).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('it wants a key of a kind that is not known here'),
    });
  });

  test('is not that of the recovery recipient, where there is another', async () => {
    const { run, json } = await encryptionDesk(identitiesAndRecipients);
    await json(['identity', 'create', 'last-resort', '--passphrase-file', 'passphrase']);
    const { public_key: key } = await json(['identity', 'export', 'last-resort']);
    await json(['recipient', 'add', 'last-resort', '--age', String(key), '--recovery']);
    const open = ['records.age', '--passphrase-file', 'passphrase', '-o', 'out'];
    expect(await json(['decrypt', ...open])).toMatchObject({ opened_by: 'the identity records' });
    await json(['identity', 'create', 'other', '--passphrase-file', 'passphrase']);
    expect(await run(['decrypt', ...open])).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('--as NAME: other, records'),
    });
  });

  test('is named where it does not fit, with the others that were not tried', async () => {
    const { desk, run, json } = await encryptionDesk(identitiesAndRecipients);
    await json(['identity', 'retire', 'records']);
    await json(['identity', 'create', 'later', '--passphrase-file', 'passphrase']);
    const outcome = await run(['decrypt', 'records.age', '--passphrase-file', 'passphrase', '-o', 'out']);
    expect(outcome.status).toBe(4);
    expect(outcome.stderr).toMatch(/it wants an age X25519 identity, and the identity later was tried/);
    expect(outcome.stderr).toContain('--as with another of yours: records.');
    expect(
      await json([
        'decrypt',
        'records.age',
        '--as',
        'records',
        '--passphrase-file',
        'passphrase',
        '-o',
        'out',
      ]),
    ).toMatchObject({ output: join(desk, 'out') });
  });
});

describe('a passphrase file', () => {
  test('with a slip in it is told apart from a wrong passphrase', async () => {
    const { desk, run, json } = await encryptionDesk(identitiesAndRecipients);
    const slips = [
      [`${PASSPHRASE}\nof the records key\n`, 'more than one line'],
      [`${PASSPHRASE}\n\n`, 'more than one line'],
      [`${PASSPHRASE} \n`, 'ends with a space'],
      [`\ufeff${PASSPHRASE}\n`, 'byte order mark'],
    ] as const;
    for (const [content, told] of slips) {
      writeFileSync(join(desk, 'slip'), content, { mode: 0o600 });
      const outcome = await run(['decrypt', 'records.age', '--passphrase-file', 'slip', '-o', 'out']);
      expect(outcome).toMatchObject({ status: 4, stderr: expect.stringContaining(told) });
    }
    await json(['encrypt', 'a.csv', '--to', 'drlee', '-o', 'a.zip', '--passphrase-to', 'generated']);
    const generated = readFileSync(join(desk, 'generated'), 'utf8');
    writeFileSync(join(desk, 'slip'), `${generated}of drlee\n`, { mode: 0o600 });
    expect(await run(['decrypt', 'a.zip', '--passphrase-file', 'slip', '-o', 'out'])).toMatchObject({
      status: 4,
      stderr: expect.stringContaining('more than one line'),
    });
  });
});
