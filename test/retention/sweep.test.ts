import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { sha256 } from '../../src/crypto/index.js';
import { BATCH } from '../../src/disposal/index.js';
import type { CalendarDate, Outcome, Plan } from '../../src/model/index.js';
import { readOperatorKey } from '../../src/operators/index.js';
import {
  approvePlan,
  buildPlan,
  recordDestruction,
  runSweep,
  verifiedPlan,
} from '../../src/retention/index.js';
import { importSchedule } from '../../src/schedule/index.js';
import { temporaryFolder } from '../temporary-folder.js';
import { enter, item, makeWorld, SCHEDULE, type World, writeRecord } from './sweep-world.js';

async function world(changes: Parameters<typeof makeWorld>[1] = {}): Promise<World> {
  const made = await makeWorld(temporaryFolder(), changes);
  onTestFinished(() => made.session.close());
  return made;
}

async function approve({ session }: World, plan: Plan): Promise<void> {
  const operator = await session.operator();
  await approvePlan(session, plan.id, await readOperatorKey(session.paths.keys, operator.id).unlock(null));
}

async function planAndApprove(made: World): Promise<Plan> {
  const { plan } = await buildPlan(made.session);
  await approve(made, plan);
  return plan;
}

async function outcomesOf(made: World, plan: Plan): Promise<Record<string, Outcome | null>> {
  const result = await runSweep(made.session, plan.id, { acceptResidual: true });
  return Object.fromEntries(result.disposals.map(({ itemId, outcome }) => [itemId, outcome]));
}

const DESTROYED = /^overwritten-(verified|residual)$/;

