import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Recorder, verifyLog } from '../../src/audit/index.js';
import type { CalendarDate, Decision, GateStatement, ItemState } from '../../src/model/index.js';
import { BULK_ROWS, openStore, type Store, type StoreLocation } from '../../src/store/index.js';
import { type Child, compileProgram, startProgram } from '../child-program.js';
import { temporaryFolder } from '../temporary-folder.js';
import { sampleHold, sampleItem, sampleLogRecord, samplePlan, sampleRun, UNDUE } from './samples.js';

/** More entries than any disposal here has. */
const ALL = { from: 0, count: 10_000 };

/**
 * What both databases must do alike.
 *
 * @param freshLocation a database or schema that nothing has used, taken away when the current test ends
 */
export function repositoriesSuite(database: string, freshLocation: () => Promise<StoreLocation>): void {
  async function opened(location?: StoreLocation): Promise<Store> {
    const folder = temporaryFolder();
    const store = await openStore(location ?? (await freshLocation()), (name) => join(folder, name));
    onTestFinished(() => store.close());
    return store;
  }

  async function insertItems(store: Store, items: readonly ReturnType<typeof sampleItem>[]): Promise<number> {
    return await store.transaction(async (transaction) => {
      const bulk = await transaction.items.bulkInsert();
      let inserted = 0;
      for (let at = 0; at < items.length; at += BULK_ROWS)
        inserted += await bulk.insert(items.slice(at, at + BULK_ROWS));
      await bulk.close();
      return inserted;
    });
  }

  describe(`items in ${database}`, () => {
    it('come back as they went in', async () => {
      const store = await opened();
      const text = fc.string({ unit: 'binary', maxLength: 20 }).filter((value) => !value.includes('\0'));
      await fc.assert(
        fc.asyncProperty(
          fc.uuid(),
          text,
          text,
          fc.option(fc.nat()),
          async (id, title, notes, dataSubjects) => {
            const written = sampleItem(id, {
              title,
              notes,
              dataSubjects,
              events: { termination: '2024-02-29' as never },
            });
            await insertItems(store, [{ ...written, source: { seq: 7, line: 12 } }]);
            expect(await store.items.get(id)).toEqual({
              ...written.item,
              subjectEvents: {},
              state: 'active',
              due: written.due,
              importedFrom: { seq: 7, line: 12 },
            });
          },
        ),
        { numRuns: 40 },
      );
    });

    it('that exist are skipped by a bulk insert, and counted', async () => {
      const store = await opened();
      expect(await insertItems(store, [sampleItem('a', { title: 'first' }), sampleItem('b')])).toBe(2);
      const again = [sampleItem('a', { title: 'second' }), sampleItem('c'), sampleItem('b')];
      expect(await insertItems(store, again)).toBe(1);
      expect((await store.items.get('a'))?.title).toBe('first');
      expect(await store.items.count({})).toBe(3);
    });

    it('that exist are replaced by a bulk replace, which leaves their state', async () => {
      const store = await opened();
      await insertItems(store, [sampleItem('a', { title: 'first' }), sampleItem('b')]);
      await store.items.moveState(['a'], 'active', 'disposed');
      await store.transaction(async (transaction) => {
        const bulk = await transaction.items.bulkInsert();
        await bulk.replace([sampleItem('a', { title: 'second' })]);
        await bulk.close();
      });
      expect(await store.items.get('a')).toMatchObject({ title: 'second', state: 'disposed' });
    });

    it('number more than a statement takes', async () => {
      const store = await opened();
      const items = Array.from({ length: 2 * BULK_ROWS + 7 }, (_, index) => sampleItem(`i${index}`));
      expect(await insertItems(store, items)).toBe(items.length);
      let seen = 0;
      for await (const page of store.items.all({}, 300)) seen += page.length;
      expect(seen).toBe(items.length);
    });

    it('page by the bytes of their ids, whatever the locale of the server', async () => {
      const store = await opened();
      const character = fc.constantFrom(...'aAbBzZ09._:/-'.split(''));
      const ids = fc.uniqueArray(fc.string({ unit: character, minLength: 1, maxLength: 5 }), {
        maxLength: 40,
      });
      await fc.assert(
        fc.asyncProperty(ids, fc.integer({ min: 1, max: 7 }), async (all, limit) => {
          const custodian = `${Math.random()}`;
          const prefixed = all.map((id) => `${custodian}/${id}`);
          await insertItems(
            store,
            prefixed.map((id) => sampleItem(id, { custodian })),
          );
          const seen: string[] = [];
          for (let after: string | undefined; ; after = seen.at(-1)) {
            const page = await store.items.list(
              { custodian },
              after === undefined ? { limit } : { after, limit },
            );
            seen.push(...page.map((item) => item.id));
            if (page.length < limit) break;
          }
          expect(seen).toEqual(prefixed.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))));
        }),
        { numRuns: 20 },
      );
    });

    it('are filtered by location prefix, case and accents included', async () => {
      const store = await opened();
      const locations = ['/hr', '/hr/a', '/hr/Ä', '/hr/ä', '/HR/a', '/hr-2/x', '/hs', '/hr/😀', '/h'];
      await insertItems(
        store,
        locations.map((location, index) => sampleItem(`i${index}`, { location })),
      );
      const below = async (locationPrefix: string) =>
        (await store.items.list({ locationPrefix }, { limit: 100 })).map((item) => item.location).toSorted();
      expect(await below('/hr/')).toEqual(['/hr/a', '/hr/Ä', '/hr/ä', '/hr/😀'].toSorted());
      expect(await below('/hr')).toEqual(['/hr', '/hr-2/x', '/hr/a', '/hr/Ä', '/hr/ä', '/hr/😀'].toSorted());
      expect(await below('/hr/😀')).toEqual(['/hr/😀']);
      expect(await below('')).toHaveLength(locations.length);
    });

    it('at and below a place are found, and neighbours of a like name are not', async () => {
      const store = await opened();
      const places = ['/hr', '/hr/a', '/hr/a/b', '/hr/a-b', '/hr/a.txt', '/hr/a0', '/hrx', '/'];
      await insertItems(
        store,
        places.map((location, index) => sampleItem(`i${index}`, { location })),
      );
      await insertItems(store, [sampleItem('paper', { location: 'Room 4, /hr/a/b', medium: 'paper' })]);
      await insertItems(store, [sampleItem('db', { location: '/hr/a/db', medium: 'database' })]);
      await insertItems(store, [sampleItem('gone', { location: '/hr/a/b' })]);
      await store.items.moveState(['gone'], 'active', 'disposed');
      const at = await store.places.at(['/hr/a', '/hr/a/b', '/nowhere']);
      expect(at.map((place) => place.location).toSorted()).toEqual(['/hr/a', '/hr/a/b']);
      const below = await store.places.below(['/hr/a', '/none']);
      expect(below.map((place) => place.location).toSorted()).toEqual(['/hr/a/b', '/hr/a/db']);
      expect(await store.places.below([])).toEqual([]);
      const folders = await store.places.folders();
      expect(folders.toSorted()).toEqual(['/', '/hr', '/hr/a']);
    });

    it('in databases are found by location, and locations that several have', async () => {
      const store = await opened();
      const rows = (id: string, location: string, medium: 'database' | 'paper' = 'database') =>
        sampleItem(id, { location, medium });
      await insertItems(store, [
        ...[rows('a', 'database:shop/1'), rows('b', 'database:shop/1'), rows('c', 'database:shop/2')],
        ...[rows('d', 'database:shop2/1'), rows('e', 'database:shop', 'paper'), rows('f', 'database:shop/2')],
      ]);
      await store.items.moveState(['f'], 'active', 'disposed');
      const found = await store.items.inDatabases(['database:shop/1', 'database:shop/2', 'database:shop']);
      expect(found.map(({ id }) => id)).toEqual(['a', 'b', 'c']);
      expect([...(await store.items.sharedInDatabases())]).toEqual(['database:shop/1']);
      expect(['a', 'b', 'c']).toContain(await store.items.anyInDatabase('database:shop'));
      expect(await store.items.anyInDatabase('database:shop2')).toBe('d');
      expect(await store.items.anyInDatabase('database:sho')).toBeUndefined();
      expect(await store.items.inDatabases([])).toEqual([]);
    });

    it('that are due come in the order of their dates, page by page', async () => {
      const store = await opened();
      const dates = [
        '2020-05-01',
        '2021-01-01',
        '2020-05-01',
        '2026-03-01',
        '2026-03-02',
        '2026-03-03',
        null,
      ];
      await insertItems(
        store,
        dates.map((keepUntil, index) =>
          sampleItem(`i${index}`, {}, { ...UNDUE, keepUntil: keepUntil as never }),
        ),
      );
      await store.items.moveState(['i1'], 'active', 'claimed');
      const seen: string[] = [];
      for (let after: { keepUntil: string; id: string } | undefined; ; ) {
        const page = await store.items.due('2026-03-02' as never, after, 2);
        seen.push(...page.map((item) => item.id));
        const last = page.at(-1);
        if (page.length < 2 || last === undefined) break;
        after = { keepUntil: last.due.keepUntil ?? '', id: last.id };
      }
      // "Until" is inclusive: on the last day of its duty an item is kept.
      expect(seen).toEqual(['i0', 'i2', 'i3']);
    });

    it('change state only from the state that was expected', async () => {
      const store = await opened();
      await insertItems(store, [sampleItem('a'), sampleItem('b')]);
      expect(await store.items.moveState(['a', 'b', 'none'], 'active', 'claimed')).toBe(2);
      expect(await store.items.moveState(['a'], 'active', 'claimed')).toBe(0);
      expect(await store.items.moveState(['a'], 'claimed', 'disposed')).toBe(1);
      const states = (await store.items.list({}, { limit: 9 })).map((item): ItemState => item.state);
      expect(states).toEqual(['disposed', 'claimed']);
    });

    it('are updated where they exist, state kept, and counted by class', async () => {
      const store = await opened();
      await insertItems(store, [sampleItem('a'), sampleItem('b', { recordClass: null }), sampleItem('c')]);
      await store.items.moveState(['a'], 'active', 'claimed');
      const { item } = sampleItem('a', { title: 'new', recordClass: 'tax' });
      expect(await store.items.update(item, { ...UNDUE, permanent: true })).toBe(true);
      expect(await store.items.get('a')).toMatchObject({
        title: 'new',
        state: 'claimed',
        due: { permanent: true },
      });
      expect(await store.items.update({ ...item, id: 'none' }, UNDUE)).toBe(false);
      const day = '2026-01-03' as CalendarDate;
      await store.items.setDue([
        { id: 'b', due: { ...UNDUE, defect: 'class-missing' } },
        { id: 'c', due: { ...UNDUE, keepUntil: day, deleteBy: day, permanent: true } },
      ]);
      expect((await store.items.get('c'))?.due).toEqual({
        ...UNDUE,
        keepUntil: day,
        deleteBy: day,
        permanent: true,
      });
      expect((await store.items.list({ defective: true }, { limit: 9 })).map((found) => found.id)).toEqual([
        'b',
      ]);
      expect(await store.items.activeByClass()).toEqual(
        new Map([
          [null, 1],
          ['payroll', 1],
        ]),
      );
    });

    it('are counted and found by class, whether it is their only one or not, as far as it is asked for', async () => {
      const store = await opened();
      await insertItems(store, [
        sampleItem('a', { recordClass: 'payroll' }),
        sampleItem('b', { recordClass: 'payroll', otherClasses: ['tax'] }),
        sampleItem('c', { recordClass: 'tax', otherClasses: ['payroll'] }),
        sampleItem('d', { recordClass: 'payroll' }),
        sampleItem('e', { recordClass: null }),
      ]);
      await store.items.moveState(['d'], 'active', 'disposed');
      expect(await store.items.countActive()).toBe(4);
      expect(await store.items.countOfClass('payroll', 100)).toBe(3);
      expect(await store.items.countOfClass('payroll', 2)).toBe(2);
      expect(await store.items.countOfClass('payroll', 3)).toBe(3);
      expect(await store.items.countOfClass('tax', 100)).toBe(2);
      expect(await store.items.countOfClass('none', 100)).toBe(0);
      const found: string[][] = [];
      for await (const page of await store.items.ofClasses(['tax', 'payroll'], 2)) {
        found.push(page.map(({ id }) => id));
      }
      expect(found.every((page) => page.length <= 2)).toBe(true);
      expect(found.flat().toSorted()).toEqual(['a', 'b', 'c']);
    });

    it('of an import are marked once each, with the line where they came first', async () => {
      const store = await opened();
      for (let round = 0; round < 2; round += 1) {
        await store.transaction(async (transaction) => {
          const marks = await transaction.items.importMarks();
          expect(
            await marks.mark([
              { id: 'a', line: 2 },
              { id: 'b', line: 3 },
            ]),
          ).toEqual(
            new Map([
              ['a', 2],
              ['b', 3],
            ]),
          );
          expect(
            await marks.mark([
              { id: 'c', line: 4 },
              { id: 'a', line: 5 },
            ]),
          ).toEqual(
            new Map([
              ['c', 4],
              ['a', 2],
            ]),
          );
          await marks.close();
        });
      }
    });

    it('name the events that any of them has', async () => {
      const store = await opened();
      const day = '2024-01-01' as never;
      await insertItems(store, [
        sampleItem('a', { events: { termination: day, hire: day } }),
        sampleItem('b'),
        sampleItem('c', { events: { hire: day } }),
      ]);
      expect(await store.items.eventNames()).toEqual(['hire', 'termination']);
    });
  });

  describe(`links of items in ${database}`, () => {
    const subjects = (item: { subjects: readonly string[] }) => item.subjects;
    const ids = (items: readonly { id: string }[]) => items.map(({ id }) => id);

    it('find items by subject and by any class, and follow every change', async () => {
      const store = await opened();
      const both = sampleItem('a', {
        recordClass: 'hr',
        otherClasses: ['tax'],
        subjects: ['EMP-1', 'EMP-2'],
      });
      await insertItems(store, [
        both,
        sampleItem('b', { recordClass: 'tax', subjects: ['EMP-2'] }),
        sampleItem('c'),
      ]);
      expect(subjects((await store.items.get('a')) ?? both.item)).toEqual(['EMP-1', 'EMP-2']);
      expect(ids(await store.items.ofSubjects(['EMP-2']))).toEqual(['a', 'b']);
      expect(ids(await store.items.list({ recordClass: 'tax' }, { limit: 9 }))).toEqual(['a', 'b']);
      expect(await store.items.count({ subject: 'EMP-1' })).toBe(1);
      await store.transaction(async (transaction) => {
        const bulk = await transaction.items.bulkInsert();
        // An item that is there keeps its links, whatever is inserted over it.
        expect(await bulk.insert([sampleItem('a', { subjects: ['EMP-9'] })])).toBe(0);
        await bulk.replace([sampleItem('b', { recordClass: 'tax', subjects: ['EMP-3'] })]);
        await bulk.close();
        await transaction.items.update({ ...both.item, subjects: [], subjectEvents: {} }, UNDUE);
      });
      expect(ids(await store.items.ofSubjects(['EMP-1', 'EMP-2', 'EMP-9']))).toEqual([]);
      expect(ids(await store.items.ofSubjects(['EMP-3']))).toEqual(['b']);
      expect(ids(await store.items.list({ recordClass: 'tax' }, { limit: 9 }))).toEqual(['a', 'b']);
    });

    it('are those of the first row where an id comes twice in a batch', async () => {
      const store = await opened();
      await insertItems(store, [
        sampleItem('a', { subjects: ['EMP-1'] }),
        sampleItem('a', { subjects: ['EMP-2'] }),
        sampleItem('b'),
        sampleItem('b', { subjects: ['EMP-2'] }),
      ]);
      expect(ids(await store.items.ofSubjects(['EMP-1']))).toEqual(['a']);
      expect(ids(await store.items.ofSubjects(['EMP-2']))).toEqual([]);
    });

    it('are listed where they must be kept longer than they may be', async () => {
      const store = await opened();
      const due = (keepUntil: string | null, deleteBy: string | null) =>
        ({ ...UNDUE, keepUntil, deleteBy }) as typeof UNDUE;
      await insertItems(store, [
        sampleItem('a', {}, due('2026-01-02', '2026-01-01')),
        sampleItem('b', {}, due('2026-01-01', '2026-01-01')),
        sampleItem('c', {}, due('2026-01-01', null)),
      ]);
      expect(ids(await store.items.list({ conflicting: true }, { limit: 9 }))).toEqual(['a']);
    });

    it('keep the events of the subjects with the item', async () => {
      const store = await opened();
      const written = sampleItem('a', { subjects: ['EMP-1'] });
      const subjectEvents = { termination: '2024-02-29' as never };
      await insertItems(store, [{ ...written, item: { ...written.item, subjectEvents } }]);
      expect(await store.items.get('a')).toMatchObject({ events: {}, subjectEvents });
    });
  });

  describe(`events in ${database}`, () => {
    const record = (id: number, subject: string, date: string | null, supersedes: number | null = null) => ({
      ...{ id, event: 'termination', subject, date: date as never, supersedes, supersededBy: null },
      ...{ recordedAt: '2026-01-02T03:04:05.000Z', recordedBy: 'jdoe' },
    });

    it('are kept when they are corrected, and only the last one counts', async () => {
      const store = await opened();
      expect(await store.events.nextId()).toBe(1);
      await store.transaction(async ({ events }) => {
        await events.insert([record(1, 'EMP-1', '2026-03-31'), record(2, 'EMP-2', '2026-03-31')]);
        await events.insert([record(3, 'EMP-1', null, 1)]);
      });
      expect(await store.events.nextId()).toBe(4);
      expect(await store.events.current(['EMP-1'])).toEqual([record(3, 'EMP-1', null, 1)]);
      expect(await store.events.list({ superseded: true }, { limit: 9 })).toEqual([
        { ...record(1, 'EMP-1', '2026-03-31'), supersededBy: 3 },
        record(2, 'EMP-2', '2026-03-31'),
        record(3, 'EMP-1', null, 1),
      ]);
      expect(await store.events.list({ subject: 'EMP-2', event: 'termination' }, { limit: 9 })).toHaveLength(
        1,
      );
      expect(await store.events.list({}, { after: 2, limit: 1 })).toEqual([record(3, 'EMP-1', null, 1)]);
    });

    it('cannot both count for one subject', async () => {
      const store = await opened();
      await store.events.insert([record(1, 'EMP-1', '2026-03-31')]);
      await expect(store.events.insert([record(2, 'EMP-1', '2026-04-30')])).rejects.toThrow();
    });
  });

  describe(`gate statements in ${database}`, () => {
    it('come back with their scopes, and are withdrawn once', async () => {
      const store = await opened();
      const statement = (id: string, kind: 'notice' | 'open-charge'): GateStatement => ({
        ...{
          id,
          kind,
          party: 'Department of Public Health',
          statedOn: '2026-03-01' as never,
          statedBy: 'Dana Reyes',
        },
        ...{ reference: null, recordedAt: '2026-03-02T03:04:05.000Z', recordedBy: 'jdoe' },
        ...{ withdrawnOn: null, withdrawnAt: null, withdrawnBy: null },
        scopes: [
          { kind: 'class', value: 'payroll' },
          { kind: 'item', value: 'a' },
        ],
      });
      await store.transaction(async ({ gates }) => {
        await gates.insert(statement('G-2026-0001', 'notice'));
        await gates.insert(statement('G-2026-0002', 'open-charge'));
      });
      expect(await store.gates.get('G-2026-0001')).toEqual(statement('G-2026-0001', 'notice'));
      expect(await store.gates.nextSequence(2026)).toBe(3);
      expect(await store.gates.nextSequence(2027)).toBe(1);
      const withdrawal = { on: '2026-04-01' as never, at: '2026-04-01T12:00:00.000Z', by: 'jdoe' };
      for (const id of ['G-2026-0001', 'G-2026-0002'])
        expect(await store.gates.withdraw(id, withdrawal)).toBe(true);
      expect(await store.gates.withdraw('G-2026-0001', withdrawal)).toBe(false);
      expect(await store.gates.withdraw('G-2026-0009', withdrawal)).toBe(false);
      // A closed charge still says that earlier statements that there is none are out of date.
      expect((await store.gates.counting()).map(({ id }) => id)).toEqual(['G-2026-0002']);
      expect((await store.gates.list()).map(({ withdrawnOn }) => withdrawnOn)).toEqual([
        '2026-04-01',
        '2026-04-01',
      ]);
    });
  });

  describe(`holds in ${database}`, () => {
    it('come back with their scopes, and leave the active ones when released, once', async () => {
      const store = await opened();
      const hold = sampleHold('H-2026-0001');
      await store.transaction((transaction) => transaction.holds.insert(hold));
      await store.transaction((transaction) => transaction.holds.insert(sampleHold('H-2026-0002')));
      expect(await store.holds.get('H-2026-0001')).toEqual(hold);
      expect(await store.holds.get('H-2026-0003')).toBeUndefined();
      const release = {
        at: '2026-02-01T00:00:00.000Z',
        by: 'jdoe',
        reason: 'settled',
        coolingOffUntil: '2026-02-08' as never,
      };
      expect(await store.holds.release('H-2026-0001', release)).toBe(true);
      expect(await store.holds.release('H-2026-0001', { ...release, reason: 'again' })).toBe(false);
      expect(await store.holds.release('H-2026-0009', release)).toBe(false);
      expect((await store.holds.active()).map(({ id }) => id)).toEqual(['H-2026-0002']);
      expect((await store.holds.standing()).map(({ id, coolingOffUntil }) => [id, coolingOffUntil])).toEqual([
        ['H-2026-0001', '2026-02-08'],
        ['H-2026-0002', null],
      ]);
      expect((await store.holds.list()).map(({ id, releaseReason }) => [id, releaseReason])).toEqual([
        ['H-2026-0001', 'settled'],
        ['H-2026-0002', null],
      ]);
    });

    it('are numbered by year, past 9999 too', async () => {
      const store = await opened();
      expect(await store.holds.nextSequence(2026)).toBe(1);
      for (const id of ['H-2026-0001', 'H-2026-9999', 'H-2026-10000', 'H-2027-0004', 'H-20260-0001']) {
        await store.holds.insert(sampleHold(id));
      }
      expect(await store.holds.nextSequence(2026)).toBe(10001);
      expect(await store.holds.nextSequence(2027)).toBe(5);
      expect(await store.holds.nextSequence(2028)).toBe(1);
    });
  });

  describe(`plans, runs and certificates in ${database}`, () => {
    it('keep the lines of a plan in order, and each item once', async () => {
      const store = await opened();
      const decisions: Decision[] = ['dispose', 'keep', 'held', 'defect'];
      const lines = Array.from({ length: 1203 }, (_, position) => ({
        position,
        itemId: `i${position}`,
        decision: decisions[position % 4] ?? 'keep',
        line: `{"n":${position}}`,
      }));
      await store.transaction(async (transaction) => {
        await transaction.plans.insert(samplePlan('plan-1'));
        await transaction.plans.insertLines('plan-1', lines);
      });
      expect(await store.plans.get('plan-1')).toEqual(samplePlan('plan-1'));
      expect(await store.plans.lines('plan-1', -1, 5000)).toEqual(lines);
      const page = await store.plans.lines('plan-1', 1000, 10, 'dispose');
      expect(page.map(({ position }) => position)).toEqual([
        1004, 1008, 1012, 1016, 1020, 1024, 1028, 1032, 1036, 1040,
      ]);
      expect((await store.plans.linesOf('plan-1', ['i7', 'i3', 'x'])).map(({ itemId }) => itemId)).toEqual([
        'i3',
        'i7',
      ]);
      const twice = { position: 9999, itemId: 'i0', decision: 'keep' as const, line: '' };
      await expect(
        store.transaction((transaction) => transaction.plans.insertLines('plan-1', [twice])),
      ).rejects.toThrow();
      const again = { position: 0, itemId: 'i5000', decision: 'keep' as const, line: '' };
      await expect(
        store.transaction((transaction) => transaction.plans.insertLines('plan-1', [again])),
      ).rejects.toThrow('there already');
      expect(await store.plans.lines('plan-1', -1, 5000)).toHaveLength(1203);
      await store.plans.setState('plan-1', 'running');
      expect((await store.plans.list()).map(({ state }) => state)).toEqual(['running']);
    });

    it('know an operator who is registered, gets one key, and is deactivated once', async () => {
      const store = await opened();
      const registered = {
        id: 'jdoe',
        name: 'Jane Doe',
        account: 'jane',
        accountUid: 1000,
        publicKey: '',
        createdAt: '2026-01-01T00:00:00.000Z',
        deactivatedAt: null,
      };
      await store.operators.insert(registered);
      await expect(store.operators.insert(registered)).rejects.toThrow();
      expect(await store.operators.setPublicKey('nobody', 'pem')).toBe(false);
      expect(await store.operators.setPublicKey('jdoe', 'pem')).toBe(true);
      expect(await store.operators.setPublicKey('jdoe', 'another pem')).toBe(false);
      expect(await store.operators.ofAccount('jane', 1000)).toEqual({ ...registered, publicKey: 'pem' });
      expect(await store.operators.ofAccount('jane', 1001)).toBeUndefined();
      const deactivatedAt = '2026-02-01T00:00:00.000Z';
      expect(await store.operators.deactivate('nobody', deactivatedAt)).toBe(false);
      expect(await store.operators.deactivate('jdoe', deactivatedAt)).toBe(true);
      expect(await store.operators.deactivate('jdoe', '2026-03-01T00:00:00.000Z')).toBe(false);
      expect(await store.operators.ofAccount('jane', 1000)).toBeUndefined();
      expect(await store.operators.get('jdoe')).toEqual({ ...registered, publicKey: 'pem', deactivatedAt });
    });

    it('take one approval of a plan from an operator', async () => {
      const store = await opened();
      await store.plans.insert(samplePlan('plan-1'));
      await store.operators.insert({
        id: 'jdoe',
        name: 'Jane Doe',
        account: 'jane',
        accountUid: 1000,
        publicKey: 'pem',
        createdAt: '2026-01-01T00:00:00.000Z',
        deactivatedAt: null,
      });
      const approval = {
        planId: 'plan-1',
        operatorId: 'jdoe',
        approvedAt: '2026-01-02T00:00:00.000Z',
        statement: '{"ü":1}',
        signature: 'c2ln',
      };
      await store.plans.insertApproval(approval);
      expect(await store.plans.approvals('plan-1')).toEqual([approval]);
      await expect(store.plans.insertApproval(approval)).rejects.toThrow();
      await expect(store.plans.insertApproval({ ...approval, operatorId: 'nobody' })).rejects.toThrow();
    });

    it('run a plan once, and continue what was begun', async () => {
      const store = await opened();
      await store.plans.insert(samplePlan('plan-1'));
      await store.runs.insert(sampleRun('run-1', 'plan-1'));
      await expect(store.runs.insert(sampleRun('run-2', 'plan-1'))).rejects.toThrow();
      await store.runs.insert({
        ...sampleRun('run-3', 'plan-1'),
        kind: 'attested',
        finishedAt: '2026-01-02T00:00:00.000Z',
      });
      expect(await store.runs.sweepOf('plan-1')).toEqual(sampleRun('run-1', 'plan-1'));
      const begun = {
        runId: 'run-1',
        itemId: 'a',
        position: 3,
        state: 'begun' as const,
        target: '{}',
        outcome: null,
        result: null,
        intentSeq: 5,
        outcomeSeq: null,
      };
      const entries = Array.from({ length: 1100 }, (_, position) => ({
        position,
        state: 'pending' as const,
        verifiedFrom: null,
        entry: `{"path":"f${position}"}`,
      }));
      const other = { ...begun, itemId: 'b', position: 4, intentSeq: 6 };
      await store.transaction(async (transaction) => {
        await transaction.disposals.insert([begun, other]);
        await transaction.disposals.insertEntries('run-1', [
          { itemId: 'a', entries },
          { itemId: 'b', entries: entries.slice(0, 1) },
        ]);
      });
      await expect(store.transaction((transaction) => transaction.disposals.insert([begun]))).rejects.toThrow(
        'entered already',
      );
      const marks = [0, 1099].map((position) => ({ itemId: 'a', position }));
      await store.disposals.markOverwritten('run-1', marks, 'medium');
      const stored = await store.disposals.entries('run-1', 'a', ALL);
      expect(stored).toHaveLength(1100);
      expect(await store.disposals.countEntries('run-1', 'a')).toBe(1100);
      const part = await store.disposals.entries('run-1', 'a', { from: 1000, count: 50 });
      expect(part.map(({ position }) => position)).toEqual(Array.from({ length: 50 }, (_, at) => 1000 + at));
      const done = stored.filter(({ state }) => state === 'overwritten');
      expect(done.map(({ position, verifiedFrom }) => [position, verifiedFrom])).toEqual([
        [0, 'medium'],
        [1099, 'medium'],
      ]);
      expect(await store.disposals.entries('run-1', 'b', ALL)).toEqual(entries.slice(0, 1));
      expect(await store.disposals.ofRun('run-1', 'begun')).toEqual([begun, other]);
      const end = { outcome: 'overwritten-verified' as const, result: '{}', outcomeSeq: 6 };
      await store.transaction((transaction) =>
        transaction.disposals.finish('run-1', [{ itemId: 'a', ...end }]),
      );
      expect(await store.disposals.entries('run-1', 'a', ALL)).toEqual([]);
      expect(await store.disposals.entries('run-1', 'b', ALL)).toHaveLength(1);
      expect(await store.disposals.ofRun('run-1')).toEqual([{ ...begun, state: 'done', ...end }, other]);
      expect((await store.runs.unfinished()).map(({ id }) => id)).toEqual(['run-1']);
      await store.runs.finish('run-1', '2026-01-03T00:00:00.000Z');
      expect(await store.runs.unfinished()).toEqual([]);
    });

    it('run without a plan, and remember in which order what was to be destroyed', async () => {
      const store = await opened();
      const run = { ...sampleRun('dispose-1', ''), planId: null, kind: 'ad-hoc' as const };
      await store.runs.insert(run);
      await store.runs.insert({ ...run, id: 'dispose-2' });
      expect(await store.runs.get('dispose-1')).toEqual(run);
      expect((await store.runs.unfinishedAdHoc()).map(({ id }) => id)).toEqual(['dispose-1', 'dispose-2']);
      const targets = Array.from({ length: 1100 }, (_, position) => ({
        position,
        itemId: `dispose-1/${position}`,
        line: `{"location":"/srv/${position}"}`,
      }));
      await store.runs.insertTargets('dispose-1', targets.toReversed());
      expect(await store.runs.targets('dispose-1')).toEqual(targets);
      expect(await store.runs.targets('dispose-2')).toEqual([]);
      await store.runs.finish('dispose-1', '2026-01-03T00:00:00.000Z');
      expect((await store.runs.unfinishedAdHoc()).map(({ id }) => id)).toEqual(['dispose-2']);
    });

    it('remember what was handed over, and take one receipt', async () => {
      const store = await opened();
      await store.plans.insert(samplePlan('plan-1'));
      const handover = {
        id: 'handover-1',
        planId: 'plan-1',
        receiver: 'State Archives',
        preparedAt: '2026-01-02T00:00:00.000Z',
        preparedBy: 'jdoe',
        manifestSha256: 'm',
        tableSha256: 't',
        receipt: null,
      };
      const items = Array.from({ length: 600 }, (_, at) => ({ itemId: `i${at}`, itemSha256: `s${at}` }));
      await store.handovers.insert(handover, items);
      expect(await store.handovers.get('handover-1')).toEqual(handover);
      expect(await store.handovers.items('handover-1')).toEqual(items);
      const receipt = {
        receivedOn: '2026-01-03' as CalendarDate,
        receivedBy: 'R. Roe',
        reference: 'ACC-1',
        recordedAt: '2026-01-04T00:00:00.000Z',
        recordedBy: 'jdoe',
      };
      expect(await store.handovers.receive('handover-1', receipt)).toBe(true);
      expect(await store.handovers.receive('handover-1', { ...receipt, reference: 'ACC-2' })).toBe(false);
      expect(await store.handovers.list()).toEqual([{ ...handover, receipt }]);
      expect(await store.handovers.get('handover-2')).toBeUndefined();
    });

    it('number certificates by year without a second one of a number or of a run', async () => {
      const store = await opened();
      await store.plans.insert(samplePlan('plan-1'));
      await store.plans.insert(samplePlan('plan-2'));
      await store.runs.insert(sampleRun('run-1', 'plan-1'));
      await store.runs.insert(sampleRun('run-2', 'plan-2'));
      const certificate = {
        number: '2026-0001',
        year: 2026,
        sequence: 1,
        subjectKind: 'sweep',
        subjectId: 'run-1',
        replaces: null,
        issuedAt: '2026-01-03T00:00:00.000Z',
        issuedBy: 'jdoe',
        items: 5,
        jsonSha256: 'j',
        pdfSha256: 'p',
        signatureSha256: null,
        logSeq: 9,
      };
      expect(await store.certificates.nextSequence(2026)).toBe(1);
      await store.certificates.insert(certificate);
      expect(await store.certificates.nextSequence(2026)).toBe(2);
      expect(await store.certificates.nextSequence(2027)).toBe(1);
      expect(await store.certificates.get('2026-0001')).toEqual(certificate);
      expect(await store.certificates.ofRun('run-1')).toEqual(certificate);
      expect(await store.certificates.ofRun('run-2')).toBeUndefined();
      await expect(store.certificates.insert({ ...certificate, subjectId: 'run-2' })).rejects.toThrow();
      const second = { ...certificate, number: '2026-0002', sequence: 2 };
      await expect(store.certificates.insert(second)).rejects.toThrow();
      await store.certificates.insert({ ...second, subjectId: 'run-2' });
      expect((await store.certificates.list()).map(({ number }) => number)).toEqual([
        '2026-0001',
        '2026-0002',
      ]);
    });

    it('know which certificate took the place of which, which are void, and who signed as well', async () => {
      const store = await opened();
      const first = {
        number: '2026-0001',
        year: 2026,
        sequence: 1,
        subjectKind: 'device',
        subjectId: 'DRIVE-1',
        replaces: null,
        issuedAt: '2026-01-03T00:00:00.000Z',
        issuedBy: 'jdoe',
        items: 1,
        jsonSha256: 'j',
        pdfSha256: 'p',
        signatureSha256: 's',
        logSeq: 9,
      };
      const second = { ...first, number: '2026-0002', sequence: 2, replaces: '2026-0001' };
      await store.certificates.insert(first);
      await store.certificates.insert(second);
      expect(await store.certificates.ofSubject('device', 'DRIVE-1')).toEqual(second);
      expect(await store.certificates.ofSubject('archive', 'DRIVE-1')).toBeUndefined();
      expect(await store.certificates.replacementOf('2026-0001')).toEqual(second);
      expect(await store.certificates.replacementOf('2026-0002')).toBeUndefined();
      const third = { ...second, number: '2026-0003', sequence: 3 };
      await expect(store.certificates.insert(third)).rejects.toThrow();
      const annulled = {
        number: '2026-0002',
        voidedAt: '2026-01-04T00:00:00.000Z',
        voidedBy: 'jdoe',
        reason: 'Wrong drive',
        logSeq: 12,
      };
      await store.certificates.insertVoid(annulled);
      await expect(store.certificates.insertVoid(annulled)).rejects.toThrow();
      expect(await store.certificates.voids()).toEqual([annulled]);
      const signature = {
        number: '2026-0001',
        operator: 'asmith',
        role: 'witness',
        signedAt: '2026-01-04T00:00:00.000Z',
        statement: '{}',
        signature: 'AA==',
        logSeq: 13,
      };
      await store.certificates.insertCounterSignature(signature);
      await expect(store.certificates.insertCounterSignature(signature)).rejects.toThrow();
      expect(await store.certificates.counterSignatures('2026-0001')).toEqual([signature]);
      expect(await store.certificates.counterSignatures('2026-0002')).toEqual([]);
    });

    it('keep every version of the schedule with its text', async () => {
      const store = await opened();
      expect(await store.schedules.latest()).toBeUndefined();
      for (const version of [1, 2, 10]) {
        const stored = {
          version,
          title: `v${version}`,
          classes: [],
          importedAt: '2026-01-01T00:00:00.000Z',
          importedBy: 'jdoe',
          sha256: 'x',
        };
        await store.schedules.insert(stored, `# source ${version}`);
        expect(await store.schedules.latest()).toEqual(stored);
      }
      expect((await store.schedules.list()).map(({ version }) => version)).toEqual([1, 2, 10]);
      expect((await store.schedules.get(2))?.title).toBe('v2');
      expect(await store.schedules.source(2)).toBe('# source 2');
      expect(await store.schedules.source(3)).toBeUndefined();
    });
  });

  describe(`the log in ${database}`, () => {
    it('tells its latest time, up to a time, and the newest entries that others are judged by', async () => {
      const store = await opened();
      const times = ['2026-01-01', '2036-01-01', '2026-02-01', '2026-03-01'].map(
        (day) => `${day}T00:00:00.000Z`,
      );
      const actions = ['workspace.create', 'log.accept-clock', 'settings.change', 'hold.place'];
      const records = times.map((time, at) => ({
        ...sampleLogRecord(at + 1),
        ...{ time, action: actions[at] ?? '' },
      }));
      await store.log.insert(records);
      expect(await store.log.latestTime(1)).toBe(times[1]);
      expect(await store.log.latestTime(3)).toBe(times[3]);
      expect(await store.log.latestTime(1, '2026-02-28T00:00:00.000Z')).toBe(times[2]);
      expect(await store.log.latestTime(5)).toBeUndefined();
      const mark = async (...parameters: Parameters<Store['log']['newestMark']>) =>
        (await store.log.newestMark(...parameters))?.seq;
      expect(await mark(['log.accept-clock'])).toBe(2);
      expect(await mark(['settings.change', 'workspace.create'])).toBe(3);
      expect(await mark(['settings.change', 'workspace.create'], 3)).toBe(1);
      expect(await mark(['log.accept-clock'], 2)).toBeUndefined();
    });

    it('is filtered by time, operator, action and topic', async () => {
      const store = await opened();
      const records = ['hold.place', 'hold.release', 'holdings.x', 'sweep.run', 'hold'].map((action, index) =>
        sampleLogRecord(index + 1, { action, operator: index % 2 === 0 ? 'jdoe' : 'asmith' }),
      );
      await store.log.insert(records);
      const found = async (filter: Parameters<Store['log']['page']>[2]) =>
        (await store.log.page(0, 10, filter)).map(({ seq }) => seq);
      expect(await found({})).toEqual([1, 2, 3, 4, 5]);
      expect(await found({ action: 'hold' })).toEqual([1, 2, 5]);
      expect(await found({ action: 'hold.place' })).toEqual([1]);
      expect(await found({ action: 'hold.' })).toEqual([]);
      expect(await found({ operator: 'asmith' })).toEqual([2, 4]);
      expect(await found({ since: records[1]?.time ?? '', until: records[3]?.time ?? '' })).toEqual([
        2, 3, 4,
      ]);
      expect(await found({ action: 'hold', operator: 'jdoe' })).toEqual([1, 5]);
      const newest = async (seq: number | undefined, limit: number) =>
        (await store.log.pageBefore(seq, limit, { action: 'hold' })).map((record) => record.seq);
      expect(await newest(undefined, 2)).toEqual([5, 2]);
      expect(await newest(2, 2)).toEqual([1]);
    });

    it('takes each number once', async () => {
      const store = await opened();
      await store.log.insert([sampleLogRecord(1)]);
      await expect(store.log.insert([sampleLogRecord(1)])).rejects.toThrow();
    });
  });

  describe(`transactions in ${database}`, () => {
    it('that fail change nothing', async () => {
      const store = await opened();
      const attempt = store.transaction(async (transaction) => {
        await transaction.holds.insert(sampleHold('H-2026-0001'));
        throw new Error('no');
      });
      await expect(attempt).rejects.toThrow('no');
      expect(await store.holds.list()).toEqual([]);
    });

    it('do not show others what is not committed', async () => {
      const store = await opened();
      await store.transaction(async (transaction) => {
        await transaction.holds.insert(sampleHold('H-2026-0001'));
        expect(await transaction.holds.list()).toHaveLength(1);
        expect(await store.holds.list()).toHaveLength(0);
      });
      expect(await store.holds.list()).toHaveLength(1);
    });

    it('that read and then write take turns: none is lost and none finds the database busy', async () => {
      const store = await opened();
      const writers = Array.from({ length: 8 }, async (_, writer) => {
        for (let round = 0; round < 12; round += 1) await append(store, `writer-${writer}`);
      });
      await Promise.all(writers);
      expect(await verifyLog(store)).toMatchObject({ entries: 96, problem: null });
    });

    it('of eight processes, which also migrate at once, take turns', async () => {
      const program = await compileProgram('store/appending-program.ts');
      const location = await freshLocation();
      const children = Array.from(
        { length: 8 },
        (_, index): Child => startProgram(program, [JSON.stringify(location), `process-${index}`, '25']),
      );
      for (const child of children) {
        const end = await child.ended;
        expect(end, end.stderr).toMatchObject({ code: 0, stdout: 'appended 25\n' });
      }
      const store = await opened(location);
      expect(await verifyLog(store)).toMatchObject({ entries: 200, problem: null });
      for (let index = 0; index < 8; index += 1) {
        expect(await store.log.page(0, 1000, { operator: `process-${index}` })).toHaveLength(25);
      }
    });
  });

  describe(`opening ${database}`, () => {
    it('by several at once migrates once', async () => {
      const location = await freshLocation();
      const stores = await Promise.all([opened(location), opened(location), opened(location)]);
      for (const store of stores) expect(await store.holds.list()).toEqual([]);
    });
  });

  async function append(store: Store, operator: string): Promise<void> {
    const recorder = new Recorder(
      () => 'w',
      () => Promise.resolve({ operator, host: 'h', command: 'test' }),
      { now: () => new Date() },
    );
    await store.transaction((transaction) =>
      recorder.append(transaction, { action: 'test.test', outcome: 'done' }),
    );
  }
}
