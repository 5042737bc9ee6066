import { createHash } from 'node:crypto';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { importInventory } from '../../src/inventory/index.js';
import { sampleSession } from '../session/sample-workspace.js';
import { temporaryFolder } from '../temporary-folder.js';
import { allItems, fileText, HEADER, importText, loggedActions, permissions, row } from './sample-import.js';

describe('a good file', () => {
  it('becomes items, by documented columns', async () => {
    const session = await sampleSession();
    const header =
      'id,title,class,medium,location,pi_elements,data_subjects,custodian,department,created,modified,closed,last_used,event:termination,copies_elsewhere,notes';
    const result = await importText(
      session,
      `${header}\nHR-1,"Payroll, July",payroll,file,/srv/hr/p.csv,ssn;financial_account,12,jdoe,HR,2019-07-01,2019-07-30,2019-07-31,2020-02-29,2021-01-31,"tape ""A""",none\n`,
    );
    expect(result).toMatchObject({
      outcome: 'imported',
      rows: 1,
      added: 1,
      updated: 0,
      unchanged: 0,
      rejected: 0,
    });
    expect(await allItems(session)).toMatchObject([
      {
        id: 'HR-1',
        title: 'Payroll, July',
        recordClass: 'payroll',
        medium: 'file',
        location: '/srv/hr/p.csv',
        piElements: ['ssn', 'financial_account'],
        dataSubjects: 12,
        custodian: 'jdoe',
        department: 'HR',
        created: '2019-07-01',
        modified: '2019-07-30',
        closed: '2019-07-31',
        lastUsed: '2020-02-29',
        events: { termination: '2021-01-31' },
        copiesElsewhere: 'tape "A"',
        notes: 'none',
        state: 'active',
        due: { defect: 'schedule-missing' },
        importedFrom: { line: 2 },
      },
    ]);
    expect(result.defects).toEqual({ 'schedule-missing': 1 });
  });

  it('may call the columns by other names, in any order and case', async () => {
    const session = await sampleSession();
    await importText(
      session,
      'Path,Type,PI,Data Subjects,Dept,Record Series,Description,RECORD-ID,Event:Case Closed,Last Used\n/srv/a,folder,"Payment-Card, SSN",3,IT,tax,Tax,T-1,2020-01-02,2021-03-04\n',
    );
    expect(await allItems(session)).toMatchObject([
      {
        id: 'T-1',
        title: 'Tax',
        recordClass: 'tax',
        medium: 'folder',
        location: '/srv/a',
        // In the order of c. 93I § 1, whatever the order of the file.
        piElements: ['ssn', 'payment_card'],
        dataSubjects: 3,
        department: 'IT',
        lastUsed: '2021-03-04',
        events: { 'case-closed': '2020-01-02' },
      },
    ]);
  });

  const text = `${HEADER}\n${row('A-1', { title: 'Café – été' })}\n${row('A-2')}\n`;
  const utf16 = (littleEndian: boolean) => {
    const bytes = Buffer.from(`\ufeff${text}`, 'utf16le');
    return littleEndian ? bytes : bytes.swap16();
  };
  it.each<[string, string | Buffer, object]>([
    ['UTF-8', text, {}],
    ['UTF-8 with a byte order mark', `\ufeff${text}`, {}],
    ['UTF-16 little endian', utf16(true), {}],
    ['UTF-16 big endian', utf16(false), {}],
    ['UTF-16 without a mark, named', utf16(true).subarray(2), { encoding: 'utf-16le' }],
    ['Windows-1252', Buffer.from(text.replaceAll('–', '\u0096'), 'latin1'), { encoding: 'windows-1252' }],
    ['CRLF', text.replaceAll('\n', '\r\n'), {}],
    ['CR alone', text.replaceAll('\n', '\r'), {}],
    ['LF, and CRLF further down', text.replace(/\n$/, '\r\n'), {}],
    ['no line end at its end', text.trimEnd(), {}],
    ['semicolons', text.replaceAll(',', ';'), {}],
    ['tabs', text.replaceAll(',', '\t'), {}],
    ['a named delimiter', text.replaceAll(',', ';'), { delimiter: ';' }],
    ['empty lines, and lines of empty cells', `\n${text}\n,,,,,,,\n\n`, {}],
    ['spaces around cells', text.replaceAll(',', ' , '), {}],
  ])('may be written with %s', async (_, content, options) => {
    const session = await sampleSession();
    if (content.toString().includes(' , ')) {
      // A path is taken as it is written: a file's name may begin or end with a space.
      const result = await importText(
        session,
        content
          .toString()
          .replaceAll(/ (,) (\/)/g, '$1$2')
          .replaceAll(/(csv) ,/g, '$1,'),
        options,
      );
      expect(result).toMatchObject({ outcome: 'imported', rejected: 0 });
    } else
      expect(await importText(session, content, options)).toMatchObject({
        outcome: 'imported',
        rows: 2,
        rejected: 0,
      });
    expect((await allItems(session)).map(({ id, title, location }) => [id, title, location])).toEqual([
      ['A-1', 'Café – été', '/srv/hr/A-1.csv'],
      ['A-2', 'Payroll', '/srv/hr/A-2.csv'],
    ]);
  });

  it('may come from a stream', async () => {
    const session = await sampleSession();
    const text = `${HEADER}\n${row('A-1')}\n`;
    const bytes = [...Buffer.from(text)].map((byte) => Buffer.from([byte]));
    const result = await importInventory(session, { input: { stream: Readable.from(bytes) } });
    expect(result).toMatchObject({ outcome: 'imported', added: 1, rejectsPath: null });
    expect(result.sha256).toBe(createHash('sha256').update(text).digest('hex'));
  });

  it('is logged once, with counts and digest and no names', async () => {
    const session = await sampleSession();
    const { path, logSeq } = await importText(session, `${HEADER}\n${row('A-1')}\n${row('A-2')}\n`);
    const sha256 = createHash('sha256').update(readFileSync(path)).digest('hex');
    const counts = { rows: 2, added: 2, updated: 0, unchanged: 0, rejected: 0 };
    expect(await loggedActions(session)).toEqual([
      {
        action: 'inventory.import',
        subject: {},
        data: { ...counts, defects: { 'schedule-missing': 2 }, sha256 },
      },
    ]);
    expect((await session.store.log.head())?.seq).toBe(logSeq);
  });

  it('imported again changes nothing, and logs nothing', async () => {
    const session = await sampleSession();
    const text = `${HEADER},event:constructor\n${row('A-1')},2020-01-01\n${row('A-2')},\n`;
    await importText(session, text);
    const before = await session.store.log.head();
    const again = await importText(session, text);
    expect(again).toMatchObject({ outcome: 'unchanged', added: 0, updated: 0, unchanged: 2, logSeq: null });
    expect(await session.store.log.head()).toEqual(before);
  });

  it('of many rows keeps every index of the items, and its rows in order', async () => {
    const session = await sampleSession();
    const rows = Array.from({ length: 25_000 }, (_, at) =>
      row(`N-${String((at * 7919) % 25_000).padStart(5, '0')}`),
    );
    const indexes = () => indexNames(session.paths.database);
    const before = await indexes();
    expect(before).toContain('items_due');
    expect(await importText(session, `${HEADER}\n${rows.join('\n')}\n`)).toMatchObject({ added: 25_000 });
    expect(await indexes()).toEqual(before);
    const items = await allItems(session);
    expect(items.length).toBe(25_000);
    expect(items[0]).toMatchObject({ id: 'N-00000', importedFrom: { line: 2 } });
    // 7919 × 3 = 23757
    expect(items[23_757]).toMatchObject({ id: 'N-23757', importedFrom: { line: 5 } });
  });
});

