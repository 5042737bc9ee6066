import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { addItem } from '../../src/inventory/index.js';
import type { StatementScope } from '../../src/model/index.js';
import { readOperatorKey } from '../../src/operators/index.js';
import {
  approvePlan,
  buildPlan,
  listStatements,
  placeHold,
  planObjections,
  previewSweep,
  recordDestruction,
  recordEvents,
  releaseHold,
  runSweep,
  type StatementRequest,
  stateGate,
  withdrawStatement,
} from '../../src/retention/index.js';
import { importSchedule } from '../../src/schedule/index.js';
import type { Session } from '../../src/session/index.js';
import { date } from '../schedule/generated-rules.js';
import { TestClock } from '../session/sample-workspace.js';
import { temporaryFolder } from '../temporary-folder.js';
import { enter, item, makeWorld, writeRecord } from './sweep-world.js';

/** c. 111 § 70: twenty years, and a notice to the Department of Public Health thirty days before. */
const SCHEDULE = `version: 1
title: Test
classes:
  clinic-record:
    title: Clinic record
    retain: [{after: closed, for: P20Y}]
    disposition: destroy
    gates:
      - {kind: notice, recipient: Department of Public Health, days: 30}
    sanitization: {paper: shredded}
    authority: {citation: c. 111 § 70, checked: 2026-11-02}
  town-record:
    title: Town record
    retain: [{after: closed, for: P7Y}]
    disposition: destroy
    gates:
      - {kind: permission, authority: Records Conservation Board}
      - {kind: notice, recipient: Town clerk, days: 0}
    authority: {citation: Records Conservation Board, checked: 2026-11-02}
  payroll:
    title: Payroll
    retain: [{after: closed, for: P3Y}, {after: termination, for: P3Y}]
    disposition: destroy
    authority: {citation: 29 CFR 516.5, checked: 2026-11-02}
`;

const CLINIC: StatementScope = { kind: 'item', value: 'CLINIC-1' };

const NOTICE: StatementRequest = {
  kind: 'notice',
  scopes: [CLINIC],
  statedOn: date('2026-03-01'),
  statedBy: 'Dana Reyes',
  reference: null,
  party: null,
};

/** Today is 2 March 2026; three records are due but for their gates. */
async function world(): Promise<{ session: Session; clock: TestClock; file: string }> {
  const clock = new TestClock();
  const made = await makeWorld(temporaryFolder(), { clock });
  onTestFinished(() => made.session.close());
  const { session } = made;
  await importSchedule(session, { text: SCHEDULE, fileName: 'schedule.yaml' });
  const file = writeRecord(join(made.records, 'clinic.txt'));
  await enter(session, [
    item('CLINIC-1', file, { recordClass: 'clinic-record', closed: date('2005-06-30') }),
    item('TOWN-1', 'Room 1', { recordClass: 'town-record', medium: 'paper', closed: date('2015-06-30') }),
  ]);
  return { session, clock, file };
}

async function reasons(session: Session): Promise<[string, string][]> {
  const { items } = await buildPlan(session, { limit: 9 });
  return items
    .map(({ itemId, reason }): [string, string] => [itemId, reason])
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
}

async function approved(session: Session): Promise<string> {
  const { plan } = await buildPlan(session, { limit: 9 });
  const key = readOperatorKey(session.paths.keys, (await session.operator()).id);
  await approvePlan(session, plan.id, await key.unlock(null));
  return plan.id;
}

