import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import type { Schedule } from '../../src/model/index.js';
import { parseSchedule, scheduleDocument } from '../../src/schedule/index.js';
import type { SourceProblem } from '../../src/workspace/index.js';
import { date, recordClasses } from './generated-rules.js';

const AUTHORITY = '{citation: 8 CFR 274a.2, checked: 2026-11-02}';

/** A schedule whose only class has these lines, which begin on line 5. */
function withClass(...lines: string[]): string {
  return [
    'version: 1',
    'title: Example',
    'classes:',
    '  form-i9:',
    ...lines.map((line) => `    ${line}`),
    '',
  ].join('\n');
}

const GOOD = [
  'title: Form I-9',
  'trigger: closed',
  'period: P7Y',
  'disposition: destroy',
  `authority: ${AUTHORITY}`,
];

/** The good class with one of its lines replaced, or taken out. */
function changed(key: string, ...lines: string[]): string {
  return withClass(...GOOD.flatMap((line) => (line.startsWith(`${key}:`) ? lines : [line])));
}

function problemsOf(text: string): readonly SourceProblem[] {
  const parsed = parseSchedule(text, 'schedule.yaml');
  return 'problems' in parsed ? parsed.problems : [];
}

function scheduleOf(text: string): Schedule {
  const parsed = parseSchedule(text, 'schedule.yaml');
  if ('problems' in parsed) throw new Error(JSON.stringify(parsed.problems));
  return parsed.schedule;
}

describe('a schedule file', () => {
  test('says everything that a rule can have', () => {
    const text = `# Retention
version: 1
title: Example Company retention schedule
classes:
  form-i9:
    title: Form I-9
    retain:
      - {after: hire, for: P3Y}
      - {after: termination, for: P1Y6M}
    cut_off: fiscal-year
    delete_within: {after: last-used, for: P90D}
    disposition: review
    approvals: 2
    authority:
      citation: 8 CFR 274a.2
      source: https://www.ecfr.gov
      checked: 2026-11-02
      warning: "Secondary sources: they agree"
  minutes:
    title: Minutes
    disposition: permanent
    authority: ${AUTHORITY}
`;
    expect(scheduleOf(text)).toEqual({
      title: 'Example Company retention schedule',
      classes: [
        {
          id: 'form-i9',
          title: 'Form I-9',
          retain: [
            { after: 'hire', for: 'P3Y' },
            { after: 'termination', for: 'P1Y6M' },
          ],
          cutOff: 'fiscal-year',
          deleteWithin: { after: 'last-used', for: 'P90D' },
          disposition: 'review',
          approvals: 2,
          gates: [],
          sanitization: {},
          authority: {
            citation: '8 CFR 274a.2',
            source: 'https://www.ecfr.gov',
            checked: '2026-11-02',
            warning: 'Secondary sources: they agree',
          },
        },
        {
          id: 'minutes',
          title: 'Minutes',
          retain: [],
          cutOff: 'none',
          deleteWithin: null,
          disposition: 'permanent',
          approvals: 1,
          gates: [],
          sanitization: {},
          authority: { citation: '8 CFR 274a.2', source: null, checked: '2026-11-02', warning: null },
        },
      ],
    });
  });

  test('has gates and ways of destruction', () => {
    const lines = [
      'gates:',
      '  - {kind: notice, recipient: Department of Public Health, days: 30}',
      '  - {kind: permission, authority: Records Conservation Board}',
      '  - {kind: no-open-charge}',
      '  - {kind: copies-checked}',
      'sanitization: {paper: shredded, removable: destroyed}',
    ];
    expect(scheduleOf(withClass(...GOOD, ...lines)).classes[0]).toMatchObject({
      gates: [
        { kind: 'notice', recipient: 'Department of Public Health', days: 30 },
        { kind: 'permission', authority: 'Records Conservation Board' },
        { kind: 'no-open-charge' },
        { kind: 'copies-checked' },
      ],
      sanitization: { paper: 'shredded', removable: 'destroyed' },
    });
  });

  test('has a short form for one clause, and defaults that keep', () => {
    expect(scheduleOf(withClass(...GOOD)).classes).toEqual([
      {
        id: 'form-i9',
        title: 'Form I-9',
        retain: [{ after: 'closed', for: 'P7Y' }],
        cutOff: 'none',
        deleteWithin: null,
        disposition: 'destroy',
        approvals: 1,
        gates: [],
        sanitization: {},
        authority: { citation: '8 CFR 274a.2', source: null, checked: '2026-11-02', warning: null },
      },
    ]);
  });

  test.each([
    ['\r\n line ends', (text: string) => text.replaceAll('\n', '\r\n')],
    ['a byte order mark', (text: string) => `\uFEFF${text}`],
  ])('may have %s', (_name, change) => {
    expect(scheduleOf(change(withClass(...GOOD)))).toEqual(scheduleOf(withClass(...GOOD)));
  });

  test('that is written from a schedule is read back as it was', () => {
    fc.assert(
      fc.property(fc.array(recordClasses, { minLength: 1, maxLength: 5 }), (rules) => {
        const classes = rules.map((rule, at) => ({ ...rule, id: `class-${at}` }));
        const stored = { title: 'T', classes, version: 1, importedAt: '', importedBy: '', sha256: '' };
        const document = scheduleDocument(stored).classes as { id: string; [key: string]: unknown }[];
        const entries = document.map(({ id, authority, ...rest }) => {
          const present = Object.entries({ ...rest, authority: withoutNulls(authority as object) }).filter(
            ([key, value]) =>
              value !== null &&
              !(Array.isArray(value) && value.length === 0) &&
              !(rest.disposition === 'permanent' && ['retain', 'cut_off'].includes(key)),
          );
          return [id, Object.fromEntries(present)];
        });
        const text = stringify({ version: 1, title: 'T', classes: Object.fromEntries(entries) });
        expect(scheduleOf(text)).toEqual({ title: 'T', classes });
      }),
      { numRuns: 300 },
    );
  });
});

