import { describe, expect, it } from 'vitest';
import { addItem, showItem, updateItem } from '../../src/inventory/index.js';
import type { CalendarDate, RecordClass } from '../../src/model/index.js';
import { placeHold, releaseHold } from '../../src/retention/index.js';
import type { Session } from '../../src/session/index.js';
import { sampleSession, TestClock } from '../session/sample-workspace.js';
import { importText, loggedActions } from './sample-import.js';

const TEXTS = { id: 'HR-1', title: 'Payroll', class: 'payroll', medium: 'file', location: '/srv/p.csv' };

/** A schedule with classes that count from `closed` and from `termination`. */
async function withSchedule(session: Session): Promise<void> {
  const recordClass = (id: string, after: string, period: string): RecordClass => ({
    id,
    title: id,
    retain: [{ after, for: period }],
    cutOff: 'none',
    deleteWithin: null,
    disposition: 'destroy',
    approvals: 1,
    gates: [],
    sanitization: {},
    authority: { citation: '29 CFR 516.5', source: null, checked: '2026-11-02' as never, warning: null },
  });
  const classes = [recordClass('payroll', 'closed', 'P3Y'), recordClass('staff', 'termination', 'P1Y')];
  const stored = {
    version: 1,
    importedAt: '2026-01-01T00:00:00.000Z',
    importedBy: 'jdoe',
    sha256: '0'.repeat(64),
  };
  await session.store.schedules.insert({ title: 'Test', classes, ...stored }, 'text');
}

describe('add', () => {
  it('puts one item into the inventory, with its due dates', async () => {
    const session = await sampleSession();
    await withSchedule(session);
    const item = await addItem(session, {
      ...TEXTS,
      pi_elements: 'ssn;biometric',
      data_subjects: '4',
      closed: '2020-02-29',
      'event:termination': '2021-01-01',
      notes: " '=1+1 ",
    });
    expect(item).toMatchObject({
      id: 'HR-1',
      piElements: ['ssn', 'biometric'],
      dataSubjects: 4,
      events: { termination: '2021-01-01' },
      // Typed, not exported: an apostrophe is an apostrophe.
      notes: "'=1+1",
      state: 'active',
      due: { keepUntil: '2023-02-28', defect: null },
      importedFrom: null,
    });
    expect(await showItem(session, 'HR-1')).toEqual(item);
    expect(await loggedActions(session)).toEqual([
      { action: 'inventory.add', subject: { item: 'HR-1' }, data: { defect: null } },
    ]);
  });

  it('names every mistake by its column, and repeats no value', async () => {
    const session = await sampleSession();
    const texts = {
      id: '123-45-6789',
      medium: 'cupboard',
      closed: '02/30/2024',
      'event:Left Us': '2020-01-01',
    };
    const fault = await addItem(session, texts).catch((error: unknown) => error);
    expect(fault).toMatchObject({ code: 'item-invalid', exitCode: 2 });
    const { message } = fault as Error;
    for (const part of [
      'id is shaped like',
      'title is missing',
      'medium is not',
      'closed is not a date: February 2024 has 29 days',
      'event: names no event',
    ]) {
      expect(message).toContain(part);
    }
    expect(message).not.toMatch(/123-45|cupboard|02\/30|Left Us/);
    expect(await loggedActions(session)).toEqual([]);
  });

  it('refuses an id that is there, also after disposal', async () => {
    const session = await sampleSession();
    await addItem(session, TEXTS);
    await expect(addItem(session, { ...TEXTS, title: 'Other' })).rejects.toMatchObject({
      code: 'item-exists',
      exitCode: 2,
    });
    await session.store.items.moveState(['HR-1'], 'active', 'disposed');
    await expect(addItem(session, TEXTS)).rejects.toMatchObject({ code: 'item-exists' });
    expect(await loggedActions(session)).toHaveLength(1);
  });
});

