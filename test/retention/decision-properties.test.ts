import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { holdsOn } from '../../src/holds/index.js';
import {
  type CalendarDate,
  type Gate,
  type GateStatement,
  type Hold,
  type HoldScope,
  type RecordClass,
  STATEMENT_KINDS,
  type StatementScope,
} from '../../src/model/index.js';
import {
  compileStatements,
  DECISION_REASONS,
  type DecisionResult,
  decide,
} from '../../src/retention/index.js';
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
    coolingOffUntil: null,
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
    due: dueDates(item, [recordClass], { fiscalYearEnd }),
    classes: [recordClass],
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
      const { keepUntil } = dueDates(item, [situation.recordClass], {
        fiscalYearEnd: situation.fiscalYearEnd,
      });
      expect(missingTriggers(item, situation.recordClass)).toEqual([]);
      expect(keepUntil !== null && keepUntil < situation.asOf).toBe(true);
      expect(situation.recordClass.disposition).toBe('destroy');
      expect(situation.overlaps).toEqual([]);
      expect(situation.holds.every(({ id }) => !holdsOn(item, situation.holds).includes(id))).toBe(true);
    });
  });
});

/** An item with several classes, each with gates, under statements. */
interface Classified {
  item: ItemDates;
  classes: readonly RecordClass[];
  statements: readonly GateStatement[];
  asOf: CalendarDate;
}

const gates: fc.Arbitrary<Gate> = fc.constantFrom<Gate>(
  { kind: 'notice', recipient: 'Department of Public Health', days: 30 },
  { kind: 'permission', authority: 'Records Conservation Board' },
  { kind: 'no-open-charge' },
  { kind: 'copies-checked' },
);

const statements: fc.Arbitrary<GateStatement> = fc
  .record({
    kind: fc.constantFrom(...STATEMENT_KINDS),
    scope: fc.constantFrom<StatementScope>(
      { kind: 'item', value: 'item-1' },
      { kind: 'class', value: 'class-0' },
      { kind: 'subject', value: 'EMP-1' },
      { kind: 'item', value: 'item-2' },
    ),
    party: fc.constantFrom('Department of Public Health', 'Records Conservation Board', null),
    statedOn: fc.constantFrom('1999-01-01', '2149-12-01', '2150-01-01').map(date),
    closed: fc.boolean(),
  })
  .map(({ scope, closed, kind, ...rest }) => ({
    ...rest,
    ...{
      id: 'G-1',
      kind,
      scopes: [scope],
      statedBy: 'Dana',
      reference: null,
      recordedAt: '',
      recordedBy: 'dana',
    },
    ...{
      withdrawnOn: closed && kind === 'open-charge' ? rest.statedOn : null,
      withdrawnAt: null,
      withdrawnBy: null,
    },
  }));

const classified: fc.Arbitrary<Classified> = fc.record({
  item: itemDates,
  classes: fc
    .array(fc.tuple(recordClasses, fc.array(gates, { maxLength: 1 })), { minLength: 1, maxLength: 3 })
    .map((all) => all.map(([rule, own], at) => ({ ...rule, id: `class-${at}`, gates: own }))),
  statements: fc.array(statements, { maxLength: 4 }),
  asOf: fc.constant(date('2150-01-01')),
});

function classifiedOutcome({ item, classes, statements: all, asOf }: Classified): DecisionResult {
  const ids = classes.map(({ id }) => id).toSorted();
  const whole = anItem({
    ...item,
    subjects: ['EMP-1'],
    recordClass: ids[0] ?? null,
    otherClasses: ids.slice(1),
  });
  const settings = { fiscalYearEnd: '12-31' };
  const due = dueDates(whole, classes, settings);
  return decide({
    item: whole,
    state: 'active',
    due,
    classes,
    scheduleVersion: 1,
    ...settings,
    holds: [],
    gates: compileStatements(all, { statementDays: 90 }).openOn(whole, classes, due, asOf),
    asOf,
    overlaps: [],
  });
}

