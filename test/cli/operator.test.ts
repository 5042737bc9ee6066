import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  lstatSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { commonFolder, commonProgram, GROUP, letIn, NO_ACCOUNTS, owner, Person } from './accounts.js';

const SCHEDULE = `version: 1
title: Test schedule
classes:
  payroll:
    title: Payroll
    retain:
      - {after: closed, for: P3Y}
    disposition: destroy
    approvals: 1
    authority: {citation: 29 CFR 516.5, checked: 2026-11-02}
`;

function modes(workspace: string, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    names.map((name) => {
      const { mode, uid, gid } = lstatSync(join(workspace, name));
      return [name, `${(mode & 0o7777).toString(8)} ${uid} ${gid}`];
    }),
  );
}

/** Ann has made a shared workspace; Bob and Cy have been let in. */
async function threePeople(
  ...flags: string[]
): Promise<{ ann: Person; bob: Person; cy: Person; folder: string }> {
  const folder = commonFolder();
  const ann = await owner(folder, '--unattended', ...flags);
  const bob = await letIn('bob', 4702, { registrar: ann, confirmer: ann });
  const cy = await letIn('cy', 4703, { registrar: ann, confirmer: bob });
  return { ann, bob, cy, folder };
}

/** A due file that everybody may remove, in the inventory, and a plan for it. */
async function planOf(planner: Person, name = 'a'): Promise<{ plan: string; file: string }> {
  const schedule = join(planner.folder, 'schedule.yaml');
  if (!existsSync(schedule)) {
    writeFileSync(schedule, SCHEDULE);
    await planner.json('schedule', 'import', schedule);
  }
  const file = join(planner.folder, `${name}.csv`);
  writeFileSync(file, 'PLAINTEXT\n'.repeat(500));
  chownSync(file, planner.uid, GROUP);
  chmodSync(file, 0o660);
  await planner.json(
    ...['inventory', 'add', name, '--title', 'Payroll', '--class', 'payroll', '--medium', 'file'],
    ...['--location', file, '--closed', '2019-12-31'],
  );
  const { plan } = await planner.json('sweep', 'plan', '--limit', '1');
  return { plan: String(plan), file };
}

if (NO_ACCOUNTS !== undefined && process.env.CI) {
  it('runs with several accounts in CI', () => {
    throw new Error(NO_ACCOUNTS);
  });
}

