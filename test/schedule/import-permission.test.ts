import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Fault } from '../../src/model/index.js';
import {
  dueDateCalculator,
  dueDates,
  importSchedule,
  type ScheduleFile,
  scheduleComparison,
} from '../../src/schedule/index.js';
import type { Session } from '../../src/session/index.js';
import { anItem } from '../retention/sample-item.js';
import { sampleSession } from '../session/sample-workspace.js';
import { date, dates, itemDates, recordClasses } from './generated-rules.js';

/** A schedule with a class for each of the rules. */
function schedule(rules: Record<string, string>): ScheduleFile {
  const classes = Object.entries(rules).map(
    ([id, rule]) => `  ${id}:\n    title: ${id}\n    ${rule.replaceAll('; ', '\n    ')}
    authority: {citation: Policy 1, checked: 2026-11-02}\n`,
  );
  return { text: `version: 1\ntitle: T\nclasses:\n${classes.join('')}`, fileName: 'schedule.yaml' };
}

const KEEP = (period: string, disposition = 'destroy') =>
  `retain: [{after: closed, for: ${period}}]; disposition: ${disposition}`;

/** Ten items closed on 31 December of the years from 2015 to 2024, entered while `first` is in force. */
async function world(first: ScheduleFile | undefined): Promise<Session> {
  const session = await sampleSession({ command: 'schedule import' });
  if (first) await importSchedule(session, first);
  const dueOf = dueDateCalculator(await session.store.schedules.latest(), session.settings());
  await session.store.transaction(async (transaction) => {
    const bulk = await transaction.items.bulkInsert();
    const items = Array.from({ length: 10 }, (_, at) =>
      anItem({ id: `P-${at}`, recordClass: 'payroll', closed: date(`${2015 + at}-12-31`) }),
    );
    await bulk.insert(items.map((item) => ({ item, due: dueOf(item), source: null })));
    await bulk.close();
  });
  return session;
}

async function faultOf(promise: Promise<unknown>): Promise<Fault> {
  return await promise.then(
    () => {
      throw new Error('It did not fail');
    },
    (error: Fault) => error,
  );
}

async function lastEntry(session: Session): Promise<Record<string, unknown>> {
  return JSON.parse((await session.store.log.head())?.entry ?? '{}') as Record<string, unknown>;
}

