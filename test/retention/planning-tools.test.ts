import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { CalendarDate, Fault, PlanItem } from '../../src/model/index.js';
import {
  buildPlan,
  comparePlans,
  explainItem,
  placeHold,
  releaseHold,
  simulateSchedule,
} from '../../src/retention/index.js';
import { importSchedule, parsedSchedule } from '../../src/schedule/index.js';
import { temporaryFolder } from '../temporary-folder.js';
import { enter, item, makeWorld, SCHEDULE, type World, writeRecord } from './sweep-world.js';

let world: World;

beforeEach(async () => {
  world = await makeWorld(temporaryFolder());
});

afterEach(() => world.session.close());

function day(text: string): CalendarDate {
  return text as CalendarDate;
}

/** A payroll file that was closed on a day; its rule keeps it for 3 years. */
async function payroll(id: string, closed = '2019-12-31'): Promise<void> {
  const path = writeRecord(join(world.records, `${id}.csv`));
  await enter(world.session, [item(id, path, { closed: day(closed) })]);
}

async function faultOf(promise: Promise<unknown>): Promise<Fault> {
  return await promise.then(
    () => {
      throw new Error('It did not fail');
    },
    (error: Fault) => error,
  );
}

const SHORTER = { text: SCHEDULE.replace('P3Y', 'P2Y'), fileName: 'shorter.yaml' };
const LONGER = { text: SCHEDULE.replace('P3Y', 'P9Y'), fileName: 'longer.yaml' };

describe('the explanation of an item', () => {
  test('tells class, version, trigger, last day, hold and decision, and stores nothing', async () => {
    await payroll('A');
    const head = (await world.session.store.log.head())?.seq;
    const { item: result, steps } = await explainItem(world.session, 'A');
    expect(result).toMatchObject({ decision: 'dispose', reason: 'due', keepUntil: '2022-12-31' });
    const text = steps.join('\n');
    for (const part of ['Version 1', 'payroll', '29 CFR 516.5', '2019-12-31', 'P3Y', '2022-12-31'])
      expect(text).toContain(part);
    expect(text).toContain('No legal hold reaches it');
    expect(text).not.toContain('Title of A');
    expect((await world.session.store.log.head())?.seq).toBe(head);
    expect(await world.session.store.plans.list()).toEqual([]);
  });

  test('is for the day that is asked for', async () => {
    await payroll('A');
    const { item: result } = await explainItem(world.session, 'A', day('2022-12-31'));
    expect(result).toMatchObject({ decision: 'keep', reason: 'not-due' });
  });

  test('names holds, and the file that is not there', async () => {
    await payroll('A');
    await enter(world.session, [item('B', join(world.records, 'gone.csv'))]);
    const hold = await placeHold(world.session, {
      matter: 'Doe v. Acme',
      reason: null,
      scopes: [{ kind: 'item', value: 'A' }],
    });
    const held = await explainItem(world.session, 'A');
    expect(held.item).toMatchObject({ decision: 'held', holds: [hold.id] });
    expect(held.steps.join('\n')).toContain(hold.id);
    expect(held.steps.join('\n')).not.toContain('Doe');
    expect((await explainItem(world.session, 'B')).item.decision).toBe('defect');
  });

  test('names what must be stated before disposal, and every class', async () => {
    const { session, records } = world;
    const gated = SCHEDULE.replace(
      'approvals: 1',
      'approvals: 1\n    gates: [{kind: permission, authority: Records Conservation Board}]',
    );
    await importSchedule(session, { text: gated, fileName: 'gated.yaml' });
    const path = writeRecord(join(records, 'a'));
    await enter(session, [
      item('A', path),
      item('BOTH', 'Room 12', { medium: 'paper', otherClasses: ['reviewed'] }),
    ]);
    const one = await explainItem(session, 'A');
    expect(one.item).toMatchObject({ decision: 'keep', reason: 'gate-permission' });
    expect(one.steps.join('\n')).toMatch(/Before disposal it waits for .*Records Conservation Board/);
    const both = await explainItem(session, 'BOTH');
    expect(both.item).toMatchObject({ decision: 'keep', reason: 'awaits-review' });
    const text = both.steps.join('\n');
    expect(text).toContain('Its class is payroll');
    expect(text).toContain('Its class is reviewed');
    expect(text).toContain('Of all its classes the latest day counts');
  });

  test('of an item that is not there is a mistake of the command line', async () => {
    expect(await faultOf(explainItem(world.session, 'none'))).toMatchObject({
      code: 'item-unknown',
      exitCode: 2,
    });
  });

  test('is what a plan says, for every item, folders within folders too', async () => {
    const { records, session } = world;
    const box = join(records, 'box');
    mkdirSync(join(box, 'inner', 'deep'), { recursive: true });
    const file = (name: string) => writeRecord(join(box, name));
    await enter(session, [
      item('OUTER', box, { medium: 'folder' }),
      item('INNER', join(box, 'inner'), { medium: 'folder' }),
      item('DEEP', file('inner/deep/a'), {}),
      item('KEPT', file('inner/deep/b'), { closed: day('2025-12-31') }),
      item('TWIN-1', file('twin')),
      item('TWIN-2', join(box, 'twin')),
      item('REVIEWED', file('c'), { recordClass: 'reviewed' }),
      item('NO-CLASS', file('d'), { recordClass: null }),
      item('PAPER', 'Room 12', { medium: 'paper' }),
    ]);
    const { items } = await buildPlan(session);
    const planned = new Map(items.map((each) => [each.itemId, each]));
    for (const id of ['OUTER', 'INNER', 'DEEP', 'TWIN-1', 'TWIN-2', 'REVIEWED', 'NO-CLASS', 'PAPER']) {
      expect((await explainItem(session, id)).item, id).toEqual(planned.get(id));
    }
    expect(planned.has('KEPT')).toBe(false);
    expect((await explainItem(session, 'KEPT')).item).toMatchObject({ decision: 'keep', reason: 'not-due' });
    expect(planned.get('OUTER')?.decision).toBe('keep');
    expect((await explainItem(session, 'OUTER')).steps.join('\n')).toMatch(
      /INNER|DEEP|KEPT|TWIN|REVIEWED|NO-CLASS/,
    );
  });
});