describe.skipIf(NO_ACCOUNTS !== undefined)(
  `operators${NO_ACCOUNTS ? `: skipped, ${NO_ACCOUNTS}` : ''}`,
  // Each starts dozens of processes.
  { timeout: 180_000 },
  () => {
    it('get in by registration, a key of their own and a confirmation, and the log has every step', async () => {
      const folder = commonFolder();
      const workspace = join(folder, 'workspace');
      const ann = await owner(folder);
      const bob = new Person(4702, folder);
      expect(await bob.refusal('inventory', 'list')).toEqual([4, 'operator-unknown']);
      await ann.json('operator', 'add', 'bob', '--name', 'Bob Example', '--account', bob.login);
      expect(await bob.refusal('inventory', 'list')).toEqual([4, 'operator-registered']);
      expect(await ann.refusal('operator', 'confirm', 'bob', '--fingerprint', 'ab')).toEqual([
        2,
        'enrolment-missing',
      ]);

      const { fingerprint } = await bob.json('operator', 'enroll', '--unattended');
      expect(await bob.refusal('inventory', 'list')).toEqual([4, 'operator-registered']);
      const [sum] = execFileSync('sha256sum', [join(workspace, 'keys', 'bob.pub.pem')], {
        encoding: 'utf8',
      }).split(' ');
      expect(fingerprint).toBe(sum);
      // As it is read out: in groups, in any case.
      const spoken = String(fingerprint).toUpperCase().match(/.{8}/g)?.join(' ') ?? '';
      await ann.json('operator', 'confirm', 'bob', '--fingerprint', spoken);
      expect(await bob.json('inventory', 'list')).toMatchObject({ items: [] });

      const { operators } = await bob.json('operator', 'list');
      expect(operators).toMatchObject([
        { operator: 'ann', account: 'uid-4701', account_uid: 4701, state: 'active' },
        {
          operator: 'bob',
          account: 'uid-4702',
          account_uid: 4702,
          state: 'active',
          public_key_sha256: fingerprint,
        },
      ]);
      const { entries } = (await bob.json('log', 'list')) as {
        entries: { action: string; operator: string }[];
      };
      expect(entries.map(({ action, operator }) => `${operator} ${action}`).toReversed()).toEqual([
        'ann workspace.create',
        'ann certificate.signer',
        '- command.refuse',
        'ann operator.add',
        '- command.refuse',
        'bob operator.enroll',
        '- command.refuse',
        'ann operator.confirm',
        'bob command.read',
      ]);
      expect(JSON.stringify(entries)).not.toMatch(/Bob Example|Ann Example/);
      expect((await bob.quietus('log', 'verify')).status).toBe(0);
      expect(modes(workspace, ['keys/ann.key.json', 'keys/bob.key.json'])).toEqual({
        'keys/ann.key.json': `600 4701 ${GROUP}`,
        'keys/bob.key.json': `600 4702 ${GROUP}`,
      });
      for (const command of [
        ['cat', 'keys/ann.key.json'],
        ['rm', '-f', 'keys/ann.key.json'],
        ['sh', '-c', 'echo x > quietus.yaml'],
      ]) {
        expect((await bob.run(['env', '-C', workspace], command)).status, command.join(' ')).not.toBe(0);
      }
    });

    it('enroll under the account that was registered, and nobody registers a key in their name', async () => {
      const folder = commonFolder();
      const keys = join(folder, 'workspace', 'keys');
      const ann = await owner(folder);
      const mallory = await letIn('mallory', 4704, { registrar: ann, confirmer: ann });
      const bob = new Person(4702, folder);
      await ann.json('operator', 'add', 'bob', '--name', 'Bob Example', '--account', bob.login);
      expect(await mallory.refusal('operator', 'enroll', '--unattended')).toEqual([2, 'operator-active']);

      // Mallory makes a key, and a request for it in Bob's name, signed and complete.
      const { fingerprint } = await bob.json('operator', 'enroll', '--unattended');
      const genuine = readFileSync(join(keys, 'bob.enrolment.json'), 'utf8');
      expect((await mallory.run(['sh', '-c'], [`rm -f ${keys}/bob.enrolment.json`])).status).not.toBe(0);
      // Even if the file were not there yet:
      execFileSync('rm', [join(keys, 'bob.enrolment.json')]);
      writeFileSync(join(folder, 'copy'), genuine);
      expect(
        (await mallory.run(['cp'], [join(folder, 'copy'), join(keys, 'bob.enrolment.json')])).status,
      ).toBe(0);
      expect(
        await mallory.refusal('operator', 'confirm', 'bob', '--fingerprint', String(fingerprint)),
      ).toEqual([4, 'enrolment-of-another']);
      execFileSync('rm', [join(keys, 'bob.enrolment.json')]);

      // Nor does a file that Mallory put there first, before Bob came.
      execFileSync('mv', [join(keys, 'bob.key.json'), join(folder, 'bob.key.json')]);
      for (const name of ['bob.key.json', 'bob.enrolment.json', 'bob.pub.pem']) {
        execFileSync('rm', ['-f', join(keys, name)]);
        expect((await mallory.run(['cp'], [join(folder, 'copy'), join(keys, name)])).status).toBe(0);
        expect(await bob.refusal('operator', 'enroll', '--unattended'), name).toEqual([4, 'file-of-another']);
        execFileSync('rm', ['-f', join(keys, name), join(keys, 'bob.key.json')]);
      }
      execFileSync('mv', [join(folder, 'bob.key.json'), join(keys, 'bob.key.json')]);

      // Run again, it is the same key.
      expect(await bob.json('operator', 'enroll', '--unattended')).toMatchObject({ fingerprint });
      const other = createHash('sha256').update('another key').digest('hex');
      expect(await mallory.refusal('operator', 'confirm', 'bob', '--fingerprint', other)).toEqual([
        4,
        'fingerprint-differs',
      ]);
      // Who registered a person does not also confirm the key, once there are two.
      expect(await ann.refusal('operator', 'confirm', 'bob', '--fingerprint', String(fingerprint))).toEqual([
        4,
        'confirmation-by-adder',
      ]);
      await mallory.json('operator', 'confirm', 'bob', '--fingerprint', String(fingerprint));
      expect(await bob.json('inventory', 'list')).toMatchObject({ items: [] });
    });

    it('approve in twos, neither of them the planner; openssl checks it under any account', async () => {
      const { ann, bob, cy, folder } = await threePeople('--approvals', '2');
      const { plan, file } = await planOf(ann);
      expect(await ann.refusal('sweep', 'approve', plan, '--confirm', plan)).toEqual([
        4,
        'approval-by-planner',
      ]);
      const first = await bob.json('sweep', 'approve', plan, '--confirm', plan);
      expect(await bob.refusal('sweep', 'approve', plan, '--confirm', plan)).toEqual([2, 'approval-exists']);
      expect(await ann.refusal('sweep', 'run', plan, '--confirm', plan, '--accept-residual')).toEqual([
        4,
        'approval-missing',
      ]);
      await cy.json('sweep', 'approve', plan, '--confirm', plan);
      writeFileSync(join(folder, 'statement'), String(first.statement));
      writeFileSync(join(folder, 'signature'), Buffer.from(String(first.signature), 'base64'));
      const key = join(folder, 'workspace', 'keys', 'bob.pub.pem');
      const said = await cy.run(
        ['openssl', 'pkeyutl', '-verify', '-pubin', '-inkey', key, '-rawin'],
        ['-in', 'statement', '-sigfile', 'signature'],
      );
      expect(said.stdout).toContain('Signature Verified Successfully');
      expect((await ann.quietus('sweep', 'run', plan, '--confirm', plan, '--accept-residual')).status).toBe(
        0,
      );
      expect(existsSync(file)).toBe(false);

      // What was run stays verifiable when one who approved it has gone.
      await ann.json('operator', 'deactivate', 'bob', '--reason', 'left');
      for (const command of [
        ['certificate', 'verify', '2026-0001'],
        ['log', 'verify'],
      ]) {
        const { status, stderr } = await cy.quietus(...command);
        expect(`${status} ${stderr}`, command.join(' ')).toMatch(/^0/);
      }
      expect(await cy.json('sweep', 'show', plan)).toMatchObject({
        approvals: [{ operator: 'bob' }, { operator: 'cy' }],
      });
    });

    it('let nobody alone shorten a rule where the workspace asks for two', async () => {
      const { ann, bob, folder } = await threePeople('--unattended', '--approvals', '2');
      const schedule = join(folder, 'schedule.yaml');
      const longer = SCHEDULE.replace('P3Y', 'P9Y');
      writeFileSync(schedule, longer);
      await ann.json('schedule', 'import', schedule);
      // Kept until the end of 2019 and nine years under this rule, and due under the shorter one.
      await ann.json(
        ...['inventory', 'add', 'a', '--title', 'Payroll', '--class', 'payroll', '--medium', 'paper'],
        ...['--location', 'Cabinet 4', '--closed', '2019-12-31'],
      );
      writeFileSync(schedule, SCHEDULE);
      const digest = createHash('sha256').update(SCHEDULE).digest('hex').slice(0, 12);
      const permission = ['--allow-more-due', '1', '--confirm', digest];
      const importing = ['schedule', 'import', schedule, ...permission];
      expect(await ann.refusal(...importing)).toEqual([4, 'schedule-approval-missing']);
      // Her own approval is not that of a second person.
      await ann.json('schedule', 'approve', schedule, ...permission);
      expect(await ann.refusal(...importing)).toEqual([4, 'schedule-approval-missing']);
      const { statement, signature } = await bob.json('schedule', 'approve', schedule, ...permission);
      writeFileSync(join(folder, 'statement'), String(statement));
      writeFileSync(join(folder, 'signature'), Buffer.from(String(signature), 'base64'));
      const verified = execFileSync(
        'openssl',
        [
          ...['pkeyutl', '-verify', '-pubin', '-inkey', join(folder, 'workspace', 'keys', 'bob.pub.pem')],
          ...['-rawin', '-in', join(folder, 'statement'), '-sigfile', join(folder, 'signature')],
        ],
        { encoding: 'utf8' },
      );
      expect(verified).toContain('Signature Verified Successfully');
      expect(await ann.json(...importing)).toMatchObject({ version: 2, items: { more_due: 1 } });
      // It was given for what the file would change then, and does not count a second time.
      writeFileSync(schedule, longer);
      await ann.json('schedule', 'import', schedule);
      writeFileSync(schedule, SCHEDULE);
      expect(await ann.refusal(...importing)).toEqual([4, 'schedule-approval-missing']);
    });

    it('who were deactivated can do nothing, and what they approved and did not run does not count', async () => {
      const { ann, bob, cy, folder } = await threePeople();
      const { plan, file } = await planOf(ann);
      await bob.json('sweep', 'approve', plan, '--confirm', plan);
      await cy.json('operator', 'deactivate', 'bob', '--reason', 'left');
      for (const command of [
        ['inventory', 'list'],
        ['sweep', 'plan'],
        ['sweep', 'approve', plan, '--confirm', plan],
        ['sweep', 'run', plan, '--confirm', plan],
        ['hold', 'place', '--matter', 'M', '--class', 'payroll'],
        ['log', 'list'],
        ['operator', 'list'],
        ['operator', 'enroll', '--unattended'],
        ['operator', 'deactivate', 'ann', '--reason', 'left'],
      ]) {
        expect(await bob.refusal(...command), command.join(' ')).toEqual([4, 'operator-deactivated']);
      }
      const run = await ann.quietus('sweep', 'run', plan, '--confirm', plan, '--accept-residual');
      expect(run.status).toBe(4);
      expect(run.stderr).toContain('that of bob does not count: the operator was deactivated');
      expect(existsSync(file)).toBe(true);

      // Nor is anybody let in again by the database.
      const standing = (change: string) =>
        execFileSync('sqlite3', [
          join(folder, 'workspace', 'quietus.db'),
          `update operators set deactivated_at = ${change} where id = 'bob'; select deactivated_at from operators where id = 'bob'`,
        ]).toString();
      const deactivated = standing('deactivated_at').trim();
      for (const change of ['null', "'2999-01-01T00:00:00.000Z'"]) {
        standing(change);
        const tried = await ann.quietus('sweep', 'run', plan, '--confirm', plan, '--accept-residual');
        expect([tried.status, existsSync(file)], change).toEqual([5, true]);
        expect((await ann.quietus('log', 'verify')).status, change).toBe(5);
      }
      standing('null');
      expect(await bob.refusal('inventory', 'list')).toEqual([5, 'operator-changed']);
      standing(`'${deactivated}'`);

      // Ids are never used again; the account can come back under another one.
      const again = ['--name', 'Bob Example', '--account', bob.login] as const;
      expect(await ann.refusal('operator', 'add', 'bob', ...again)).toEqual([2, 'operator-exists']);
      await ann.json('operator', 'add', 'bob2', ...again);
      expect(await ann.refusal('operator', 'add', 'bob3', ...again)).toEqual([2, 'account-taken']);
      const { fingerprint } = await bob.json('operator', 'enroll', '--unattended');
      await cy.json('operator', 'confirm', 'bob2', '--fingerprint', String(fingerprint));
      await bob.json('sweep', 'approve', plan, '--confirm', plan);
      expect((await ann.quietus('sweep', 'run', plan, '--confirm', plan, '--accept-residual')).status).toBe(
        0,
      );

      // Who is let in again past the program is found out.
      execFileSync(process.execPath, [
        '-e',
        "new (require('sqlite3').Database)(process.argv[1]).exec(\"update operators set deactivated_at = null where id = 'bob'\")",
        join(folder, 'workspace', 'quietus.db'),
      ]);
      const { status, stdout } = await ann.quietus('doctor');
      expect(status).toBe(5);
      expect(stdout).toContain('The log says that bob was deactivated');
      execFileSync(process.execPath, [
        '-e',
        "new (require('sqlite3').Database)(process.argv[1]).exec(\"update operators set deactivated_at = created_at where id = 'bob'\")",
        join(folder, 'workspace', 'quietus.db'),
      ]);

      // The last one stays.
      await ann.json('operator', 'deactivate', 'bob2', '--reason', 'mistake');
      await ann.json('operator', 'deactivate', 'cy', '--reason', 'role-changed');
      expect(await ann.refusal('operator', 'deactivate', 'ann', '--reason', 'left')).toEqual([
        4,
        'operator-last',
      ]);
      expect(await ann.refusal('operator', 'deactivate', 'cy', '--reason', 'left')).toEqual([
        2,
        'operator-deactivated',
      ]);
      expect(existsSync(join(folder, 'workspace', 'keys', 'bob.pub.pem'))).toBe(true);
    });

    it('share a folder that other accounts cannot use, whatever their umask, and doctor finds each mistake', async () => {
      const { ann, bob, folder } = await threePeople();
      const workspace = join(folder, 'workspace');
      const { plan } = await planOf(bob);
      await ann.json('sweep', 'approve', plan, '--confirm', plan);
      const strict = await bob.run(
        ['sh', '-c', 'umask 077; exec "$@"', 'sh', commonProgram().node, quietusScript()],
        [...['sweep', 'run', plan, '--confirm', plan, '--accept-residual']],
      );
      expect(strict.status, strict.stderr).toBe(0);
      expect(
        modes(workspace, [
          ...[
            '.',
            'keys',
            'certificates',
            'backups',
            'quietus.db',
            'quietus.yaml',
            'run.lock',
            'keys/bob.pub.pem',
          ],
          'certificates/certificate-2026-0001.json',
        ]),
      ).toEqual({
        '.': `2770 4701 ${GROUP}`,
        keys: `3770 4701 ${GROUP}`,
        certificates: `2770 4701 ${GROUP}`,
        backups: `2770 4701 ${GROUP}`,
        'quietus.db': `660 4701 ${GROUP}`,
        'quietus.yaml': `640 4701 ${GROUP}`,
        'run.lock': `660 4701 ${GROUP}`,
        'keys/bob.pub.pem': `640 4702 ${GROUP}`,
        'certificates/certificate-2026-0001.json': `640 4702 ${GROUP}`,
      });
      expect((await ann.quietus('certificate', 'verify', '2026-0001')).status).toBe(0);

      const stranger = new Person(4709, folder, 4709);
      expect((await stranger.quietus('log', 'list')).status).toBe(2);
      const permissions = async () => {
        const { findings } = JSON.parse((await ann.quietus('doctor', '--json')).stdout) as {
          findings: { check: string; state: string; message: string; hint: string | null }[];
        };
        return findings.filter(({ check }) => check === 'permissions');
      };
      expect(await permissions()).toMatchObject([{ state: 'good' }]);
      for (const [name, mode] of [
        ['quietus.db', 0o664],
        ['quietus.db', 0o600],
        ['quietus.yaml', 0o660],
        ['keys', 0o2770],
        ['keys/ann.key.json', 0o640],
        ['certificates', 0o2775],
        ['.', 0o2775],
      ] as const) {
        chmodSync(join(workspace, name), mode);
        const [finding, ...others] = await permissions();
        expect({ ...finding, others }, name).toMatchObject({ state: 'bad', others: [] });
        // The commands that it gives put it right; SQLite's own files have taken over the mode of the database.
        for (let round = 0; round < 2; round += 1) {
          const { stdout } = await ann.quietus('doctor');
          for (const [, fix = ''] of stdout.matchAll(/Run: (ch.*)/g)) {
            execFileSync('sh', ['-c', fix.replaceAll('~', folder)]);
          }
          // These it says may be gone, and they are where SQLite has taken them away meanwhile.
          for (const [, fix = ''] of stdout.matchAll(/still there then, run: (ch.*)/g)) {
            spawnSync('sh', ['-c', fix.replaceAll('~', folder)]);
          }
        }
        expect(await permissions(), name).toMatchObject([{ state: 'good' }]);
      }
    });

    it('cannot put settings or a database of their own in place of the owner’s', async () => {
      const { ann, bob, folder } = await threePeople();
      const workspace = join(folder, 'workspace');
      for (const name of ['quietus.yaml', 'quietus.db']) {
        const path = join(workspace, name);
        copyFileSync(path, join(folder, name));
        chmodSync(join(folder, name), 0o644);
        const replaced = await bob.run(
          ['sh', '-c'],
          [`mv ${path} ${path}.old && cp ${folder}/${name} ${path} && chmod 640 ${path}`],
        );
        expect(replaced.status, replaced.stderr).toBe(0);
        expect(await ann.refusal('log', 'list'), name).toEqual([4, 'workspace-file-replaced']);
        const { stdout } = await ann.quietus('doctor');
        expect(stdout).toContain(`${name} belongs to another account (uid 4702)`);
        execFileSync('mv', [`${path}.old`, path]);
        expect((await ann.quietus('log', 'list')).status).toBe(0);
      }
    });

    it('cannot take the place of the first operator by rewriting the database', async () => {
      const { ann, bob, folder } = await threePeople();
      const { plan } = await planOf(ann);
      await ann.json('sweep', 'approve', plan, '--confirm', plan);
      expect((await ann.json('sweep', 'show', plan)).approvals).toHaveLength(1);
      // Bob's key in the name of Ann, in the register and in the first entry of the log, with its new hash.
      const script = `
        const { createHash } = require('node:crypto');
        const { readFileSync } = require('node:fs');
        const hash = (text) => createHash('sha256').update(text).digest('hex');
        const [workspace] = process.argv.slice(1);
        const key = readFileSync(workspace + '/keys/bob.pub.pem', 'utf8');
        const { Database } = require('sqlite3');
        const database = new Database(workspace + '/quietus.db');
        database.get('select entry from log_entries where seq = 1', (_, { entry }) => {
          const forged = entry.replace(/"public_key_sha256":"[0-9a-f]+"/, '"public_key_sha256":"' + hash(key) + '"');
          database.run('update log_entries set entry = ?, hash = ? where seq = 1', forged, hash(forged));
          database.run("update operators set public_key = ? where id = 'ann'", key, (error) => {
            process.exitCode = error === null ? 0 : 1;
            database.close();
          });
        });`;
      const program = join(commonProgram().folder, 'node_modules');
      const forged = await bob.run(
        ['env', `NODE_PATH=${program}`, commonProgram().node, '-e', script],
        [join(folder, 'workspace')],
      );
      expect(forged.status, forged.stderr).toBe(0);
      expect(await bob.refusal('sweep', 'run', plan, '--confirm', plan)).toEqual([5, 'operator-unproven']);
      expect((await bob.quietus('doctor')).stdout).toContain('Nobody has confirmed the key of operator ann');
    });

    it('are for one account only where the workspace was not shared, until it is', async () => {
      const folder = commonFolder();
      const workspace = join(folder, 'workspace');
      const ann = new Person(4701, folder);
      const answers = ['--organization', 'A', '--time-zone', 'America/New_York', '--operator', 'ann'];
      const made = await ann.quietus('init', workspace, ...answers, '--operator-name', 'Ann', '--unattended');
      expect(made.status, made.stderr).toBe(0);
      expect(modes(workspace, ['.', 'keys', 'quietus.db', 'quietus.yaml'])).toEqual({
        '.': `700 4701 ${GROUP}`,
        keys: `700 4701 ${GROUP}`,
        'quietus.db': `600 4701 ${GROUP}`,
        'quietus.yaml': `600 4701 ${GROUP}`,
      });
      const bob = ['operator', 'add', 'bob', '--name', 'Bob', '--account', 'uid-4702'];
      expect(await ann.refusal(...bob)).toEqual([4, 'workspace-not-shared']);
      expect(await ann.refusal('operator', 'share', '4999')).toEqual([2, 'group-refused']);
      expect(modes(workspace, ['.'])).toEqual({ '.': `700 4701 ${GROUP}` });
      await ann.json('operator', 'share', String(GROUP));
      await ann.json(...bob);
      expect(modes(workspace, ['.', 'keys/ann.key.json'])).toEqual({
        '.': `2770 4701 ${GROUP}`,
        'keys/ann.key.json': `600 4701 ${GROUP}`,
      });
      expect(
        await ann.refusal('operator', 'add', 'eve', '--name', 'Eve', '--account', 'no-such-login'),
      ).toEqual([2, 'account-unknown']);
      expect(await ann.refusal('operator', 'add', 'eve', '--name', 'Eve', '--account', '-n')).toEqual([
        2,
        'account-unknown',
      ]);
    });

    it('are locked out for a minute after five wrong passphrases, in every process, and the log says so', async () => {
      const folder = commonFolder();
      for (const [name, text] of [
        ['right', 'correct horse battery staple'],
        ['wrong', 'another passphrase'],
      ] as const) {
        writeFileSync(join(folder, name), text);
        chownSync(join(folder, name), 4701, GROUP);
        chmodSync(join(folder, name), 0o600);
      }
      const ann = await owner(folder, '--passphrase-file', join(folder, 'right'));
      const bob = new Person(4702, folder);
      await ann.json('operator', 'add', 'bob', '--name', 'Bob', '--account', bob.login);
      const { fingerprint } = await bob.json('operator', 'enroll', '--unattended');
      const confirm = (file: string) =>
        ann.refusal(
          ...['operator', 'confirm', 'bob', '--fingerprint', String(fingerprint)],
          ...['--passphrase-file', join(folder, file)],
        );
      for (let attempt = 1; attempt <= 5; attempt += 1) {
        expect(await confirm('wrong'), `attempt ${attempt}`).toEqual([4, 'passphrase-wrong']);
      }
      expect(await confirm('right')).toEqual([4, 'key-locked']);
      const { entries } = (await ann.json('log', 'list', '--action', 'operator.passphrase')) as {
        entries: { outcome: string }[];
      };
      expect(entries.map(({ outcome }) => outcome)).toEqual(Array.from({ length: 5 }, () => 'refused'));
    });
  },
);

function quietusScript(): string {
  return join(commonProgram().folder, 'bin', 'quietus.js');
}