function withoutNulls(value: object): object {
  return Object.fromEntries(Object.entries(value).filter(([, each]) => each !== null));
}

describe('a mistake is told with its place and what to do', () => {
  test.each([
    // Periods.
    ['7 years', changed('period', 'period: 7 years'), 7, 13, '`7 years` is not a period', 'Write P7Y'],
    ['18 months', changed('period', 'period: 18 months'), 7, 13, '`18 months` is not a period', 'Write P18M'],
    ['a year and a half', changed('period', 'period: 1 yr, 6 mo.'), 7, 13, 'is not a period', 'Write P1Y6M'],
    ['7 as a number', changed('period', 'period: 7'), 7, 13, '`7` is not a period', 'Write P7Y'],
    ['7Y', changed('period', 'period: 7Y'), 7, 13, '`7Y` is not a period', 'Write P7Y'],
    ['p7y', changed('period', 'period: p7y'), 7, 13, '`p7y` is not a period', 'Write P7Y'],
    ['P6M1Y', changed('period', 'period: P6M1Y'), 7, 13, '`P6M1Y` is not a period', 'Write P1Y6M'],
    ['P07Y', changed('period', 'period: P07Y'), 7, 13, 'leading zero', 'Write P7Y'],
    ['PT5H', changed('period', 'period: PT5H'), 7, 13, 'has a time of day', 'whole days'],
    ['P1YT5H', changed('period', 'period: P1YT5H'), 7, 13, 'has a time of day', 'whole days'],
    ['P0Y', changed('period', 'period: P0Y'), 7, 13, 'no length', 'P7Y'],
    ['P', changed('period', 'period: P'), 7, 13, 'is not a period', 'P7Y'],
    ['P1.5Y', changed('period', 'period: P1.5Y'), 7, 13, 'fraction', 'Write P1Y6M'],
    ['P-1Y', changed('period', 'period: P-1Y'), 7, 13, 'is not a period', 'no minus sign'],
    ['P1001Y', changed('period', 'period: P1001Y'), 7, 13, 'longer than 1000 years', 'permanent'],
    [
      'a period of nines',
      changed('period', `period: P${'9'.repeat(400)}Y`),
      7,
      13,
      'longer than 1000 years',
      'permanent',
    ],
    ['forever', changed('period', 'period: forever'), 7, 13, '`forever` is not a period', 'ISO 8601'],
    // Triggers.
    ['a mistyped date', changed('trigger', 'trigger: closd'), 6, 14, '`closd`', 'Did you mean closed?'],
    ['last_used', changed('trigger', 'trigger: last_used'), 6, 14, '`last_used`', 'Did you mean last-used?'],
    ['Closed', changed('trigger', 'trigger: Closed'), 6, 14, '`Closed`', 'Did you mean closed?'],
    [
      'an event with spaces',
      changed('trigger', 'trigger: Contract End'),
      6,
      14,
      'cannot name a trigger',
      'Write contract-end',
    ],
    // Dates.
    [
      '02/30/2024',
      changed('authority', 'authority: {citation: x, checked: 02/30/2024}'),
      9,
      39,
      'February 2024 has 29 days',
      '2024-02-29',
    ],
    [
      '2024-02-30',
      changed('authority', 'authority: {citation: x, checked: 2024-02-30}'),
      9,
      39,
      'February 2024 has 29 days',
      '2024-02-29',
    ],
    [
      '2023-02-29',
      changed('authority', 'authority: {citation: x, checked: 2023-02-29}'),
      9,
      39,
      'February 2023 has 28 days',
      '2023-02-28',
    ],
    [
      '2024-13-01',
      changed('authority', 'authority: {citation: x, checked: 2024-13-01}'),
      9,
      39,
      'there is no month 13',
      'YYYY-MM-DD',
    ],
    [
      '11/30/2025',
      changed('authority', 'authority: {citation: x, checked: 11/30/2025}'),
      9,
      39,
      'YYYY-MM-DD',
      'Write 2025-11-30',
    ],
    [
      '30.11.2025',
      changed('authority', 'authority: {citation: x, checked: 30.11.2025}'),
      9,
      39,
      'YYYY-MM-DD',
      'Write 2025-11-30',
    ],
    [
      '03/04/2025',
      changed('authority', 'authority: {citation: x, checked: 03/04/2025}'),
      9,
      39,
      'two dates',
      'Write 2025-03-04 or 2025-04-03',
    ],
    [
      'a year',
      changed('authority', 'authority: {citation: x, checked: 2025}'),
      9,
      39,
      '`2025` is not a date',
      'YYYY-MM-DD',
    ],
    [
      'soon',
      changed('authority', 'authority: {citation: x, checked: soon}'),
      9,
      39,
      '`soon` is not a date',
      'YYYY-MM-DD',
    ],
    // Words and numbers.
    [
      'a disposition',
      changed('disposition', 'disposition: shred'),
      8,
      18,
      'must be one of destroy, review',
      null,
    ],
    [
      'a mistyped disposition',
      changed('disposition', 'disposition: destory'),
      8,
      18,
      'not `destory`',
      'Did you mean destroy?',
    ],
    ['a cut-off', withClass(...GOOD, 'cut_off: year'), 10, 14, 'must be one of none, month', null],
    [
      'cut-off in other letters',
      withClass(...GOOD, 'cut_off: Calendar_Year'),
      10,
      14,
      'must be one of',
      'Did you mean calendar-year?',
    ],
    // Gates and sanitization.
    ['a gate of no kind', withClass(...GOOD, 'gates: [{recipient: X}]'), 10, 13, 'kind', null],
    [
      'an unknown gate',
      withClass(...GOOD, 'gates: [{kind: notise}]'),
      10,
      20,
      'must be one of',
      'Did you mean notice?',
    ],
    [
      'a notice to nobody',
      withClass(...GOOD, 'gates: [{kind: notice, days: 30}]'),
      10,
      13,
      'recipient',
      null,
    ],
    [
      'days that are not a number',
      withClass(...GOOD, 'gates: [{kind: notice, recipient: X, days: P30D}]'),
      10,
      48,
      'a whole number',
      null,
    ],
    ['a permission of nobody', withClass(...GOOD, 'gates: [{kind: permission}]'), 10, 13, 'authority', null],
    [
      'a key of another gate',
      withClass(...GOOD, 'gates: [{kind: copies-checked, days: 3}]'),
      10,
      36,
      'days',
      null,
    ],
    [
      'a gate twice',
      withClass(...GOOD, 'gates: [{kind: copies-checked}, {kind: copies-checked}]'),
      10,
      12,
      'names the gate copies-checked twice',
      'Remove one of the two',
    ],
    [
      'paper that is erased',
      withClass(...GOOD, 'sanitization: {paper: erased}'),
      10,
      27,
      'must be one of redacted, burned, pulverized, shredded',
      null,
    ],
    [
      'a file that is shredded',
      withClass(...GOOD, 'sanitization: {file: destroyed}'),
      10,
      20,
      'overwritten',
      null,
    ],
    ['three approvals', withClass(...GOOD, 'approvals: 3'), 10, 16, 'a whole number from 0 to 2', null],
    [
      'one and a half approvals',
      withClass(...GOOD, 'approvals: 1.5'),
      10,
      16,
      'a whole number from 0 to 2',
      null,
    ],
    ['approvals as text', withClass(...GOOD, 'approvals: "1"'), 10, 16, 'a whole number from 0 to 2', null],
    // Keys.
    [
      'an unknown key',
      withClass(...GOOD, 'colour: red'),
      10,
      5,
      'form-i9.colour is not a known key',
      'Known here',
    ],
    [
      'a mistyped key',
      withClass(...GOOD, 'aproval: 1'),
      10,
      5,
      'aproval is not a known key',
      'Did you mean approvals?',
    ],
    [
      'cutoff',
      withClass(...GOOD, 'cutoff: month'),
      10,
      5,
      'cutoff is not a known key',
      'Did you mean cut_off?',
    ],
    ['a missing title', changed('title'), 4, 3, 'form-i9.title is missing', null],
    ['a missing disposition', changed('disposition'), 4, 3, 'form-i9.disposition is missing', null],
    ['a missing authority', changed('authority'), 4, 3, 'form-i9.authority is missing', null],
    [
      'a missing citation',
      changed('authority', 'authority: {checked: 2026-11-02}'),
      9,
      5,
      'authority.citation is missing',
      null,
    ],
    ['a missing period', changed('period'), 4, 3, 'form-i9.period is missing', null],
    ['a missing trigger', changed('trigger'), 4, 3, 'form-i9.trigger is missing', null],
    ['a key without a value', changed('title', 'title:'), 5, 5, 'form-i9.title has no value', null],
    ['an empty text', changed('title', 'title: " "'), 5, 12, 'form-i9.title is empty', null],
    [
      'a number as title',
      changed('title', 'title: 2026'),
      5,
      12,
      'must be text, not a number',
      'title: "2026"',
    ],
    ['a long title', changed('title', `title: ${'x'.repeat(301)}`), 5, 12, 'at most 300 characters', null],
    [
      'an authority that is text',
      changed('authority', 'authority: 8 CFR 274a.2'),
      9,
      16,
      'must be a mapping of keys, not text',
      'key: value',
    ],
    // Combinations.
    [
      'both forms',
      withClass(...GOOD, 'retain: [{after: closed, for: P1Y}]'),
      6,
      5,
      'says the same as retain',
      'either retain',
    ],
    [
      'an empty list',
      withClass('title: x', 'retain: []', 'disposition: destroy', `authority: ${AUTHORITY}`),
      6,
      13,
      'is an empty list',
      null,
    ],
    [
      'a retain that is no list',
      withClass('title: x', 'retain: P7Y', 'disposition: destroy', `authority: ${AUTHORITY}`),
      6,
      13,
      'must be a list, not text',
      '- ',
    ],
    [
      'an id in capitals',
      withClass(...GOOD).replace('form-i9', 'Form I-9'),
      4,
      3,
      'is not an id of a record class',
      'lower-case',
    ],
  ])('%s', (_name, text, line, column, message, hint) => {
    const problems = problemsOf(text);
    const found = problems.find((problem) => problem.line === line && problem.column === column);
    expect(problems.map((problem) => `${problem.line}:${problem.column}`)).toContain(`${line}:${column}`);
    expect(found?.message).toContain(message);
    expect(found?.hint ?? '').toContain(hint ?? '');
  });

  test('a class without any period', () => {
    const problems = problemsOf(withClass('title: x', 'disposition: destroy', `authority: ${AUTHORITY}`));
    expect(problems).toEqual([
      {
        line: 4,
        column: 3,
        path: 'classes.form-i9.retain',
        message: 'classes.form-i9.retain is missing',
        hint: 'Say how long to keep: retain: [{after: closed, for: P7Y}]',
      },
    ]);
  });

  test('permanent with a period, a limit or a cut-off', () => {
    const text = changed(
      'disposition',
      'disposition: permanent',
      'cut_off: month',
      'delete_within: {after: closed, for: P1Y}',
    );
    expect(problemsOf(text).map(({ line, message }) => [line, message])).toEqual([
      [6, 'classes.form-i9.trigger contradicts disposition: permanent'],
      [7, 'classes.form-i9.period contradicts disposition: permanent'],
      [9, 'classes.form-i9.cut_off contradicts disposition: permanent'],
      [10, 'classes.form-i9.delete_within contradicts disposition: permanent'],
    ]);
  });

  test('two classes with one id, and the mistakes of both', () => {
    const text = `${withClass(...GOOD)}  form-i9:\n    title: Again\n    trigger: closed\n    period: 3 years\n    disposition: destroy\n    authority: ${AUTHORITY}\n`;
    expect(problemsOf(text)).toMatchObject([
      { line: 10, column: 3, message: 'The key `form-i9` is already on line 4' },
      { line: 13, column: 13, hint: 'Write P3Y' },
    ]);
  });

  test('a newer version of the format', () => {
    expect(problemsOf(withClass(...GOOD).replace('version: 1', 'version: 2'))).toMatchObject([
      { line: 1, column: 10, message: 'version is 2, and this program reads 1' },
    ]);
  });

  test('all of them at once', () => {
    const text = withClass(
      'titel: Form I-9',
      'retain:',
      '  - {after: closd, for: 7 years}',
      '  - {after: hire, fro: P3Y}',
      '  - hire',
      'cut_off: yearly',
      'disposition: burn',
      'approvals: many',
      'authority: {citation: x, checked: 02/30/2024, sauce: y}',
    );
    expect(problemsOf(text).map(({ line, path }) => `${line} ${path}`)).toEqual([
      '4 classes.form-i9.title',
      '5 classes.form-i9.titel',
      '7 classes.form-i9.retain[0].after',
      '7 classes.form-i9.retain[0].for',
      '8 classes.form-i9.retain[1].for',
      '8 classes.form-i9.retain[1].fro',
      '9 classes.form-i9.retain[2]',
      '10 classes.form-i9.cut_off',
      '11 classes.form-i9.disposition',
      '12 classes.form-i9.approvals',
      '13 classes.form-i9.authority.checked',
      '13 classes.form-i9.authority.sauce',
    ]);
  });

  test.each([
    ['an empty file', '', 'schedule.yaml is empty'],
    ['a file of remarks', '# nothing\n', 'schedule.yaml is empty'],
    ['a list', '- a\n', 'The file must begin with a key, such as version: 1'],
    ['a word', 'hello\n', 'The file must begin with a key, such as version: 1'],
    ['no classes', 'version: 1\ntitle: x\nclasses: {}\n', 'classes has no record class in it'],
    [
      'classes as a list',
      'version: 1\ntitle: x\nclasses:\n  - a\n',
      'classes must be a mapping of keys, not a list',
    ],
  ])('%s', (_name, text, message) => {
    expect(problemsOf(text).map((problem) => problem.message)).toEqual([message]);
  });
});