// Today is 2 March 2026: after 7 years the records of 2015 to 2018 are due, after 3 years those of 2015 to 2022.
describe('a schedule that makes more items due', () => {
  test('is refused with the number and the command that shows them, and nothing changes', async () => {
    const session = await world(schedule({ payroll: KEEP('P7Y') }));
    const before = await lastEntry(session);
    const fault = await faultOf(importSchedule(session, schedule({ payroll: KEEP('P3Y') })));
    expect(fault).toMatchObject({
      code: 'more-due',
      exitCode: 4,
      details: { more_due: 4, classes: { payroll: 4 } },
    });
    expect(fault.message).toContain('4 more items');
    expect(fault.hint).toContain('quietus sweep simulate --schedule schedule.yaml');
    expect(fault.hint).toContain('--allow-more-due 4');
    expect((await session.store.schedules.latest())?.version).toBe(1);
    expect((await session.store.items.get('P-7'))?.due.keepUntil).toBe('2029-12-31');
    expect(await lastEntry(session)).toEqual(before);
  });

  test('is refused where fewer are allowed, and imported where at least as many are', async () => {
    const session = await world(schedule({ payroll: KEEP('P7Y') }));
    const shorter = schedule({ payroll: KEEP('P3Y') });
    const fault = await faultOf(importSchedule(session, shorter, { moreDue: 3 }));
    expect(fault).toMatchObject({ code: 'more-due', exitCode: 4 });
    expect(await importSchedule(session, shorter, { moreDue: 4 })).toMatchObject({
      changed: true,
      version: 2,
      items: { changed: 10, moreDue: 4 },
    });
    expect(await lastEntry(session)).toMatchObject({
      action: 'schedule.import',
      data: { more_due: 4, more_due_allowed: 4, classes_removed: {} },
    });
  });

  test('is any that destroys what was reviewed, or never went', async () => {
    for (const rule of [KEEP('P7Y', 'review'), 'disposition: permanent']) {
      const session = await world(schedule({ payroll: rule }));
      const fault = await faultOf(importSchedule(session, schedule({ payroll: KEEP('P7Y') })));
      expect(fault.details).toMatchObject({ more_due: 4 });
    }
  });

  test('is one that asks less before the due ones go', async () => {
    const rule = (more: string) => schedule({ payroll: `${KEEP('P7Y')}; ${more}` });
    const strict = rule('approvals: 2; gates: [{kind: no-open-charge}, {kind: copies-checked}]');
    const session = await world(undefined);
    await importSchedule(session, strict, { moreDue: 4 });
    for (const eased of [
      'approvals: 1; gates: [{kind: no-open-charge}, {kind: copies-checked}]',
      'approvals: 2; gates: [{kind: copies-checked}]',
    ]) {
      const fault = await faultOf(importSchedule(session, rule(eased)));
      expect(fault).toMatchObject({ code: 'more-due', details: { more_due: 4, eased: 4 } });
    }
    const stricter =
      'approvals: 2; gates: [{kind: copies-checked}, {kind: no-open-charge}, {kind: permission, authority: X}]';
    expect(await importSchedule(session, rule(stricter))).toMatchObject({
      version: 2,
      items: { moreDue: 0 },
    });
  });

  test('is one that protects the due ones less, or keeps their archives for less time', async () => {
    const archive = (period: string) =>
      schedule({ payroll: `${KEEP('P7Y', 'archive')}; archive: {for: ${period}}` });
    const plain = schedule({ payroll: KEEP('P7Y', 'archive') });
    const destroy = schedule({ payroll: KEEP('P7Y') });
    const steps: [string, ScheduleFile, ScheduleFile, number][] = [
      ['archived by itself, which was left to people', plain, archive('P3Y'), 4],
      ['a shorter archive', archive('P3Y'), archive('P2Y'), 4],
      ['a longer archive', archive('P3Y'), archive('P4Y'), 0],
      ['no time any more', archive('P3Y'), plain, 0],
      ['destroyed and not archived', archive('P3Y'), destroy, 4],
      ['destroyed and not handed over', schedule({ payroll: KEEP('P7Y', 'transfer') }), destroy, 4],
      ['archived and not destroyed', destroy, archive('P3Y'), 0],
    ];
    for (const [what, before, after, moreDue] of steps) {
      const session = await world(undefined);
      await importSchedule(session, before, { moreDue: 4 });
      if (moreDue > 0) {
        const fault = await faultOf(importSchedule(session, after));
        expect(fault, what).toMatchObject({ code: 'more-due', details: { more_due: moreDue } });
      }
      expect(await importSchedule(session, after, { moreDue }), what).toMatchObject({ items: { moreDue } });
    }
  });

  test('is one that ends archives sooner', async () => {
    const archive = (period: string) =>
      schedule({ payroll: `${KEEP('P7Y', 'archive')}; archive: {for: ${period}}` });
    const session = await world(archive('P30Y'));
    await session.store.transaction(async (transaction) => {
      for (const { id } of await transaction.items.list({}, { limit: 10 })) {
        const item = await transaction.items.get(id);
        if (item) await transaction.items.update({ ...item, medium: 'archive', location: '' }, item.due);
      }
    });
    // Kept until the ends of 2022 to 2031; archives of two years of the first two have ended by March 2026.
    const fault = await faultOf(importSchedule(session, archive('P2Y')));
    expect(fault).toMatchObject({ code: 'more-due', details: { more_due: 2, eased: 0 } });
  });

  test('is none that keeps longer, reviews, or adds classes', async () => {
    const session = await world(schedule({ payroll: KEEP('P7Y') }));
    const versions = [
      schedule({ payroll: KEEP('P8Y') }),
      schedule({ payroll: KEEP('P8Y'), minutes: KEEP('P1D') }),
      schedule({ payroll: KEEP('P1D', 'review'), minutes: KEEP('P1D') }),
    ];
    for (const [at, file] of versions.entries()) {
      expect(await importSchedule(session, file)).toMatchObject({ version: at + 2, items: { moreDue: 0 } });
    }
  });

  test('may be the first: no item was due before it', async () => {
    const session = await world(undefined);
    const first = schedule({ payroll: KEEP('P7Y') });
    expect((await faultOf(importSchedule(session, first))).details).toMatchObject({ more_due: 4 });
    expect(await importSchedule(session, first, { moreDue: 4 })).toMatchObject({ version: 1 });
  });

  test('does not count what is gone', async () => {
    const session = await world(schedule({ payroll: KEEP('P7Y') }));
    await session.store.items.moveState(['P-4', 'P-5'], 'active', 'disposed');
    const fault = await faultOf(importSchedule(session, schedule({ payroll: KEEP('P3Y') })));
    expect(fault.details).toMatchObject({ more_due: 2 });
  });
});

