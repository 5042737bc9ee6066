import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { compileCoolingOff, holdsOn } from '../../src/holds/index.js';
import {
  type CalendarDate,
  classesOf,
  type GateStatement,
  type Hold,
  type InventoryItem,
  type ItemState,
  type RecordClass,
} from '../../src/model/index.js';
import {
  compileStatements,
  DECISION_REASONS,
  type DecisionInput,
  decide,
} from '../../src/retention/index.js';
import { dueDateCalculator, dueDates, parseSchedule } from '../../src/schedule/index.js';
import { date } from '../schedule/generated-rules.js';
import { anItem } from './sample-item.js';

interface PolicyCase {
  name: string;
  state?: ItemState;
  fiscal_year_end?: string;
  item: {
    record_class: string | null;
    other_classes?: string[];
    subjects?: string[];
    subject_events?: Record<string, CalendarDate>;
    medium?: InventoryItem['medium'];
    location?: string;
    custodian?: string;
    created?: CalendarDate;
    modified?: CalendarDate;
    closed?: CalendarDate;
    last_used?: CalendarDate;
    events?: Record<string, CalendarDate>;
  };
  holds?: { id: string; released?: boolean; cooling_off_until?: CalendarDate; scopes: Hold['scopes'] }[];
  statements?: (Pick<GateStatement, 'kind' | 'scopes'> & {
    id?: string;
    on: CalendarDate;
    party?: string;
    withdrawn_on?: CalendarDate;
  })[];
  review?: { decision: 'dispose' | 'keep'; keep_until?: CalendarDate };
  overlaps?: string[];
  as_of: CalendarDate;
  expect: { decision: string; reason: string; keep_until: string | null; delete_by?: string | null };
  explanation: string;
}

const POLICY: { schedule: string; cases: PolicyCase[] } = parse(
  readFileSync(new URL('policy-cases.yaml', import.meta.url), 'utf8'),
);

function policyClasses(): ReadonlyMap<string, RecordClass> {
  const parsed = parseSchedule(POLICY.schedule, 'policy-cases.yaml');
  if ('problems' in parsed) throw new Error(JSON.stringify(parsed.problems, null, 1));
  return new Map(parsed.schedule.classes.map((each) => [each.id, each]));
}

function itemOf({ item }: PolicyCase): InventoryItem & { subjectEvents: Record<string, CalendarDate> } {
  const own = anItem({
    id: 'item-1',
    recordClass: item.record_class,
    otherClasses: item.other_classes ?? [],
    subjects: item.subjects ?? [],
    medium: item.medium ?? 'file',
    location: item.location ?? '/srv/records/one.csv',
    custodian: item.custodian ?? null,
    created: item.created ?? null,
    modified: item.modified ?? null,
    closed: item.closed ?? null,
    lastUsed: item.last_used ?? null,
    events: item.events ?? {},
  });
  return { ...own, subjectEvents: item.subject_events ?? {} };
}

function statementsOf({ statements }: PolicyCase): GateStatement[] {
  return (statements ?? []).map(({ id, kind, scopes, on, party, withdrawn_on }, at) => ({
    ...{ id: id ?? `G-2026-000${at + 1}`, kind, scopes, statedOn: on, party: party ?? null },
    ...{
      statedBy: 'Dana Reyes',
      reference: 'R-1',
      recordedAt: '2026-01-02T09:00:00.000Z',
      recordedBy: 'dana',
    },
    ...{ withdrawnOn: withdrawn_on ?? null, withdrawnAt: null, withdrawnBy: null },
  }));
}

function holdsOf({ holds }: PolicyCase): Hold[] {
  return (holds ?? []).map(({ id, released, scopes, cooling_off_until }) => ({
    id,
    scopes,
    matter: 'Matter',
    reason: null,
    placedAt: '2026-01-02T09:00:00.000Z',
    placedBy: 'dana',
    releasedAt: released ? '2026-02-03T09:00:00.000Z' : null,
    releasedBy: released ? 'dana' : null,
    releaseReason: released ? 'settled' : null,
    coolingOffUntil: cooling_off_until ?? null,
  }));
}

function reviewOf({ review }: PolicyCase): DecisionInput['review'] {
  if (review === undefined) return undefined;
  const { decision, keep_until: keepUntil = null } = review;
  return { decision, keepUntil, decidedOn: '2026-01-15' as CalendarDate, decidedBy: 'dana' };
}

describe('policy cases', () => {
  const classes = policyClasses();

  test('there are at least ninety of them, each with a name of its own', () => {
    expect(POLICY.cases.length).toBeGreaterThanOrEqual(90);
    expect(new Set(POLICY.cases.map(({ name }) => name)).size).toBe(POLICY.cases.length);
  });

  test('together they show every reason but the missing schedule', () => {
    const shown = new Set(POLICY.cases.map((each) => each.expect.reason));
    expect(Object.keys(DECISION_REASONS).filter((reason) => !shown.has(reason))).toEqual([
      'schedule-missing',
    ]);
  });

  test.each(POLICY.cases)('$name', (policy) => {
    const item = itemOf(policy);
    const own = classesOf(item).flatMap((id) => classes.get(id) ?? []);
    const fiscalYearEnd = policy.fiscal_year_end ?? '12-31';
    const due = dueDates(item, own, { fiscalYearEnd });
    const decision = decide({
      item,
      state: policy.state ?? 'active',
      due,
      classes: own,
      review: reviewOf(policy),
      scheduleVersion: 3,
      fiscalYearEnd,
      holds: holdsOn(item, holdsOf(policy)),
      cooling: compileCoolingOff(holdsOf(policy))(item, policy.as_of),
      gates: compileStatements(statementsOf(policy), { statementDays: 90 }).openOn(
        item,
        own,
        due,
        policy.as_of,
      ),
      asOf: policy.as_of,
      overlaps: policy.overlaps ?? [],
    });
    expect({ ...decision, keep_until: due.keepUntil, delete_by: due.deleteBy }).toEqual({
      delete_by: null,
      ...policy.expect,
      explanation: policy.explanation,
    });
    const calculated = dueDateCalculator({ classes: [...classes.values()] }, { fiscalYearEnd })(item);
    expect(calculated).toEqual(due);
  });
});

test('a workspace without a schedule disposes of nothing', () => {
  const item = anItem({ recordClass: 'payroll' });
  const due = dueDateCalculator(undefined, { fiscalYearEnd: '12-31' })(item);
  expect(
    decide({
      item,
      state: 'active',
      due,
      classes: [],
      scheduleVersion: null,
      fiscalYearEnd: '12-31',
      holds: [],
      asOf: date('2026-11-02'),
      overlaps: [],
    }),
  ).toEqual({
    decision: 'defect',
    reason: 'schedule-missing',
    explanation: 'Defect: the workspace has no retention schedule yet',
  });
});