describe('a statement', () => {
  it('satisfies the gate that it is about, from its day on', async () => {
    const { session, clock } = await world();
    expect(await reasons(session)).toEqual([
      ['CLINIC-1', 'gate-notice'],
      ['TOWN-1', 'gate-notice'],
    ]);
    expect(await stateGate(session, NOTICE)).toMatchObject({
      id: 'G-2026-0001',
      party: 'Department of Public Health',
    });
    clock.at = new Date('2026-03-30T15:00:00.000Z');
    expect((await reasons(session))[0]).toEqual(['CLINIC-1', 'gate-notice']);
    clock.at = new Date('2026-03-31T15:00:00.000Z');
    expect((await reasons(session))[0]).toEqual(['CLINIC-1', 'due']);
  });

  it('of a permission needs its reference, and both gates of a class must be satisfied', async () => {
    const { session } = await world();
    const permission = {
      ...NOTICE,
      kind: 'permission' as const,
      scopes: [{ kind: 'class' as const, value: 'town-record' }],
    };
    await expect(stateGate(session, permission)).rejects.toMatchObject({
      code: 'reference-missing',
      exitCode: 2,
    });
    await stateGate(session, { ...permission, reference: 'RCB 2026-114' });
    expect((await reasons(session))[1]).toEqual(['TOWN-1', 'gate-notice']);
    await stateGate(session, { ...permission, kind: 'notice', party: ' town  CLERK ' });
    expect((await reasons(session))[1]).toEqual(['TOWN-1', 'due']);
  });

  it('that is withdrawn does not count', async () => {
    const { session, clock } = await world();
    const { id } = await stateGate(session, NOTICE);
    clock.at = new Date('2026-04-15T15:00:00.000Z');
    expect((await reasons(session))[0]).toEqual(['CLINIC-1', 'due']);
    await withdrawStatement(session, { id });
    expect((await reasons(session))[0]).toEqual(['CLINIC-1', 'gate-notice']);
    await expect(withdrawStatement(session, { id })).rejects.toMatchObject({ code: 'statement-withdrawn' });
    expect(await listStatements(session, { withdrawn: false })).toEqual([]);
    expect(await listStatements(session, { withdrawn: true })).toMatchObject([
      { id, withdrawnOn: '2026-04-15' },
    ]);
  });

  it.each([
    ['about an item that is not there', { scopes: [{ kind: 'item', value: 'X-1' }] }, 'item-unknown'],
    ['about a class that is not there', { scopes: [{ kind: 'class', value: 'x' }] }, 'class-unknown'],
    ['about a person by name', { scopes: [{ kind: 'subject', value: 'jane.roe' }] }, 'subject-invalid'],
    [
      'about a subject that no item has',
      { kind: 'open-charge', scopes: [{ kind: 'subject', value: 'emp-77' }] },
      'statement-scope-unknown',
    ],
    [
      'about a subject that no item has, for a notice',
      { scopes: [CLINIC, { kind: 'subject', value: 'emp-77' }] },
      'statement-scope-unknown',
    ],
    ['about nothing', { scopes: [] }, 'statement-scope-missing'],
    ['that no rule asks for', { kind: 'copies-checked' }, 'gate-unknown'],
    ['of tomorrow', { statedOn: date('2026-03-03') }, 'date-in-future'],
    ['to somebody else', { party: 'Board of Health' }, 'party-unknown'],
    ['to one of two', { scopes: [CLINIC, { kind: 'item', value: 'TOWN-1' }] }, 'party-ambiguous'],
    ['by nobody', { statedBy: ' ' }, 'statement-text-invalid'],
  ] as [string, Partial<StatementRequest>, string][])('%s is refused', async (_, changes, code) => {
    const { session } = await world();
    await expect(stateGate(session, { ...NOTICE, ...changes })).rejects.toMatchObject({ code, exitCode: 2 });
    expect(await session.store.gates.list()).toEqual([]);
  });

  it('may be about records that come later where that is said', async () => {
    const { session } = await world();
    const scopes: StatementScope[] = [{ kind: 'subject', value: 'EMP-77' }];
    const charge: StatementRequest = { ...NOTICE, kind: 'open-charge', scopes, allowUnknown: true };
    expect((await stateGate(session, charge)).scopes).toEqual(scopes);
    // Written as the item has it, nothing needs to be said.
    await addItem(session, {
      id: 'P-1',
      title: 'P',
      medium: 'paper',
      location: 'Room 1',
      subjects: 'EMP-77',
    });
    await stateGate(session, { ...charge, allowUnknown: false });
  });

  it('is logged without names, references and parties', async () => {
    const { session } = await world();
    const { id } = await stateGate(session, { ...NOTICE, reference: 'Letter to Jane Roe' });
    await withdrawStatement(session, { id });
    const records = await session.store.log.page(0, 100, { action: 'gate' });
    const entries = records.map(({ entry }) => JSON.parse(entry));
    expect(entries).toMatchObject([
      {
        action: 'gate.state',
        subject: { statement: id },
        data: { kind: 'notice', stated_on: '2026-03-01', scopes: { item: 1 } },
      },
      { action: 'gate.withdraw', subject: { statement: id }, data: { withdrawn_on: '2026-03-02' } },
    ]);
    expect(JSON.stringify(entries)).not.toMatch(/Dana|Reyes|Jane|Roe|Health/);
  });
});

