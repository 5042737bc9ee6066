import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ageKeygen, type EncryptionDesk, encryptionDesk, sha256sum } from './encryption-desk.js';

/** A desk with a confirmed recipient, one that nobody confirmed, and one for recovery. */
async function three(made: EncryptionDesk): Promise<void> {
  for (const [name, ...flags] of [
    ['acme', '--expires', '2999-12-31'],
    ['drlee'],
    ['vault', '--recovery'],
  ] as const) {
    const { recipient } = ageKeygen(made.desk, `${name}.key`);
    await made.json(['recipient', 'add', name, '--age', recipient, ...flags]);
    if (name === 'drlee') continue;
    await made.json(['recipient', 'confirm', name, '--fingerprint', sha256sum(recipient)]);
  }
  writeFileSync(join(made.desk, 'payroll.csv'), 'Pat Roe,4711');
}

/** What somebody with the database file does to it. */
function change({ root }: EncryptionDesk, sql: string): void {
  execFileSync('sqlite3', [join(root, 'quietus.db'), sql]);
}

async function refusal(made: EncryptionDesk, to = 'acme'): Promise<unknown> {
  const before = readdirSync(made.desk);
  const outcome = await made.run(['encrypt', 'payroll.csv', '--to', to, '--json']);
  expect(readdirSync(made.desk)).toEqual(before);
  return { status: outcome.status, code: JSON.parse(outcome.stdout).error?.code };
}

describe('a recipient in the database that is not the one of the log', () => {
  test('is encrypted for while nobody touched it', async () => {
    const made = await encryptionDesk(three);
    expect(await made.json(['encrypt', 'payroll.csv', '--to', 'acme'])).toMatchObject({
      recipients: [{ name: 'acme' }, { name: 'vault' }],
    });
  });

  test.each([
    ['another key', (key: string) => `update recipients set public_key = '${key}' where name = 'acme'`],
    [
      'another key with its fingerprint',
      (key: string, digest: string) =>
        `update recipients set public_key = '${key}', fingerprint = '${digest}' where name = 'acme'`,
    ],
    ['a later expiry', () => `update recipients set expires_on = '3999-12-31' where name = 'acme'`],
    ['no recovery', () => `update recipients set recovery = 0 where name = 'vault'`],
    ['no recovery recipient', () => `delete from recipients where name = 'vault'`],
    [
      'a recovery recipient more',
      (key: string, digest: string) =>
        `insert into recipients select 9, 'mine', kind, '${key}', channel, '${digest}', null, null, formats, null, 0, added_at,
          added_by, confirmed_at, confirmed_by, confirmed_how, null, null from recipients where name = 'vault';
         update recipients set recovery = 1 - recovery where name in ('mine', 'vault')`,
    ],
  ])('with %s is refused', async (_, sql) => {
    const made = await encryptionDesk(three);
    const { recipient } = ageKeygen(made.desk, 'other.key');
    change(made, sql(recipient, sha256sum(recipient)));
    expect(await refusal(made)).toEqual({ status: 5, code: 'recipient-differs' });
    const verified = await made.run(['log', 'verify', '--json']);
    expect(verified.status).toBe(5);
    expect(JSON.parse(verified.stdout).error.code).toBe('recipient-differs');
  });

  test('with a confirmation that nobody gave, or added by nobody, is refused', async () => {
    const made = await encryptionDesk(three);
    const confirmed = `confirmed_at = added_at, confirmed_by = 'jdoe', confirmed_how = 'telephone'`;
    change(made, `update recipients set ${confirmed} where name = 'drlee'`);
    expect(await refusal(made, 'drlee')).toEqual({ status: 5, code: 'recipient-differs' });
    change(made, `update recipients set name = 'newcomer' where name = 'drlee'`);
    expect(await refusal(made, 'newcomer')).toEqual({ status: 5, code: 'recipient-differs' });
  });

  test('is refused where the entries of the log were changed along with it', async () => {
    const made = await encryptionDesk(three);
    const { recipient } = ageKeygen(made.desk, 'other.key');
    const digest = sha256sum(recipient);
    const former = execFileSync('sqlite3', [
      join(made.root, 'quietus.db'),
      `select fingerprint from recipients where name = 'acme'`,
    ])
      .toString()
      .trim();
    change(
      made,
      `update recipients set public_key = '${recipient}', fingerprint = '${digest}' where name = 'acme';
       update log_entries set entry = replace(entry, '${former}', '${digest}')`,
    );
    const changed = execFileSync('sqlite3', [
      ...['-json', join(made.root, 'quietus.db')],
      `select seq, entry from log_entries where entry like '%${digest}%'`,
    ]).toString();
    for (const { seq, entry } of JSON.parse(changed)) {
      const hash = createHash('sha256').update(entry).digest('hex');
      change(made, `update log_entries set hash = '${hash}' where seq = ${seq}`);
    }
    expect(await refusal(made)).toEqual({ status: 5, code: 'log-inconsistent' });
  });
});

test('recipients are compared after each of them was changed by its own commands', async () => {
  const made = await encryptionDesk(three);
  await made.json(['recipient', 'remove', 'acme']);
  const { recipient } = ageKeygen(made.desk, 'next.key');
  await made.json(['recipient', 'add', 'acme', '--age', recipient]);
  expect(await made.run(['encrypt', 'payroll.csv', '--to', 'acme'])).toMatchObject({ status: 4 });
  await made.json(['recipient', 'confirm', 'acme', '--fingerprint', sha256sum(recipient)]);
  await made.json(['recipient', 'remove', 'vault']);
  expect(await made.json(['encrypt', 'payroll.csv', '--to', 'acme'])).toMatchObject({
    recipients: [{ name: 'acme' }],
  });
  expect((await made.run(['log', 'verify'])).status).toBe(0);
});