describe('planning', () => {
  it('decides each item with its reason, and freezes it under a digest that sha256sum gives too', async () => {
    const made = await world();
    const { session, records } = made;
    const file = writeRecord(join(records, 'due.csv'));
    await enter(session, [
      item('DUE', file),
      item('LATER', join(records, 'later.csv'), { closed: '2025-06-30' as CalendarDate }),
      item('NODATE', join(records, 'nodate.csv'), { closed: null }),
      item('REVIEW', join(records, 'review.csv'), { recordClass: 'reviewed' }),
    ]);
    const { plan, items } = await buildPlan(session);
    expect(Object.fromEntries(items.map((each) => [each.itemId, [each.decision, each.reason]]))).toEqual({
      DUE: ['dispose', 'due'],
      NODATE: ['defect', 'trigger-date-missing'],
      REVIEW: ['keep', 'awaits-review'],
    });
    expect(plan.counts).toEqual({ dispose: 1, keep: 2, held: 0, defect: 1 });
    const exported: string[] = [];
    for await (const line of (await verifiedPlan(session, plan.id)).lines()) exported.push(`${line}\n`);
    const sum = execFileSync('sha256sum', { input: exported.join(''), encoding: 'utf8' }).split(' ')[0];
    expect(sum).toBe(plan.sha256);
  });

  it('keeps an item until the end of the last day of its period', async () => {
    // Closed 2023-03-02, kept for three years: up to and including 2026-03-02, which is today in the test's clock.
    const made = await world();
    const file = writeRecord(join(made.records, 'edge.csv'));
    await enter(made.session, [item('EDGE', file, { closed: '2023-03-02' as CalendarDate })]);
    expect((await buildPlan(made.session)).plan.counts.dispose).toBe(0);
    const tomorrow = await buildPlan(made.session, { asOf: '2026-03-03' as CalendarDate });
    expect(tomorrow.plan.counts.dispose).toBe(1);
    await approve(made, tomorrow.plan);
    await expect(runSweep(made.session, tomorrow.plan.id)).rejects.toMatchObject({
      code: 'plan-in-future',
      exitCode: 4,
    });
    expect(existsSync(file)).toBe(true);
  });

  it('refuses a plan above a limit and says the number to allow', async () => {
    const made = await world({ limits: { maxItems: 2, maxClassPercent: 100 } });
    const items = ['A', 'B', 'C'].map((id) => item(id, writeRecord(join(made.records, id))));
    await enter(made.session, items);
    await expect(buildPlan(made.session)).rejects.toMatchObject({ code: 'limit-reached', exitCode: 4 });
    await expect(buildPlan(made.session, { limit: 2 })).rejects.toMatchObject({ code: 'limit-reached' });
    expect((await buildPlan(made.session, { limit: 3 })).plan.counts.dispose).toBe(3);
    expect(await made.session.store.plans.list()).toHaveLength(1);
  });

  it('refuses more than a fifth of a record class', async () => {
    const made = await world({ limits: { maxItems: 1000, maxClassPercent: 20 } });
    const kept = Array.from({ length: 7 }, (_, index) =>
      item(`KEEP-${index}`, join(made.records, `k${index}`), { closed: '2026-01-31' as CalendarDate }),
    );
    await enter(made.session, [...kept, item('A', writeRecord(join(made.records, 'a')))]);
    expect((await buildPlan(made.session)).plan.counts.dispose).toBe(1);
    await enter(made.session, [item('B', writeRecord(join(made.records, 'b')))]);
    await expect(buildPlan(made.session)).rejects.toMatchObject({ code: 'limit-reached' });
  });

  it('counts an item in each of its classes', async () => {
    const made = await world({ limits: { maxItems: 1000, maxClassPercent: 20 } });
    const tax = SCHEDULE.slice(SCHEDULE.indexOf('  payroll:'), SCHEDULE.indexOf('  reviewed:'));
    await importSchedule(made.session, {
      text: `${SCHEDULE}${tax.replace('payroll:', 'tax:').replace('title: Payroll', 'title: Tax')}`,
      fileName: 'schedule.yaml',
    });
    const kept = Array.from({ length: 9 }, (_, index) =>
      item(`KEEP-${index}`, join(made.records, `k${index}`), { closed: '2026-01-31' as CalendarDate }),
    );
    const both = item('A', writeRecord(join(made.records, 'a')), { otherClasses: ['tax'] });
    await enter(made.session, [...kept, both]);
    // One of ten of payroll, and the only one of tax.
    await expect(buildPlan(made.session)).rejects.toMatchObject({
      code: 'limit-reached',
      message: expect.stringContaining('1 of 1 in tax') as string,
    });
  });

  it('stops at an empty inventory and without a schedule', async () => {
    const made = await world();
    await expect(buildPlan(made.session)).rejects.toMatchObject({ code: 'inventory-empty', exitCode: 2 });
  });

  it('lists as a defect what is not there, is a link, has a second name, or is the workspace itself', async () => {
    const made = await world();
    const { records, session, root } = made;
    const two = writeRecord(join(records, 'two'));
    linkSync(two, join(records, 'two-again'));
    // To a file that no other item is: else that one is kept for the sake of the link's item.
    symlinkSync(writeRecord(join(records, 'linked')), join(records, 'link'));
    await enter(session, [
      item('ABSENT', join(records, 'absent')),
      item('LINK', join(records, 'link')),
      item('TWO', two),
      item('KEYS', join(root, 'keys'), { medium: 'folder' }),
    ]);
    const { plan, items } = await buildPlan(session);
    expect(plan.counts).toMatchObject({ dispose: 0, defect: 4 });
    expect(items.every((each) => each.decision === 'defect')).toBe(true);
  });

  it('keeps a due folder that holds an item which is not due', async () => {
    const made = await world();
    const folder = join(made.records, 'box');
    mkdirSync(folder);
    const inner = writeRecord(join(folder, 'young.csv'));
    await enter(made.session, [
      item('BOX', folder, { medium: 'folder' }),
      item('YOUNG', inner, { closed: '2026-01-31' as CalendarDate }),
    ]);
    const { items } = await buildPlan(made.session);
    expect(items).toMatchObject([{ itemId: 'BOX', decision: 'keep', reason: 'contains-kept-item' }]);
  });
});

