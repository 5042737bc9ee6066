import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { PassThrough } from 'node:stream';
import { text as collected } from 'node:stream/consumers';
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { exportInventory, importInventory } from '../../src/inventory/index.js';
import {
  type CalendarDate,
  type InventoryItem,
  MEDIA,
  type Medium,
  PI_ELEMENTS,
} from '../../src/model/index.js';
import type { Session } from '../../src/session/index.js';
import { sampleSession } from '../session/sample-workspace.js';
import { temporaryFolder } from '../temporary-folder.js';
import { fileText, importText, loggedActions, permissions } from './sample-import.js';

/** Text as an item can hold it: composed, without outer spaces and without what cannot be read. */
const TEXT = fc
  .string({
    unit: fc.oneof(
      fc.constantFrom(...'=,+,-,@,\',",;,|,é,–,中,😀, ,a,b'.split(','), ','),
      fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 }),
    ),
    maxLength: 12,
  })
  .map((text) =>
    text
      .replaceAll(/[\p{Cc}\p{Cs}\u200b\u200e\u200f\u061c\u2028-\u202e\u2060-\u2069\ufeff]/gu, '')
      .normalize('NFC')
      .trim(),
  );
const SOME_TEXT = TEXT.filter((text) => text !== '');
const DATE = fc
  .date({ min: new Date('1000-01-01'), max: new Date('9999-12-31'), noInvalidDate: true })
  .map((date) => date.toISOString().slice(0, 10) as CalendarDate);
const PATH = fc
  .array(
    SOME_TEXT.map((part) => ` ${part.replaceAll('/', '_')} `),
    { minLength: 1, maxLength: 4 },
  )
  .map((parts) => `/${parts.join('/')}`);
const option = <Value>(arbitrary: fc.Arbitrary<Value>) => fc.option(arbitrary, { nil: null });
const ITEM: fc.Arbitrary<InventoryItem> = fc
  .record({
    id: fc
      .stringMatching(/^[A-Za-z0-9][A-Za-z0-9._:/-]{0,20}$/)
      .filter((id) => !/^\d{3}-\d{2}-\d{4}$/.test(id)),
    title: SOME_TEXT,
    classes: fc.uniqueArray(fc.stringMatching(/^[a-z][a-z0-9-]{0,10}$/), { maxLength: 3 }),
    medium: fc.constantFrom<Medium>(...MEDIA),
    path: PATH,
    place: SOME_TEXT,
    piElements: fc.subarray([...PI_ELEMENTS]),
    dataSubjects: option(fc.integer({ min: 0, max: 2_147_483_647 })),
    subjects: fc.subarray(['CASE-1', 'EMP-1042', 'x7']),
    custodian: option(SOME_TEXT),
    department: option(SOME_TEXT),
    created: option(DATE),
    modified: option(DATE),
    closed: option(DATE),
    lastUsed: option(DATE),
    events: fc.dictionary(fc.constantFrom('termination', 'hire', 'constructor', 'to-string'), DATE, {
      noNullPrototype: true,
    }),
    copiesElsewhere: option(SOME_TEXT),
    notes: option(SOME_TEXT),
  })
  .map(({ path, place, classes, ...item }) => ({
    ...item,
    recordClass: classes.toSorted()[0] ?? null,
    otherClasses: classes.toSorted().slice(1),
    location: item.medium === 'file' || item.medium === 'folder' ? path : place,
  }));

async function put(session: Session, items: readonly InventoryItem[]): Promise<void> {
  const due = { keepUntil: null, deleteBy: null, permanent: false, defect: null, missingTrigger: null };
  await session.store.transaction(async (transaction) => {
    const insert = await transaction.items.bulkInsert();
    await insert.insert(items.map((item) => ({ item, due, source: null })));
    await insert.close();
  });
}