async function indexNames(database: string): Promise<string[]> {
  const { default: sqlite3 } = await import('sqlite3');
  const connection = new sqlite3.Database(database, sqlite3.OPEN_READONLY);
  return await new Promise((done, fail) => {
    connection.all("select name from sqlite_master where type = 'index'", (error, rows) => {
      connection.close();
      if (error) fail(error);
      else done((rows as { name: string }[]).map(({ name }) => name).toSorted());
    });
  });
}

describe('an existing item', () => {
  it('that differs is a bad row that names the columns, and not their values', async () => {
    const session = await sampleSession();
    await importText(session, `${HEADER}\n${row('A-1')}\n`);
    const result = await importText(
      session,
      `${HEADER}\n${row('A-1', { title: 'Jane Roe', subjects: '13' })}\n`,
    );
    expect(result).toMatchObject({ outcome: 'rejected', rejected: 1 });
    expect(result.problems).toMatchObject([
      { line: 2, column: 'id', reason: 'belongs to an item that differs in title, data_subjects' },
    ]);
    expect((await allItems(session))[0]).toMatchObject({ title: 'Payroll', dataSubjects: 12 });
  });

  it('is changed with update, and its due dates with it; columns that the file lacks stay', async () => {
    const session = await sampleSession();
    await importText(
      session,
      `${HEADER},notes,event:termination\n${row('A-1')},keep me,2020-01-01\n${row('A-2')},,\n`,
    );
    const result = await importText(
      session,
      'id,title,medium,location,closed,event:hire\nA-1,Changed,file,/srv/hr/A-1.csv,,2019-01-01\nA-2,Payroll,file,/srv/hr/A-2.csv,2020-06-30,\n',
      { update: true },
    );
    expect(result).toMatchObject({ outcome: 'imported', updated: 1, unchanged: 1, added: 0 });
    expect((await allItems(session))[0]).toMatchObject({
      title: 'Changed',
      closed: null,
      notes: 'keep me',
      recordClass: 'payroll',
      events: { hire: '2019-01-01', termination: '2020-01-01' },
      state: 'active',
      importedFrom: { seq: result.logSeq, line: 2 },
    });
  });

  it.each([
    ['disposed', 'belongs to an item that was disposed of', row('A-1', { title: 'Changed' })],
    ['claimed', 'belongs to an item that a sweep is disposing of', row('A-1', { title: 'Changed' })],
  ] as const)('that is %s is left alone', async (state, reason, line) => {
    const session = await sampleSession();
    await importText(session, `${HEADER}\n${row('A-1')}\n`);
    await session.store.items.moveState(['A-1'], 'active', state);
    const result = await importText(session, `${HEADER}\n${line}\n${row('A-2')}\n`, {
      update: true,
      partial: true,
    });
    expect(result).toMatchObject({ outcome: 'imported', added: 1, updated: 0, rejected: 1 });
    expect(result.problems).toMatchObject([{ line: 2, reason }]);
    expect(await session.store.items.get('A-1')).toMatchObject({ state, title: 'Payroll' });
  });
});