describe('the difference of two plans', () => {
  test('has what is newly in, what dropped out and what changed, each with the reason', async () => {
    const { session } = world;
    await payroll('OLD');
    await payroll('SAME');
    await payroll('HELD');
    await payroll('LATER', '2022-12-31');
    const first = await buildPlan(session, { asOf: day('2025-12-31') });
    await payroll('NEW');
    await session.store.items.moveState(['OLD'], 'active', 'disposed');
    await placeHold(session, { matter: 'M', reason: null, scopes: [{ kind: 'item', value: 'HELD' }] });
    const second = await buildPlan(session, { asOf: day('2026-01-01') });
    const result = await comparePlans(session, first.plan.id, second.plan.id);
    expect(result.entered.map(({ itemId }) => itemId)).toEqual(['LATER', 'NEW']);
    expect(result.left.map(({ itemId }) => itemId)).toEqual(['OLD']);
    expect(result.changed.map(({ itemId }) => itemId)).toEqual(['HELD']);
    expect(result.same).toBe(1);
    const [later, fresh] = result.entered;
    expect(later?.why).toContain('2025-12-31');
    expect(fresh?.why).toContain('entered or changed after the first plan');
    expect(result.left[0]?.why).toContain('it was disposed of before');
    expect(result.changed[0]).toMatchObject({
      first: { decision: 'dispose' },
      second: { decision: 'held' },
      changes: ['decision', 'reason', 'place', 'holds'],
    });
    expect(result.changed[0]?.why).toContain('legal hold');
  });

  test('names the schedule where that is the reason, in both directions', async () => {
    const { session } = world;
    await payroll('A', '2023-12-31');
    const first = await buildPlan(session);
    await importSchedule(session, SHORTER, { moreDue: 1 });
    const second = await buildPlan(session);
    const forth = await comparePlans(session, first.plan.id, second.plan.id);
    expect(forth.entered.map(({ itemId }) => itemId)).toEqual(['A']);
    expect(forth.entered[0]?.why).toContain('Version 2 of the schedule');
    const back = await comparePlans(session, second.plan.id, first.plan.id);
    expect(back.left.map(({ itemId }) => itemId)).toEqual(['A']);
    expect(back.left[0]?.why).toContain('must be kept until 2026-12-31');
  });

  test('of a plan and itself is nothing', async () => {
    await payroll('A');
    const { plan } = await buildPlan(world.session);
    const result = await comparePlans(world.session, plan.id, plan.id);
    expect(result).toMatchObject({ entered: [], left: [], changed: [], same: 1 });
  });

  test('sees a file that was replaced and an item that was edited', async () => {
    const { session, records } = world;
    await payroll('A');
    await payroll('B');
    const first = await buildPlan(session);
    writeRecord(join(records, 'A.csv'), 9000);
    await session.store.transaction(async (transaction) => {
      const stored = await transaction.items.get('B');
      if (stored) await transaction.items.update({ ...stored, notes: 'looked at' }, stored.due);
    });
    const second = await buildPlan(session);
    const { changed } = await comparePlans(session, first.plan.id, second.plan.id);
    expect(changed.map(({ itemId, changes }) => [itemId, changes])).toEqual([
      ['A', ['place']],
      ['B', ['item']],
    ]);
  });

  test('is refused for a plan that somebody changed, or that does not exist', async () => {
    const { session } = world;
    await payroll('A');
    const { plan } = await buildPlan(session);
    const other = await buildPlan(session);
    expect(await faultOf(comparePlans(session, plan.id, 'plan-none'))).toMatchObject({ exitCode: 2 });
    await session.store.transaction(async (transaction) => {
      const [line] = await transaction.plans.lines(other.plan.id, -1, 1);
      await transaction.plans.insertLines(other.plan.id, [
        {
          ...(line as { line: string; decision: PlanItem['decision']; itemId: string }),
          position: 7,
          itemId: 'X',
        },
      ]);
    });
    expect(await faultOf(comparePlans(session, plan.id, other.plan.id))).toMatchObject({
      code: 'plan-changed',
      exitCode: 5,
    });
  });
});