describe('update', () => {
  it('changes what is given, tells what changed, and computes the due dates again', async () => {
    const session = await sampleSession();
    await withSchedule(session);
    await addItem(session, { ...TEXTS, closed: '2020-06-30', notes: 'old', 'event:hire': '2019-01-01' });
    const { before, after, changed } = await updateItem(session, 'HR-1', {
      class: 'staff',
      notes: '',
      'event:termination': '2024-02-29',
      'event:hire': '',
    });
    expect(changed).toEqual(['class', 'notes', 'event:hire', 'event:termination']);
    expect(before.due.keepUntil).toBe('2023-06-30');
    expect(after).toMatchObject({
      recordClass: 'staff',
      notes: null,
      closed: '2020-06-30',
      events: { termination: '2024-02-29' },
      due: { keepUntil: '2025-02-28' },
    });
    expect((await loggedActions(session)).at(-1)).toEqual({
      action: 'inventory.update',
      subject: { item: 'HR-1' },
      data: { changed },
    });
  });

  it('that changes nothing is not logged', async () => {
    const session = await sampleSession();
    await addItem(session, TEXTS);
    expect((await updateItem(session, 'HR-1', { title: ' Payroll ' })).changed).toEqual([]);
    expect(await loggedActions(session)).toHaveLength(1);
  });

  it('makes an imported item one that a person wrote', async () => {
    const session = await sampleSession();
    await importText(session, 'id,title,medium,location\nA-1,T,paper,Room 1\n');
    const { after } = await updateItem(session, 'A-1', { location: 'Room 2' });
    expect(after).toMatchObject({ location: 'Room 2', importedFrom: null });
  });

  it('of the medium asks for a location that suits it', async () => {
    const session = await sampleSession();
    await addItem(session, { ...TEXTS, medium: 'paper', location: 'Room 12' });
    await expect(updateItem(session, 'HR-1', { medium: 'file' })).rejects.toMatchObject({
      code: 'item-invalid',
      message: expect.stringContaining('location is not an absolute path'),
    });
  });

  it.each([
    ['claimed', 'item-claimed'],
    ['disposed', 'item-disposed'],
  ] as const)('is refused for an item that is %s', async (state, code) => {
    const session = await sampleSession();
    await addItem(session, TEXTS);
    await session.store.items.moveState(['HR-1'], 'active', state);
    await expect(updateItem(session, 'HR-1', { title: 'Other' })).rejects.toMatchObject({
      code,
      exitCode: 4,
    });
  });

  it('of an item that is not there is refused, and the id is not repeated where it is none', async () => {
    const session = await sampleSession();
    await expect(updateItem(session, 'NO-1', {})).rejects.toMatchObject({
      code: 'item-unknown',
      message: expect.stringContaining('NO-1'),
    });
    await expect(showItem(session, 'Jane Roe')).rejects.toMatchObject({
      message: expect.not.stringContaining('Roe'),
    });
  });
});

it.each([
  { hold: 'in force', released: null, until: null },
  { hold: 'that cools off', released: '2026-03-02T15:00:00.000Z', until: '2026-03-09' as CalendarDate },
])(
  'a change that would take an item out of a legal hold $hold is refused, by hand and by import',
  async ({ released, until }) => {
    const session = await sampleSession();
    const texts = { id: 'PAY-1', title: 'Payroll', medium: 'paper', location: 'Room 1', custodian: 'clerk' };
    await addItem(session, texts);
    await session.store.holds.insert({
      id: 'H-2026-0001',
      matter: 'm',
      reason: null,
      scopes: [{ kind: 'custodian', value: 'clerk' }],
      placedAt: '2026-03-02T15:00:00.000Z',
      placedBy: 'jdoe',
      releasedAt: null,
      releasedBy: null,
      releaseReason: null,
      coolingOffUntil: null,
    });
    if (released !== null) {
      const release = { at: released, by: 'jdoe', reason: 'settled', coolingOffUntil: until };
      await session.store.holds.release('H-2026-0001', release);
    }
    await expect(updateItem(session, 'PAY-1', { custodian: 'manager' })).rejects.toMatchObject({
      code: 'hold-would-be-lost',
      exitCode: 4,
    });
    expect((await updateItem(session, 'PAY-1', { notes: 'counted' })).changed).toEqual(['notes']);
    const result = await importText(
      session,
      'id,title,medium,location,custodian\nPAY-1,Payroll,paper,Room 1,manager\n',
      { update: true },
    );
    expect(result).toMatchObject({ outcome: 'rejected', problemCount: 1 });
    expect(await showItem(session, 'PAY-1')).toMatchObject({ custodian: 'clerk' });
  },
);

