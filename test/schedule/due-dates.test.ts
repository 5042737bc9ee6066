import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  CUT_OFFS,
  type CutOff,
  type DueDates,
  daysInMonth,
  type RecordClass,
} from '../../src/model/index.js';
import {
  type DueItem,
  type DueSettings,
  dueDateCalculator,
  dueDates as dueDatesUnder,
  explainDue,
  isWaiting,
} from '../../src/schedule/index.js';
import {
  type Counts,
  counts,
  date,
  dates,
  fiscalYearEnds,
  itemDates,
  recordClasses,
  spell,
} from './generated-rules.js';

const SETTINGS = { fiscalYearEnd: '12-31' };
const NO_DATES = {
  created: null,
  modified: null,
  closed: null,
  lastUsed: null,
  events: {},
  otherClasses: [],
};

function aClass(parts: Partial<RecordClass>): RecordClass {
  return {
    id: 'records',
    title: 'Records',
    retain: [{ after: 'closed', for: 'P3Y' }],
    cutOff: 'none',
    deleteWithin: null,
    disposition: 'destroy',
    approvals: 1,
    gates: [],
    sanitization: {},
    authority: { citation: '29 CFR 516.5', source: null, checked: date('2026-11-02'), warning: null },
    ...parts,
  };
}

function dueDates(item: DueItem, recordClass: RecordClass | undefined, settings: DueSettings): DueDates {
  return dueDatesUnder(item, recordClass ? [recordClass] : [], settings);
}

/** The last day of a period after `closed`, as the program computes it. */
function until(
  closed: string,
  period: string,
  cutOff: CutOff = 'none',
  fiscalYearEnd = '12-31',
): string | null {
  const rule = aClass({ retain: [{ after: 'closed', for: period }], cutOff });
  return dueDates({ ...NO_DATES, recordClass: 'records', closed: date(closed) }, rule, { fiscalYearEnd })
    .keepUntil;
}

// Worked out on paper.
test.each([
  ['2024-03-31', 'P3Y', '2027-03-31'],
  ['2024-02-29', 'P1Y', '2025-02-28'],
  ['2024-02-29', 'P4Y', '2028-02-29'],
  ['2096-02-29', 'P4Y', '2100-02-28'], // 2100 is no leap year
  ['1996-02-29', 'P4Y', '2000-02-29'], // 2000 is one
  ['2026-01-31', 'P1M', '2026-02-28'],
  ['2024-01-31', 'P1M', '2024-02-29'],
  ['2026-08-31', 'P18M', '2028-02-29'],
  ['2025-12-31', 'P6M', '2026-06-30'],
  ['2025-12-31', 'P90D', '2026-03-31'],
  ['2024-02-28', 'P1D', '2024-02-29'],
  ['2025-12-20', 'P2W', '2026-01-03'],
  ['2024-01-31', 'P1M1D', '2024-03-01'], // months first, then days
  ['2024-02-29', 'P1Y6M', '2025-08-29'],
])('%s and %s after it: until %s', (closed, period, expected) => {
  expect(until(closed, period)).toBe(expected);
});

test.each([
  ['2026-02-10', 'P6M', 'month', '12-31', '2026-08-31'],
  ['2024-02-29', 'P1Y', 'month', '12-31', '2025-02-28'],
  ['2023-02-01', 'P1Y', 'month', '12-31', '2024-02-29'],
  ['2026-04-30', 'P90D', 'month', '12-31', '2026-07-29'],
  ['2020-03-05', 'P5Y', 'calendar-year', '12-31', '2025-12-31'],
  ['2020-12-31', 'P5Y', 'calendar-year', '06-30', '2025-12-31'],
  ['2021-01-01', 'P5Y', 'calendar-year', '06-30', '2026-12-31'],
  ['2019-06-30', 'P7Y', 'fiscal-year', '06-30', '2026-06-30'],
  ['2019-07-01', 'P7Y', 'fiscal-year', '06-30', '2027-06-30'],
  ['2019-07-01', 'P6M', 'fiscal-year', '06-30', '2020-12-31'],
  ['2023-02-28', 'P1Y', 'fiscal-year', '02-29', '2024-02-29'],
  ['2024-02-29', 'P1Y', 'fiscal-year', '02-29', '2025-02-28'],
  ['2024-02-29', 'P1Y', 'fiscal-year', '02-28', '2026-02-28'], // the 29th belongs to the next fiscal year
  ['2026-01-01', 'P1Y', 'fiscal-year', '01-01', '2027-01-01'],
  ['2026-01-02', 'P1Y', 'fiscal-year', '01-01', '2028-01-01'],
  ['2026-05-05', 'P1Y', 'fiscal-year', '12-31', '2027-12-31'],
] as const)('%s, %s, cut-off %s, fiscal year to %s: until %s', (closed, period, cutOff, end, expected) => {
  expect(until(closed, period, cutOff, end)).toBe(expected);
});