describe('the simulation of a schedule', () => {
  test('shows what it newly makes due and what no longer, and changes nothing', async () => {
    const { session } = world;
    await payroll('DUE', '2019-12-31');
    await payroll('SOON', '2023-12-31');
    await payroll('YOUNG', '2025-12-31');
    const head = (await session.store.log.head())?.seq;
    const shorter = await simulateSchedule(session, parsedSchedule(SHORTER));
    expect(shorter).toMatchObject({ asOf: '2026-03-02', version: 1, items: 3, noLongerDue: [] });
    expect(shorter.newlyDue).toMatchObject([
      { itemId: 'SOON', decision: 'dispose', keepUntil: { before: '2026-12-31', after: '2025-12-31' } },
    ]);
    expect(shorter.newlyDue[0]?.explanation.before).toContain('must be kept until 2026-12-31');
    expect(shorter.newlyDue[0]?.explanation.after).toContain('had to be kept until 2025-12-31');
    expect(shorter.classes).toEqual([
      { recordClass: 'payroll', items: 3, newlyDue: 1, noLongerDue: 0, sooner: 3, later: 0, newDefects: 0 },
    ]);
    const longer = await simulateSchedule(session, parsedSchedule(LONGER));
    expect(longer.newlyDue).toEqual([]);
    expect(longer.noLongerDue.map(({ itemId }) => itemId)).toEqual(['DUE']);
    expect((await session.store.log.head())?.seq).toBe(head);
    expect((await session.store.schedules.latest())?.version).toBe(1);
    expect((await session.store.items.get('SOON'))?.due.keepUntil).toBe('2026-12-31');
  });

  test('is for the day that is asked for', async () => {
    await payroll('YOUNG', '2025-12-31');
    const schedule = parsedSchedule(SHORTER);
    expect((await simulateSchedule(world.session, schedule)).newlyDue).toEqual([]);
    // 2 years end with 31 December 2027; the day after that it is due.
    const eve = await simulateSchedule(world.session, schedule, { asOf: day('2027-12-31') });
    expect(eve.newlyDue).toEqual([]);
    const then = await simulateSchedule(world.session, schedule, { asOf: day('2028-01-01') });
    expect(then.newlyDue.map(({ itemId }) => itemId)).toEqual(['YOUNG']);
  });

  test('counts what importing it asks for, holds or not', async () => {
    const { session } = world;
    for (const id of ['A', 'B', 'C']) await payroll(id, '2023-12-31');
    const hold = await placeHold(session, {
      matter: 'M',
      reason: null,
      scopes: [{ kind: 'item', value: 'B' }],
    });
    const { newlyDue } = await simulateSchedule(session, parsedSchedule(SHORTER));
    expect(newlyDue.map(({ itemId, decision, holds }) => [itemId, decision, holds])).toEqual([
      ['A', 'dispose', []],
      ['B', 'held', [hold.id]],
      ['C', 'dispose', []],
    ]);
    const fault = await faultOf(importSchedule(session, SHORTER));
    expect(fault.details).toMatchObject({ more_due: newlyDue.length });
    await releaseHold(session, { id: hold.id, reason: 'over' });
  });

  test('counts the defects that a removed class makes', async () => {
    await payroll('A');
    const without = SCHEDULE.replace(/ {2}payroll:[\s\S]*? {2}reviewed:/, '  reviewed:');
    const result = await simulateSchedule(
      world.session,
      parsedSchedule({ text: without, fileName: 's.yaml' }),
    );
    expect(result.classes).toMatchObject([{ recordClass: 'payroll', newDefects: 1, noLongerDue: 1 }]);
  });
});