it('the same list again, after a sweep, changes nothing and is no mistake', async () => {
  const session = await sampleSession();
  const list = `${HEADER}\n${row('A-1')}\n${row('A-2')}\n`;
  await importText(session, list);
  await session.store.items.moveState(['A-1'], 'active', 'disposed');
  expect(await importText(session, list)).toMatchObject({ outcome: 'unchanged', unchanged: 2, rejected: 0 });
  expect(await session.store.items.get('A-1')).toMatchObject({ state: 'disposed' });
});

describe('an id twice in a file', () => {
  it.each([
    ['new', '', {}],
    ['old and unchanged', `${HEADER}\n${row('A-1')}\n`, {}],
    ['old and updated', `${HEADER}\n${row('A-1', { title: 'Other' })}\n`, { update: true }],
  ])('is named with both lines where the item is %s', async (_, before, options) => {
    const session = await sampleSession();
    if (before !== '') await importText(session, before);
    const result = await importText(
      session,
      `${HEADER}\n${row('A-1')}\n${row('A-2')}\n${row('A-1')}\n`,
      options,
    );
    expect(result.outcome).toBe('rejected');
    expect(result.problems).toMatchObject([
      { line: 4, column: 'id', reason: 'is also the id of the row on line 2' },
    ]);
  });

  it('is found however far the two rows are apart', async () => {
    const session = await sampleSession();
    const rows = Array.from({ length: 1800 }, (_, at) => row(`N-${at}`));
    const result = await importText(session, `${HEADER}\n${[...rows, row('N-3')].join('\n')}\n`);
    expect(result.problems).toMatchObject([{ line: 1802, reason: 'is also the id of the row on line 5' }]);
    expect(await allItems(session)).toEqual([]);
  });
});

