import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  compileHolds,
  holdQueryText,
  holdsOn,
  normalizedPath,
  parseHoldQuery,
  readTypedQuery,
} from '../../src/holds/index.js';
import type { CalendarDate, Hold, HoldScope } from '../../src/model/index.js';
import { anItem } from '../retention/sample-item.js';

function aHold(id: string, scopes: HoldScope[], releasedAt: string | null = null): Hold {
  return {
    id,
    matter: 'Matter',
    reason: null,
    scopes,
    placedAt: '2026-01-02T09:00:00.000Z',
    placedBy: 'dana',
    releasedAt,
    releasedBy: null,
    releaseReason: null,
    coolingOffUntil: null,
  };
}

function reaches(scope: HoldScope, item: Parameters<typeof anItem>[0]): boolean {
  return holdsOn(anItem(item), [aHold('hold-1', [scope])]).length === 1;
}

describe('a hold on ids', () => {
  test('reaches the item with exactly that id', () => {
    expect(reaches({ kind: 'item', value: 'EMP-1042' }, { id: 'EMP-1042' })).toBe(true);
    expect(reaches({ kind: 'item', value: 'EMP-104' }, { id: 'EMP-1042' })).toBe(false);
  });

  test('reaches all items of exactly that class, and no item without one', () => {
    expect(reaches({ kind: 'class', value: 'payroll' }, { recordClass: 'payroll' })).toBe(true);
    expect(reaches({ kind: 'class', value: 'payroll' }, { recordClass: 'payroll-ma' })).toBe(false);
    expect(reaches({ kind: 'class', value: 'payroll' }, { recordClass: null })).toBe(false);
  });
});

test.each([
  ['Dana Reyes', 'Dana Reyes', true],
  ['dana reyes', 'DANA REYES', true],
  ['  Dana   Reyes ', 'Dana Reyes', true],
  ['Jose\u0301 Ortiz', 'José Ortiz', true],
  ['Dana', 'Dana Reyes', false],
  ['Dana Reyes', null, false],
])('a hold on custodian %j and an item of %j: %j', (value, custodian, expected) => {
  expect(reaches({ kind: 'custodian', value }, { custodian })).toBe(expected);
});

test.each([
  // The item lies in the held place.
  ['/srv/hr', '/srv/hr/2019/a.pdf', true],
  ['/srv/hr/', '/srv/hr/2019/a.pdf', true],
  ['/srv//hr/./x/..', '/srv/hr/a.pdf', true],
  ['/srv/hr/a.pdf', '/srv/hr/a.pdf', true],
  ['/srv/hr', '/srv//hr/../hr/a.pdf', true],
  ['/', '/srv/hr/a.pdf', true],
  ['/srv/Re\u0301sume\u0301s', '/srv/Résumés/a.pdf', true],
  // The held place lies in the item's folder.
  ['/srv/hr/2019/a.pdf', '/srv/hr', true],
  ['/srv/hr/2019/a.pdf', '/srv/hr/', true],
  ['/srv/hr', '/', true],
  // Neighbours.
  ['/srv/hr', '/srv/hr2/a.pdf', false],
  ['/srv/hr2', '/srv/hr', false],
  ['/srv/hr-old/a.pdf', '/srv/hr', false],
  ['/srv/HR', '/srv/hr/a.pdf', false],
  ['/srv/hr/2019', '/srv/hr/2020', false],
])('a hold on %s and a folder %s: %j', (value, location, expected) => {
  expect(reaches({ kind: 'location', value }, { medium: 'folder', location })).toBe(expected);
});

test.each([
  ['Basement', 'Basement, shelf 3', 'paper', true],
  ['basement,  shelf', 'Basement, shelf 3', 'paper', true],
  ['Shelf 3', 'Basement, shelf 3', 'paper', false],
  ['Basement, shelf 3', 'Basement', 'paper', false],
  ['/media/usb1/', '/media/usb1', 'removable', true],
  ['/var/lib/crm/2019', '/var/lib/crm', 'database', true],
  ['/var/lib', '/var/lib/crm', 'database', true],
  ['crm', 'CRM production', 'database', true],
] as const)('a hold on %j and an item at %j (%s): %j', (value, location, medium, expected) => {
  expect(reaches({ kind: 'location', value }, { medium, location })).toBe(expected);
});

