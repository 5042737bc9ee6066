import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, chownSync, lstatSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createSigningKey, signText } from '../../src/crypto/index.js';
import {
  accountOf,
  currentAccount,
  groupNumber,
  isMember,
  isOperatorId,
  operatorOf,
  readOperatorKey,
  requireOperatorId,
  requirePassphraseLength,
  writeOperatorKey,
} from '../../src/operators/index.js';
import { openStore, type Store } from '../../src/store/index.js';
import { temporaryFolder } from '../temporary-folder.js';

describe('an operator id', () => {
  it.each(['jd', 'jdoe', 'j.doe-2', '0a', 'backup_job', 'a'.repeat(32)])('may be %s', (id) => {
    expect(requireOperatorId(id)).toBe(id);
  });

  it.each(['', 'j', 'JDoe', '.jdoe', '-x', 'j doe', 'j/doe', '../x', 'jdoé', 'jdoe\n', 'a'.repeat(33)])(
    'may not be %j',
    (id) => {
      expect(isOperatorId(id)).toBe(false);
      expect(() => requireOperatorId(id)).toThrow(
        expect.objectContaining({ code: 'operator-id-invalid', exitCode: 2 }),
      );
    },
  );
});

describe('a passphrase', () => {
  it('has at least 12 characters, whatever their bytes', () => {
    expect(requirePassphraseLength('twelve chars')).toBe('twelve chars');
    expect(requirePassphraseLength('日本語日本語日本語日本語')).toHaveLength(12);
    for (const short of ['', 'eleven char', '😀😀😀😀😀😀', 'e\u0301'.repeat(11)]) {
      expect(() => requirePassphraseLength(short)).toThrow(
        expect.objectContaining({
          code: 'passphrase-short',
          exitCode: 2,
          message: expect.stringContaining('12'),
        }),
      );
    }
  });

  it('is not repeated in the error', () => {
    expect(() => requirePassphraseLength('secret')).toThrow(
      expect.not.objectContaining({ message: expect.stringContaining('secret') }),
    );
  });
});

describe('the key of an operator', () => {
  it('is written for the owner only, with a public key that openssl takes as it is', async () => {
    const folder = temporaryFolder();
    const key = createSigningKey();
    await writeOperatorKey(folder, 'jdoe', key, null);
    expect(readdirSync(folder).toSorted()).toEqual(['jdoe.key.json', 'jdoe.pub.pem']);
    expect(lstatSync(join(folder, 'jdoe.key.json')).mode & 0o777).toBe(0o600);

    const statement = '{"plan":"p"}';
    const signature = signText(statement, await readOperatorKey(folder, 'jdoe').unlock(null));
    writeFileSync(join(folder, 'statement'), statement);
    writeFileSync(join(folder, 'signature.base64'), signature);
    // As a person would do it by hand.
    const script = `
      base64 -d signature.base64 > signature &&
      openssl pkeyutl -verify -pubin -inkey jdoe.pub.pem -rawin -in statement -sigfile signature`;
    expect(execFileSync('sh', ['-c', script], { cwd: folder }).toString()).toContain(
      'Signature Verified Successfully',
    );
    writeFileSync(join(folder, 'statement'), '{"plan":"q"}');
    expect(spawnSync('sh', ['-c', script], { cwd: folder }).status).not.toBe(0);
  });

  it('is never replaced', async () => {
    const folder = temporaryFolder();
    const first = createSigningKey();
    await writeOperatorKey(folder, 'jdoe', first, null);
    await expect(writeOperatorKey(folder, 'jdoe', createSigningKey(), null)).rejects.toMatchObject({
      code: 'EEXIST',
    });
    const kept = await readOperatorKey(folder, 'jdoe').unlock(null);
    const der = { type: 'pkcs8', format: 'der' } as const;
    expect(kept.export(der).equals(first.privateKey.export(der))).toBe(true);
  });

  it.each([0o640, 0o604, 0o660])('is refused while its file has the mode %o', async (mode) => {
    const folder = temporaryFolder();
    await writeOperatorKey(folder, 'jdoe', createSigningKey(), null);
    chmodSync(join(folder, 'jdoe.key.json'), mode);
    expect(() => readOperatorKey(folder, 'jdoe')).toThrow(
      expect.objectContaining({
        code: 'permissions-too-wide',
        exitCode: 4,
        hint: expect.stringContaining('chmod'),
      }),
    );
  });

  it.skipIf(process.getuid?.() !== 0)(
    'is refused where another account owns its file (needs root)',
    async () => {
      const folder = temporaryFolder();
      await writeOperatorKey(folder, 'jdoe', createSigningKey(), null);
      chownSync(join(folder, 'jdoe.key.json'), 4702, 4702);
      expect(() => readOperatorKey(folder, 'jdoe')).toThrow(
        expect.objectContaining({ code: 'file-of-another', exitCode: 4 }),
      );
    },
  );

  it('that is missing, a folder or damaged is named', async () => {
    const folder = temporaryFolder();
    expect(() => readOperatorKey(folder, 'jdoe')).toThrow(
      expect.objectContaining({ code: 'key-missing', exitCode: 2 }),
    );
    mkdirSync(join(folder, 'jdoe.key.json'));
    expect(() => readOperatorKey(folder, 'jdoe')).toThrow(expect.objectContaining({ code: 'key-missing' }));
    rmSync(join(folder, 'jdoe.key.json'), { recursive: true });
    writeFileSync(join(folder, 'jdoe.key.json'), '{"format":', { mode: 0o600 });
    expect(() => readOperatorKey(folder, 'jdoe')).toThrow(
      expect.objectContaining({ code: 'key-file-invalid', exitCode: 2 }),
    );
  });
});