describe('between approval and run', () => {
  async function ready(): Promise<{ session: Session; clock: TestClock; plan: string }> {
    const { session, clock } = await world();
    await stateGate(session, { ...NOTICE, statedOn: date('2026-01-02') });
    return { session, clock, plan: await approved(session) };
  }

  async function outcomeOf(
    session: Session,
    plan: string,
  ): Promise<[string | null | undefined, string | undefined]> {
    const { disposals } = await runSweep(session, plan, { acceptResidual: true });
    const result = JSON.parse(disposals[0]?.result ?? '{}') as { reasons?: { code: string }[] };
    return [disposals[0]?.outcome, result.reasons?.[0]?.code];
  }

  async function outcome(session: Session, plan: string): Promise<unknown> {
    const preview = (await previewSweep(session, plan)).items[0];
    const objections = await planObjections(session, plan);
    expect(objections.map(({ itemId, code }) => [itemId, code])).toEqual([
      ['CLINIC-1', preview?.reasons[0]?.code],
    ]);
    const [ended, code] = await outcomeOf(session, plan);
    expect(preview?.reasons[0]?.code).toEqual(code);
    return [ended, code];
  }

  it('a charge that becomes known stops the item', async () => {
    const { session, plan } = await ready();
    await stateGate(session, { ...NOTICE, kind: 'open-charge', statedOn: date('2026-03-02') });
    expect(await outcome(session, plan)).toEqual(['refused', 'gate-open-charge']);
  });

  it('a charge that becomes known after midnight stops an item of a run that began before', async () => {
    const { session, clock, plan } = await ready();
    clock.at = new Date('2026-03-03T04:59:00.000Z'); // 23:59 in Boston, on 2 March
    const known = session.store.disposals.ofRun.bind(session.store.disposals);
    let stated: Promise<unknown> | undefined;
    session.store.disposals.ofRun = async (...asked) => {
      clock.at = new Date('2026-03-03T05:01:00.000Z');
      stated ??= stateGate(session, { ...NOTICE, kind: 'open-charge', statedOn: date('2026-03-03') });
      await stated;
      return await known(...asked);
    };
    expect(await outcomeOf(session, plan)).toEqual(['refused', 'gate-open-charge']);
  });

  it('a statement that is withdrawn stops the item', async () => {
    const { session, plan } = await ready();
    await withdrawStatement(session, { id: 'G-2026-0001' });
    expect(await outcome(session, plan)).toEqual(['refused', 'gate-notice']);
  });

  it('a hold that was placed and released again stops the item until the cooling-off period is over', async () => {
    const { session, clock, plan } = await ready();
    const hold = await placeHold(session, { matter: 'M', reason: null, scopes: [CLINIC] });
    expect((await reasons(session))[0]).toEqual(['CLINIC-1', 'legal-hold']);
    // Released on 2 March, left alone for seven days: until 9 March.
    expect(await releaseHold(session, { id: hold.id, reason: 'Settled' })).toMatchObject({
      coolingOffUntil: '2026-03-09',
    });
    expect(await outcome(session, plan)).toEqual(['refused', 'cooling-off']);
    clock.at = new Date('2026-03-09T15:00:00.000Z');
    expect((await reasons(session))[0]).toEqual(['CLINIC-1', 'cooling-off']);
    clock.at = new Date('2026-03-10T15:00:00.000Z');
    expect((await reasons(session))[0]).toEqual(['CLINIC-1', 'due']);
  });

  it('an event that is corrected takes the item out of the plan', async () => {
    const { session } = await world();
    const paper = { title: 'T', medium: 'paper', location: 'R', class: 'payroll' };
    await addItem(session, { ...paper, id: 'PAY-1', closed: '2019-01-31', subjects: 'EMP-1' });
    const ended = (day: string) => ({ event: 'termination', subject: 'EMP-1', date: date(day) });
    await recordEvents(session, [ended('2020-01-31')]);
    const plan = await approved(session);
    await recordEvents(session, [ended('2021-01-31')]);
    const statement = {
      ...{ method: 'shredded' as const, performedBy: 'Dana', performedOn: date('2026-03-02') },
      ...{ witness: null, vendor: null, reference: null },
    };
    await expect(
      recordDestruction(session, { planId: plan, itemIds: ['PAY-1'], statement }),
    ).rejects.toMatchObject({
      code: 'item-changed',
      exitCode: 4,
    });
  });
});