describe('several holds', () => {
  test('are named in alphabetical order, each once, and only those in force', () => {
    const holds = [
      aHold('hold-3', [
        { kind: 'class', value: 'payroll' },
        { kind: 'item', value: 'item-1' },
      ]),
      aHold('hold-1', [{ kind: 'location', value: '/srv' }]),
      aHold('hold-2', [{ kind: 'class', value: 'payroll' }], '2026-02-03T09:00:00.000Z'),
      aHold('hold-4', [{ kind: 'class', value: 'minutes' }]),
      aHold('hold-5', []),
    ];
    expect(holdsOn(anItem({ recordClass: 'payroll' }), holds)).toEqual(['hold-1', 'hold-3']);
    expect(holdsOn(anItem({ recordClass: 'payroll' }), [])).toEqual([]);
  });

  test('on paths that sort between a folder and what lies in it are all found', () => {
    // `-` and `.` sort before `/`, letters after it.
    const paths = [
      '/srv/a',
      '/srv/a-1',
      '/srv/a.b',
      '/srv/a/1',
      '/srv/a/1/x',
      '/srv/a/2',
      '/srv/a0',
      '/srv/ab',
    ];
    const holds = paths.map((value, at) => aHold(`hold-${at}`, [{ kind: 'location', value }]));
    const found = holdsOn(anItem({ medium: 'folder', location: '/srv/a' }), holds);
    expect(found).toEqual(['hold-0', 'hold-3', 'hold-4', 'hold-5']);
  });
});

describe('the prepared form', () => {
  const segments = fc.array(fc.constantFrom('a', 'b', 'a-1', 'ä', 'B'), { maxLength: 4 });
  const paths = segments.map((parts) => `/${parts.join('/')}`);

  /** The definition, word by word: one lies in the other where its first segments are the other's. */
  function related(one: string, other: string): boolean {
    const [a, b] = [one, other].map((path) => path.split('/').filter((part) => part !== ''));
    if (a === undefined || b === undefined) return false;
    const shorter = Math.min(a.length, b.length);
    return a.slice(0, shorter).join('/') === b.slice(0, shorter).join('/');
  }

  test('finds for each path what comparing it with each hold finds', () => {
    fc.assert(
      fc.property(fc.array(paths, { maxLength: 12 }), paths, (held, location) => {
        const holds = held.map((value, at) =>
          aHold(`hold-${String(at).padStart(2, '0')}`, [{ kind: 'location', value }]),
        );
        const expected = holds.filter((_, at) => related(held[at] ?? '', location)).map(({ id }) => id);
        expect(compileHolds(holds).on(anItem({ medium: 'folder', location }))).toEqual(expected);
      }),
      { numRuns: 1000 },
    );
  });

  test('normalizes a path once and for all', () => {
    const messy = fc
      .array(fc.constantFrom('a', '.', '..', '', 'b.c'), { maxLength: 6 })
      .map((parts) => `/${parts.join('/')}`);
    fc.assert(
      fc.property(messy, (path) => {
        const once = normalizedPath(path);
        expect(once).toMatch(/^\/(?:[^/]+(?:\/[^/]+)*)?$/);
        expect(once.split('/').some((part) => part === '.' || part === '..')).toBe(false);
        expect(normalizedPath(once)).toBe(once);
      }),
    );
  });
});

