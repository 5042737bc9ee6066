import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parseLogEntry, verifyLog } from '../../src/audit/index.js';
import type { CalendarDate } from '../../src/model/index.js';
import { buildPlan, placeHold, runSweep, SweepQuota } from '../../src/retention/index.js';
import { openSession } from '../../src/session/index.js';
import { exitCodeOf, runSummary, sweepUnattended } from '../../src/unattended/index.js';
import { takeRunLock } from '../../src/workspace/index.js';
import { enter, item } from '../retention/sweep-world.js';
import { type AutoWorld, approve, autoWorld, enterFiles } from './auto-world.js';

const DAY = 86_400_000;

function sweep({ session }: AutoWorld, options: Parameters<typeof sweepUnattended>[1] = {}) {
  return sweepUnattended(session, { acceptResidual: true, ...options });
}

function later(made: AutoWorld, days: number): void {
  made.clock.at = new Date(made.clock.at.getTime() + days * DAY);
}

async function actions({ session }: AutoWorld): Promise<string[]> {
  const records = await session.store.log.page(0, 1000);
  return records.map(({ entry }) => {
    const parsed = parseLogEntry(entry);
    return `${parsed?.action} ${parsed?.outcome}`;
  });
}

describe('a sweep without a person', () => {
  it('runs what nobody must approve, leaves the rest as one plan, and runs that once it is approved', async () => {
    const made = await autoWorld();
    const [draft = ''] = await enterFiles(made, 'drafts', ['D-1']);
    const [payroll = ''] = await enterFiles(made, 'payroll', ['P-1']);

    const first = await sweep(made);
    expect(first.failure).toBeNull();
    expect([existsSync(draft), existsSync(payroll)]).toEqual([false, true]);
    expect(first.runs).toHaveLength(1);
    expect(first.runs[0]?.certificate).toBe('2026-0001');
    expect(first.waitingPlan).toMatchObject({ items: 1, approvals: 'missing', stored: 'new' });
    expect(exitCodeOf(first)).toBe(6);

    later(made, 1);
    const second = await sweep(made);
    expect(second.runs).toEqual([]);
    expect(second.waitingPlan).toMatchObject({ id: first.waitingPlan?.id, stored: 'before' });
    expect(await made.session.store.plans.list()).toHaveLength(2);

    later(made, 1);
    await approve(made, first.waitingPlan?.id ?? '');
    const third = await sweep(made);
    expect(existsSync(payroll)).toBe(false);
    expect(third.runs.map(({ plan }) => plan)).toEqual([first.waitingPlan?.id]);
    expect(third.waitingPlan).toBeNull();
    expect(third.failure).toBeNull();
    expect(exitCodeOf(third)).toBe(0);
    expect((await verifyLog(made.session.store)).problem).toBeNull();
  });

  it('makes a new plan where an approval of the waiting one has lapsed', async () => {
    const made = await autoWorld();
    const [payroll = ''] = await enterFiles(made, 'payroll', ['P-1']);
    const first = await sweep(made);
    await approve(made, first.waitingPlan?.id ?? '');
    // Thirty days, and the one after.
    later(made, 31);
    const second = await sweep(made);
    expect(existsSync(payroll)).toBe(true);
    expect(second.waitingPlan).toMatchObject({ approvals: 'missing', stored: 'new' });
    await approve(made, second.waitingPlan?.id ?? '');
    await sweep(made);
    expect(existsSync(payroll)).toBe(false);
  });

  it('takes no plan of people for its own, and none that needed less approval than now', async () => {
    const made = await autoWorld();
    const [draft = ''] = await enterFiles(made, 'drafts', ['D-1']);
    const { plan: ahead } = await buildPlan(made.session, { asOf: '2026-06-01' as CalendarDate });
    const settings = readFileSync(made.session.paths.settings, 'utf8');
    writeFileSync(made.session.paths.settings, settings.replace('minimum: 0', 'minimum: 1'));
    const strict = await openSession({
      paths: made.session.paths,
      command: 'sweep auto',
      clock: made.clock,
    });
    onTestFinished(() => strict.close());
    const waiting = await sweepUnattended(strict, { acceptResidual: true });
    expect(waiting.waitingPlan).toMatchObject({ approvals: 'missing', stored: 'new' });
    expect(waiting.waitingPlan?.id).not.toBe(ahead.id);
    expect(existsSync(draft)).toBe(true);
    // Back to no approval: the plan that waits for one is not run, but one of its own.
    writeFileSync(made.session.paths.settings, settings);
    const report = await sweep(made);
    expect(report.failure).toBeNull();
    expect(existsSync(draft)).toBe(false);
  });

  it('runs nothing by itself where the workspace asks for an approval', async () => {
    const made = await autoWorld({ approvals: { minimum: 1, plannerMayApprove: true } });
    const [draft = ''] = await enterFiles(made, 'drafts', ['D-1']);
    const report = await sweep(made);
    expect(existsSync(draft)).toBe(true);
    expect(report.runs).toEqual([]);
    expect(exitCodeOf(report)).toBe(6);
  });

  it('leaves paper, reviews and defects to people, and stores no plan about them twice', async () => {
    const made = await autoWorld();
    await enter(made.session, [
      item('BOX', 'Basement, shelf 4', { recordClass: 'drafts', medium: 'paper' }),
      item('REVIEW', join(made.records, 'r'), { recordClass: 'reviewed' }),
      item('NODATE', join(made.records, 'n'), { closed: null }),
    ]);
    const first = await sweep(made);
    expect(first).toMatchObject({ runs: [], byHand: 1, reviews: 1, defects: 1, failure: null });
    expect(first.waitingPlan).toMatchObject({ items: 1, approvals: 'given', stored: 'new' });
    expect(exitCodeOf(first)).toBe(6);
    await runSweep(made.session, first.waitingPlan?.id ?? '');
    later(made, 1);
    expect((await sweep(made)).waitingPlan).toMatchObject({ id: first.waitingPlan?.id, stored: 'before' });
    expect(await made.session.store.plans.list()).toHaveLength(1);
  });

  it('is refused at a limit, logs that, and destroys nothing', async () => {
    const made = await autoWorld({ limits: { maxItems: 1, maxClassPercent: 100 } });
    const paths = await enterFiles(made, 'drafts', ['D-1', 'D-2']);
    const report = await sweep(made);
    expect(report.failure).toMatchObject({ code: 'limit-reached', exitCode: 4 });
    expect(exitCodeOf(report)).toBe(4);
    expect(paths.every((path) => existsSync(path))).toBe(true);
    expect((await actions(made)).at(-1)).toBe('sweep.auto refused');
    expect(await made.session.store.plans.list()).toEqual([]);
  });

  it('refuses a clock that was set back, or far ahead, before anything and without an entry', async () => {
    const made = await autoWorld();
    const [draft = ''] = await enterFiles(made, 'drafts', ['D-1']);
    const entries = (await actions(made)).length;
    later(made, -1);
    expect(await sweep(made)).toMatchObject({ failure: { code: 'clock-backwards', exitCode: 4 }, runs: [] });
    later(made, 1 + 400);
    expect(await sweep(made)).toMatchObject({ failure: { code: 'clock-jump', exitCode: 4 }, runs: [] });
    expect(existsSync(draft)).toBe(true);
    expect(await actions(made)).toHaveLength(entries);
    later(made, -400);
    expect(exitCodeOf(await sweep(made))).toBe(0);
    expect(existsSync(draft)).toBe(false);
  });

  it('refuses an inventory that never held anything', async () => {
    const report = await sweep(await autoWorld());
    expect(report.failure).toMatchObject({ code: 'inventory-empty', exitCode: 2 });
  });

  it('ends with 7 where another run holds the lock', async () => {
    const made = await autoWorld();
    await enterFiles(made, 'drafts', ['D-1']);
    const lock = await takeRunLock(made.session.paths.lock, {
      operator: 'other',
      command: 'sweep run',
      since: '2026-03-02T15:00:00.000Z',
    });
    const report = await sweep(made);
    await lock.release();
    expect(exitCodeOf(report)).toBe(7);
    expect(report.failure).toMatchObject({ code: 'run-lock-held' });
  });

  it('stops at a quota over all plans, and the next sweep goes on with the open run', async () => {
    const made = await autoWorld();
    const paths = await enterFiles(
      made,
      'drafts',
      Array.from({ length: 5 }, (_, index) => `D-${index}`),
    );
    const quota = () => new SweepQuota({ maxItems: 2 }, made.clock);
    const first = await sweep(made, { quota: quota() });
    expect(first).toMatchObject({ stoppedAt: 'max-items', runs: [{ left: 3, certificate: null }] });
    expect(exitCodeOf(first)).toBe(3);
    expect(paths.filter((path) => existsSync(path))).toHaveLength(3);
    later(made, 1);
    const second = await sweep(made, { quota: quota() });
    expect(second.runs[0]).toMatchObject({ resumed: true, left: 1, run: first.runs[0]?.run });
    later(made, 1);
    const third = await sweep(made, { quota: quota() });
    expect(third.runs[0]).toMatchObject({ resumed: true, left: 0, certificate: '2026-0001' });
    expect(paths.some((path) => existsSync(path))).toBe(false);
  });

  it('issues the certificate that a crash right before it left out', async () => {
    const made = await autoWorld();
    await enterFiles(made, 'payroll', ['P-1']);
    const { plan } = await buildPlan(made.session);
    await approve(made, plan.id);
    const cutOff = runSweep(made.session, plan.id, {
      acceptResidual: true,
      observe: ({ step }) => {
        if (step === 'run-finished') throw new Error('cut off');
      },
    });
    await expect(cutOff).rejects.toThrow('cut off');
    expect(await made.session.store.certificates.list()).toEqual([]);
    const report = await sweep(made);
    expect(report.runs).toMatchObject([{ plan: plan.id, resumed: true, certificate: '2026-0001' }]);
    later(made, 1);
    expect((await sweep(made)).runs).toEqual([]);
  });

  it('does not go on with a run whose approval does not count any more', async () => {
    const made = await autoWorld();
    const paths = await enterFiles(made, 'payroll', ['P-1', 'P-2']);
    const { plan } = await buildPlan(made.session);
    await approve(made, plan.id);
    await runSweep(made.session, plan.id, {
      acceptResidual: true,
      quota: new SweepQuota({ maxItems: 1 }, made.clock),
    });
    // What deactivating does, dated before the run: then the run should never have begun.
    await made.session.store.transaction((transaction) =>
      transaction.operators.deactivate('jdoe', '2026-01-01T00:00:00.000Z'),
    );
    const report = await sweep(made);
    expect(report.blockedPlans).toEqual([plan.id]);
    expect(paths.filter((path) => existsSync(path))).toHaveLength(1);
  });

  it('keeps what a hold reaches', async () => {
    const made = await autoWorld();
    const [first = '', second = ''] = await enterFiles(made, 'drafts', ['D-1', 'D-2']);
    await placeHold(made.session, { matter: 'M', reason: null, scopes: [{ kind: 'item', value: 'D-1' }] });
    await sweep(made);
    expect([existsSync(first), existsSync(second)]).toEqual([true, false]);
  });

  it('says in its summary nothing of the records', async () => {
    const made = await autoWorld();
    await enterFiles(made, 'drafts', ['SMITH-JOHN']);
    await enterFiles(made, 'payroll', ['SMITH-MARY']);
    const text = JSON.stringify(runSummary(made.session, await sweep(made)));
    expect(text).not.toMatch(/SMITH/i);
    expect(text).not.toContain(made.records);
    expect(JSON.parse(text)).toMatchObject({ exit_code: 6, waiting: { plan_items: 1 } });
  });
});
