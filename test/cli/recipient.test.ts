import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  ageKeygen,
  encryptionDesk,
  opensslCertificate,
  passphraseFile,
  sha256sum,
} from './encryption-desk.js';
import { terminal } from './harness.js';

describe('a recipient', () => {
  test('with an age key is registered, confirmed by its fingerprint, listed and removed', async () => {
    const { desk, run, json, log } = await encryptionDesk();
    const { recipient } = ageKeygen(desk);
    const added = await run([
      ...['recipient', 'add', 'acme', '--age', recipient, '--organization', 'Acme Payroll'],
      ...['--contact', 'Pat Roe, 617-555-0100', '--expires', '2999-12-31'],
    ]);
    expect(added.status, added.stderr).toBe(0);
    expect(added.stderr).toContain('quietus recipient confirm acme --fingerprint HEX');

    const fingerprint = sha256sum(recipient);
    const wrong = await run(['recipient', 'confirm', 'acme', '--fingerprint', 'f'.repeat(64)]);
    expect(wrong).toMatchObject({ status: 4, stderr: expect.stringContaining('is not that of the key') });
    const part = await run(['recipient', 'confirm', 'acme', '--fingerprint', fingerprint.slice(0, 16)]);
    expect(part).toMatchObject({ status: 4, stderr: expect.stringContaining('64 digits') });
    expect((await json(['recipient', 'show', 'acme'])).state).toBe('unconfirmed');

    const spoken = fingerprint.toUpperCase().replaceAll(/(.{8})/g, '$1 ');
    const confirmed = await run([
      'recipient',
      'confirm',
      'acme',
      '--fingerprint',
      spoken,
      '--how',
      'telephone',
    ]);
    expect(confirmed.status, confirmed.stderr).toBe(0);
    expect(await json(['recipient', 'show', 'acme'])).toMatchObject({
      state: 'confirmed',
      confirmed_by: 'jdoe',
      confirmed_how: 'telephone',
      fingerprint,
      public_key: recipient,
      formats: ['age'],
    });
    expect((await run(['recipient', 'list'])).stdout).toMatch(
      /acme +Acme Payroll +age +age +confirmed +2999-12-31/,
    );

    expect((await run(['recipient', 'remove', 'acme'])).status).toBe(0);
    expect(await json(['recipient', 'list'])).toEqual({ recipients: [] });
    expect((await run(['recipient', 'list', '--all'])).stdout).toContain('removed');

    const entries = await log();
    expect(entries.map(({ action, outcome }) => `${action} ${outcome}`)).toEqual([
      'recipient.remove done',
      'recipient.confirm done',
      'recipient.confirm refused',
      'recipient.confirm refused',
      'recipient.add done',
      'certificate.signer done',
      'workspace.create done',
    ]);
    expect(JSON.stringify(entries)).not.toMatch(/Pat Roe|617-555|Acme Payroll/);
  });

  test('with a certificate has the fingerprint that openssl prints, from PEM and from DER', async () => {
    const { desk, json } = await encryptionDesk();
    const { certificate, fingerprint } = opensslCertificate(desk);
    const added = await json(['recipient', 'add', 'county', '--certificate', certificate]);
    expect(added).toMatchObject({
      kind: 'certificate',
      formats: ['cms'],
      fingerprint: fingerprint.replaceAll(':', '').toLowerCase(),
    });
    const der = join(desk, 'county.cer');
    execFileSync('openssl', ['x509', '-in', certificate, '-outform', 'DER', '-out', der]);
    await json(['recipient', 'remove', 'county']);
    expect(await json(['recipient', 'add', 'county2', '--certificate', der])).toMatchObject({
      fingerprint: added.fingerprint,
    });
    expect(await json(['recipient', 'confirm', 'county2', '--fingerprint', fingerprint])).toMatchObject({
      state: 'confirmed',
    });
  });

  test('without a key is confirmed by saying how', async () => {
    const { run, json } = await encryptionDesk();
    expect(await json(['recipient', 'add', 'drlee', '--passphrase-by', 'phone'])).toMatchObject({
      kind: 'passphrase',
      passphrase_by: 'phone',
      formats: ['zip', 'html'],
    });
    const unsaid = await run(['recipient', 'confirm', 'drlee']);
    expect(unsaid).toMatchObject({ status: 2, stderr: expect.stringContaining('--how telephone') });
    expect(await json(['recipient', 'confirm', 'drlee', '--how', 'in-person'])).toMatchObject({
      state: 'confirmed',
      confirmed_how: 'in-person',
    });
  });

  test('is asked for its fingerprint on a terminal', async () => {
    const { root, desk, json } = await encryptionDesk();
    const { recipient } = ageKeygen(desk);
    await json(['recipient', 'add', 'acme', '--age', recipient]);
    const confirmed = await terminal(['recipient', 'confirm', 'acme', '--workspace', root], {
      answers: [{ after: 'reads out', type: `${sha256sum(recipient)}\r` }],
    });
    expect(confirmed.status, confirmed.stdout).toBe(0);
  });

  test('is one line, one key, and of a kind that can be opened', async () => {
    const { desk, run, json } = await encryptionDesk();
    const { recipient } = ageKeygen(desk);
    const refusals: [string[], number, string][] = [
      [['Acme', '--age', recipient], 2, 'a-z, 0-9'],
      [
        ['acme', '--age', recipient.replace(/.$/, (last) => (last === 'q' ? 'p' : 'q'))],
        2,
        'mistyped or cut off',
      ],
      [['acme', '--age', recipient.slice(0, 40)], 2, 'mistyped or cut off'],
      [['acme', '--age', join(desk, 'nothing.pub')], 2, 'cannot be read'],
      [['acme', '--certificate', '/dev/zero'], 2, 'cannot be read'],
      [['acme', '--age', recipient, '--format', 'zip'], 2, 'can be sent age'],
      [['acme', '--age', recipient, '--expires', '2020-01-01'], 2, 'has passed'],
      [['acme', '--age', recipient, '--expires', 'soon'], 2, 'not an existing day'],
      [['acme', '--passphrase-by', 'phone', '--recovery'], 2, 'A recovery recipient has a key'],
    ];
    for (const [args, status, message] of refusals) {
      const outcome = await run(['recipient', 'add', ...args]);
      expect(outcome, args.join(' ')).toMatchObject({ status, stderr: expect.stringContaining(message) });
    }
    expect(await json(['recipient', 'list'])).toEqual({ recipients: [] });

    const file = join(desk, 'acme.pub');
    writeFileSync(file, `# from Pat\r\n\r\n${recipient}\r\n`);
    expect(await json(['recipient', 'add', 'acme', '--age', file])).toMatchObject({ kind: 'age' });
    const again = await run(['recipient', 'add', 'acme', '--age', ageKeygen(desk, 'other.txt').recipient]);
    expect(again).toMatchObject({ status: 2, stderr: expect.stringContaining('already') });
    const twice = await run(['recipient', 'add', 'other', '--age', recipient]);
    expect(twice).toMatchObject({
      status: 4,
      stderr: expect.stringContaining('registered already, as acme'),
    });
  });

  test('is never a private key, and the key is not repeated', async () => {
    const { desk, run, json, log } = await encryptionDesk();
    const { file, recipient } = ageKeygen(desk);
    const secret = /AGE-SECRET-KEY-1\w+/.exec(readFileSync(file, 'utf8'))?.[0] ?? '';
    for (const [flag, value] of [
      ['--age', file],
      ['--certificate', opensslCertificate(desk).key],
    ] as const) {
      const outcome = await run(['recipient', 'add', 'acme', flag, value, '--json']);
      expect(outcome, flag).toMatchObject({ status: 4 });
      expect(outcome.stdout).toContain('recipient-holds-secret');
      expect(outcome.stdout + outcome.stderr).not.toMatch(/AGE-SECRET|PRIVATE KEY/);
    }
    const typed = await run(['recipient', 'add', 'acme', '--age', secret]);
    expect(typed.status).toBe(4);
    expect(typed.stdout + typed.stderr).not.toContain(secret.slice(0, 24));
    expect(await json(['recipient', 'list'])).toEqual({ recipients: [] });
    expect((await log())[0]).toMatchObject({
      action: 'recipient.add',
      outcome: 'refused',
      data: { code: 'recipient-holds-secret' },
    });
    expect(await json(['recipient', 'add', 'acme', '--age', recipient])).toMatchObject({ kind: 'age' });
  });

  test('for recovery is one of each kind', async () => {
    const { desk, run, json } = await encryptionDesk();
    const first = ageKeygen(desk).recipient;
    await json(['recipient', 'add', 'vault', '--age', first, '--recovery']);
    const second = await run([
      ...['recipient', 'add', 'vault2', '--age', ageKeygen(desk, 'second.txt').recipient, '--recovery'],
    ]);
    expect(second).toMatchObject({ status: 2, stderr: expect.stringContaining('of this kind: vault') });
    const { certificate } = opensslCertificate(desk);
    expect(
      await json(['recipient', 'add', 'vault-cms', '--certificate', certificate, '--recovery']),
    ).toMatchObject({
      recovery: true,
    });
  });

  test('for recovery is one for post-quantum files, too', async () => {
    const { desk, run, json } = await encryptionDesk();
    writeFileSync(join(desk, 'payroll.csv'), 'jdoe,4711');
    const unlock = ['--passphrase-file', passphraseFile(desk, 'correct horse battery')];
    for (const [name, ...more] of [
      ['vault'],
      ['vault-pq', '--kind', 'age-pq'],
      ['office-pq', '--kind', 'age-pq'],
    ]) {
      await json(['identity', 'create', String(name), ...more, ...unlock]);
      const made = await json(['identity', 'show', String(name)]);
      const recovery = name === 'office-pq' ? [] : ['--recovery'];
      await json(['recipient', 'add', String(name), '--age', String(made.public_key), ...recovery]);
      await json(['recipient', 'confirm', String(name), '--fingerprint', String(made.fingerprint)]);
    }
    await json(['identity', 'create', 'third-pq', '--kind', 'age-pq', ...unlock]);
    const third = await json(['identity', 'show', 'third-pq']);
    expect(
      await run(['recipient', 'add', 'third', '--age', String(third.public_key), '--recovery']),
    ).toMatchObject({ status: 2, stderr: expect.stringContaining('of this kind: vault-pq') });

    const encrypted = await json(['encrypt', 'payroll.csv', '--to', 'office-pq']);
    expect(encrypted.recipients).toMatchObject([
      { name: 'office-pq', recovery: false },
      { name: 'vault-pq', recovery: true },
    ]);
    const opened = [String(encrypted.output), '--as', 'vault-pq', ...unlock, '-o', 'recovered.csv'];
    expect(await json(['decrypt', ...opened])).toMatchObject({ opened_by: 'the identity vault-pq' });
    expect(readFileSync(join(desk, 'recovered.csv'), 'utf8')).toBe('jdoe,4711');
  });
});