describe('a bad row', () => {
  const bad: [string, string, string, string | RegExp][] = [
    ['an empty id', row(''), 'id', 'is missing'],
    ['an id with a space', row('A 1'), 'id', 'is not an id'],
    ['an id that begins with a point', row('.A'), 'id', 'is not an id'],
    ['an id of 129 characters', row('A'.repeat(129)), 'id', 'is longer than 128 characters'],
    [
      'an id like a Social Security number',
      row('123-45-6789'),
      'id',
      'is shaped like a Social Security number',
    ],
    ['no title', row('A-1', { title: ' ' }), 'title', 'is missing'],
    ['a class in capitals', row('A-1', { class: 'Payroll' }), 'class', 'is not an id of a record class'],
    ['an unknown medium', row('A-1').replace(',file,', ',files,'), 'medium', 'is not a medium'],
    ['no medium', row('A-1').replace(',file,', ',,'), 'medium', 'is missing'],
    ['a relative path', row('A-1').replace(',/srv', ',srv'), 'location', 'is not an absolute path'],
    ['no path', row('A-1').replace('/srv/hr/A-1.csv', ''), 'location', 'is not an absolute path'],
    ['a path with ..', row('A-1').replace('/srv/hr', '/srv/../hr'), 'location', 'has ".." in it'],
    ['an address', row('A-1').replace('/srv/hr', 'file:///srv'), 'location', 'is an address, not a path'],
    ['the root', row('A-1').replace('/srv/hr/A-1.csv', '//./'), 'location', 'is the root of the file system'],
    ['an unknown element', row('A-1').replace(',ssn,', ',sssn,'), 'pi_elements', /not an element/],
    ['a fraction of a person', row('A-1', { subjects: '1.5' }), 'data_subjects', 'is not a whole number'],
    ['a negative number', row('A-1', { subjects: '-1' }), 'data_subjects', 'is not a whole number'],
    ['too many people', row('A-1', { subjects: '2147483648' }), 'data_subjects', 'is more than 2147483647'],
    [
      '30 February',
      row('A-1', { closed: '02/30/2024' }),
      'closed',
      'is not a date: February 2024 has 29 days',
    ],
    [
      '29 February 2023',
      row('A-1', { closed: '2023-02-29' }),
      'closed',
      'is not a date: February 2023 has 28 days',
    ],
    ['a month 13', row('A-1', { closed: '2023-13-01' }), 'closed', 'is not a date: there is no month 13'],
    ['an American date', row('A-1', { closed: '3/4/2024' }), 'closed', 'is not written YYYY-MM-DD'],
    ['a year of two digits', row('A-1', { closed: '3/4/24' }), 'closed', 'has a year of two digits'],
    [
      'a date and a time',
      row('A-1', { closed: '2024-03-04T10:00:00Z' }),
      'closed',
      'has a time of day in it',
    ],
    ['no leading zero', row('A-1', { closed: '2024-3-4' }), 'closed', 'is not written YYYY-MM-DD'],
    ['a word for a date', row('A-1', { closed: 'yesterday' }), 'closed', 'is not a date'],
    ['a NUL byte', row('A-1', { title: 'a\0b' }), 'title', 'has the control character U+0000 in it'],
    ['an escape', row('A-1', { title: 'a\u001b[31m' }), 'title', 'has the control character U+001B in it'],
    [
      'a bidirectional override',
      row('A-1', { title: 'a\u202eb' }),
      'title',
      'has the control character U+202E in it',
    ],
    ['a line break', row('A-1', { title: '"a\nb"' }), 'title', 'has a line break in it'],
    ['a long cell', row('A-1', { title: 'é'.repeat(32_769) }), 'title', 'is longer than 64 KiB'],
  ];
  it.each(bad)('with %s is named', async (_, line, column, reason) => {
    const session = await sampleSession();
    const result = await importText(session, `${HEADER}\n${row('G-1')}\n${line}\n${row('G-2')}\n`);
    expect(result).toMatchObject({ outcome: 'rejected', rows: 3, rejected: 1 });
    expect(result.problems).toHaveLength(1);
    const [problem] = result.problems;
    expect(problem).toMatchObject({ line: 3, column });
    expect(problem?.reason).toMatch(reason);
    expect(await allItems(session)).toEqual([]);
  });

  it.each([
    ['too few cells', 'A-1,Payroll', 'has 2 cells, and the header line has 8'],
    ['a quote in its last cell', `${row('A-1')}"`, 'has a quote where none can stand'],
    ['too many cells', `${row('A-1')},more`, 'has 9 cells, and the header line has 8'],
    [
      'a quote in an unquoted cell',
      row('A-1', { title: 'The "Bob" file' }),
      'has a quote where none can stand',
    ],
    [
      'quotes within a quoted cell',
      row('A-1', { title: '"Smith, "Bob" files"' }),
      'has a quote where none can stand',
    ],
  ])('with %s is named as a whole', async (_, line, reason) => {
    const session = await sampleSession();
    const result = await importText(
      session,
      `${HEADER}\n${row('G-1')}\n${line}\n${row('G-2', { closed: 'x' })}\n`,
    );
    expect(result.problems.slice(0, 1)).toMatchObject([{ line: 3, column: null, valueClass: null, reason }]);
  });

  it('is one of all that are named, with the lines on which they start', async () => {
    const session = await sampleSession();
    const text = [
      HEADER,
      row('A-1', { title: '"two\r\nlines"' }),
      '',
      row('A-2', { subjects: 'x', closed: 'y' }),
      row('A-3', { title: 'The "Bob" file' }),
      row('A-4', { title: '"a\nb\nc"' }),
      row('A-5', { closed: 'z' }),
    ].join('\r\n');
    const result = await importText(session, text);
    expect(result.problems.map(({ line, column }) => [line, column])).toEqual([
      [2, 'title'],
      [5, 'data_subjects'],
      [5, 'closed'],
      [6, null],
      [7, 'title'],
      [10, 'closed'],
    ]);
    expect(result).toMatchObject({ rows: 5, rejected: 5, problemCount: 6 });
  });

  it('is never repeated: only the class of the value is', async () => {
    const session = await sampleSession();
    const result = await importText(
      session,
      `${HEADER}\n${row('123-45-6789', { subjects: 'JaneRoe', closed: '01/02/2024' })}\n`,
    );
    expect(result.problems.map(({ valueClass }) => valueClass)).toEqual([
      'digits shaped like a Social Security number',
      'text of 7 characters',
      'a date written MM/DD/YYYY',
    ]);
    expect(JSON.stringify(result)).not.toMatch(/123-45|JaneRoe|01\/02/);
  });

  it('goes to the rejects file as it was, with line, column and reason', async () => {
    const session = await sampleSession();
    const bad = row('A-2', { title: '"Roe, Jane ""JJ"""', subjects: 'x' });
    const { path, rejectsPath } = await importText(session, `${HEADER}\n${row('A-1')}\n${bad}\n`);
    expect(rejectsPath).toBe(path.replace(/\.csv$/, '.rejects.csv'));
    expect(fileText(rejectsPath ?? '')).toBe(
      `rejected_line,rejected_column,rejected_reason,${HEADER}\r\n3,data_subjects,data_subjects is not a whole number,${bad}\r\n`,
    );
    expect(permissions(rejectsPath ?? '')).toBe(0o600);
    expect(readdirSync(dirname(path)).toSorted()).toEqual(['items.csv', 'items.rejects.csv']);
  });

  it('can be corrected in the rejects file and imported from there', async () => {
    const session = await sampleSession();
    const text = `${HEADER}\n${row('A-1')}\n${row('A-2', { closed: 'x' })}\n`.replaceAll(',', ';');
    const { rejectsPath } = await importText(session, text, { partial: true });
    const corrected = fileText(rejectsPath ?? '').replace(';x\r\n', ';2024-02-29\r\n');
    expect(await importText(session, corrected)).toMatchObject({ outcome: 'imported', added: 1 });
    expect((await session.store.items.get('A-2'))?.closed).toBe('2024-02-29');
  });

  it('is left out with partial, and the others are imported', async () => {
    const session = await sampleSession();
    const result = await importText(session, `${HEADER}\n${row('A-1')}\n${row('A-2', { closed: 'x' })}\n`, {
      partial: true,
    });
    expect(result).toMatchObject({ outcome: 'imported', added: 1, rejected: 1 });
    expect((await allItems(session)).map(({ id }) => id)).toEqual(['A-1']);
    expect(await loggedActions(session)).toMatchObject([{ data: { added: 1, rejected: 1, rows: 2 } }]);
  });

  it('alone in a file is nothing imported, also with partial', async () => {
    const session = await sampleSession();
    expect(await importText(session, `${HEADER}\n${row('A 2')}\n`, { partial: true })).toMatchObject({
      outcome: 'rejected',
    });
  });

  it('among good rows in any place lets nothing in', async () => {
    const session = await sampleSession();
    const defects = ['subjects', 'closed'] as const;
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 1200 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.constantFrom(...defects),
        async (count, place, defect) => {
          const at = Math.min(count - 1, Math.floor(place * count));
          const rows = Array.from({ length: count }, (_, index) =>
            row(`N-${index}`, index === at ? { [defect]: 'none' } : {}),
          );
          const result = await importText(session, `${HEADER}\n${rows.join('\n')}\n`);
          expect(result).toMatchObject({ outcome: 'rejected', rejected: 1, rows: count });
          expect(result.problems[0]?.line).toBe(at + 2);
          expect(await session.store.items.count({})).toBe(0);
          expect(await loggedActions(session)).toEqual([]);
        },
      ),
      { numRuns: 15 },
    );
  });
});

