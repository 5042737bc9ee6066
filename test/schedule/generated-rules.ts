import fc from 'fast-check';
import {
  type CalendarDate,
  CUT_OFFS,
  DISPOSITIONS,
  type InventoryItem,
  type PeriodClause,
  parseCalendarDate,
  type RecordClass,
} from '../../src/model/index.js';

export function date(text: string): CalendarDate {
  const parsed = parseCalendarDate(text);
  if (parsed === undefined) throw new Error(`${text} is not a date`);
  return parsed;
}

const DAY = 86_400_000;
const FIRST = Date.UTC(1960, 0, 1) / DAY;
const LAST = Date.UTC(2080, 11, 31) / DAY;

export const dates: fc.Arbitrary<CalendarDate> = fc
  .oneof(
    { weight: 4, arbitrary: fc.integer({ min: FIRST, max: LAST }).map((day) => new Date(day * DAY)) },
    // Ends of February and of other months, where calendars are hard.
    {
      weight: 1,
      arbitrary: fc
        .tuple(fc.integer({ min: 1960, max: 2080 }), fc.integer({ min: 0, max: 11 }))
        .map(([year, month]) => new Date(Date.UTC(year, month + 1, 0))),
    },
  )
  .map((day) => date(day.toISOString().slice(0, 10)));

export interface Counts {
  years: number;
  months: number;
  weeks: number;
  days: number;
}

export const counts: fc.Arbitrary<Counts> = fc
  .record({
    years: fc.integer({ min: 0, max: 40 }),
    months: fc.integer({ min: 0, max: 30 }),
    weeks: fc.constantFrom(0, 0, 0, 2, 60),
    days: fc.constantFrom(0, 0, 0, 1, 90, 400),
  })
  .filter(({ years, months, weeks, days }) => years + months + weeks + days > 0);

export function spell({ years, months, weeks, days }: Counts): string {
  const part = (count: number, letter: string) => (count === 0 ? '' : `${count}${letter}`);
  return `P${part(years, 'Y')}${part(months, 'M')}${part(weeks, 'W')}${part(days, 'D')}`;
}

export const TRIGGERS = ['created', 'modified', 'closed', 'last-used', 'hire', 'termination', 'constructor'];

const clauses: fc.Arbitrary<PeriodClause> = fc.record({
  after: fc.constantFrom(...TRIGGERS),
  for: counts.map(spell),
});

export const fiscalYearEnds = fc.constantFrom('12-31', '06-30', '09-30', '02-28', '02-29', '01-01');

/** Record classes as a schedule file may have them; most of them destroy. */
export const recordClasses: fc.Arbitrary<RecordClass> = fc
  .record({
    disposition: fc.oneof(
      { weight: 3, arbitrary: fc.constant('destroy' as const) },
      { weight: 1, arbitrary: fc.constantFrom(...DISPOSITIONS) },
    ),
    retain: fc.array(clauses, { minLength: 1, maxLength: 4 }),
    cutOff: fc.constantFrom(...CUT_OFFS),
    deleteWithin: fc.option(clauses),
    approvals: fc.constantFrom(0 as const, 1 as const, 2 as const),
    warning: fc.option(fc.constant('Sources conflict')),
  })
  .map(({ disposition, retain, cutOff, deleteWithin, approvals, warning }) => ({
    id: 'records',
    title: 'Records',
    disposition,
    approvals,
    gates: [],
    sanitization: {},
    authority: { citation: 'c. 93I § 2', source: null, checked: date('2026-11-02'), warning },
    ...(disposition === 'permanent'
      ? { retain: [], cutOff: 'none' as const, deleteWithin: null }
      : { retain, cutOff, deleteWithin }),
  }));

export type ItemDates = Pick<
  InventoryItem,
  'created' | 'modified' | 'closed' | 'lastUsed' | 'events' | 'otherClasses'
>;

/** Dates of an item; each one is there in most cases. */
export const itemDates: fc.Arbitrary<ItemDates> = fc
  .record({
    created: fc.option(dates, { freq: 8 }),
    modified: fc.option(dates, { freq: 8 }),
    closed: fc.option(dates, { freq: 8 }),
    lastUsed: fc.option(dates, { freq: 8 }),
    hire: fc.option(dates, { freq: 8 }),
    termination: fc.option(dates, { freq: 8 }),
    inherited: fc.option(dates, { freq: 8 }),
  })
  .map(({ hire, termination, inherited, ...rest }) => ({
    ...rest,
    otherClasses: [],
    events: {
      ...(hire && { hire }),
      ...(termination && { termination }),
      ...(inherited && { constructor: inherited }),
    },
  }));

/** The item's dates without one trigger. */
export function without(item: ItemDates, trigger: string): ItemDates {
  const events = Object.fromEntries(Object.entries(item.events).filter(([name]) => name !== trigger));
  return {
    created: trigger === 'created' ? null : item.created,
    modified: trigger === 'modified' ? null : item.modified,
    closed: trigger === 'closed' ? null : item.closed,
    lastUsed: trigger === 'last-used' ? null : item.lastUsed,
    events,
    otherClasses: item.otherClasses,
  };
}
