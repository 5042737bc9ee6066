import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { verifyLog } from '../../src/audit/index.js';
import { showCertificate } from '../../src/certificate/index.js';
import type { CalendarDate, InventoryItem } from '../../src/model/index.js';
import { readOperatorKey } from '../../src/operators/index.js';
import { approvePlan, placeHold, releaseHold, SweepQuota } from '../../src/retention/index.js';
import { importSchedule } from '../../src/schedule/index.js';
import { sweepUnattended } from '../../src/unattended/index.js';
import { TestClock } from '../session/sample-workspace.js';
import { temporaryFolder } from '../temporary-folder.js';
import { enter, item, makeWorld, type World, writeRecord } from './sweep-world.js';

const PEOPLE = 200;
const DAY = 86_400_000;
const FIRST_NIGHT = Date.UTC(2026, 0, 1, 7);
const NIGHTS = 365;

const SCHEDULE = `version: 1
title: A company of 200
classes:
  applications:
    title: Applications
    retain: [{after: closed, for: P1Y}]
    disposition: destroy
    approvals: 0
    authority: {citation: M.G.L. c. 151B § 9, checked: 2026-11-02}
  payroll:
    title: Payroll
    retain: [{after: closed, for: P3Y}]
    disposition: destroy
    approvals: 1
    authority: {citation: 29 CFR 516.5, checked: 2026-11-02}
  contracts:
    title: Contracts under seal
    retain: [{after: closed, for: P20Y}]
    disposition: destroy
    approvals: 1
    authority: {citation: M.G.L. c. 260 § 1, checked: 2026-11-02}
`;

/** Last day of the duty to keep, reckoned by hand: the same day so many years later. No closing day is 29 February. */
const YEARS: Readonly<Record<string, number>> = { applications: 1, payroll: 3, contracts: 20 };

function keepUntil({ recordClass, closed }: InventoryItem): string {
  const [year = '', ...rest] = (closed ?? '').split('-');
  return [Number(year) + (YEARS[recordClass ?? ''] ?? 0), ...rest].join('-');
}

/** Applications end on the 10th or the 25th of a month, payroll years with a month, contracts whenever. */
function recordsOf(person: number, records: string): InventoryItem[] {
  const month = String((person % 12) + 1).padStart(2, '0');
  const path = (name: string) => join(records, String(person % 10), `${person}-${name}`);
  const custodian = person % 20 === 0 ? 'counsel' : 'people-office';
  const kind = (name: string, recordClass: string, closed: string) =>
    item(`${name}-${person}`, path(name), { recordClass, closed: closed as CalendarDate, custodian });
  return [
    kind('APP', 'applications', `2025-${month}-${person % 2 === 0 ? '10' : '25'}`),
    kind('PAY', 'payroll', `2023-${month}-28`),
    kind('CON', 'contracts', `20${10 + (person % 10)}-${month}-15`),
  ];
}

interface Company extends World {
  clock: TestClock;
  items: InventoryItem[];
}

async function company(): Promise<Company> {
  const clock = new TestClock(new Date(FIRST_NIGHT - DAY));
  const made = await makeWorld(temporaryFolder(), {
    approvals: { minimum: 0, plannerMayApprove: true },
    clock,
  });
  onTestFinished(() => made.session.close());
  await importSchedule(made.session, { text: SCHEDULE, fileName: 'schedule.yaml' });
  for (let folder = 0; folder < 10; folder += 1) mkdirSync(join(made.records, String(folder)));
  const items = Array.from({ length: PEOPLE }, (_, person) => recordsOf(person, made.records)).flat();
  for (const { location } of items) writeRecord(location, 500);
  await enter(made.session, items);
  return { ...made, clock, items };
}

/** Every Monday somebody approves what waits. */
async function approveWaiting({ session }: Company, plan: string): Promise<void> {
  const { id } = await session.operator();
  await approvePlan(session, plan, await readOperatorKey(session.paths.keys, id).unlock(null));
}

