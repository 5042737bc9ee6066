import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Temporal } from 'temporal-polyfill';
import { describe, expect, test } from 'vitest';
import { verifyLog } from '../../src/audit/index.js';
import type { Fault, InventoryItem } from '../../src/model/index.js';
import {
  currentSchedule,
  dueDateCalculator,
  importSchedule,
  parseScheduleCsv,
  readScheduleFile,
  scheduleCsv,
  scheduleDocument,
  storedSchedule,
} from '../../src/schedule/index.js';
import type { Session } from '../../src/session/index.js';
import { anItem } from '../retention/sample-item.js';
import { sampleSession } from '../session/sample-workspace.js';
import { temporaryFolder } from '../temporary-folder.js';
import { date } from './generated-rules.js';

function aFile(period = 'P3Y', more = ''): { text: string; fileName: string } {
  const text = `version: 1
title: Example
classes:
  payroll:
    title: Payroll
    trigger: closed
    period: ${period}
    disposition: destroy
    authority: {citation: 29 CFR 516.5, checked: 2026-11-02}
${more}`;
  return { text, fileName: 'schedule.yaml' };
}

const MINUTES = `  minutes:
    title: Minutes
    disposition: permanent
    authority: {citation: Policy 1, checked: 2026-11-02}
`;

/** Enters items as an import without a schedule would. */
async function enter(session: Session, items: readonly InventoryItem[]): Promise<void> {
  const dueOf = dueDateCalculator(undefined, session.settings());
  await session.store.transaction(async (transaction) => {
    const bulk = await transaction.items.bulkInsert();
    for (let at = 0; at < items.length; at += 500) {
      const part = items.slice(at, at + 500);
      await bulk.insert(
        part.map((item, index) => ({ item, due: dueOf(item), source: { seq: 1, line: at + index } })),
      );
    }
    await bulk.close();
  });
}

async function faultOf(promise: Promise<unknown>): Promise<Fault> {
  return await promise.then(
    () => {
      throw new Error('It did not fail');
    },
    (error: Fault) => error,
  );
}