describe('accounts and groups of the operating system', () => {
  const said = (...command: string[]) =>
    execFileSync(command[0] ?? '', command.slice(1), { encoding: 'utf8' }).trim();

  it.skipIf(process.platform !== 'linux')('have the numbers that id and getent give', async () => {
    expect(await accountOf('nobody')).toEqual({ name: 'nobody', uid: Number(said('id', '-u', 'nobody')) });
    expect(await groupNumber('daemon')).toBe(Number(said('getent', 'group', 'daemon').split(':')[2]));
    expect(await groupNumber('4700')).toBe(4700);
    const gid = Number(said('id', '-g', 'nobody'));
    expect(await isMember({ name: 'nobody', uid: 65534 }, gid)).toBe(true);
    expect(await isMember({ name: 'nobody', uid: 65534 }, 4700)).toBe(false);
  });

  it('without a name go by their number, and those with one do not', async () => {
    expect(await accountOf('uid-4711')).toEqual({ name: 'uid-4711', uid: 4711 });
    expect(await isMember({ name: 'uid-4711', uid: 4711 }, 0)).toBeNull();
    for (const login of ['uid-0', '', '-n', '--help', 'no-such-login', 'a b', '$(id)', '4711\n']) {
      await expect(accountOf(login), login).rejects.toMatchObject({ code: 'account-unknown', exitCode: 2 });
    }
    for (const group of ['', '-h', 'no-such-group', '4e3', '-1']) {
      await expect(groupNumber(group), group).rejects.toMatchObject({ code: 'group-unknown', exitCode: 2 });
    }
  });
});

describe('the operator of an account', () => {
  /** A store with one operator, bound to the account `jane` with number 1000. */
  async function withOperator(
    deactivatedAt: string | null,
    work: (store: Store) => Promise<void>,
  ): Promise<void> {
    const folder = temporaryFolder();
    const store = await openStore({ sqlite: join(folder, 'quietus.db') }, (name) => join(folder, name));
    try {
      await store.operators.insert({
        id: 'jdoe',
        name: 'Jane Doe',
        account: 'jane',
        accountUid: 1000,
        publicKey: createSigningKey().publicKey,
        createdAt: '2026-01-02T03:04:05.000Z',
        deactivatedAt,
      });
      await work(store);
    } finally {
      await store.close();
    }
  }

  it('is found by name and number together', async () => {
    await withOperator(null, async (store) => {
      expect(await operatorOf(store, { name: 'jane', uid: 1000 })).toMatchObject({ id: 'jdoe' });
      for (const account of [
        { name: 'jane', uid: 1001 },
        { name: 'john', uid: 1000 },
      ]) {
        await expect(operatorOf(store, account)).rejects.toMatchObject({
          code: 'operator-unknown',
          exitCode: 4,
        });
      }
    });
  });

  it('is none once the operator was deactivated (201 CMR 17.04(2)(b))', async () => {
    await withOperator('2026-02-03T04:05:06.000Z', async (store) => {
      await expect(operatorOf(store, { name: 'jane', uid: 1000 })).rejects.toMatchObject({
        code: 'operator-deactivated',
        exitCode: 4,
      });
    });
  });

  it('is asked of the operating system, not of the environment', () => {
    const before = { ...process.env };
    process.env.USER = 'mallory';
    process.env.LOGNAME = 'mallory';
    try {
      expect(currentAccount()).toEqual({ name: userInfo().username, uid: userInfo().uid });
      expect(currentAccount().name).not.toBe('mallory');
    } finally {
      process.env = before;
    }
  });
});