describe('the calendar', () => {
  const pad = (value: number, width = 2) => String(value).padStart(width, '0');

  /** The corresponding day, by counting months and days with plain numbers. */
  function correspondingDay(from: string, { years, months, weeks, days }: Counts): string {
    const [year = 0, month = 0, day = 0] = from.split('-').map(Number);
    const total = year * 12 + month - 1 + years * 12 + months;
    const [y, m] = [Math.floor(total / 12), (total % 12) + 1];
    const start = Date.UTC(y, m - 1, Math.min(day, daysInMonth(y, m)) + weeks * 7 + days);
    const end = new Date(start);
    return `${pad(end.getUTCFullYear(), 4)}-${pad(end.getUTCMonth() + 1)}-${pad(end.getUTCDate())}`;
  }

  test('without a cut-off is that of the corresponding day', () => {
    fc.assert(
      fc.property(dates, counts, (from, period) => {
        expect(until(from, spell(period))).toBe(correspondingDay(from, period));
      }),
      { numRuns: 2000 },
    );
  });

  test('with a cut-off ends the day before the period after the first day of the next month or year', () => {
    fc.assert(
      fc.property(dates, counts, fc.constantFrom(...CUT_OFFS), (from, period, cutOff) => {
        if (cutOff === 'none') return;
        const [year = 0, month = 0] = from.split('-').map(Number);
        const next =
          cutOff === 'month' && month < 12
            ? `${pad(year, 4)}-${pad(month + 1)}-01`
            : `${pad(year + 1, 4)}-01-01`;
        const dayBefore = { years: 0, months: 0, weeks: 0, days: -1 };
        const expected = correspondingDay(correspondingDay(next, period), dayBefore);
        expect(until(from, spell(period), cutOff)).toBe(expected);
      }),
      { numRuns: 2000 },
    );
  });

  test('a later trigger never ends earlier, and a cut-off never shortens', () => {
    fc.assert(
      fc.property(
        dates,
        dates,
        counts,
        fc.constantFrom(...CUT_OFFS),
        fiscalYearEnds,
        (a, b, period, cutOff, end) => {
          const [earlier, later] = a < b ? [a, b] : [b, a];
          const [first, second] = [earlier, later].map((day) => until(day, spell(period), cutOff, end));
          expect((first ?? '') <= (second ?? '')).toBe(true);
          expect((until(a, spell(period)) ?? '') <= (until(a, spell(period), cutOff, end) ?? '')).toBe(true);
        },
      ),
      { numRuns: 1000 },
    );
  });
});