describe('whatever the text', () => {
  const good = withClass(...GOOD, 'approvals: 1', 'delete_within: {after: last-used, for: P9Y}');
  const pieces = fc.constantFrom(
    '\t',
    '\n',
    ': ',
    '- ',
    '"',
    "'",
    '{',
    '}',
    '[',
    ']',
    '&a ',
    '*a',
    '!t ',
    '%',
    '#',
    '|',
    '>',
    '? ',
    '\r',
    '\0',
    '\u0007',
    'P7Y',
    '…',
    '---\n',
    '<<: ',
  );
  const broken = fc
    .array(
      fc.record({
        at: fc.nat(good.length),
        cut: fc.nat(6),
        piece: fc.oneof(pieces, fc.string({ maxLength: 4 })),
      }),
      { minLength: 1, maxLength: 4 },
    )
    .map((edits) =>
      edits.reduce((text, { at, cut, piece }) => text.slice(0, at) + piece + text.slice(at + cut), good),
    );

  test('there is a schedule or a list of mistakes, and each mistake is in the file', () => {
    let refused = 0;
    const check = (text: string) => {
      const parsed = parseSchedule(text, 'schedule.yaml');
      if ('schedule' in parsed) return;
      refused += 1;
      const lines = text.split('\n');
      expect(parsed.problems.length).toBeGreaterThan(0);
      for (const { line, column, message } of parsed.problems) {
        expect(line >= 1 && line <= lines.length).toBe(true);
        expect(column >= 1 && column <= (lines[line - 1]?.length ?? 0) + 1).toBe(true);
        expect(message).toMatch(/^\S[^\n]*[^.\s]$/);
      }
    };
    fc.assert(fc.property(broken, check), { numRuns: 3000 });
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 200 }), check), { numRuns: 500 });
    expect(refused).toBeGreaterThan(1000);
  });

  test('a mistake in one class does not hide one in another', () => {
    const lines = [
      'title: x',
      'trigger: closed',
      'period: 3 years',
      'disposition: destroy',
      `authority: ${AUTHORITY}`,
    ];
    const block = (id: string) => [`  ${id}:`, ...lines.map((line) => `    ${line}`)].join('\n');
    const text = `version: 1\ntitle: x\nclasses:\n${Array.from({ length: 40 }, (_, at) => block(`c${at}`)).join('\n')}\n`;
    expect(problemsOf(text).map(({ line }) => line)).toEqual(
      Array.from({ length: 40 }, (_, at) => 7 + at * 6),
    );
  });
});

test('dates of the file are calendar dates', () => {
  expect(scheduleOf(withClass(...GOOD)).classes[0]?.authority.checked).toBe(date('2026-11-02'));
});