describe('importing a schedule', () => {
  test('makes versions that stay, and keeps the files as they were', async () => {
    const session = await sampleSession({ command: 'schedule import' });
    expect(await currentSchedule(session)).toBe(undefined);
    const first = await importSchedule(session, aFile());
    const second = await importSchedule(session, aFile('P4Y', MINUTES));
    expect([first.version, second.version]).toEqual([1, 2]);
    expect(second).toMatchObject({
      changed: true,
      classes: 2,
      items: { checked: 0, changed: 0, defects: 0, moreDue: 0 },
    });
    expect(await currentSchedule(session)).toMatchObject({
      version: 2,
      title: 'Example',
      importedBy: 'jdoe',
    });
    const old = await storedSchedule(session, 1);
    expect(old.source).toBe(aFile().text);
    expect(old.schedule).toMatchObject({
      version: 1,
      importedAt: '2026-03-02T15:00:00.000Z',
      sha256: createHash('sha256').update(aFile().text).digest('hex'),
    });
    expect(old.schedule.classes).toHaveLength(1);
  });

  test('that is in force already changes nothing and says so; an older one comes back as a new version', async () => {
    const session = await sampleSession();
    await importSchedule(session, aFile());
    const entries = (await session.store.log.head())?.seq;
    expect(await importSchedule(session, aFile())).toMatchObject({ changed: false, version: 1 });
    expect((await session.store.log.head())?.seq).toBe(entries);
    await importSchedule(session, aFile('P4Y'));
    expect(await importSchedule(session, aFile())).toMatchObject({ changed: true, version: 3 });
  });

  test('with mistakes stores nothing and tells them all', async () => {
    const session = await sampleSession();
    const fault = await faultOf(importSchedule(session, aFile('3 years', '  minutes: 7\n')));
    expect(fault).toMatchObject({ code: 'schedule-invalid', exitCode: 2 });
    expect(fault.message).toContain('schedule.yaml:7:13');
    expect(fault.message).toContain('Write P3Y');
    expect(fault.message).toContain('schedule.yaml:10:12');
    expect(fault.details).toMatchObject({ problems: [{ line: 7 }, { line: 10 }] });
    expect(await currentSchedule(session)).toBe(undefined);
  });

  test('gives every item the dates of its rule, and again with the next version', async () => {
    const session = await sampleSession();
    const many = Array.from({ length: 1203 }, (_, at) =>
      anItem({
        id: `PAY-${String(at).padStart(5, '0')}`,
        recordClass: 'payroll',
        closed: date('2024-03-31'),
      }),
    );
    const odd = [
      anItem({ id: 'A-1', recordClass: 'minutes' }),
      anItem({ id: 'A-2', recordClass: 'payroll' }),
      anItem({ id: 'A-3', recordClass: null }),
      anItem({
        id: 'A-4',
        recordClass: 'payroll',
        closed: date('2020-01-31'),
        title: 'Paper — box “7”',
        events: { hire: date('2020-01-02') },
      }),
    ];
    await enter(session, [...many, ...odd]);
    await session.store.items.moveState(['A-4'], 'active', 'disposed');
    const before = await session.store.items.get('A-4');

    const first = await importSchedule(session, aFile());
    // All but A-4, which is disposed of; A-1 (class unknown), A-2 (no date) and A-3 (no class) are defects.
    expect(first.items).toEqual({ checked: 1206, changed: 1206, defects: 3, moreDue: 0 });
    expect((await session.store.items.get('PAY-01202'))?.due).toMatchObject({
      keepUntil: '2027-03-31',
      defect: null,
    });
    expect((await session.store.items.get('A-2'))?.due).toMatchObject({
      defect: 'trigger-date-missing',
      missingTrigger: 'closed',
    });
    expect(await session.store.items.get('A-4')).toEqual(before);

    const second = await importSchedule(session, aFile('P3Y', MINUTES));
    // Only the class minutes is new, and only A-1 has it.
    expect(second.items).toEqual({ checked: 1, changed: 1, defects: 2, moreDue: 0 });
    expect(await session.store.items.get('A-1')).toEqual({
      ...anItem({ id: 'A-1', recordClass: 'minutes' }),
      subjectEvents: {},
      state: 'active',
      importedFrom: { seq: 1, line: 1203 },
      due: { keepUntil: null, deleteBy: null, permanent: true, defect: null, missingTrigger: null },
    });

    const third = await importSchedule(session, aFile('P5Y', MINUTES));
    // The rule of payroll changed: PAY-00000 to PAY-01202 have new dates, A-2 still has none.
    expect(third.items).toEqual({ checked: 1204, changed: 1203, defects: 2, moreDue: 0 });
    expect((await session.store.items.get('PAY-00000'))?.due.keepUntil).toBe('2029-03-31');
  });

  test('computes all dates again where the fiscal year ends on another day than at the last import', async () => {
    const session = await sampleSession();
    const yearly = aFile('P3Y', '    cut_off: fiscal-year\n');
    await enter(session, [anItem({ id: 'A-1', recordClass: 'payroll', closed: date('2024-03-31') })]);
    await importSchedule(session, yearly);
    expect((await session.store.items.get('A-1'))?.due.keepUntil).toBe('2027-12-31');
    Object.assign(session.settings(), { fiscalYearEnd: '06-30' });
    // Nothing of payroll changed; the title did.
    const other = { ...yearly, text: yearly.text.replace(/^title: .*$/m, 'title: Another title') };
    expect(other.text).not.toBe(yearly.text);
    expect((await importSchedule(session, other)).items).toMatchObject({ checked: 1, changed: 1 });
    expect((await session.store.items.get('A-1'))?.due.keepUntil).toBe('2027-06-30');
  });

  test('looks once at an item that has two of the classes that changed', async () => {
    const session = await sampleSession();
    await importSchedule(session, aFile('P3Y', MINUTES));
    await enter(session, [
      anItem({ id: 'A-1', recordClass: 'payroll', otherClasses: ['minutes'], closed: date('2024-03-31') }),
      anItem({ id: 'A-2', recordClass: 'minutes', otherClasses: ['payroll'], closed: date('2024-03-31') }),
    ]);
    const changed = aFile('P5Y', MINUTES.replace('title: Minutes', 'title: Minutes of meetings'));
    expect((await importSchedule(session, changed)).items).toMatchObject({ checked: 2, moreDue: 0 });
  });

  test('is refused before the day on which it takes effect, and comes into force on that day', async () => {
    const session = await sampleSession();
    const on = (day: string) => ({
      ...aFile(),
      text: aFile().text.replace('classes:', `effective: ${day}\nclasses:`),
    });
    const tomorrow = Temporal.PlainDate.from(session.today()).add({ days: 1 }).toString();
    expect(await faultOf(importSchedule(session, on(tomorrow)))).toMatchObject({
      code: 'schedule-not-effective',
      exitCode: 4,
      hint: expect.stringContaining(`--as-of ${tomorrow}`) as string,
    });
    expect(await currentSchedule(session)).toBe(undefined);
    await importSchedule(session, on(session.today()));
    const { schedule } = await storedSchedule(session, undefined);
    expect(schedule.effective).toBe(session.today());
    expect(parseScheduleCsv(scheduleCsv(schedule), 'schedule.csv')).toMatchObject({
      schedule: { effective: session.today() },
    });
    expect(await faultOf(importSchedule(session, on('02/30/2024')))).toMatchObject({
      code: 'schedule-invalid',
    });
  });

  test('is told in the log, by numbers only', async () => {
    const session = await sampleSession({ command: 'schedule import' });
    await enter(session, [
      anItem({ recordClass: 'payroll', closed: date('2024-03-31') }),
      anItem({ id: 'x' }),
    ]);
    const { sha256 } = await importSchedule(session, aFile());
    const head = await session.store.log.head();
    expect(JSON.parse(head?.entry ?? '')).toMatchObject({
      action: 'schedule.import',
      outcome: 'done',
      command: 'schedule import',
      operator: 'jdoe',
      subject: { schedule: '1' },
      data: { sha256, classes: 1, items_changed: 2, items_defective: 1 },
    });
    expect(head?.entry).not.toContain('schedule.yaml');
    expect((await verifyLog(session.store)).problem).toBe(null);
  });
});