describe('approval', () => {
  it('is a signature that openssl verifies with the operator public key', async () => {
    const made = await world();
    await enter(made.session, [item('A', writeRecord(join(made.records, 'a')))]);
    const plan = await planAndApprove(made);
    const [approval] = await made.session.store.plans.approvals(plan.id);
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'statement'), approval?.statement ?? '');
    writeFileSync(join(folder, 'signature'), Buffer.from(approval?.signature ?? '', 'base64'));
    const key = join(made.session.paths.keys, 'jdoe.pub.pem');
    const said = execFileSync(
      'openssl',
      ['pkeyutl', '-verify', '-pubin', '-inkey', key, '-rawin', '-in', 'statement', '-sigfile', 'signature'],
      { cwd: folder, encoding: 'utf8' },
    );
    expect(said).toContain('Signature Verified Successfully');
    expect(JSON.parse(approval?.statement ?? '')).toMatchObject({
      plan: plan.id,
      plan_sha256: plan.sha256,
      operator: 'jdoe',
    });
  });

  it('is needed, once by each person, and not by the planner where the workspace says so', async () => {
    const made = await world({ approvals: { minimum: 1, plannerMayApprove: false } });
    const file = writeRecord(join(made.records, 'a'));
    await enter(made.session, [item('A', file)]);
    const { plan } = await buildPlan(made.session);
    await expect(runSweep(made.session, plan.id)).rejects.toMatchObject({
      code: 'approval-missing',
      exitCode: 4,
    });
    await expect(approve(made, plan)).rejects.toMatchObject({ code: 'approval-by-planner', exitCode: 4 });
    expect(existsSync(file)).toBe(true);
  });

  it('that nobody signed stops the run', async () => {
    const made = await world();
    const file = writeRecord(join(made.records, 'a'));
    await enter(made.session, [item('A', file)]);
    const { plan } = await buildPlan(made.session);
    await made.session.store.plans.insertApproval({
      planId: plan.id,
      operatorId: 'jdoe',
      approvedAt: '2026-03-02T15:00:00.000Z',
      statement: JSON.stringify({ plan: plan.id, plan_sha256: plan.sha256 }),
      signature: Buffer.alloc(64).toString('base64'),
    });
    await expect(runSweep(made.session, plan.id)).rejects.toMatchObject({
      code: 'approval-forged',
      exitCode: 5,
    });
    expect(existsSync(file)).toBe(true);
  });
});

