import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { CalendarDate, Hold, HoldScope, RecordClass } from '../../src/model/index.js';
import { DECISION_REASONS, type DecisionResult, decide, holdsOn } from '../../src/retention/index.js';
import { dueDates, missingTriggers } from '../../src/schedule/index.js';
import {
  date,
  dates,
  fiscalYearEnds,
  type ItemDates,
  itemDates,
  recordClasses,
  TRIGGERS,
  without,
} from '../schedule/generated-rules.js';
import { anItem } from './sample-item.js';

interface Situation {
  item: ItemDates;
  recordClass: RecordClass;
  fiscalYearEnd: string;
  asOf: CalendarDate;
  holds: readonly Hold[];
  overlaps: readonly string[];
}

const scopes: fc.Arbitrary<HoldScope> = fc.oneof(
  fc.record({ kind: fc.constant('item' as const), value: fc.constantFrom('item-1', 'item-2') }),
  fc.record({ kind: fc.constant('class' as const), value: fc.constantFrom('records', 'others') }),
  fc.record({ kind: fc.constant('custodian' as const), value: fc.constantFrom('Dana Reyes', 'Sam Ortiz') }),
  fc.record({
    kind: fc.constant('location' as const),
    value: fc.constantFrom('/srv', '/var', '/srv/records'),
  }),
);

const holds: fc.Arbitrary<Hold> = fc
  .record({ id: fc.constantFrom('hold-1', 'hold-2'), scopes: fc.array(scopes), released: fc.boolean() })
  .map(({ id, scopes: reached, released }) => ({
    id,
    matter: 'Matter',
    reason: null,
    scopes: reached,
    placedAt: '2026-01-02T09:00:00.000Z',
    placedBy: 'dana',
    releasedAt: released ? '2026-02-03T09:00:00.000Z' : null,
    releasedBy: null,
    releaseReason: null,
  }));

const situations: fc.Arbitrary<Situation> = fc.record({
  item: itemDates,
  recordClass: recordClasses,
  fiscalYearEnd: fiscalYearEnds,
  asOf: fc.oneof(dates, fc.constant(date('2150-01-01'))),
  holds: fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: fc.array(holds) }),
  overlaps: fc.oneof(
    { weight: 3, arbitrary: fc.constant([]) },
    fc.array(fc.constantFrom('item-2', 'item-3')),
  ),
});

function outcome(situation: Situation): DecisionResult {
  const { recordClass, fiscalYearEnd, asOf, overlaps } = situation;
  const item = anItem({ recordClass: recordClass.id, custodian: 'dana reyes', ...situation.item });
  return decide({
    item,
    state: 'active',
    due: dueDates(item, recordClass, { fiscalYearEnd }),
    recordClass,
    scheduleVersion: 1,
    fiscalYearEnd,
    holds: holdsOn(item, situation.holds),
    asOf,
    overlaps,
  });
}

function disposes(situation: Situation): boolean {
  return outcome(situation).decision === 'dispose';
}

/** Checks `property`, and that enough of what was tried was disposed of for the property to mean something. */
function checkDisposals(property: (situation: Situation, extra: number) => void): void {
  let disposals = 0;
  fc.assert(
    fc.property(situations, fc.nat(1_000_000), (situation, extra) => {
      if (disposes(situation)) disposals += 1;
      property(situation, extra);
    }),
    { numRuns: 1000 },
  );
  expect(disposals).toBeGreaterThan(50);
}

