import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Gate, Schedule } from '../../src/model/index.js';
import { parseSchedule, parseScheduleCsv, scheduleCsv, scheduleTemplates } from '../../src/schedule/index.js';
import { recordClasses } from './generated-rules.js';

const HEAD = 'row,class,title,after,for,cut_off,disposition,approvals,citation,source,checked,warning';

function lines(...body: string[]): string {
  return [HEAD, 'schedule,,Example', ...body].join('\n');
}

const PAYROLL = 'class,payroll,Payroll,,,calendar-year,destroy,2,"29 CFR 516.5, c. 151",,2026-11-02,';

function parsed(text: string): Schedule {
  const result = parseScheduleCsv(text, 'schedule.csv');
  if ('problems' in result) throw new Error(JSON.stringify(result.problems));
  return result.schedule;
}

function mistakes(text: string): string[] {
  const result = parseScheduleCsv(text, 'schedule.csv');
  if (!('problems' in result)) throw new Error('It was read');
  return result.problems.map(({ line, column, message }) => `${line}:${column} ${message}`);
}

describe('a schedule as CSV', () => {
  test('has a row for the schedule, for each class and for each clause', () => {
    const text = lines(
      PAYROLL,
      'retain,payroll,,closed,P3Y',
      'retain,payroll,,report-filed,P4Y',
      'delete-within,payroll,,last-used,P9Y',
      'class,minutes,Minutes,,,,permanent,1,Policy 1,Board,2026-11-02,Ask first',
    );
    const yaml = `version: 1
title: Example
classes:
  payroll:
    title: Payroll
    retain: [{after: closed, for: P3Y}, {after: report-filed, for: P4Y}]
    cut_off: calendar-year
    delete_within: {after: last-used, for: P9Y}
    disposition: destroy
    approvals: 2
    authority: {citation: "29 CFR 516.5, c. 151", checked: 2026-11-02}
  minutes:
    title: Minutes
    disposition: permanent
    authority: {citation: Policy 1, source: Board, checked: 2026-11-02, warning: Ask first}
`;
    expect({ schedule: parsed(text) }).toEqual(parseSchedule(yaml, 'schedule.yaml'));
  });

  test.each(scheduleTemplates().map(({ name, schedule }) => [name, schedule] as const))(
    'holds all of the template %s',
    (_name, schedule) => {
      expect(parsed(scheduleCsv(schedule))).toEqual(schedule);
    },
  );

  test('read again is the same schedule', () => {
    const text = fc
      .string({
        unit: fc.constantFrom(...Array.from('aZ9 ,;"\'=+-@#:é漢{}[]\\|&*!%')),
        minLength: 1,
        maxLength: 30,
      })
      .filter((each) => each.trim() !== '');
    const gates: fc.Arbitrary<Gate[]> = fc.uniqueArray(
      fc.oneof(
        fc.record({ kind: fc.constant('notice' as const), recipient: text, days: fc.nat(3650) }),
        fc.record({ kind: fc.constant('permission' as const), authority: text }),
        fc.constant({ kind: 'no-open-charge' as const }),
        fc.constant({ kind: 'copies-checked' as const }),
      ),
      { maxLength: 3, selector: (gate) => JSON.stringify(gate) },
    );
    const sanitizations = fc.constantFrom(
      {},
      { paper: 'shredded' },
      { paper: 'burned', device: 'destroyed' },
    );
    const classes = fc.uniqueArray(
      fc
        .tuple(
          fc.tuple(recordClasses, gates, sanitizations),
          fc.stringMatching(/^[a-z][a-z0-9-]{0,20}$/),
          text,
          text,
          fc.option(text),
        )
        .map(([[each, some, sanitization], id, title, citation, source]) => ({
          ...each,
          id,
          title,
          gates: some,
          sanitization,
          authority: { ...each.authority, citation, source },
        })),
      { minLength: 1, maxLength: 5, selector: ({ id }) => id },
    );
    fc.assert(
      fc.property(fc.record({ title: text, classes }), (schedule) => {
        expect(parsed(scheduleCsv(schedule))).toEqual(schedule);
      }),
    );
  });

  test('may have been through a spreadsheet', () => {
    const rows = lines(PAYROLL, 'retain,payroll,, closed ,P3Y ').replace(
      '29 CFR 516.5, c. 151',
      '29 CFR 516.5',
    );
    const semicolons = `\uFEFF${rows.replaceAll(',', ';').replaceAll('\n', '\r\n')}\r\n;;;;;;;;;;;\r\n`;
    expect(parsed(semicolons)).toEqual(parsed(rows));
    const moved =
      'For,AFTER,Class,Row,Title,Cut off,Disposition,Citation,Checked\n,,,schedule,S\n,,a,class,A,,destroy,c,2026-11-02\nP1Y,closed,a,retain';
    expect(parsed(moved).classes[0]?.retain).toEqual([{ after: 'closed', for: 'P1Y' }]);
  });

  test('runs as no formula, and loses nothing by that', () => {
    const schedule = parsed(lines(PAYROLL.replace(',Payroll,', ",'=1+1,"), 'retain,payroll,,closed,P3Y'));
    expect(schedule.classes[0]?.title).toBe('=1+1');
    expect(scheduleCsv(schedule)).toContain(",'=1+1,");
  });
});