describe('both clocks', () => {
  const rule = aClass({
    retain: [
      { after: 'hire', for: 'P3Y' },
      { after: 'termination', for: 'P1Y' },
    ],
    deleteWithin: { after: 'last-used', for: 'P2Y' },
    cutOff: 'calendar-year',
  });
  const item = {
    ...NO_DATES,
    recordClass: 'records',
    lastUsed: date('2025-05-05'),
    events: { hire: date('2020-05-04'), termination: date('2024-01-31') },
  };

  test('are the latest minimum, and the maximum from its trigger, which no cut-off moves', () => {
    expect(dueDates(item, rule, SETTINGS)).toEqual({
      keepUntil: '2025-12-31',
      deleteBy: '2027-05-05',
      permanent: false,
      defect: null,
      missingTrigger: null,
    });
  });

  test('stand still while an event is not recorded, which is no defect', () => {
    const due = dueDates({ ...item, events: { hire: date('2020-05-04') } }, rule, SETTINGS);
    expect(due).toEqual({
      keepUntil: null,
      deleteBy: null,
      permanent: false,
      defect: null,
      missingTrigger: 'termination',
    });
    expect(isWaiting(due)).toBe(true);
  });

  test('stand still while the event of the maximum is not recorded', () => {
    const late = { ...rule, deleteWithin: { after: 'account-closed', for: 'P2Y' } };
    expect(dueDates(item, late, SETTINGS)).toMatchObject({
      keepUntil: null,
      missingTrigger: 'account-closed',
      defect: null,
    });
  });

  test('are a defect where a date of the item is missing, whatever else is', () => {
    const due = dueDates({ ...item, lastUsed: null, events: {} }, rule, SETTINGS);
    expect(due).toMatchObject({
      keepUntil: null,
      deleteBy: null,
      defect: 'trigger-date-missing',
      missingTrigger: 'last-used',
    });
    expect(isWaiting(due)).toBe(false);
  });

  test('are a defect past the year 9999, of the minimum or the maximum', () => {
    const far = { ...item, lastUsed: date('9999-01-01') };
    expect(dueDates(far, rule, SETTINGS)).toMatchObject({
      keepUntil: null,
      deleteBy: null,
      defect: 'date-overflow',
    });
    expect(until('9997-01-01', 'P3Y')).toBe(null);
    expect(until('9996-12-31', 'P3Y')).toBe('9999-12-31');
    expect(until('9999-12-31', 'P1D', 'calendar-year')).toBe(null);
    expect(until('9999-07-01', 'P1D', 'fiscal-year', '06-30')).toBe(null);
  });

  test('an event may be called as something that every object has', () => {
    const odd = aClass({ retain: [{ after: 'constructor', for: 'P1Y' }] });
    expect(dueDates(item, odd, SETTINGS)).toMatchObject({ keepUntil: null, missingTrigger: 'constructor' });
  });

  test('of a permanent class are none', () => {
    const rules = aClass({ retain: [], disposition: 'permanent' });
    expect(dueDates(item, rules, SETTINGS)).toMatchObject({
      keepUntil: null,
      deleteBy: null,
      permanent: true,
      defect: null,
    });
  });

  test('of a rule without clauses, which no file can have, are a defect', () => {
    expect(dueDates(item, aClass({ retain: [] }), SETTINGS)).toMatchObject({
      keepUntil: null,
      defect: 'trigger-date-missing',
    });
  });

  test('without a class or a schedule are a defect', () => {
    expect(dueDates({ ...item, recordClass: null }, undefined, SETTINGS).defect).toBe('class-missing');
    expect(dueDates({ ...item, recordClass: 'x' }, undefined, SETTINGS).defect).toBe('class-unknown');
    expect(dueDateCalculator({ classes: [rule] }, SETTINGS)({ ...item, recordClass: 'x' }).defect).toBe(
      'class-unknown',
    );
    expect(dueDateCalculator({ classes: [rule] }, SETTINGS)({ ...item, recordClass: null }).defect).toBe(
      'class-missing',
    );
    expect(dueDateCalculator(undefined, SETTINGS)(item).defect).toBe('schedule-missing');
  });
});

test('the calculator remembers, and gives what computing afresh gives', () => {
  fc.assert(
    fc.property(
      fc.array(recordClasses, { minLength: 1, maxLength: 4 }),
      fc.array(itemDates, { minLength: 1, maxLength: 20 }),
      fiscalYearEnds,
      (rules, items, fiscalYearEnd) => {
        const classes = rules.map((rule, at) => ({ ...rule, id: `class-${at}` }));
        const calculate = dueDateCalculator({ classes }, { fiscalYearEnd });
        for (const [at, each] of items.entries()) {
          const recordClass = classes[at % classes.length];
          const item = { ...each, recordClass: recordClass?.id ?? null };
          expect(calculate(item)).toEqual(dueDates(item, recordClass, { fiscalYearEnd }));
        }
      },
    ),
    { numRuns: 300 },
  );
});

test.each(['12-31', '06-30', '02-28', '02-29', '01-01'])(
  'the calculator takes no day into a neighbouring year or month (fiscal year to %s)',
  (fiscalYearEnd) => {
    const days = Array.from({ length: 3 * 366 }, (_, at) =>
      date(new Date(Date.UTC(2023, 0, 1 + at)).toISOString().slice(0, 10)),
    );
    for (const cutOff of CUT_OFFS) {
      const rule = aClass({ cutOff, retain: [{ after: 'closed', for: 'P1Y1M' }] });
      const calculate = dueDateCalculator({ classes: [rule] }, { fiscalYearEnd });
      for (const day of days.toReversed()) {
        const item = { ...NO_DATES, recordClass: 'records', closed: day };
        expect(calculate(item)).toEqual(dueDates(item, rule, { fiscalYearEnd }));
      }
    }
  },
);

