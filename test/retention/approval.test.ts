import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { acceptClock } from '../../src/audit/index.js';
import { createSigningKey } from '../../src/crypto/index.js';
import type { Plan } from '../../src/model/index.js';
import { readOperatorKey } from '../../src/operators/index.js';
import {
  approvePlan,
  buildPlan,
  recordDestruction,
  runSweep,
  validApprovals,
} from '../../src/retention/index.js';
import { TestClock } from '../session/sample-workspace.js';
import { temporaryFolder } from '../temporary-folder.js';
import { enter, item, makeWorld, type World, writeRecord } from './sweep-world.js';

interface ApprovedWorld extends World {
  clock: TestClock;
  plan: Plan;
  file: string;
}

/** A plan with one file, approved on 2 March 2026 at ten o'clock in New York. */
async function approvedWorld(
  changes: { validDays?: number; medium?: 'file' | 'paper' } = {},
): Promise<ApprovedWorld> {
  const clock = new TestClock(new Date('2026-03-02T15:00:00.000Z'));
  const approvals = {
    minimum: 1 as const,
    plannerMayApprove: true,
    ...(changes.validDays === undefined ? {} : { validDays: changes.validDays }),
  };
  const made = await makeWorld(temporaryFolder(), { clock, approvals });
  onTestFinished(() => made.session.close());
  const file = writeRecord(join(made.records, 'a.csv'));
  const medium = changes.medium ?? 'file';
  await enter(made.session, [item('A', medium === 'file' ? file : 'Cabinet 4', { medium })]);
  const { plan } = await buildPlan(made.session);
  await approve(made, plan);
  return { ...made, clock, plan, file };
}

async function approve({ session }: World, plan: Plan): Promise<void> {
  const { id } = await session.operator();
  await approvePlan(session, plan.id, await readOperatorKey(session.paths.keys, id).unlock(null));
}

const run = ({ session, plan }: ApprovedWorld) => runSweep(session, plan.id, { acceptResidual: true });