describe('whatever the rule, the dates and the day', () => {
  test('adding a hold never adds a disposal, and a hold that reaches the item prevents it', () => {
    checkDisposals((situation, extra) => {
      const [added] = fc.sample(holds, { numRuns: 1, seed: extra });
      if (added === undefined) return;
      const more = { ...situation, holds: [...situation.holds, added] };
      expect(!disposes(more) || disposes(situation)).toBe(true);
      const everything: Hold = { ...added, releasedAt: null, scopes: [{ kind: 'class', value: 'records' }] };
      expect(outcome({ ...situation, holds: [everything] }).decision).toBe('held');
    });
  });

  test('lengthening a period never adds a disposal', () => {
    checkDisposals((situation, extra) => {
      const { recordClass } = situation;
      const longer = {
        ...recordClass,
        retain: recordClass.retain.map((clause, index) =>
          index === extra % recordClass.retain.length
            ? { ...clause, for: lengthened(clause.for, extra) }
            : clause,
        ),
      };
      expect(!disposes({ ...situation, recordClass: longer }) || disposes(situation)).toBe(true);
    });
  });

  test('adding a clause never adds a disposal', () => {
    checkDisposals((situation, extra) => {
      const { recordClass } = situation;
      if (recordClass.disposition === 'permanent') return;
      const clause = { after: TRIGGERS[extra % TRIGGERS.length] ?? 'created', for: 'P3Y' };
      const more = { ...recordClass, retain: [...recordClass.retain, clause] };
      expect(!disposes({ ...situation, recordClass: more }) || disposes(situation)).toBe(true);
    });
  });

  test('an unknown date never disposes', () => {
    checkDisposals((situation) => {
      const { recordClass } = situation;
      const needed = [...recordClass.retain, ...(recordClass.deleteWithin ? [recordClass.deleteWithin] : [])];
      for (const { after } of needed) {
        const unknown = { ...situation, item: without(situation.item, after), holds: [] };
        const { decision, reason } = outcome(unknown);
        expect(['trigger-date-missing', 'waiting-for-event', 'date-overflow']).toContain(reason);
        expect(decision).not.toBe('dispose');
      }
    });
  });

  test('the order of the clauses does not matter, not even to the words', () => {
    checkDisposals((situation, extra) => {
      const { recordClass } = situation;
      const at = recordClass.retain.length === 0 ? 0 : extra % recordClass.retain.length;
      const rotated = [...recordClass.retain.slice(at), ...recordClass.retain.slice(0, at)].toReversed();
      expect(outcome({ ...situation, recordClass: { ...recordClass, retain: rotated } })).toEqual(
        outcome(situation),
      );
    });
  });

  test('what is due stays due', () => {
    checkDisposals((situation) => {
      expect(!disposes(situation) || disposes({ ...situation, asOf: date('9999-12-31') })).toBe(true);
    });
  });

  test('every decision has a reason of the table, and says it in one sentence', () => {
    checkDisposals((situation) => {
      const { decision, reason, explanation } = outcome(situation);
      expect(DECISION_REASONS[reason].decision).toBe(decision);
      expect(explanation).toMatch(/^(?:Due|Kept|Held|Defect): \S.*[^.\s]$/u);
      expect(explanation).not.toMatch(/undefined|null|unknown/);
    });
  });

  test('disposal needs everything: known triggers, a duty that ended, destroy, no hold, no neighbour', () => {
    checkDisposals((situation) => {
      if (!disposes(situation)) return;
      const item = anItem({ recordClass: 'records', custodian: 'dana reyes', ...situation.item });
      const { keepUntil } = dueDates(item, situation.recordClass, { fiscalYearEnd: situation.fiscalYearEnd });
      expect(missingTriggers(item, situation.recordClass)).toEqual([]);
      expect(keepUntil !== null && keepUntil < situation.asOf).toBe(true);
      expect(situation.recordClass.disposition).toBe('destroy');
      expect(situation.overlaps).toEqual([]);
      expect(situation.holds.every(({ id }) => !holdsOn(item, situation.holds).includes(id))).toBe(true);
    });
  });
});

/** The period with one of its counts greater by 1 to 5. */
function lengthened(period: string, extra: number): string {
  const parts = [...period.matchAll(/(\d+)([YMWD])/g)];
  const chosen = extra % parts.length;
  return `P${parts.map(([, digits, unit], index) => `${Number(digits) + (index === chosen ? 1 + (extra % 5) : 0)}${unit}`).join('')}`;
}