describe('a run', () => {
  it('does less than the plan where something changed since, and never more', async () => {
    const made = await world();
    const { records, session } = made;
    const path = (id: string) => writeRecord(join(records, id));
    const ids = ['PLAIN', 'EDITED', 'VANISHED', 'REPLACED', 'HELD', 'CORRECTED'];
    await enter(
      session,
      ids.map((id) => item(id, path(id))),
    );
    const plan = await planAndApprove(made);
    appendFileSync(join(records, 'EDITED'), 'one more line');
    rmSync(join(records, 'VANISHED'));
    writeRecord(join(records, 'new'));
    renameSync(join(records, 'new'), join(records, 'REPLACED'));
    await session.store.transaction(async (transaction) => {
      await transaction.holds.insert({
        id: 'H-1',
        matter: 'Doe v. Roe',
        reason: null,
        scopes: [{ kind: 'item', value: 'HELD' }],
        placedAt: '2026-03-02T16:00:00.000Z',
        placedBy: 'jdoe',
        releasedAt: null,
        releasedBy: null,
        releaseReason: null,
        coolingOffUntil: null,
      });
      const corrected = await transaction.items.get('CORRECTED');
      if (corrected) await transaction.items.update({ ...corrected, notes: 'counted again' }, corrected.due);
    });
    const outcomes = await outcomesOf(made, plan);
    expect(outcomes.PLAIN).toMatch(DESTROYED);
    expect(outcomes).toMatchObject({
      EDITED: 'refused',
      VANISHED: 'already-gone',
      REPLACED: 'refused',
      HELD: 'refused',
      CORRECTED: 'refused',
    });
    for (const id of ['EDITED', 'REPLACED', 'HELD', 'CORRECTED']) {
      expect(readFileSync(join(records, id), 'utf8'), id).toContain('PLAINTEXT');
    }
    expect(existsSync(join(records, 'PLAIN'))).toBe(false);
    expect(await session.store.items.count({ state: 'active' })).toBe(5);
  });

  it('leaves everything where the rule was changed after the plan', async () => {
    const made = await world();
    const file = writeRecord(join(made.records, 'a'));
    await enter(made.session, [item('A', file)]);
    const plan = await planAndApprove(made);
    const longer = SCHEDULE.replace('for: P3Y', 'for: P4Y');
    await importSchedule(made.session, { text: longer, fileName: 'schedule.yaml' });
    expect(await outcomesOf(made, plan)).toEqual({ A: 'refused' });
    expect(existsSync(file)).toBe(true);
    expect(await made.session.store.certificates.list()).toEqual([]);
  });

  it('destroys nothing that somebody puts into the plan while it runs', async () => {
    const made = await world();
    await enter(made.session, [item('A', writeRecord(join(made.records, 'a')))]);
    const approved = await planAndApprove(made);
    const file = writeRecord(join(made.records, 'z'));
    await enter(made.session, [item('Z', file)]);
    const { plan: other } = await buildPlan(made.session);
    const observe = ({ step }: { step: string }) => {
      if (step !== 'run-begun') return;
      execFileSync('sqlite3', [
        made.session.paths.database,
        `insert into plan_items select '${approved.id}', 1000, item_id, decision, line from plan_items
          where plan_id = '${other.id}' and item_id = 'Z'`,
      ]);
    };
    await expect(
      runSweep(made.session, approved.id, { acceptResidual: true, observe }),
    ).rejects.toMatchObject({ code: 'plan-changed', exitCode: 5 });
    expect(existsSync(file)).toBe(true);
  });

  it('refuses a plan whose lines somebody changed in the database', async () => {
    const made = await world();
    const file = writeRecord(join(made.records, 'a'));
    await enter(made.session, [item('A', file)]);
    const plan = await planAndApprove(made);
    const line = (await made.session.store.plans.lines(plan.id, -1, 1))[0]?.line ?? '';
    const other = line.replace('"A"', '"B"');
    expect(other).not.toBe(line);
    execFileSync('sqlite3', [
      made.session.paths.database,
      `update plan_items set line = '${other.replaceAll("'", "''")}' where plan_id = '${plan.id}'`,
    ]);
    await expect(runSweep(made.session, plan.id)).rejects.toMatchObject({
      code: 'plan-changed',
      exitCode: 5,
    });
    expect(existsSync(file)).toBe(true);
  });

  it('is done once: a finished plan cannot be run again', async () => {
    const made = await world();
    await enter(made.session, [item('A', writeRecord(join(made.records, 'a')))]);
    const plan = await planAndApprove(made);
    await outcomesOf(made, plan);
    await expect(runSweep(made.session, plan.id)).rejects.toMatchObject({
      code: 'plan-finished',
      exitCode: 2,
    });
  });

  it('stops cleanly at a signal and goes on later', async () => {
    const made = await world();
    const ids = Array.from({ length: BATCH + 2 }, (_, index) => `F${String(index).padStart(3, '0')}`);
    await enter(
      made.session,
      ids.map((id) => item(id, writeRecord(join(made.records, id), 500))),
    );
    const plan = await planAndApprove(made);
    const stop = new AbortController();
    let finished = 0;
    const first = runSweep(made.session, plan.id, {
      acceptResidual: true,
      signal: stop.signal,
      observe: ({ step }) => {
        if (step === 'finished') finished += 1;
        if (step === 'unlinked') stop.abort();
      },
    });
    await expect(first).rejects.toMatchObject({ code: 'interrupted', exitCode: 130 });
    expect(finished).toBeGreaterThan(0);
    expect(finished).toBeLessThan(ids.length);
    const outcomes = await outcomesOf(made, plan);
    expect(Object.keys(outcomes)).toHaveLength(ids.length);
    for (const outcome of Object.values(outcomes)) expect(outcome).toMatch(DESTROYED);
    expect((await made.session.store.certificates.list())[0]?.items).toBe(ids.length);
  });

  it('keeps names of files and titles out of the log', async () => {
    const made = await world();
    await enter(made.session, [item('A', writeRecord(join(made.records, 'John-Smith-078-05-1120.csv')))]);
    expect((await outcomesOf(made, await planAndApprove(made))).A).toMatch(DESTROYED);
    const log = (await made.session.store.log.page(0, 1000)).map(({ entry }) => entry).join('\n');
    expect(log).not.toMatch(/Smith|Title of|records/);
    expect(log).toContain(
      sha256(readFileSync(join(made.session.paths.certificates, 'certificate-2026-0001.pdf'))),
    );
  });
});

describe('what people destroy', () => {
  it('waits in the run and is certified from a statement, with the words of c. 93I section 2', async () => {
    const made = await world();
    await enter(made.session, [item('BOX', 'Basement, shelf 4', { medium: 'paper' })]);
    const plan = await planAndApprove(made);
    const run = await runSweep(made.session, plan.id);
    expect(run).toMatchObject({ waiting: ['BOX'], certificate: null });
    const statement = {
      performedBy: 'A. Clerk',
      performedOn: '2026-03-02' as CalendarDate,
      witness: null,
      vendor: null,
      reference: null,
    };
    const request = { planId: plan.id, itemIds: ['BOX'] };
    await expect(
      recordDestruction(made.session, { ...request, statement: { ...statement, method: 'erased' } }),
    ).rejects.toMatchObject({ code: 'method-not-allowed' });
    const { certificate } = await recordDestruction(made.session, {
      ...request,
      statement: { ...statement, method: 'shredded' },
    });
    expect(certificate).toMatchObject({ number: '2026-0001', items: 1 });
    await expect(
      recordDestruction(made.session, { ...request, statement: { ...statement, method: 'shredded' } }),
    ).rejects.toMatchObject({ exitCode: 4 });
  });
});