/** Plays the year. @returns the night on which each item was disposed of */
async function play(made: Company): Promise<{ gone: Map<string, string>; times: Map<string, number> }> {
  const { session, clock } = made;
  const gone = new Map<string, string>();
  const times = new Map<string, number>();
  let hold = '';
  for (let night = 0; night < NIGHTS; night += 1) {
    clock.at = new Date(FIRST_NIGHT + night * DAY);
    const today = session.today();
    if (today === HELD.from) {
      const placed = await placeHold(session, {
        matter: 'Doe v. Company',
        reason: null,
        scopes: [{ kind: 'custodian', value: 'counsel' }],
      });
      hold = placed.id;
    }
    if (today === HELD.to) await releaseHold(session, { id: hold, reason: 'settled' });
    // A short night once a week: the next one goes on.
    const quota = new SweepQuota(night % 7 === 3 ? { maxItems: 4 } : {}, clock);
    const report = await sweepUnattended(session, {
      acceptResidual: true,
      quota,
      ended({ itemId, outcome }) {
        if (!outcome.startsWith('overwritten-')) return;
        gone.set(itemId, today);
        times.set(itemId, (times.get(itemId) ?? 0) + 1);
      },
    });
    expect(report.failure, `night of ${today}`).toBeNull();
    const waiting = report.waitingPlan;
    if (clock.at.getUTCDay() === 1 && waiting?.approvals === 'missing')
      await approveWaiting(made, waiting.id);
  }
  return { gone, times };
}

/** The hold stands from the first of these days to the second. */
const HELD = { from: '2026-02-15', to: '2026-06-30' };
/** A Monday's approval, a short night and the cooling-off after a hold's release are over within so many days. */
const SLACK = 25;

function daysAfter(day: string, days: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + days * DAY).toISOString().slice(0, 10);
}

describe('a year of nightly sweeps over a company of 200 people', () => {
  it('accounts for every item exactly once', { timeout: 300_000 }, async () => {
    const made = await company();
    const { session, items } = made;
    const { gone, times } = await play(made);
    const last = session.today();
    expect(last).toBe('2026-12-31');

    // Each item: where it must be, from the law's periods and the hold alone.
    let due = 0;
    for (const each of items) {
      const until = keepUntil(each);
      const held = each.custodian === 'counsel';
      const night = gone.get(each.id);
      if (night !== undefined) {
        expect(night > until, `${each.id} went on ${night}, kept until ${until}`).toBe(true);
        expect(held && night >= HELD.from && night <= HELD.to, `${each.id} went while on hold`).toBe(false);
      }
      const free = held && until < HELD.to && until >= daysAfter(HELD.from, -SLACK) ? HELD.to : until;
      if (daysAfter(free, SLACK) < last) {
        due += 1;
        expect(night, `${each.id}, kept until ${until}`).toBeDefined();
      }
      expect(existsSync(each.location), each.id).toBe(night === undefined);
    }
    expect(due).toBeGreaterThan(300);
    expect([...times.values()].every((count) => count === 1)).toBe(true);

    // The books: inventory, register, certificates and log tell the same.
    expect(await session.store.items.count({ state: 'disposed' })).toBe(gone.size);
    expect(await session.store.items.count({ state: 'active' })).toBe(items.length - gone.size);
    expect(await session.store.items.count({ state: 'claimed' })).toBe(0);
    const certified: string[] = [];
    for (const { number } of await session.store.certificates.list()) {
      const { document } = await showCertificate(session, number);
      certified.push(...document.items.map(({ id }) => id));
    }
    expect(certified).toHaveLength(gone.size);
    expect(new Set(certified)).toEqual(new Set(gone.keys()));
    const entries = await session.store.log.page(0, 100_000, { action: 'item.dispose' });
    const done = entries
      .map(({ entry }) => JSON.parse(entry) as { outcome: string; subject: { item: string } })
      .filter(({ outcome }) => outcome === 'done')
      .map(({ subject }) => subject.item);
    expect(done).toHaveLength(gone.size);
    expect(new Set(done)).toEqual(new Set(gone.keys()));
    expect((await verifyLog(session.store)).problem).toBeNull();
    expect(await session.store.runs.unfinished()).toEqual([]);
  });
});
