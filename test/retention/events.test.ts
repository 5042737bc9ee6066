import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { addItem, importInventory, updateItem } from '../../src/inventory/index.js';
import { buildPlan, listEvents, readEventFile, recordEvents } from '../../src/retention/index.js';
import { importSchedule } from '../../src/schedule/index.js';
import type { Session } from '../../src/session/index.js';
import { date } from '../schedule/generated-rules.js';
import { sampleSession } from '../session/sample-workspace.js';
import { temporaryFolder } from '../temporary-folder.js';

/** 8 CFR 274a.2: the later of hire + 3 years and termination + 1 year. */
const SCHEDULE = `version: 1
title: Test
classes:
  form-i9:
    title: Form I-9
    retain: [{after: hire, for: P3Y}, {after: termination, for: P1Y}]
    disposition: destroy
    authority: {citation: 8 CFR 274a.2, checked: 2026-11-02}
  payroll:
    title: Payroll
    retain: [{after: created, for: P3Y}]
    disposition: destroy
    authority: {citation: 29 CFR 516.5, checked: 2026-11-02}
`;

/** Today is 2 March 2026. */
async function company(): Promise<Session> {
  const session = await sampleSession();
  await importSchedule(session, { text: SCHEDULE, fileName: 'schedule.yaml' });
  const paper = { title: 'T', medium: 'paper', location: 'Room 1' };
  const i9 = { ...paper, class: 'form-i9', 'event:hire': '2019-02-01' };
  await addItem(session, { ...i9, id: 'I9-1', subjects: 'EMP-1', created: '2019-02-01' });
  await addItem(session, { ...i9, id: 'I9-BOTH', subjects: 'EMP-1;EMP-2', created: '2019-02-01' });
  await addItem(session, {
    ...paper,
    id: 'PAY-1',
    class: 'payroll',
    created: '2024-01-31',
    subjects: 'EMP-1',
  });
  return session;
}

const left = (subject: string, day: string | null) => ({
  event: 'termination',
  subject,
  date: day === null ? null : date(day),
});

async function keepUntil(session: Session, id: string): Promise<string | null | undefined> {
  return (await session.store.items.get(id))?.due.keepUntil;
}

async function log(session: Session): Promise<Record<string, unknown>[]> {
  const records = await session.store.log.page(0, 1000, { action: 'event.record' });
  return records.map(({ entry }) => JSON.parse(entry));
}

describe('an event', () => {
  it('reaches every item of its subject, and one of two subjects only with both', async () => {
    const session = await company();
    expect(await session.store.items.get('I9-1')).toMatchObject({ due: { missingTrigger: 'termination' } });
    const result = await recordEvents(session, [left('EMP-1', '2024-03-31')]);
    expect(result).toMatchObject({ corrected: 0, items: { reached: 3, changed: 1 } });
    expect(await keepUntil(session, 'I9-1')).toBe('2025-03-31');
    expect(await session.store.items.get('I9-BOTH')).toMatchObject({
      due: { missingTrigger: 'termination' },
    });
    await recordEvents(session, [left('EMP-2', '2023-12-31')]);
    expect(await keepUntil(session, 'I9-BOTH')).toBe('2025-03-31');
    expect(await keepUntil(session, 'PAY-1')).toBe('2027-01-31');
    expect(
      (await buildPlan(session, { limit: 9 })).items.map(({ itemId, decision }) => [itemId, decision]),
    ).toEqual([
      ['I9-1', 'dispose'],
      ['I9-BOTH', 'dispose'],
    ]);
  });

  it('that is corrected moves the due dates, and record and log keep both', async () => {
    const session = await company();
    await recordEvents(session, [left('EMP-1', '2024-03-31')]);
    const { plan } = await buildPlan(session, { limit: 9 });
    expect(plan.counts.dispose).toBe(1);
    expect(await recordEvents(session, [left('EMP-1', '2025-04-30')])).toMatchObject({ corrected: 1 });
    expect(await keepUntil(session, 'I9-1')).toBe('2026-04-30');
    expect((await buildPlan(session, { limit: 9 })).plan.counts.dispose).toBe(0);
    const records = await listEvents(session, { superseded: true }, { limit: 9 });
    expect(records.map((each) => [each.id, each.date, each.supersedes, each.supersededBy])).toEqual([
      [1, '2024-03-31', null, 2],
      [2, '2025-04-30', 1, null],
    ]);
    expect(await log(session)).toMatchObject([
      { subject: { event: '1', subject: 'EMP-1' }, data: { event: 'termination', date: '2024-03-31' } },
      {
        subject: { event: '2', subject: 'EMP-1' },
        data: { date: '2025-04-30', supersedes: '1', date_before: '2024-03-31' },
      },
    ]);
  });

  it('that is withdrawn is waited for again', async () => {
    const session = await company();
    await recordEvents(session, [left('EMP-1', '2024-03-31')]);
    await recordEvents(session, [left('EMP-1', null)]);
    expect(await session.store.items.get('I9-1')).toMatchObject({
      due: { keepUntil: null, missingTrigger: 'termination', defect: null },
    });
    const { refused } = await recordEvents(session, [left('EMP-2', null)]);
    expect(refused.get(0)?.code).toBe('event-unknown');
  });

  it('recorded again changes nothing, and is not logged again', async () => {
    const session = await company();
    await recordEvents(session, [left('EMP-1', '2024-03-31')]);
    const again = await recordEvents(session, [left('EMP-1', '2024-03-31')]);
    expect(again).toMatchObject({ recorded: [], unchanged: 1, items: { reached: 0 } });
    expect(await log(session)).toHaveLength(1);
  });

  it('reaches items that come later, however they come', async () => {
    const session = await sampleSession();
    await importSchedule(session, { text: SCHEDULE, fileName: 'schedule.yaml' });
    await recordEvents(session, [left('EMP-1', '2024-03-31')]);
    const path = join(temporaryFolder(), 'items.csv');
    const head = 'id,title,class,medium,location,subject,event:hire';
    writeFileSync(path, `${head}\nA,T,form-i9,paper,R,EMP-1,2019-02-01\nB,T,form-i9,paper,R,,2019-02-01\n`);
    expect(await importInventory(session, { input: { path } })).toMatchObject({
      outcome: 'imported',
      added: 2,
    });
    expect(await keepUntil(session, 'A')).toBe('2025-03-31');
    expect(await keepUntil(session, 'B')).toBeNull();
    await updateItem(session, 'B', { subjects: 'EMP-1' });
    expect(await keepUntil(session, 'B')).toBe('2025-03-31');
    writeFileSync(path, `${head}\nB,T,form-i9,paper,R,EMP-7,2019-02-01\n`);
    expect(await importInventory(session, { input: { path }, options: { update: true } })).toMatchObject({
      updated: 1,
    });
    expect(await keepUntil(session, 'B')).toBeNull();
  });

  it('never shortens what the item itself says: the later day counts', async () => {
    const session = await company();
    await updateItem(session, 'I9-1', { 'event:termination': '2025-06-30' });
    await recordEvents(session, [left('EMP-1', '2024-03-31')]);
    expect(await keepUntil(session, 'I9-1')).toBe('2026-06-30');
    await recordEvents(session, [left('EMP-1', '2025-08-31')]);
    expect(await keepUntil(session, 'I9-1')).toBe('2026-08-31');
  });

  it('of the future, or from before all items of the subject, is refused; the latter not by force', async () => {
    const session = await company();
    const code = async (day: string, options = {}) =>
      (await recordEvents(session, [left('EMP-1', day)], options)).refused.get(0)?.code;
    expect(await code('2026-03-03')).toBe('event-in-future');
    expect(await code('2026-03-03', { force: true })).toBe('event-in-future');
    expect(await code('2019-01-31')).toBe('event-before-items');
    expect(await listEvents(session, {}, { limit: 9 })).toEqual([]);
    expect(await code('2019-02-01')).toBeUndefined();
    expect(await code('2019-01-31', { force: true })).toBeUndefined();
  });

  it('of a subject without items is recorded, for items that come later', async () => {
    const session = await company();
    expect(await recordEvents(session, [left('EMP-9', '2001-01-01')])).toMatchObject({
      recorded: [{ subject: 'EMP-9' }],
      items: { reached: 0 },
    });
  });
});

