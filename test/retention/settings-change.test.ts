import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { verifyWorkspaceLog } from '../../src/audit/index.js';
import type { CalendarDate } from '../../src/model/index.js';
import {
  buildPlan,
  decideReview,
  placeHold,
  releaseHold,
  runSweep,
  settingsChangedSinceLastPlan,
  simulateSchedule,
} from '../../src/retention/index.js';
import { importSchedule, parsedSchedule } from '../../src/schedule/index.js';
import { openSession, recordReading, type Session } from '../../src/session/index.js';
import { workspacePaths } from '../../src/workspace/index.js';
import { TestClock } from '../session/sample-workspace.js';
import { type AutoWorld, approve, autoWorld, enterFiles } from '../unattended/auto-world.js';
import { enter, item } from './sweep-world.js';

/** Edits quietus.yaml as anybody may who can write it, and opens the workspace anew. */
async function edited(made: AutoWorld, ...edits: readonly [string | RegExp, string][]): Promise<Session> {
  const { settings } = made.session.paths;
  let text = readFileSync(settings, 'utf8');
  for (const [from, to] of edits) {
    expect(text).toMatch(from);
    text = text.replace(from, to);
  }
  writeFileSync(settings, text);
  const session = await openSession({
    paths: workspacePaths(made.root),
    command: 'test',
    clock: made.clock,
  });
  onTestFinished(() => session.close());
  return session;
}

async function lastEntries({ store }: Session, count: number) {
  const records = await store.log.pageBefore(undefined, count);
  return records.map(({ entry }) => JSON.parse(entry)).toReversed();
}

const TWO = { approvals: { minimum: 2, plannerMayApprove: false } } as const;

describe('a change of quietus.yaml', () => {
  it('is told by the next entry of whatever command, once, with the old values and the new', async () => {
    const made = await autoWorld(TWO);
    const session = await edited(made, [/minimum: 2/, 'minimum: 1'], [/max_items: 1000/, 'max_items: 7']);
    await recordReading(session, {});
    await recordReading(session, {});
    const [change, ...reads] = await lastEntries(session, 3);
    expect(reads.map(({ action }) => action)).toEqual(['command.read', 'command.read']);
    expect(change).toMatchObject({
      action: 'settings.change',
      data: {
        changed: {
          'approvals.minimum': { from: 2, to: 1 },
          'limits.max_items': { from: 1000, to: 7 },
        },
      },
    });
    expect(Object.keys(change.data.changed)).toHaveLength(2);
    expect(await verifyWorkspaceLog(session)).toMatchObject({ problem: null });
  });

  it('tells which witnesses of the log were taken away, and not where they lay', async () => {
    const made = await autoWorld(TWO);
    const folder = '  witnesses:\n    folder: /mnt/jane-roe\n    system: journald\n';
    await recordReading(await edited(made, [/^log:\n/m, `log:\n${folder}`]), {});
    const session = await edited(made, [folder, '']);
    await recordReading(session, {});
    const [change] = await lastEntries(session, 2);
    expect(change.data.changed).toEqual({
      'log.witnesses': { from: expect.stringMatching(/^folder [0-9a-f]{16}, journald$/), to: 'none' },
    });
    expect(JSON.stringify(change)).not.toContain('roe');
  });

  it('is told again after a transaction that did not last', async () => {
    const made = await autoWorld(TWO);
    const session = await edited(made, [/minimum: 2/, 'minimum: 1']);
    await session.store
      .transaction(async (transaction) => {
        await session.recorder.append(transaction, { action: 'test.test', outcome: 'done' });
        throw new Error('not this time');
      })
      .catch(() => undefined);
    await recordReading(session, {});
    expect((await lastEntries(session, 2)).map(({ action }) => action)).toEqual([
      'settings.change',
      'command.read',
    ]);
  });

  it('is said of the next plan, from the last one on', async () => {
    const made = await autoWorld(TWO);
    await enterFiles(made, 'payroll', ['P-1']);
    await buildPlan(made.session);
    const once = await edited(made, [/minimum: 2/, 'minimum: 1']);
    await recordReading(once, {});
    const twice = await edited(made, [/minimum: 1/, 'minimum: 0']);
    await buildPlan(twice);
    expect(await settingsChangedSinceLastPlan(twice.store)).toEqual([
      { key: 'approvals.minimum', from: 2, to: 0 },
    ]);
    await buildPlan(twice);
    expect(await settingsChangedSinceLastPlan(twice.store)).toEqual([]);
  });

  it('does not let a plan run with less agreement than was asked for when it was made', async () => {
    const made = await autoWorld({ approvals: { minimum: 1, plannerMayApprove: false } });
    await enterFiles(made, 'payroll', ['P-1']);
    const { plan } = await buildPlan(made.session);
    const none = await edited(made, [/minimum: 1/, 'minimum: 0']);
    await expect(runSweep(none, plan.id)).rejects.toMatchObject({ code: 'approval-missing' });
    const session = await edited(made, [/planner_may_approve: false/, 'planner_may_approve: true']);
    await expect(approve({ ...made, session }, plan.id)).rejects.toMatchObject({
      code: 'approval-by-planner',
    });
  });
});