describe('options', () => {
  it('base makes relative locations absolute, and tidies them', async () => {
    const session = await sampleSession();
    const lines = ['a//b/./c.csv', './d/', '/e//f/'].map((path, at) => `A-${at},T,folder,${path}`);
    await importText(session, `id,title,medium,location\n${lines.join('\n')}\n`, { base: '/srv/base' });
    expect((await allItems(session)).map(({ location }) => location)).toEqual([
      '/srv/base/a/b/c.csv',
      '/srv/base/d',
      '/e/f',
    ]);
  });

  it('mdy takes American dates, and still explains what is none', async () => {
    const session = await sampleSession();
    const dates = ['3/4/2024', '12/31/1999', '2020-02-29'];
    const options = { dateFormat: 'mdy' } as const;
    await importText(
      session,
      `${HEADER}\n${dates.map((closed, at) => row(`A-${at}`, { closed })).join('\n')}\n`,
      options,
    );
    expect((await allItems(session)).map(({ closed }) => closed)).toEqual([
      '2024-03-04',
      '1999-12-31',
      '2020-02-29',
    ]);
    const bad = ['02/30/2024', '31/12/2024', '0/1/2024'].map((closed, at) => row(`B-${at}`, { closed }));
    const { problems } = await importText(session, `${HEADER}\n${bad.join('\n')}\n`, options);
    expect(problems.map(({ reason }) => reason)).toEqual([
      'is not a date: February 2024 has 29 days',
      'is not a date: there is no month 31',
      'is not a date: there is no month 0',
    ]);
  });

  it('dry run changes nothing and says what would be', async () => {
    const session = await sampleSession();
    const text = `${HEADER}\n${row('A-1')}\n${row('A-2', { closed: 'x' })}\n`;
    const good = await importText(session, text, { dryRun: true, partial: true });
    expect(good).toMatchObject({
      outcome: 'dry-run',
      added: 1,
      rejected: 1,
      rejectsPath: null,
      logSeq: null,
    });
    expect(readdirSync(dirname(good.path))).toEqual(['items.csv']);
    expect(await allItems(session)).toEqual([]);
    expect(await loggedActions(session)).toEqual([]);
  });

  it('rejects names the rejects file, and replaces nothing but another one', async () => {
    const session = await sampleSession();
    const folder = temporaryFolder();
    const rejectsPath = join(folder, 'out.csv');
    const text = `${HEADER}\n${row('A-1', { closed: 'x' })}\n`;
    await importText(session, text, { rejectsPath });
    const first = fileText(rejectsPath);
    await importText(session, text.replaceAll('A-1', 'A-2'), { rejectsPath });
    expect(fileText(rejectsPath)).toBe(first.replaceAll('A-1', 'A-2'));
    writeFileSync(rejectsPath, 'precious');
    await expect(importText(session, text, { rejectsPath })).rejects.toMatchObject({
      code: 'rejects-occupied',
      exitCode: 2,
    });
    expect(fileText(rejectsPath)).toBe('precious');
    expect(readdirSync(folder)).toEqual(['out.csv']);
  });

  it('rejects is never the file itself, nor written through a link', async () => {
    const session = await sampleSession();
    const folder = temporaryFolder();
    const path = join(folder, 'items.csv');
    writeFileSync(path, `${HEADER}\n${row('A-1', { closed: 'x' })}\n`);
    const request = (rejectsPath: string) =>
      importInventory(session, { input: { path }, options: { rejectsPath } });
    await expect(request(path)).rejects.toMatchObject({ code: 'rejects-is-input' });
    symlinkSync(path, join(folder, 'link.csv'));
    await expect(request(join(folder, 'link.csv'))).rejects.toMatchObject({ code: 'rejects-occupied' });
    expect(fileText(path)).toContain('A-1');
  });
});