describe('an approval', () => {
  // Thirty days after 2 March is 1 April; that day ends in New York at 04:00 UTC.
  it('counts to the end of its thirtieth day in the time zone of the organization', async () => {
    const made = await approvedWorld();
    made.clock.at = new Date('2026-04-02T03:59:59.999Z');
    expect(await run(made)).toMatchObject({ resumed: false });
    expect(existsSync(made.file)).toBe(false);
  });

  it('lapses after that: nothing is disposed of, and the error says what to do', async () => {
    const made = await approvedWorld();
    made.clock.at = new Date('2026-04-02T04:00:00.000Z');
    await expect(run(made)).rejects.toMatchObject({
      code: 'approval-lapsed',
      exitCode: 4,
      message: expect.stringContaining('2026-04-01'),
      hint: expect.stringContaining('quietus sweep plan'),
    });
    expect(existsSync(made.file)).toBe(true);
    expect(await made.session.store.runs.sweepOf(made.plan.id)).toBeUndefined();
    await expect(approve(made, made.plan)).rejects.toMatchObject({ code: 'approval-lapsed', exitCode: 4 });
    // The next step that it names leads there.
    const { plan } = await buildPlan(made.session);
    await approve(made, plan);
    await run({ ...made, plan });
    expect(existsSync(made.file)).toBe(false);
  });

  it.each([
    [1, '2026-03-04T04:59:59.000Z', '2026-03-04T05:00:00.000Z'],
    [365, '2027-03-03T04:59:59.000Z', '2027-03-03T05:00:00.000Z'],
  ])('counts for %i days where quietus.yaml says so', async (validDays, last, first) => {
    const made = await approvedWorld({ validDays });
    const { session, plan, clock } = made;
    clock.at = new Date(last);
    expect(await validApprovals(session, session.store, plan)).toHaveLength(1);
    clock.at = new Date(first);
    expect(await validApprovals(session, session.store, plan)).toEqual([]);
  });

  it('that has lapsed does not count for a run that somebody wrote into the database', async () => {
    const made = await approvedWorld();
    made.clock.at = new Date('2026-04-02T04:00:00.000Z');
    const { session } = made;
    execFileSync('sqlite3', [
      session.paths.database,
      `insert into runs select 'run-x', id, 'sweep', created_at, planned_by, null, 1 from plans`,
    ]);
    await expect(run(made)).rejects.toMatchObject({ code: 'run-changed', exitCode: 5 });
    expect(existsSync(made.file)).toBe(true);
    expect(await session.store.disposals.ofRun('run-x')).toEqual([]);
  });

  it.each([
    ['another operator began it', "started_by = 'asmith'"],
    ['it began earlier', "started_at = '2026-03-02T14:00:00.000Z'"],
    ['residual copies were accepted', 'accept_residual = 0'],
    ['it has ended', "finished_at = '2026-03-02T15:00:00.000Z'"],
  ])('lets no run be continued of which the database says that %s', async (_, change) => {
    const made = await approvedWorld();
    const { session, plan } = made;
    const stop = new AbortController();
    const observe = ({ step }: { step: string }) => step === 'run-begun' && stop.abort();
    const options = { acceptResidual: true, signal: stop.signal, observe };
    await expect(runSweep(session, plan.id, options)).rejects.toMatchObject({ code: 'interrupted' });
    execFileSync('sqlite3', [session.paths.database, `update runs set ${change}`]);
    await expect(run(made)).rejects.toMatchObject({ code: 'run-changed', exitCode: 5 });
    expect(existsSync(made.file)).toBe(true);
    expect(await session.store.certificates.list()).toEqual([]);
  });

  it.each([
    ['was taken out of the database', 'delete from approvals', { code: 'approval-missing', exitCode: 4 }],
    [
      'is now that of somebody whom the log does not tell of',
      "update approvals set operator_id = 'asmith'; insert into operators select 'asmith', name, 'asmith', 1, public_key, created_at, deactivated_at from operators",
      { exitCode: 5 },
    ],
  ])('lets no run be continued once it %s', async (_, sql, failure) => {
    const made = await approvedWorld();
    const { session, plan } = made;
    const stop = new AbortController();
    const observe = ({ step }: { step: string }) => step === 'run-begun' && stop.abort();
    const options = { acceptResidual: true, signal: stop.signal, observe };
    await expect(runSweep(session, plan.id, options)).rejects.toMatchObject({ code: 'interrupted' });
    execFileSync('sqlite3', [session.paths.database, sql]);
    await expect(run(made)).rejects.toMatchObject(failure);
    expect(existsSync(made.file)).toBe(true);
  });

  it('that was in force when the run began lets it be continued, and stays on its certificate', async () => {
    const made = await approvedWorld();
    const { session, plan, clock } = made;
    const stop = new AbortController();
    const observe = () => stop.abort();
    await expect(
      runSweep(session, plan.id, { acceptResidual: true, signal: stop.signal, observe }),
    ).rejects.toMatchObject({ code: 'interrupted' });
    expect(existsSync(made.file)).toBe(true);
    clock.at = new Date('2026-12-24T15:00:00.000Z');
    const operatorKey = await readOperatorKey(session.paths.keys, 'jdoe').unlock(null);
    await acceptClock(session, { day: session.today(), reason: 'Nobody was here', operatorKey });
    const { certificate, resumed } = await run(made);
    expect(resumed).toBe(true);
    expect(existsSync(made.file)).toBe(false);
    const document = readFileSync(
      join(session.paths.certificates, `certificate-${certificate?.number}.json`),
      'utf8',
    );
    expect(JSON.parse(document).approvals).toMatchObject([{ approved_at: '2026-03-02T15:00:00.000Z' }]);
  });

  it('covers a destruction of paper that was done in time and written down later, and no later one', async () => {
    const made = await approvedWorld({ medium: 'paper' });
    const { session, plan, clock } = made;
    clock.at = new Date('2026-04-20T15:00:00.000Z');
    const statement = {
      method: 'shredded',
      performedBy: 'A. Clerk',
      witness: null,
      vendor: null,
      reference: null,
    };
    const record = (performedOn: string) =>
      recordDestruction(session, {
        planId: plan.id,
        itemIds: ['A'],
        statement: { ...statement, performedOn } as never,
      });
    await expect(record('2026-04-02')).rejects.toMatchObject({ code: 'approval-lapsed', exitCode: 4 });
    const { certificate } = await record('2026-04-01');
    expect(certificate).not.toBeNull();
  });

  it('with another date than the one that was signed is forged', async () => {
    const made = await approvedWorld();
    const { session, plan, root, clock } = made;
    await session.close();
    // A later date would make the approval live longer.
    const sql = "update approvals set approved_at = '2026-05-15T00:00:00.000Z'";
    execFileSync('node', [
      '-e',
      `new (require('sqlite3').Database)(${JSON.stringify(join(root, 'quietus.db'))}).exec(${JSON.stringify(sql)})`,
    ]);
    clock.at = new Date('2026-05-16T00:00:00.000Z');
    const { openSession } = await import('../../src/session/index.js');
    const later = await openSession({ paths: session.paths, command: 'test', clock });
    onTestFinished(() => later.close());
    await expect(runSweep(later, plan.id)).rejects.toMatchObject({ code: 'approval-forged', exitCode: 5 });
    expect(existsSync(made.file)).toBe(true);
  });

  it('with a clock that was set back behind it does not count', async () => {
    const made = await approvedWorld();
    made.clock.at = new Date('2026-03-02T14:59:59.000Z');
    await expect(run(made)).rejects.toMatchObject({
      code: 'approval-missing',
      message: expect.stringContaining('clock'),
    });
  });

  it('by a key that somebody wrote into the database stops the run', async () => {
    const made = await approvedWorld();
    const { session, plan } = made;
    const { privateKey, publicKey } = createSigningKey();
    const intruder = {
      id: 'mallory',
      name: 'Mallory',
      account: 'mallory',
      accountUid: 4799,
      publicKey,
      createdAt: '2026-03-02T15:00:00.000Z',
      deactivatedAt: null,
    };
    await session.store.operators.insert(intruder);
    const { openSession } = await import('../../src/session/index.js');
    const theirs = await openSession({
      paths: session.paths,
      command: 'test',
      clock: made.clock,
      account: { name: 'mallory', uid: 4799 },
    });
    onTestFinished(() => theirs.close());
    await approvePlan(theirs, plan.id, privateKey);
    await expect(run(made)).rejects.toMatchObject({ code: 'operator-unproven', exitCode: 5 });
    expect(existsSync(made.file)).toBe(true);
  });

  it('can be checked years later with the commands of docs/approvals.md, without this program', async () => {
    const made = await approvedWorld();
    const { certificate } = await run(made);
    const { session } = made;
    const folder = temporaryFolder();
    const text = readFileSync('docs/approvals.md', 'utf8');
    const block = /<!-- checked by a test -->\n+```sh\n([\s\S]*?)```/.exec(text)?.[1] ?? 'false';
    const script = block
      .replaceAll(
        'certificate-2026-0001.json',
        join(session.paths.certificates, `certificate-${certificate?.number}.json`),
      )
      .replaceAll('keys/jdoe.pub.pem', join(session.paths.keys, 'jdoe.pub.pem'));
    writeFileSync(join(folder, 'check.sh'), script);
    expect(execFileSync('sh', ['-e', 'check.sh'], { cwd: folder, encoding: 'utf8' })).toContain(
      'Signature Verified Successfully',
    );
  });
});