describe('an explanation', () => {
  const formI9 = aClass({
    id: 'form-i9',
    title: 'Form I-9',
    retain: [
      { after: 'hire', for: 'P3Y' },
      { after: 'termination', for: 'P1Y' },
    ],
    authority: {
      citation: '8 CFR 274a.2',
      source: null,
      checked: date('2026-11-02'),
      warning: 'Secondary sources only',
    },
  });

  test('tells every step to the date', () => {
    const item = {
      ...NO_DATES,
      recordClass: 'form-i9',
      events: { hire: date('2015-09-01'), termination: date('2024-02-29') },
    };
    expect(explainDue(item, formI9, SETTINGS)).toEqual([
      'Its class is form-i9 (Form I-9), under 8 CFR 274a.2, last checked 2026-11-02.',
      'Warning of the schedule: Secondary sources only.',
      'The date of hire is 2015-09-01.',
      '3 years (P3Y) later: it must be kept to the end of 2018-09-01.',
      'The date of termination is 2024-02-29.',
      '1 year (P1Y) later: it must be kept to the end of 2025-02-28.',
      'The latest of these days counts: 2025-02-28.',
      'It is due on the day after 2025-02-28.',
    ]);
  });

  test('tells the cut-off, the maximum and that they conflict', () => {
    const rule = aClass({ cutOff: 'fiscal-year', deleteWithin: { after: 'last-used', for: 'P1Y6M' } });
    const item = {
      ...NO_DATES,
      recordClass: 'records',
      closed: date('2024-08-15'),
      lastUsed: date('2024-08-31'),
    };
    expect(explainDue(item, rule, { fiscalYearEnd: '06-30' }).slice(1)).toEqual([
      'The date of closed is 2024-08-15.',
      'Counting starts at the end of its fiscal year: 2025-06-30.',
      '3 years (P3Y) later: it must be kept to the end of 2028-06-30.',
      'The date of last-used is 2024-08-31.',
      '1 year and 6 months (P1Y6M) later: it must be gone by the end of 2026-02-28.',
      'It must be gone by 2026-02-28, but kept until 2028-06-30: the duty to keep wins.',
      'It is due on the day after 2028-06-30.',
    ]);
  });

  test.each([
    [
      { recordClass: null },
      undefined,
      'No record class is given, so no rule applies. It is kept, as a defect.',
    ],
    [
      { recordClass: 'x' },
      undefined,
      'The schedule has no class x, so no rule applies. It is kept, as a defect.',
    ],
    [{ events: { hire: date('2015-09-01') } }, formI9, 'It waits for termination, and is kept until then.'],
    [{}, aClass({}), 'A date is missing, so it has no due date. It is kept, as a defect.'],
    [
      { closed: date('9999-01-01') },
      aClass({}),
      'A date lies after the year 9999, so it has no due date. It is kept, as a defect.',
    ],
    [{}, aClass({ retain: [], disposition: 'permanent' }), 'Records of this class are kept for ever.'],
  ])('ends with why there is no date: %j', (parts, recordClass, last) => {
    const item = { ...NO_DATES, recordClass: recordClass?.id ?? null, ...parts };
    expect(explainDue(item, recordClass, SETTINGS).at(-1)).toBe(last);
  });

  test('ends with the date that the calculation gives, for every rule and item', () => {
    fc.assert(
      fc.property(recordClasses, itemDates, fiscalYearEnds, (recordClass, each, fiscalYearEnd) => {
        const item = { ...each, recordClass: recordClass.id };
        const { keepUntil, defect } = dueDates(item, recordClass, { fiscalYearEnd });
        const last = explainDue(item, recordClass, { fiscalYearEnd }).at(-1);
        const dated = keepUntil !== null && last === `It is due on the day after ${keepUntil}.`;
        expect(dated).toBe(keepUntil !== null);
        expect(last?.endsWith('as a defect.')).toBe(defect !== null);
      }),
      { numRuns: 1000 },
    );
  });
});