describe('a hold on a query', () => {
  const item = {
    ...{ title: 'Merger files, 2020', recordClass: 'contracts', otherClasses: ['tax'], subjects: ['CASE-7'] },
    ...{
      custodian: 'Jane Doe',
      department: 'Legal',
      medium: 'file' as const,
      location: '/srv/legal/2020/a.pdf',
    },
    ...{ piElements: ['ssn' as const], closed: '2020-06-30' as CalendarDate, created: null },
  };
  const query = (value: string) => reaches({ kind: 'query', value }, item);

  test.each([
    // All conditions must be true.
    ['class=contracts department=legal', true],
    ['class=contracts department=HR', false],
    // Any of the values of a condition, and any of the classes of the item.
    ['class=payroll,tax', true],
    ['custodian="jane  doe"', true],
    ['custodian="John Roe","Jane Doe"', true],
    ['subject=CASE-7', true],
    ['subject=case-7', false],
    ['medium=paper', false],
    ['pi=ssn,medical medium=file', true],
    ['title=merger', true],
    ['title="files, 2020"', true],
    ['title=acquisition', false],
    // Places as in the scope `location`: below it, and the folder that it lies in.
    ['location=/srv/legal', true],
    ['location=/srv/legal/2020/a.pdf/x', true],
    ['location=/srv/leg', false],
    // Days, with the day itself or without it.
    ['closed>=2020-06-30 closed<=2020-06-30', true],
    ['closed=2020-06-30', true],
    ['closed>2020-06-30', false],
    ['closed<2020-06-30', false],
    ['last-used>2100-01-01 class=contracts', true],
    // A date that nobody entered lies in every range.
    ['created<1950-01-01', true],
  ])('%s: %j', (value, expected) => {
    expect(query(value)).toBe(expected);
  });

  // Nobody knows whose it is, or what is in it: the place is all that can be compared.
  test.each([
    ['location=/srv/legal custodian="Jane Doe"', true],
    ['location=/srv/legal class=tax department=Legal subject=CASE-7 pi=ssn title=x', true],
    ['location=/srv/legal class=contracts', true],
    ['location=/srv/legal medium=paper', false],
    ['location=/srv/hr custodian="Jane Doe"', false],
    ['custodian="Jane Doe"', false],
    ['class=tax', false],
  ])('%s, for a file that is not in the inventory: %j', (value, expected) => {
    const nothing = { title: '', otherClasses: [], subjects: [], custodian: null, department: null };
    const named = { ...item, ...nothing, recordClass: null, piElements: [], uninventoried: true };
    expect(reaches({ kind: 'query', value }, named)).toBe(expected);
  });

  test('reaches what a person says of a file that is not in the inventory, and a folder whatever is in it', () => {
    const named = { ...item, title: '', subjects: [], otherClasses: [], uninventoried: true };
    const by = (value: string, changes: Partial<typeof named> | { medium: 'folder' }) =>
      reaches({ kind: 'query', value }, { ...named, ...changes });
    expect(by('location=/srv/legal class=payroll', { recordClass: 'contracts' })).toBe(false);
    expect(by('location=/srv/legal class=contracts', { recordClass: 'contracts' })).toBe(true);
    expect(by('location=/srv/legal medium=file', { medium: 'folder' })).toBe(true);
  });

  test.each([
    ['', 'it is empty'],
    ['  ', 'it is empty'],
    ['payroll', 'at character 1 no condition begins'],
    ['class=payroll or class=tax', 'at character 14 no condition begins'],
    ['class=', 'at character 1 no condition begins'],
    ['colour=red', 'there is no field colour'],
    ['class>payroll', 'class is compared with ='],
    ['closed>=06/30/2020', 'closed is compared with one day, YYYY-MM-DD'],
    ['closed=2020-02-30', 'closed is compared with one day, YYYY-MM-DD'],
    ['medium=stick', 'medium is one of file, folder'],
    ['custodian=""', 'custodian has an empty value'],
    ['custodian="Jane', 'at character 1 no condition begins'],
  ])('%j is refused, with the place and the reason', (value, message) => {
    expect(() => parseHoldQuery(value)).toThrow(message);
  });

  test.each([
    // A quote in a value, as people write it.
    [String.raw`title="the \"Merger\" files"`, 'title="the ""Merger"" files"', 'the "Merger" files'],
    ['title="the ""Merger"" files"', 'title="the ""Merger"" files"', 'the "Merger" files'],
    [String.raw`title="say \""`, 'title="say """', 'say "'],
    // A backslash is one, but where it would else be taken for the mark of a quote.
    [String.raw`title="C:\My Files"`, String.raw`title="C:\My Files"`, String.raw`C:\My Files`],
    [String.raw`title="\\server\a b"`, String.raw`title="\\server\a b"`, String.raw`\\server\a b`],
    [String.raw`title="C:\My Files\\"`, String.raw`title="C:\My Files\"`, String.raw`C:\My Files\ `.trim()],
    [String.raw`title="a\\\"b"`, String.raw`title="a\""b"`, String.raw`a\"b`],
    ["title=O'Brien", "title=O'Brien", "O'Brien"],
  ])('typed as %s is stored as %s', (typed, stored, value) => {
    expect(readTypedQuery(typed)).toBe(stored);
    expect(parseHoldQuery(stored)).toEqual([{ field: 'title', operator: '=', values: [value] }]);
  });

  test.each([
    ["title='b,c'", 'not in single ones'],
    ["title=a,'b c'", 'not in single ones'],
    ["custodian='Jane Doe'", 'not in single ones'],
    [String.raw`title="a\"`, 'at character 1 no condition begins'],
    ['closed>=2020-01-01 closed<=2019-01-01', 'no day lies in the range of closed'],
    ['closed>2020-01-01 closed<2020-01-02', 'no day lies in the range of closed'],
    ['closed=2020-01-01 title=x closed=2020-01-02', 'no day lies in the range of closed'],
    ['last-used>9999-12-31', 'no day lies in the range of last-used'],
    ['', 'it is empty'],
  ])('typed as %s is refused', (typed, message) => {
    expect(() => readTypedQuery(typed)).toThrow(message);
  });

  test('typed with a range of one day, or of two dates, is accepted', () => {
    const text = 'closed>2020-01-01 closed<2020-01-03 created>=2021-01-01';
    expect(readTypedQuery(text)).toBe(text);
  });

  test('that was stored before is read as it was', () => {
    expect(query(String.raw`title="files, 2020","x\" custodian="Jane Doe"`)).toBe(true);
    expect(query("title='merger',2020")).toBe(true);
    expect(query('closed>=2020-01-01 closed<=2019-01-01')).toBe(false);
  });

  // Simple and full case folding of Unicode, CaseFolding.txt: ß is ss, final sigma is sigma, the ligature is its letters.
  test.each([
    ['Straße', 'STRASSE'],
    ['STRAẞE', 'strasse'],
    ['ΟΔΟΣ', 'οδος'],
    ['ΟΔΟΣ', 'οδοσ'],
    ['ﬁles', 'FILES'],
    ['ÉCOLE', 'e\u0301cole'],
  ])('%s and %s are one name', (one, other) => {
    const named = { ...item, custodian: one, department: one, title: `The ${one} file` };
    for (const field of ['custodian', 'department', 'title']) {
      expect(reaches({ kind: 'query', value: `${field}=${other}` }, named)).toBe(true);
    }
    expect(reaches({ kind: 'custodian', value: other }, named)).toBe(true);
    expect(reaches({ kind: 'location', value: other }, { medium: 'paper', location: `${one} 7` })).toBe(true);
  });

  test('that cannot be read reaches everything', () => {
    expect(query('class=')).toBe(true);
  });

  test('reaches no more with another condition, and no less with another value', () => {
    const conditions = fc.constantFrom(
      ...['class=tax', 'class=payroll', 'department=legal', 'closed>2019-01-01', 'medium=paper', 'title=x'],
    );
    fc.assert(
      fc.property(fc.array(conditions, { minLength: 1 }), conditions, (some, one) => {
        if (!query(some.join(' '))) expect(query([...some, one].join(' '))).toBe(false);
        if (query(some.join(' '))) expect(query(some.join(' ').replace('class=', 'class=other,'))).toBe(true);
      }),
    );
  });

  test('is stored as everybody would write it, and reads the same', () => {
    for (const text of [
      '  class = payroll , "tax"  closed >= 2020-01-01',
      'custodian="Jane Doe",Roe title="a,b"',
    ]) {
      const canonical = holdQueryText(parseHoldQuery(text));
      expect(parseHoldQuery(canonical)).toEqual(parseHoldQuery(text));
      expect(holdQueryText(parseHoldQuery(canonical))).toBe(canonical);
    }
    expect(holdQueryText(parseHoldQuery('  class = payroll , "tax"  closed >= 2020-01-01'))).toBe(
      'class=payroll,tax closed>=2020-01-01',
    );
  });
});