it('paper is destroyed as its class asks, and not in another way of the law', async () => {
  const { session } = await world();
  await enter(session, [
    item('BOX-1', 'Room 1', { recordClass: 'clinic-record', medium: 'paper', closed: date('2005-06-30') }),
  ]);
  await stateGate(session, {
    ...NOTICE,
    statedOn: date('2026-01-02'),
    scopes: [{ kind: 'class', value: 'clinic-record' }],
  });
  const planId = await approved(session);
  const record = (method: 'burned' | 'shredded') =>
    recordDestruction(session, {
      planId,
      itemIds: ['BOX-1'],
      statement: {
        ...{ method, performedBy: 'Dana', performedOn: date('2026-03-02'), witness: null },
        ...{ vendor: null, reference: null },
      },
    });
  await expect(record('burned')).rejects.toMatchObject({ code: 'method-not-enough', exitCode: 4 });
  expect((await record('shredded')).certificate).not.toBeNull();
});

it('paper that was destroyed while a charge was open is not certified after its end, either', async () => {
  const { session, clock } = await world();
  await enter(session, [
    item('BOX-1', 'Room 1', { recordClass: 'clinic-record', medium: 'paper', closed: date('2005-06-30') }),
  ]);
  const scopes: StatementScope[] = [{ kind: 'class', value: 'clinic-record' }];
  await stateGate(session, { ...NOTICE, statedOn: date('2026-03-02'), scopes });
  // Thirty days after 2 March: it may be destroyed from 1 April on.
  clock.at = new Date('2026-04-01T15:00:00.000Z');
  const planId = await approved(session);
  await stateGate(session, { ...NOTICE, kind: 'open-charge', statedOn: date('2026-04-01'), scopes });
  clock.at = new Date('2026-04-03T15:00:00.000Z');
  await withdrawStatement(session, { id: 'G-2026-0002' });
  const record = (day: string) =>
    recordDestruction(session, {
      planId,
      itemIds: ['BOX-1'],
      statement: {
        ...{ method: 'shredded', performedBy: 'Dana', performedOn: date(day), witness: null },
        ...{ vendor: null, reference: null },
      },
    });
  await expect(record('2026-04-02')).rejects.toMatchObject({ code: 'destroyed-while-kept', exitCode: 4 });
  expect((await record('2026-04-03')).certificate).not.toBeNull();
});