describe('mistakes in CSV are told with line and column', () => {
  test('of the values, as in YAML', () => {
    expect(mistakes(lines(PAYROLL, 'retain,payroll,,closed,3 years'))).toEqual([
      '4:24 classes.payroll.retain[0].for `3 years` is not a period',
    ]);
    const [date] = mistakes(lines(PAYROLL.replace('2026-11-02', '11/2/2026'), 'retain,payroll,,closed,P3Y'));
    expect(date).toMatch(/^3:\d+ .*checked.*can be read as two dates/);
    expect(mistakes(lines(PAYROLL.replace(',2,', ',3,'), 'retain,payroll,,closed,P3Y'))).toEqual([
      '3:47 classes.payroll.approvals must be a whole number from 0 to 2',
    ]);
    expect(mistakes(lines(PAYROLL))).toEqual(['3:7 classes.payroll.retain is missing']);
  });

  test('of the rows', () => {
    expect(mistakes(lines(PAYROLL, PAYROLL, 'retain,payroll,,closed,P3Y'))).toEqual([
      '4:7 The class `payroll` has a row already',
    ]);
    expect(mistakes(lines(PAYROLL, 'retain,payroll,,closed,P3Y', 'retain,other,,closed,P3Y'))).toEqual([
      '5:8 There is no row class for `other`',
    ]);
    expect(mistakes(lines(PAYROLL, 'retain,payroll,,closed,P3Y', 'keep,payroll,,closed,P3Y'))).toEqual([
      '5:1 row is `keep`, which is no kind of row',
    ]);
    expect(mistakes(lines(PAYROLL, 'retain,payroll,,closed,P3Y', 'constructor,payroll'))).toEqual([
      '5:1 row is `constructor`, which is no kind of row',
    ]);
    expect(mistakes(lines(PAYROLL, 'retain,payroll,Title,closed,P3Y'))).toEqual([
      '4:16 A row retain has no title',
    ]);
    expect(mistakes(lines(PAYROLL, 'retain,payroll,,closed,P3Y,,,,,,,,x'))).toEqual([
      '4:35 The row has more cells than the header line',
    ]);
    expect(mistakes(lines(PAYROLL, 'retain,,,closed,P3Y', 'retain,payroll,,,')).length).toBeGreaterThan(1);
  });

  test('of the form', () => {
    expect(mistakes('')).toEqual(['1:1 schedule.csv is empty']);
    // What is longer than a schedule may be was cut off when it was read.
    expect(mistakes(`${lines(PAYROLL, 'retain,payroll,,closed,P3Y')}\n${','.repeat(1024 * 1024)}`)).toEqual([
      '1:1 schedule.csv is larger than 1048576 bytes',
    ]);
    expect(mistakes('title,class\nx,y')).toEqual(['1:1 The column row is missing']);
    expect(mistakes('row,titel\nschedule,x')).toEqual(['1:5 `titel` is not a column of a schedule']);
    expect(mistakes('row,title,title\nschedule,x,y')).toEqual(['1:11 The column title stands twice']);
    expect(mistakes(`${HEAD}\nschedule,,"Example`)).toContain('2:11 The quote that opens here is not closed');
    expect(mistakes(`${HEAD}\nschedule,,"Exa"mple`)).toContain('2:16 Text follows a closing quote');
  });

  test('whatever the file holds', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...Array.from('row,class\n"retain;x')) }), (body) => {
        const result = parseScheduleCsv(`${HEAD}\n${body}`, 'schedule.csv');
        expect(
          'problems' in result && result.problems.every(({ line, column }) => line > 0 && column > 0),
        ).toBe(true);
      }),
    );
  });
});

test('keeps the period of an archive', () => {
  const text = `version: 1
title: T
classes:
  loans:
    title: Loans
    trigger: closed
    period: P3Y
    disposition: archive
    archive: {for: P4Y6M}
    authority: {citation: policy, checked: 2026-11-02}
`;
  const read = parseSchedule(text, 'schedule.yaml');
  if ('problems' in read) throw new Error(JSON.stringify(read.problems));
  expect(read.schedule.classes[0]?.archiveFor).toBe('P4Y6M');
  expect(parseScheduleCsv(scheduleCsv(read.schedule), 'schedule.csv')).toEqual({ schedule: read.schedule });
  const wrong = parseSchedule(text.replace('disposition: archive', 'disposition: destroy'), 'schedule.yaml');
  expect('problems' in wrong && wrong.problems[0]?.message).toContain('contradicts disposition: destroy');
});