it('a correction after the last day of the cooling-off period is accepted', async () => {
  const clock = new TestClock();
  const session = await sampleSession({ clock });
  await addItem(session, { ...TEXTS, custodian: 'clerk' });
  const { id } = await placeHold(session, {
    matter: 'm',
    reason: null,
    scopes: [{ kind: 'location', value: '/srv' }],
  });
  await releaseHold(session, { id, reason: 'settled' });
  // Seven days of the settings, counted from the day after the release on March 2.
  clock.at = new Date('2026-03-09T15:00:00.000Z');
  const moved = { location: '/home/p.csv' };
  await expect(updateItem(session, 'HR-1', moved)).rejects.toMatchObject({ code: 'hold-would-be-lost' });
  clock.at = new Date('2026-03-10T15:00:00.000Z');
  expect((await updateItem(session, 'HR-1', moved)).changed).toEqual(['location']);
});

describe('a day before the item was created', () => {
  it.each([
    ['closed', { closed: '2010-01-01' }],
    ['last_used', { last_used: '2019-12-31' }],
    ['event:hire', { 'event:hire': '2012-01-01' }],
  ])('of %s is refused unless that is forced, by hand and by import', async (column, texts) => {
    const session = await sampleSession();
    const early = { ...TEXTS, created: '2020-01-01', ...texts };
    const refusal = { code: 'date-before-item', exitCode: 2, details: { column } };
    await expect(addItem(session, early)).rejects.toMatchObject(refusal);
    const rows = (id: string) =>
      `id,title,medium,location,created,${column}\n${id},Payroll,paper,Room 1,2020-01-01,${Object.values(texts)[0]}\n`;
    const refused = await importText(session, rows('HR-2'));
    expect(refused).toMatchObject({
      outcome: 'rejected',
      problems: [{ line: 2, column, reason: expect.stringContaining('created') }],
    });
    expect(await importText(session, rows('HR-2'), { force: true })).toMatchObject({ added: 1 });
    // What is said again changes nothing, and nothing is said of it again.
    expect(await importText(session, rows('HR-2'), { update: true })).toMatchObject({ unchanged: 1 });
    await addItem(session, { ...TEXTS, created: '2020-01-01' });
    await expect(updateItem(session, 'HR-1', texts)).rejects.toMatchObject(refusal);
    const changes = rows('HR-1').replace('created,', '').replace('2020-01-01,', '');
    expect(await importText(session, changes, { update: true })).toMatchObject({
      outcome: 'rejected',
      problems: [{ column }],
    });
    expect((await updateItem(session, 'HR-1', texts, { force: true })).changed).toEqual([column]);
    expect((await updateItem(session, 'HR-1', { notes: 'seen' })).changed).toEqual(['notes']);
  });

  it('is no mistake for the last change, which a copy of a file keeps, nor on the day itself', async () => {
    const session = await sampleSession();
    const days = { created: '2020-01-01', modified: '2010-01-01', closed: '2020-01-01' };
    expect(await addItem(session, { ...TEXTS, ...days })).toMatchObject(days);
  });

  it('leaves out its row of an import, and takes the others', async () => {
    const session = await sampleSession();
    const text =
      'id,title,medium,location,created,closed\nA,A,paper,R,2020-01-01,2010-01-01\nB,B,paper,R,2010-01-01,2020-01-01\n';
    const options = { partial: true };
    expect(await importText(session, text, options)).toMatchObject({ added: 1, rejected: 1 });
    expect(await showItem(session, 'B')).toMatchObject({ closed: '2020-01-01' });
  });
});