describe('a stored schedule', () => {
  test('is printed with the keys of the file', async () => {
    const session = await sampleSession();
    await importSchedule(session, aFile('P3Y', MINUTES));
    const { schedule } = await storedSchedule(session, undefined);
    expect(scheduleDocument(schedule)).toMatchObject({
      version: 1,
      imported_by: 'jdoe',
      classes: [
        {
          id: 'payroll',
          retain: [{ after: 'closed', for: 'P3Y' }],
          cut_off: 'none',
          delete_within: null,
          approvals: 1,
          gates: [],
          sanitization: {},
          authority: { citation: '29 CFR 516.5', source: null, checked: '2026-11-02', warning: null },
        },
        { id: 'minutes', retain: [], disposition: 'permanent' },
      ],
    });
  });

  test('that does not exist is a mistake of the command line', async () => {
    const session = await sampleSession();
    expect(await faultOf(storedSchedule(session, undefined))).toMatchObject({
      code: 'schedule-missing',
      exitCode: 2,
    });
    await importSchedule(session, aFile());
    expect(await faultOf(storedSchedule(session, 2))).toMatchObject({
      code: 'schedule-version-unknown',
      exitCode: 2,
    });
  });
});

describe('reading the file', () => {
  test('names the file without its folders', async () => {
    const path = join(temporaryFolder(), 'schedule.yaml');
    writeFileSync(path, aFile().text);
    expect(await readScheduleFile(path)).toEqual(aFile());
  });

  test('refuses a folder, and leaves a missing file to the system', async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'schedule.yaml'));
    expect(await faultOf(readScheduleFile(join(folder, 'schedule.yaml')))).toMatchObject({
      code: 'is-a-folder',
      exitCode: 2,
    });
    expect(await faultOf(readScheduleFile(join(folder, 'none.yaml')))).toMatchObject({ code: 'ENOENT' });
  });

  test('reads no more than a schedule may have', async () => {
    const path = join(temporaryFolder(), 'huge.yaml');
    writeFileSync(path, Buffer.alloc(8 * 1024 * 1024, 'a'));
    expect((await readScheduleFile(path)).text).toHaveLength(1024 * 1024 + 1);
  });
});