describe('whatever the classes, gates and statements', () => {
  const goes = (situation: Classified) => classifiedOutcome(situation).decision === 'dispose';

  function check(property: (situation: Classified, extra: { rule: RecordClass; gate: Gate }) => void): void {
    let disposals = 0;
    const extras = fc.record({ rule: recordClasses, gate: gates });
    fc.assert(
      fc.property(classified, extras, (situation, extra) => {
        if (goes(situation)) disposals += 1;
        property(situation, extra);
      }),
      { numRuns: 1500 },
    );
    expect(disposals).toBeGreaterThan(30);
  }

  test('adding a class never adds a disposal, and an unknown one prevents it', () => {
    check((situation, { rule }) => {
      const more = { ...situation, classes: [...situation.classes, { ...rule, id: 'class-9' }] };
      expect(!goes(more) || goes(situation)).toBe(true);
      const other = anItem({ ...situation.item, recordClass: 'class-0', otherClasses: ['class-9'] });
      expect(dueDates(other, situation.classes, { fiscalYearEnd: '12-31' }).defect).toBe('class-unknown');
    });
  });

  test('adding a gate never adds a disposal', () => {
    check((situation, { gate }) => {
      const classes = situation.classes.map((each) => ({ ...each, gates: [...each.gates, gate] }));
      expect(!goes({ ...situation, classes }) || goes(situation)).toBe(true);
    });
  });

  test('without a statement no gate is ever satisfied', () => {
    check((situation) => {
      const gated = situation.classes.some((each) => each.gates.length > 0);
      if (gated) expect(goes({ ...situation, statements: [] })).toBe(false);
    });
  });

  test('an open charge prevents every disposal', () => {
    check((situation) => {
      const charge: GateStatement = {
        ...{ id: 'G-9', kind: 'open-charge', party: null, scopes: [{ kind: 'subject', value: 'EMP-1' }] },
        ...{
          statedOn: situation.asOf,
          statedBy: 'Dana',
          reference: null,
          recordedAt: '',
          recordedBy: 'dana',
        },
        ...{ withdrawnOn: null, withdrawnAt: null, withdrawnBy: null },
      };
      expect(goes({ ...situation, statements: [...situation.statements, charge] })).toBe(false);
    });
  });

  test('the order of classes, gates and statements does not matter, not even to the words', () => {
    check((situation) => {
      const turned = {
        ...situation,
        classes: situation.classes.toReversed().map((each) => ({ ...each, gates: each.gates.toReversed() })),
        statements: situation.statements.toReversed(),
      };
      expect(classifiedOutcome(turned)).toEqual(classifiedOutcome(situation));
    });
  });

  test('the item is kept at least as long as each class alone keeps it, and the latest of them decides', () => {
    check(({ item, classes }) => {
      const whole = anItem({
        ...item,
        recordClass: 'class-0',
        otherClasses: classes.slice(1).map(({ id }) => id),
      });
      const due = dueDates(whole, classes, { fiscalYearEnd: '12-31' });
      if (due.keepUntil === null) return;
      const alone = classes.map((each) =>
        dueDates({ ...whole, recordClass: each.id, otherClasses: [] }, [each], { fiscalYearEnd: '12-31' }),
      );
      expect(
        alone
          .map(({ keepUntil }) => keepUntil ?? '')
          .toSorted()
          .at(-1),
      ).toBe(due.keepUntil);
      const limits = alone.flatMap(({ deleteBy }) => deleteBy ?? []).toSorted();
      expect(limits[0] ?? null).toBe(due.deleteBy);
    });
  });
});

/** The period with one of its counts greater by 1 to 5. */
function lengthened(period: string, extra: number): string {
  const parts = [...period.matchAll(/(\d+)([YMWD])/g)];
  const chosen = extra % parts.length;
  return `P${parts.map(([, digits, unit], index) => `${Number(digits) + (index === chosen ? 1 + (extra % 5) : 0)}${unit}`).join('')}`;
}