describe('export', () => {
  it('imports again to the same items, whatever is in them', async () => {
    const [from, to] = [await sampleSession(), await sampleSession()];
    const path = join(temporaryFolder(), 'export.csv');
    let round = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(ITEM, { selector: ({ id }) => id, minLength: 1, maxLength: 8 }),
        async (made) => {
          round += 1;
          const items = made.map((item) => ({ ...item, id: `${round}/${item.id}` }));
          await put(from, items);
          await exportInventory(from, { target: { path, force: true } });
          expect(await importInventory(from, { input: { path } })).toMatchObject({
            outcome: 'unchanged',
            rejected: 0,
          });
          // Made-up days come in any order.
          const result = await importInventory(to, { input: { path }, options: { force: true } });
          expect(result).toMatchObject({ outcome: 'imported', added: items.length, rejected: 0 });
          for (const item of items) expect(await to.store.items.get(item.id)).toMatchObject(item);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('is RFC 4180 CSV that another parser reads, sorted by id', async () => {
    const session = await sampleSession();
    const header = 'id,title,medium,location,pi_elements,event:hire,notes';
    await importText(
      session,
      `${header}\nB,"Say ""hi"", Bob",paper,Room 1,ssn;biometric,2020-02-29,\nA,T,file,/a,,,n\n`,
    );
    const path = join(temporaryFolder(), 'out.csv');
    const { items, sha256 } = await exportInventory(session, { target: { path } });
    const text = fileText(path);
    expect(items).toBe(2);
    expect(sha256).toBe(createHash('sha256').update(readFileSync(path)).digest('hex'));
    expect(text.split('\r\n')).toHaveLength(4);
    const records: Record<string, string>[] = parse(text, { columns: true });
    expect(records).toMatchObject([
      { id: 'A', title: 'T', 'event:hire': '', notes: 'n' },
      {
        id: 'B',
        title: 'Say "hi", Bob',
        pi_elements: 'ssn;biometric',
        'event:hire': '2020-02-29',
        notes: '',
      },
    ]);
  });

  it('never begins a cell with what a spreadsheet runs as a formula', async () => {
    const session = await sampleSession();
    const formulas = ['=1+1', '+1', '-1', '@SUM(A1)', "'=1", '=HYPERLINK("http://x","y")'];
    const due = formulas.map(
      (title, at): InventoryItem => ({
        ...{
          id: `A-${at}`,
          title,
          recordClass: null,
          otherClasses: [],
          medium: 'paper',
          location: title,
          piElements: [],
          dataSubjects: null,
          subjects: [],
        },
        ...{
          custodian: title,
          department: title,
          created: null,
          modified: null,
          closed: null,
          lastUsed: null,
          events: {},
        },
        ...{ copiesElsewhere: title, notes: title },
      }),
    );
    await put(session, due);
    const path = join(temporaryFolder(), 'out.csv');
    await exportInventory(session, { target: { path } });
    const cells: string[][] = parse(fileText(path));
    expect(cells.flat().filter((cell) => /^[=+\-@]/.test(cell))).toEqual([]);
    expect(await importInventory(session, { input: { path } })).toMatchObject({
      outcome: 'unchanged',
      unchanged: 6,
    });
  });

  it('leaves disposed items out, and those that a filter does not take', async () => {
    const session = await sampleSession();
    await importText(
      session,
      'id,title,medium,location,class\nA,T,paper,R,x\nB,T,paper,R,y\nC,T,paper,R,x\n',
    );
    await session.store.items.moveState(['C'], 'active', 'disposed');
    const path = join(temporaryFolder(), 'out.csv');
    expect(await exportInventory(session, { target: { path }, filter: { recordClass: 'x' } })).toMatchObject({
      items: 1,
    });
    expect(fileText(path)).toMatch(/\r\nA,T/);
  });

  it('is a private file that replaces nothing without force', async () => {
    const session = await sampleSession();
    await importText(session, 'id,title,medium,location\nA,T,paper,R\n');
    const path = join(temporaryFolder(), 'out.csv');
    writeFileSync(path, 'mine');
    await expect(exportInventory(session, { target: { path } })).rejects.toMatchObject({
      code: 'file-exists',
      exitCode: 2,
    });
    expect(fileText(path)).toBe('mine');
    await exportInventory(session, { target: { path, force: true } });
    expect(permissions(path)).toBe(0o600);
    expect(readdirSync(dirname(path))).toEqual(['out.csv']);
  });

  it('is logged, since it reads personal information out', async () => {
    const session = await sampleSession();
    const path = join(temporaryFolder(), 'out.csv');
    const { sha256 } = await exportInventory(session, { target: { path } });
    const stream = new PassThrough();
    const printed = collected(stream);
    await exportInventory(session, { target: { stream } });
    stream.end();
    expect(await printed).toBe(fileText(path));
    expect((await loggedActions(session)).map(({ data }) => data)).toEqual([
      { target: 'file', items: 0, sha256 },
      { target: 'stream' },
      { target: 'stream', items: 0, sha256 },
    ]);
  });

  it('that is stopped leaves no file', async () => {
    const session = await sampleSession();
    await importText(session, 'id,title,medium,location\nA,T,paper,R\n');
    const path = join(temporaryFolder(), 'out.csv');
    const signal = AbortSignal.abort(new Error('stop'));
    await expect(exportInventory(session, { target: { path }, signal })).rejects.toThrow('stop');
    expect(existsSync(path)).toBe(false);
    expect(readdirSync(dirname(path))).toEqual([]);
  });
});
