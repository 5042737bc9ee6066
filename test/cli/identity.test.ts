import { execFileSync } from 'node:child_process';
import { createDecipheriv, scryptSync } from 'node:crypto';
import { chmodSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ageKeygen, encryptionDesk, passphraseFile, sha256sum } from './encryption-desk.js';

const PASSPHRASE = 'correct horse battery staple';

describe('an identity', () => {
  test('is made, shown and exported so that age opens what was encrypted for it', async () => {
    const { root, desk, run, json, log } = await encryptionDesk();
    const passphrase = passphraseFile(desk, PASSPHRASE);
    const made = await json(['identity', 'create', 'records', '--passphrase-file', passphrase]);
    const shown = await json(['identity', 'show', 'records']);
    const recipient = String(shown.public_key);
    expect(made).toMatchObject({ kind: 'age', owner: 'jdoe', fingerprint: sha256sum(recipient) });
    expect((await run(['identity', 'export', 'records'])).stdout).toBe(`${recipient}\n`);

    const folder = join(root, 'keys', 'identities');
    const file = join(folder, 'records.identity.json');
    expect(statSync(folder).mode & 0o7777).toBe(0o700);
    expect(statSync(file).mode & 0o7777).toBe(0o600);
    expect(readFileSync(file, 'utf8')).not.toContain('AGE-SECRET');

    const secret = join(desk, 'records.key');
    const unlock = ['--passphrase-file', passphrase];
    const exported = await run(['identity', 'export', 'records', '--secret', '-o', secret, ...unlock]);
    expect(exported.status, exported.stderr).toBe(0);
    expect(exported.stdout + exported.stderr).not.toContain('AGE-SECRET');
    expect(statSync(secret).mode & 0o7777).toBe(0o600);
    const sealed = execFileSync('age', ['-r', recipient], { input: 'for the records' });
    expect(execFileSync('age', ['-d', '-i', secret], { input: sealed }).toString()).toBe('for the records');

    const again = await run(['identity', 'export', 'records', '--secret', '-o', secret, ...unlock]);
    expect(again).toMatchObject({ status: 2, stderr: expect.stringContaining('already') });
    const twice = await run(['identity', 'create', 'records', '--passphrase-file', passphrase]);
    expect(twice).toMatchObject({ status: 2, stderr: expect.stringContaining('never used again') });

    expect((await run(['identity', 'retire', 'records'])).status).toBe(0);
    expect(await json(['identity', 'list'])).toEqual({ identities: [] });
    expect((await log()).map(({ action }) => action)).toEqual([
      'identity.retire',
      'identity.export',
      'identity.create',
      'certificate.signer',
      'workspace.create',
    ]);
  });

  test('that is retired is told to be the key of a recipient still, and the way out works', async () => {
    const { desk, json, run } = await encryptionDesk();
    await json(['identity', 'create', 'records', '--passphrase-file', passphraseFile(desk, PASSPHRASE)]);
    const { public_key: key } = await json(['identity', 'show', 'records']);
    await json(['recipient', 'add', 'archive-room', '--age', String(key)]);
    const retired = await run(['identity', 'retire', 'records']);
    expect(retired.status).toBe(0);
    expect(retired.stderr).toContain('the recipient archive-room has its key');
    await json(['recipient', 'remove', 'archive-room']);
    const { recipient } = ageKeygen(desk, 'new-key.txt');
    await json(['recipient', 'add', 'archive-room', '--age', recipient]);
  });

  test('has a key file that docs/formats.md is enough to open', async () => {
    const { root, desk, json } = await encryptionDesk();
    const passphrase = passphraseFile(desk, 'Fu\u0308\u00dfe auf dem Tisch');
    for (const [name, kind] of [
      ['one', 'age'],
      ['two', 'age-pq'],
    ] as const) {
      await json(['identity', 'create', name, '--kind', kind, '--passphrase-file', passphrase]);
      const { public_key: recipient } = await json(['identity', 'show', name]);
      const text = readFileSync(join(root, 'keys', 'identities', `${name}.identity.json`), 'utf8');
      const file = JSON.parse(text) as Record<string, string>;
      expect(text).toBe(`${JSON.stringify(file, null, 2)}\n`);
      const order = ['format', 'public', 'kdf', 'n', 'r', 'p', 'salt', 'nonce', 'key'];
      expect(Object.keys(file)).toEqual(order);
      expect(file).toMatchObject({ format: 'quietus-identity/1', kdf: 'scrypt', n: 131_072, r: 8, p: 1 });
      const bytes = (key: string) => Buffer.from(file[key] ?? '', 'base64');
      expect(bytes('public').toString()).toBe(recipient);
      expect([bytes('salt').length, bytes('nonce').length]).toEqual([16, 12]);
      const key = scryptSync('F\u00fc\u00dfe auf dem Tisch', bytes('salt'), 32, {
        ...{ N: 131_072, r: 8, p: 1 },
        maxmem: 2 ** 28,
      });
      const cipher = createDecipheriv('aes-256-gcm', key, bytes('nonce'));
      cipher.setAAD(Buffer.from(`quietus-identity/1\n${file.public}`));
      cipher.setAuthTag(bytes('key').subarray(-16));
      const identity = cipher.update(bytes('key').subarray(0, -16)).toString() + cipher.final().toString();
      expect(identity).toMatch(kind === 'age' ? /^AGE-SECRET-KEY-1\w+$/ : /^AGE-SECRET-KEY-PQ-1\w+$/);
    }
  });

  test('of the post-quantum kind is opened by age', async () => {
    const { desk, json } = await encryptionDesk();
    const passphrase = passphraseFile(desk, PASSPHRASE);
    await json(['identity', 'create', 'vault', '--kind', 'age-pq', '--passphrase-file', passphrase]);
    const { public_key: recipient } = await json(['identity', 'show', 'vault']);
    expect(recipient).toMatch(/^age1pq1/);
  });

  test('with a certificate is exported as PKCS#12 that openssl opens, and receives CMS', async () => {
    const { desk, json } = await encryptionDesk();
    const passphrase = passphraseFile(desk, PASSPHRASE);
    const unlock = ['--passphrase-file', passphrase];
    await json(['identity', 'create', 'office', '--kind', 'x509', '--days', '400', ...unlock]);
    const shown = await json(['identity', 'show', 'office']);
    const certificate = join(desk, 'office.pem');
    writeFileSync(certificate, String(shown.public_key));
    const openssl = (...args: string[]): string => execFileSync('openssl', args, { cwd: desk }).toString();
    expect(openssl('x509', '-in', certificate, '-noout', '-subject')).toContain('O = Acme, CN = office');
    expect(openssl('x509', '-in', certificate, '-noout', '-fingerprint', '-sha256').toLowerCase()).toContain(
      String(shown.fingerprint).replaceAll(/(..)(?!$)/g, '$1:'),
    );
    expect(() => openssl('x509', '-in', certificate, '-noout', '-checkend', String(401 * 86_400))).toThrow();
    openssl('x509', '-in', certificate, '-noout', '-checkend', String(399 * 86_400));

    // 600,000 rounds of a key derivation that has no native code.
    const patient = { timeout: 120_000 };
    await json(['identity', 'export', 'office', '--secret', '-o', 'office.p12', ...unlock], patient);
    openssl('pkcs12', '-in', 'office.p12', '-passin', `pass:${PASSPHRASE}`, '-nodes', '-out', 'office.key');
    writeFileSync(join(desk, 'plain'), 'for the office');
    openssl(
      'cms',
      '-encrypt',
      '-aes256',
      '-binary',
      '-in',
      'plain',
      '-outform',
      'DER',
      '-out',
      'sealed',
      certificate,
    );
    expect(openssl('cms', '-decrypt', '-in', 'sealed', '-inform', 'DER', '-inkey', 'office.key')).toBe(
      'for the office',
    );
  }, 180_000);

  test('that others may read is not used, and no secret comes out', async () => {
    const { root, desk, run, json } = await encryptionDesk();
    const unlock = ['--passphrase-file', passphraseFile(desk, PASSPHRASE)];
    await json(['identity', 'create', 'records', ...unlock]);
    const folder = join(root, 'keys', 'identities');
    const out = join(desk, 'out');
    for (const [path, mode] of [
      [join(folder, 'records.identity.json'), 0o640],
      [folder, 0o750],
    ] as const) {
      chmodSync(path, mode);
      const outcome = await run(['identity', 'export', 'records', '--secret', '-o', out, ...unlock]);
      expect(outcome).toMatchObject({ status: 4, stderr: expect.stringContaining('chmod go=') });
      expect(existsSync(out)).toBe(false);
      chmodSync(path, path === folder ? 0o700 : 0o600);
    }
  });

  test('is locked after five wrong passphrases, also for the right one, and the log says so', async () => {
    const { root, desk, run, json, log } = await encryptionDesk();
    const right = ['--passphrase-file', passphraseFile(desk, PASSPHRASE)];
    const wrong = ['--passphrase-file', passphraseFile(desk, 'something else entirely', 'wrong')];
    await json(['identity', 'create', 'records', ...right]);
    const exporting = (unlock: string[]) =>
      run(['identity', 'export', 'records', '--secret', '-o', join(desk, 'out'), ...unlock]);
    for (let attempt = 1; attempt <= 5; attempt += 1) {
      expect(await exporting(wrong)).toMatchObject({
        status: 4,
        stderr: expect.stringContaining('does not open'),
      });
    }
    expect(await exporting(right)).toMatchObject({
      status: 4,
      stderr: expect.stringContaining('locked after 5'),
    });
    expect(existsSync(join(desk, 'out'))).toBe(false);
    const refusals = (await log()).filter(({ action }) => action === 'identity.passphrase');
    expect(refusals.map(({ data }) => data.locked_seconds)).toEqual([60, 0, 0, 0, 0]);
    expect(readdirSync(join(root, 'keys', 'identities'))).toEqual([
      'records.attempts.json',
      'records.identity.json',
    ]);
  });

  test('has a passphrase of 12 characters, and a file of another identity is refused', async () => {
    const { root, desk, run, json } = await encryptionDesk();
    const short = await run([
      'identity',
      'create',
      'a1',
      '--passphrase-file',
      passphraseFile(desk, 'short', 's'),
    ]);
    expect(short).toMatchObject({ status: 2, stderr: expect.stringContaining('at least 12') });
    const unlock = ['--passphrase-file', passphraseFile(desk, PASSPHRASE)];
    await json(['identity', 'create', 'one', ...unlock]);
    await json(['identity', 'create', 'two', ...unlock]);
    const folder = join(root, 'keys', 'identities');
    const other = readFileSync(join(folder, 'two.identity.json'));
    writeFileSync(join(folder, 'one.identity.json'), other);
    const swapped = await run(['identity', 'export', 'one', '--secret', '-o', join(desk, 'out'), ...unlock]);
    expect(swapped).toMatchObject({ status: 2, stderr: expect.stringContaining('that of another identity') });
  });
});