describe('a schedule without a class that items name', () => {
  const other = schedule({ minutes: KEEP('P9Y') });

  test('is refused with the class and the number', async () => {
    const session = await world(schedule({ payroll: KEEP('P7Y') }));
    const fault = await faultOf(importSchedule(session, other, { moreDue: 100 }));
    expect(fault).toMatchObject({
      code: 'classes-removed',
      exitCode: 4,
      details: { classes: { payroll: 10 } },
    });
    expect(fault.message).toContain('payroll (10)');
    expect((await session.store.schedules.latest())?.version).toBe(1);
  });

  test('makes them defects where it is allowed, and says so in the log', async () => {
    const session = await world(schedule({ payroll: KEEP('P7Y') }));
    expect(await importSchedule(session, other, { classRemoval: true })).toMatchObject({
      items: { defects: 10, moreDue: 0 },
    });
    expect(await lastEntry(session)).toMatchObject({ data: { classes_removed: { payroll: 10 } } });
  });

  test('is imported where no item names it', async () => {
    const session = await world(schedule({ payroll: KEEP('P7Y'), minutes: KEEP('P9Y') }));
    expect(await importSchedule(session, schedule({ payroll: KEEP('P7Y') }))).toMatchObject({ version: 2 });
  });
});

describe('comparing any two schedules', () => {
  const item = (dates: object) => anItem({ recordClass: 'records', ...dates });
  const rule = recordClasses.map((each) => ({ ...each, gates: [], sanitization: {} }));
  const settings = { fiscalYearEnd: '12-31' };

  test('a schedule widens nothing against itself, nor against one that keeps as long or longer', () => {
    fc.assert(
      fc.property(rule, rule, itemDates, dates, (each, other, dated, asOf) => {
        const compare = (after: typeof each) =>
          scheduleComparison({ classes: [each] }, { classes: [after] }, settings, asOf)(item(dated)).widening;
        expect(compare(each)).toBe(null);
        if (each.disposition === 'permanent') return;
        expect(compare({ ...each, retain: [...each.retain, ...other.retain] })).toBe(null);
        expect(compare({ ...each, disposition: 'review' })).toBe(null);
      }),
    );
  });

  test('what goes under the second only is widened, and what goes under the first only is not', () => {
    fc.assert(
      fc.property(rule, rule, itemDates, dates, (each, other, dated, asOf) => {
        const change = scheduleComparison(
          { classes: [each] },
          { classes: [other] },
          settings,
          asOf,
        )(item(dated));
        const ended = (side: { keepUntil: string | null }) =>
          side.keepUntil !== null && side.keepUntil < asOf;
        const goes = (one: typeof each) =>
          ended(dueDates(item(dated), [one], settings)) && !['review', 'permanent'].includes(one.disposition);
        expect(change.widening === 'due').toBe(goes(other) && !goes(each));
        if (!goes(other)) expect(change.widening).toBe(null);
      }),
    );
  });
});