describe('a file of events', () => {
  async function read(text: string): ReturnType<typeof readEventFile> {
    const path = join(temporaryFolder(), 'events.csv');
    writeFileSync(path, text);
    return await readEventFile(path);
  }

  it('is read in any order of columns; a row twice counts once', async () => {
    const { rows, statements, problems } = await read(
      '\ufeffDate,Subject,Event\r\n2026-02-01,EMP-1,termination\r\n\r\n2026-02-01,EMP-1,termination\r\n2026-02-02,EMP-2,"hire"\r\n',
    );
    expect(problems).toEqual([]);
    expect(rows).toBe(3);
    expect(statements).toMatchObject([
      { event: 'termination', subject: 'EMP-1', date: '2026-02-01', line: 2 },
      { event: 'hire', subject: 'EMP-2', date: '2026-02-02' },
    ]);
  });

  it.each([
    ['Termination,EMP-1,2026-02-01', 'event', 'is not the name of an event'],
    ['closed,EMP-1,2026-02-01', 'event', 'is closed, which is a date of the item'],
    ['termination,Jane Roe,2026-02-01', 'subject', 'is not an opaque id'],
    ['termination,jane.roe,2026-02-01', 'subject', 'looks like a name'],
    ['termination,Roe-Jane-7,2026-02-01', 'subject', 'looks like a name'],
    ['termination,123-45-6789,2026-02-01', 'subject', 'is shaped like a Social Security number'],
    ['termination,E123-45-6789,2026-02-01', 'subject', 'is shaped like a Social Security number'],
    ['termination,123456789,2026-02-01', 'subject', 'is only a number'],
    ['termination,EMP-1,2026-02-30', 'date', 'is not a date'],
    ['termination,EMP-1,', 'date', 'is not a date'],
    ['termination,EMP-1', null, 'has 2 cells'],
  ])('names what is wrong with %s, without repeating it', async (row, column, reason) => {
    const { problems, statements, rejected } = await read(
      `event,subject,date\nhire,EMP-5,2026-01-01\n${row}\n`,
    );
    expect(problems).toMatchObject([{ line: 3, column, reason: expect.stringContaining(reason) }]);
    expect(JSON.stringify(problems)).not.toMatch(/Jane|Roe|6789/i);
    expect([statements.length, rejected]).toEqual([1, 1]);
  });

  it('names two rows that contradict each other', async () => {
    const text = 'event,subject,date\nhire,EMP-5,2026-01-01\nhire,EMP-5,2026-01-02\n';
    expect((await read(text)).problems).toMatchObject([
      { line: 3, reason: expect.stringContaining('line 2') },
    ]);
  });

  it.each([
    ['', 'csv-empty'],
    ['event,subject\nhire,EMP-1\n', 'csv-header'],
    ['event,subject,date,name\nhire,EMP-1,2026-01-01,Jane\n', 'csv-header'],
    ['event,subject,date\n"hire,EMP-1,2026-01-01\n', 'csv-quotes'],
  ])('that cannot be read as a whole is refused', async (text, code) => {
    await expect(read(text)).rejects.toMatchObject({ code, exitCode: 2 });
  });
});