describe('a file that cannot be imported', () => {
  const cases: [string, string | Buffer, object][] = [
    ['empty', '', { code: 'csv-empty' }],
    ['of empty lines', '\n\r\n\n', { code: 'csv-empty' }],
    ['with a header line only', `${HEADER}\n`, { code: 'csv-no-rows' }],
    ['with a header line only and no line end', HEADER, { code: 'csv-no-rows' }],
    [
      'without a header line',
      `${row('A-1')}\n`,
      { code: 'csv-header', message: 'The first line is not a header line: it names no known column' },
    ],
    [
      'with an unknown column',
      `${HEADER},custodain\n${row('A-1')},x\n`,
      {
        code: 'csv-header',
        message: expect.stringContaining('column 9 "custodain" is unknown: did you mean custodian?'),
      },
    ],
    [
      'with a date as an event',
      `${HEADER},event:last_used\n${row('A-1')},\n`,
      {
        code: 'csv-header',
        message: expect.stringContaining('did you mean last_used?'),
      },
    ],
    [
      'without columns that it needs',
      'id,title\nA,B\n',
      {
        code: 'csv-header',
        message: expect.stringMatching(/column medium is missing.*column location is missing/),
      },
    ],
    [
      'with a column twice',
      `${HEADER},Path\n${row('A-1')},/x\n`,
      {
        code: 'csv-header',
        message: expect.stringContaining('columns 5 and 9 are both location'),
      },
    ],
    [
      'with a quote that is not closed',
      `${HEADER}\n${row('A-1')}\n${row('A-2', { title: '"open' })}\n${row('A-3')}\n`,
      {
        code: 'csv-quotes',
        message: 'The row that starts on line 3 does not end: a quote in it is not closed',
      },
    ],
    [
      'with a quote that swallows a row',
      `${HEADER}\n${row('A-1', { title: '"Bob"s file' })}\n${row('A-2')}\n${row('A-3', { title: 'x"' })}\n${row('A-4')}\n`,
      {
        code: 'csv-quotes',
        details: { line: 2 },
      },
    ],
    [
      'with a quote that swallows the last row',
      `${HEADER}\n${row('A-1', { title: '"Bob"s file' })}\nA-2,x"`,
      {
        code: 'csv-quotes',
        details: { line: 2 },
      },
    ],
    [
      'with a quote that swallows a megabyte',
      `${HEADER}\n${row('A-1')}\n"${'x,y\n'.repeat(300_000)}`,
      {
        code: 'csv-quotes',
        details: { line: 3 },
      },
    ],
    [
      'that is not UTF-8',
      Buffer.from(`${HEADER}\n${row('A-1')}\n${row('A-2', { title: 'Caf\u00e9' })}\n`, 'latin1'),
      {
        code: 'csv-encoding',
        message: 'Line 3 of the file is not UTF-8',
        hint: expect.stringContaining('--encoding windows-1252'),
      },
    ],
    [
      'cut off within a character',
      Buffer.from(`${HEADER}\n${row('A-1')},é`).subarray(0, -1),
      { code: 'csv-encoding' },
    ],
    [
      'that is half a UTF-16 character',
      Buffer.from(`\ufeff${HEADER}\n`, 'utf16le').subarray(0, -1),
      { code: 'csv-encoding' },
    ],
    ['that is a spreadsheet', Buffer.from('PK\u0003\u0004rest'), { code: 'csv-binary' }],
    ['that is UTF-16 without a mark', Buffer.from(HEADER, 'utf16le'), { code: 'csv-binary' }],
  ];
  it.each(cases)('%s', async (_, content, fault) => {
    const session = await sampleSession();
    await expect(importText(session, content)).rejects.toMatchObject({ exitCode: 2, ...fault });
    expect(await allItems(session)).toEqual([]);
    expect(await loggedActions(session)).toEqual([]);
  });

  it('names the line of a wrong byte far into the file', async () => {
    const session = await sampleSession();
    const rows = Array.from({ length: 30_000 }, (_, at) => row(`N-${at}`));
    const content = Buffer.concat([
      Buffer.from(`${HEADER}\n${rows.join('\n')}\n`),
      Buffer.from([0x41, 0xff, 0x0a]),
    ]);
    await expect(importText(session, content)).rejects.toMatchObject({ details: { line: 30_002 } });
    expect(await session.store.items.count({})).toBe(0);
  });

  it('is missing, or a folder', async () => {
    const session = await sampleSession();
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'sub'));
    const request = (path: string) => importInventory(session, { input: { path } });
    await expect(request(join(folder, 'none.csv'))).rejects.toMatchObject({
      code: 'csv-missing',
      exitCode: 2,
    });
    await expect(request(join(folder, 'sub'))).rejects.toMatchObject({ code: 'csv-folder', exitCode: 2 });
  });

  it('grows while it is read', async () => {
    const session = await sampleSession();
    const path = join(temporaryFolder(), 'items.csv');
    writeFileSync(path, `${HEADER}\n${Array.from({ length: 5000 }, (_, at) => row(`N-${at}`)).join('\n')}\n`);
    let grown = false;
    const onProgress = () => {
      if (!grown) appendFileSync(path, `${row('LATE')}\n`);
      grown = true;
    };
    await expect(importInventory(session, { input: { path }, onProgress })).rejects.toMatchObject({
      code: 'csv-changed',
    });
    expect(await session.store.items.count({})).toBe(0);
  });

  it('is stopped by a signal, and leaves nothing', async () => {
    const session = await sampleSession();
    const path = join(temporaryFolder(), 'items.csv');
    const rows = Array.from({ length: 5000 }, (_, at) => row(`N-${at}`, at === 3 ? { closed: 'x' } : {}));
    writeFileSync(path, `${HEADER}\n${rows.join('\n')}\n`);
    const controller = new AbortController();
    const reason = new Error('stop');
    const onProgress = () => controller.abort(reason);
    await expect(
      importInventory(session, { input: { path }, onProgress, signal: controller.signal }),
    ).rejects.toBe(reason);
    expect(await session.store.items.count({})).toBe(0);
    expect(existsSync(path.replace('.csv', '.rejects.csv'))).toBe(false);
    expect(readdirSync(dirname(path))).toEqual(['items.csv']);
  });
});
