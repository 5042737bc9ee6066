import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  exportBundle,
  issueCertificate,
  listCertificates,
  registerAsCsv,
  reissueCertificate,
  voidCertificate,
} from '../../src/certificate/index.js';
import { requireStateAsLogged } from '../../src/retention/index.js';
import type { Session } from '../../src/session/index.js';
import { sampleSession, TestClock } from '../session/sample-workspace.js';
import { temporaryFolder } from '../temporary-folder.js';
import { recordRun } from './certified-run.js';

/** Three certificates, the second void, the third replaced by a fourth. */
async function register(): Promise<Session> {
  const session = await sampleSession({ clock: new TestClock(new Date('2026-03-02T12:00:00Z')) });
  for (const run of ['run-1', 'run-2', 'run-3'])
    await issueCertificate(session, await recordRun(session, run));
  await voidCertificate(session, '2026-0002', 'Names the wrong box');
  await reissueCertificate(session, '2026-0003');
  return session;
}

describe('the register of certificates', () => {
  it('is that of which the log tells', async () => {
    const states = (await listCertificates(await register())).map((each) => [
      each.void !== null,
      each.replacedBy,
    ]);
    expect(states).toEqual([
      [false, null],
      [true, null],
      [false, '2026-0004'],
      [false, null],
    ]);
  });

  it.each([
    ['a void is taken back', 'delete from certificate_voids', '2026-0002'],
    ['a void is of another one', "update certificate_voids set number = '2026-0001'", '2026-0002'],
    ['its reason differs', "update certificate_voids set reason = 'x'", '2026-0002'],
    [
      'the replacement is of another one',
      "update certificates set replaces = '2026-0001' where number = '2026-0004'",
      '2026-0004',
    ],
    ['it certifies more', "update certificates set items = 99 where number = '2026-0001'", '2026-0001'],
    [
      'somebody else issued it',
      "update certificates set issued_by = 'x' where number = '2026-0001'",
      '2026-0001',
    ],
    [
      'one was added',
      "create temp table t as select * from certificates where number = '2026-0001'; update t set number = '2026-0005', sequence = 5, subject_id = 'x', log_seq = 999; insert into certificates select * from t",
      '2026-0005',
    ],
    [
      'one has another number',
      "update certificates set number = '2026-0005', sequence = 5 where number = '2026-0001'",
      '2026-0001',
    ],
    ['one is of another year', "update certificates set year = 2025 where number = '2026-0001'", '2026-0001'],
    [
      'one was issued on another day',
      "update certificates set issued_at = '2025-03-02T12:00:00.000Z' where number = '2026-0001'",
      '2026-0001',
    ],
    [
      'one is of another run',
      "update certificates set subject_id = 'run-9' where number = '2026-0001'",
      '2026-0001',
    ],
    [
      'one is of a device',
      "update certificates set subject_kind = 'device' where number = '2026-0001'",
      '2026-0001',
    ],
    [
      'a void is of another day',
      "update certificate_voids set voided_at = '2026-05-02T12:00:00.000Z'",
      '2026-0002',
    ],
  ])('is not shown, added up or vouched for where %s', async (_, sql, number) => {
    const session = await register();
    execFileSync('sqlite3', [session.paths.database], {
      input: `.timeout 5000\n.bail on\npragma foreign_keys = off; ${sql};`,
    });
    const bundle = join(temporaryFolder(), 'bundle.zip');
    const refusal = { code: 'register-changed', exitCode: 5, message: expect.stringContaining(number) };
    await expect(listCertificates(session)).rejects.toMatchObject(refusal);
    await expect(registerAsCsv(session, 2026)).rejects.toMatchObject(refusal);
    await expect(exportBundle(session, '2026-0004', bundle, { force: false })).rejects.toMatchObject({
      exitCode: 5,
    });
    await expect(requireStateAsLogged(session)).rejects.toMatchObject({ exitCode: 5 });
  });
});