describe('days that people read', () => {
  it('are days of the organization, also late in the evening', async () => {
    const clock = new TestClock(new Date('2026-03-03T03:30:00.000Z'));
    const made = await autoWorld({ clock });
    const { session } = made;
    const hold = await placeHold(session, {
      matter: 'Doe v. Acme',
      reason: null,
      scopes: [{ kind: 'class', value: 'payroll' }],
    });
    await releaseHold(session, { id: hold.id, reason: 'settled' });
    await expect(releaseHold(session, { id: hold.id, reason: 'settled' })).rejects.toMatchObject({
      message: expect.stringContaining('2026-03-02'),
    });
    await enterFiles(made, 'reviewed', ['R-1']);
    const request = {
      itemIds: ['R-1'],
      decision: 'dispose',
      keepUntil: null,
      reason: 'Nobody needs it',
    } as const;
    await decideReview(session, request);
    const { items } = await buildPlan(session);
    expect(items[0]?.explanation).toContain('by the review of jdoe on 2026-03-02');
  });
});

describe('a fiscal year that was changed', () => {
  const FISCAL = `version: 1
title: By fiscal year
classes:
  ledger:
    title: Ledgers
    retain: [{after: closed, for: P1Y}]
    cut_off: fiscal-year
    disposition: destroy
    approvals: 0
    authority: {citation: organization policy, checked: 2026-11-02}
`;
  const FILE = { text: FISCAL, fileName: 'schedule.yaml' };

  /** Closed on 31 January 2025: with a year that ends in December kept until 31 December 2026, in January until 31 January 2026. */
  async function ledger(): Promise<AutoWorld> {
    const made = await autoWorld();
    await importSchedule(made.session, FILE);
    await enter(made.session, [
      item('L-1', '/nowhere/l', { recordClass: 'ledger', closed: '2025-01-31' as CalendarDate }),
    ]);
    return made;
  }

  it('stops plans until all dates were computed again, which needs a permission where more is due', async () => {
    const made = await ledger();
    expect((await buildPlan(made.session)).plan.counts).toMatchObject({ keep: 1, dispose: 0 });
    const session = await edited(made, [/fiscal_year_end: "?'?12-31"?'?/, 'fiscal_year_end: "01-31"']);
    const refusal = { code: 'dates-outdated', exitCode: 4, hint: expect.stringContaining('schedule import') };
    await expect(buildPlan(session)).rejects.toMatchObject(refusal);
    expect((await simulateSchedule(session, parsedSchedule(FILE))).newlyDue).toMatchObject([
      { itemId: 'L-1' },
    ]);
    await expect(importSchedule(session, FILE)).rejects.toMatchObject({ code: 'more-due', exitCode: 4 });
    await expect(buildPlan(session)).rejects.toMatchObject(refusal);
    const imported = await importSchedule(session, FILE, { moreDue: 1 });
    expect(imported).toMatchObject({ changed: true, items: { changed: 1, moreDue: 1 } });
    const { due } = (await session.store.items.get('L-1')) ?? {};
    expect(due?.keepUntil).toBe('2026-01-31');
    await buildPlan(session);
    expect(await importSchedule(session, FILE)).toMatchObject({ changed: false });
  });
});
