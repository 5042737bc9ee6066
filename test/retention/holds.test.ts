import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { verifyLog } from '../../src/audit/index.js';
import type { HoldScope } from '../../src/model/index.js';
import {
  holdReach,
  listHolds,
  locationScopes,
  placeHold,
  queryScope,
  releaseHold,
  sameMatter,
} from '../../src/retention/index.js';
import { openSession, type Session } from '../../src/session/index.js';
import { workspacePaths } from '../../src/workspace/index.js';
import { sampleSession, sampleWorkspace, TestClock } from '../session/sample-workspace.js';
import { sampleItem, UNDUE } from '../store/samples.js';
import { temporaryFolder } from '../temporary-folder.js';

const ON_PAYROLL: HoldScope = { kind: 'class', value: 'payroll' };

/** Today is 2 March 2026 in New York. */
async function withItems(): Promise<Session> {
  const session = await sampleSession({ command: 'hold place' });
  const due = { ...UNDUE, keepUntil: '2026-03-01' as never };
  const lastDay = { ...UNDUE, keepUntil: '2026-03-02' as never };
  await session.store.transaction(async (transaction) => {
    const bulk = await transaction.items.bulkInsert();
    await bulk.insert([
      sampleItem('a', { recordClass: 'payroll', custodian: 'Jane Doe', location: '/hr/a' }, due),
      sampleItem('b', { recordClass: 'payroll', custodian: 'John Roe', location: '/hr/b' }, lastDay),
      sampleItem('c', { recordClass: 'tax', custodian: ' jane  DOE', location: '/tax/c' }, due),
      sampleItem('d', { recordClass: 'tax', location: '/tax/d' }, due),
      sampleItem('e', { recordClass: null, medium: 'paper', location: 'Cabinet 4, drawer 2' }),
      sampleItem('f', { recordClass: 'payroll', location: '/hr/f' }, due),
      sampleItem('g', { recordClass: 'payroll', location: '/hr/g' }, due),
    ]);
    await bulk.close();
  });
  await session.store.items.moveState(['f'], 'active', 'claimed');
  await session.store.items.moveState(['g'], 'active', 'disposed');
  return session;
}

function place(session: Session, scopes: readonly HoldScope[], changes = {}) {
  return placeHold(session, { matter: 'Doe v. Acme', reason: null, scopes, ...changes });
}

describe('placing a hold', () => {
  it('numbers it by year and keeps who placed it, when and why', async () => {
    const session = await withItems();
    const first = await place(session, [ON_PAYROLL], { reason: ' letter of counsel ' });
    expect(first).toEqual({
      id: 'H-2026-0001',
      matter: 'Doe v. Acme',
      reason: 'letter of counsel',
      scopes: [ON_PAYROLL],
      placedAt: '2026-03-02T15:00:00.000Z',
      placedBy: 'jdoe',
      releasedAt: null,
      releasedBy: null,
      releaseReason: null,
      coolingOffUntil: null,
    });
    expect((await place(session, [ON_PAYROLL])).id).toBe('H-2026-0002');
    expect(await listHolds(session, { released: false })).toHaveLength(2);
  });

  it('takes the year of the day in the zone of the organization', async () => {
    const session = await sampleSession({ clock: new TestClock(new Date('2027-01-01T04:00:00Z')) });
    expect((await place(session, [ON_PAYROLL], { allowUnknown: true })).id).toBe('H-2026-0001');
  });

  it('writes ids and counts into the log, and nothing of the matter, the reason or the scopes', async () => {
    const session = await withItems();
    const scopes: HoldScope[] = [
      { kind: 'custodian', value: 'Jane Doe' },
      { kind: 'location', value: '/hr/secret-name' },
      ON_PAYROLL,
    ];
    await place(session, scopes, { reason: 'Because of Smith' });
    await releaseHold(session, { id: 'H-2026-0001', reason: 'Smith settled' });
    const records = await session.store.log.page(1, 10);
    expect(records.map(({ entry }) => JSON.parse(entry))).toEqual([
      expect.objectContaining({
        action: 'hold.place',
        subject: { hold: 'H-2026-0001' },
        data: {
          scopes: { class: 1, custodian: 1, location: 1 },
          hold_sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
        },
      }),
      expect.objectContaining({ action: 'hold.release', subject: { hold: 'H-2026-0001' } }),
    ]);
    expect(records.map(({ entry }) => entry).join()).not.toMatch(/Doe|Smith|secret|payroll/);
    expect(await verifyLog(session.store)).toMatchObject({ entries: 3, problem: null });
  });

  it('needs a scope, and keeps each one once', async () => {
    const session = await withItems();
    await expect(place(session, [])).rejects.toMatchObject({ code: 'hold-scope-missing', exitCode: 2 });
    const { scopes } = await place(session, [ON_PAYROLL, { kind: 'item', value: 'a' }, ON_PAYROLL]);
    expect(scopes).toEqual([ON_PAYROLL, { kind: 'item', value: 'a' }]);
  });

  it('refuses ids that the inventory does not have, unless they are to come', async () => {
    const session = await withItems();
    const scopes: HoldScope[] = ['a', 'x', 'y'].map((value) => ({ kind: 'item', value }));
    await expect(place(session, scopes)).rejects.toMatchObject({
      code: 'item-unknown',
      exitCode: 2,
      details: { items: ['x', 'y'] },
    });
    expect(await listHolds(session, { released: true })).toEqual([]);
    expect(await session.store.log.head()).toMatchObject({ seq: 1 });
    expect((await place(session, scopes, { allowUnknown: true })).scopes).toHaveLength(3);
  });

  it.each([
    ['alone', { kind: 'subject', value: 'emp-1' }],
    ['in a query', { kind: 'query', value: 'class=payroll subject=EMP-1,emp-1' }],
  ] as [string, HoldScope][])(
    'refuses a subject that no item has, unless it is to come: %s',
    async (_, scope) => {
      const session = await withItems();
      await session.store.transaction(async (transaction) => {
        const bulk = await transaction.items.bulkInsert();
        await bulk.insert([sampleItem('one', { subjects: ['EMP-1'] })]);
        await bulk.close();
      });
      await expect(place(session, [scope])).rejects.toMatchObject({
        code: 'hold-scope-unknown',
        exitCode: 2,
      });
      expect(await listHolds(session, { released: true })).toEqual([]);
      expect((await place(session, [scope], { allowUnknown: true })).scopes).toEqual([scope]);
      await place(session, [{ kind: 'subject', value: 'EMP-1' }]);
    },
  );

  it.each([[''], [' '], ['two\nlines'], ['x'.repeat(501)], ['\u001b[31m']])(
    'refuses %j for a name',
    async (text) => {
      const session = await withItems();
      await expect(place(session, [ON_PAYROLL], { matter: text })).rejects.toMatchObject({
        code: 'hold-text-invalid',
      });
      const scope: HoldScope = { kind: 'custodian', value: text };
      await expect(place(session, [scope])).rejects.toMatchObject({ code: 'hold-text-invalid' });
    },
  );

  it('is allowed twice for one matter, and tells the others', async () => {
    const session = await withItems();
    await place(session, [ON_PAYROLL]);
    await place(session, [ON_PAYROLL], { matter: 'another' });
    const third = await place(session, [ON_PAYROLL]);
    expect(await sameMatter(session, third)).toEqual(['H-2026-0001']);
  });

  it('is done by an operator only', async () => {
    const paths = workspacePaths(await sampleWorkspace());
    const session = await openSession({ paths, command: 'hold place', account: { name: 'x', uid: 4711 } });
    await expect(place(session, [ON_PAYROLL])).rejects.toMatchObject({
      code: 'operator-unknown',
      exitCode: 4,
    });
    expect(await listHolds(session, { released: true })).toEqual([]);
    await session.close();
  });

  it('by several at once gives each its number', async () => {
    const session = await withItems();
    const holds = await Promise.all(Array.from({ length: 6 }, () => place(session, [ON_PAYROLL])));
    expect(holds.map((hold) => hold.id).toSorted()).toEqual(
      [1, 2, 3, 4, 5, 6].map((number) => `H-2026-000${number}`),
    );
  });
});

describe('what a hold reaches', () => {
  it.each([
    ['an item', [{ kind: 'item', value: 'a' }], { items: 1, due: 1, claimed: 0, idleScopes: [] }],
    // The last day of the duty to keep is not over; what is being disposed of counts, what is gone does not.
    ['a class', [ON_PAYROLL], { items: 3, due: 2, claimed: 1, idleScopes: [] }],
    [
      'a custodian, however typed',
      [{ kind: 'custodian', value: 'JANE DOE' }],
      { items: 2, due: 2, claimed: 0 },
    ],
    ['a folder', [{ kind: 'location', value: '/hr/' }], { items: 3, due: 2, claimed: 1 }],
    ['a description', [{ kind: 'location', value: 'cabinet 4' }], { items: 1, due: 0, claimed: 0 }],
    [
      'all together, each item once',
      [ON_PAYROLL, { kind: 'location', value: '/hr/a' }],
      { items: 3, due: 2 },
    ],
    ['nothing', [{ kind: 'location', value: '/h' }], { items: 0, due: 0, idleScopes: [0] }],
    ['nothing of one kind', [{ kind: 'class', value: 'x' }, ON_PAYROLL], { items: 3, idleScopes: [0] }],
  ] as [string, HoldScope[], object][])('through %s is counted', async (_name, scopes, expected) => {
    const session = await withItems();
    expect(await holdReach(session, await place(session, scopes, { allowUnknown: true }))).toMatchObject(
      expected,
    );
  });

  it('tells what is due and under no other hold', async () => {
    const session = await withItems();
    await place(session, [{ kind: 'item', value: 'a' }]);
    const hold = await place(session, [ON_PAYROLL]);
    expect(await holdReach(session, hold)).toMatchObject({ due: 2, dueByThisHoldOnly: 1 });
    const released = await releaseHold(session, { id: hold.id, reason: 'settled' });
    expect(await holdReach(session, released)).toMatchObject({ items: 3, dueByThisHoldOnly: 1 });
  });

  it('by subject and by class counts an item that it reaches twice once', async () => {
    const session = await withItems();
    await session.store.transaction(async (transaction) => {
      const bulk = await transaction.items.bulkInsert();
      const links = { otherClasses: ['tax'], subjects: ['EMP-1', 'EMP-2'] };
      await bulk.insert([sampleItem('two', { recordClass: 'payroll', location: '/x', ...links })]);
      await bulk.close();
    });
    const subjects = ['EMP-1', 'EMP-2', 'EMP-3'].map((value): HoldScope => ({ kind: 'subject', value }));
    const bySubject = await holdReach(session, await place(session, subjects, { allowUnknown: true }));
    expect(bySubject).toMatchObject({ items: 1, idleScopes: [2] });
    // a, b, f and two are payroll, c, d and two are tax; g is disposed of.
    const both = await place(session, [ON_PAYROLL, { kind: 'class', value: 'tax' }]);
    expect(await holdReach(session, both)).toMatchObject({ items: 6, idleScopes: [] });
  });

  it('is counted until it is told to stop', async () => {
    const session = await withItems();
    const hold = await place(session, [ON_PAYROLL]);
    await expect(holdReach(session, hold, { signal: AbortSignal.abort() })).rejects.toThrow();
  });
});

describe('releasing a hold', () => {
  it('needs a reason and keeps it', async () => {
    const session = await withItems();
    const hold = await place(session, [ON_PAYROLL]);
    await expect(releaseHold(session, { id: hold.id, reason: ' ' })).rejects.toMatchObject({
      code: 'hold-text-invalid',
    });
    expect(await releaseHold(session, { id: hold.id, reason: 'settled' })).toMatchObject({
      releasedAt: '2026-03-02T15:00:00.000Z',
      releasedBy: 'jdoe',
      releaseReason: 'settled',
      // Seven days after 2 March, which does not count itself.
      coolingOffUntil: '2026-03-09',
    });
    expect(await listHolds(session, { released: false })).toEqual([]);
    expect(await listHolds(session, { released: true })).toHaveLength(1);
  });

  it('is done once, and only of one that exists', async () => {
    const session = await withItems();
    const { id } = await place(session, [ON_PAYROLL]);
    await releaseHold(session, { id, reason: 'settled' });
    const again = releaseHold(session, { id, reason: 'again' });
    await expect(again).rejects.toMatchObject({ code: 'hold-released', exitCode: 2 });
    const other = releaseHold(session, { id: 'H-2026-0099', reason: 'x' });
    await expect(other).rejects.toMatchObject({ code: 'hold-unknown', exitCode: 2 });
    expect(await session.store.log.head()).toMatchObject({ seq: 3 });
    expect((await session.store.holds.get(id))?.releaseReason).toBe('settled');
  });
});

describe('a location as it is typed', () => {
  it('may be an absolute path, or a relative one that begins with a dot', () => {
    const cwd = temporaryFolder();
    const location = (value: string) => ({ kind: 'location', value });
    expect(locationScopes('/srv//hr/./x/../', cwd)).toEqual([location('/srv/hr')]);
    expect(locationScopes('./hr', cwd)).toEqual([location(join(cwd, 'hr'))]);
    expect(locationScopes('.', cwd)).toEqual([location(cwd)]);
    expect(locationScopes('Cabinet 4', cwd)).toEqual([location('Cabinet 4')]);
  });

  it('through a symbolic link reaches both what it says and where it leads', () => {
    const cwd = temporaryFolder();
    mkdirSync(join(cwd, 'real'));
    symlinkSync('real', join(cwd, 'link'));
    expect(locationScopes('./link', cwd).map((scope) => scope.value)).toEqual([
      join(cwd, 'link'),
      join(cwd, 'real'),
    ]);
  });

  it('through a link reaches where it leads, as the kernel follows it, however the path goes on', () => {
    const cwd = temporaryFolder();
    // As macOS writes it, with the accent as a character of its own.
    const name = 'caf\u00e9'.normalize('NFD');
    mkdirSync(join(cwd, 'disk', 'hr'), { recursive: true });
    symlinkSync('disk/hr', join(cwd, 'link'));
    symlinkSync('disk/hr', join(cwd, name));
    symlinkSync('volume/hr', join(cwd, 'unmounted'));
    symlinkSync('circle', join(cwd, 'circle'));
    const places = (text: string) => locationScopes(text, cwd).map(({ value }) => value);
    const both = (said: string, led: string) => [join(cwd, said), join(cwd, led)];
    expect(places(`./${name}`)).toEqual(both('caf\u00e9', 'disk/hr'));
    expect(places('./link/not-yet.csv')).toEqual(both('link/not-yet.csv', 'disk/hr/not-yet.csv'));
    expect(places('./unmounted/2024')).toEqual(both('unmounted/2024', 'volume/hr/2024'));
    expect(places('./link/../tax')).toEqual(both('tax', 'disk/tax'));
    expect(places('./circle')).toEqual([join(cwd, 'circle')]);
  });

  it('in a query means the same as alone', () => {
    const cwd = temporaryFolder();
    mkdirSync(join(cwd, 'real'));
    symlinkSync('real', join(cwd, 'link'));
    expect(queryScope('class=payroll location=./link,"Cabinet 4"', cwd)).toEqual({
      kind: 'query',
      value: `class=payroll location=${cwd}/link,${cwd}/real,"Cabinet 4"`,
    });
    expect(() => queryScope('location=link', cwd)).toThrow(
      expect.objectContaining({ code: 'location-ambiguous', exitCode: 2 }),
    );
  });

  it.each(['~/hr', '~', '~jdoe/hr', '/srv/hr/*', './*.csv', 'hr/*'])(
    '%s, which no shell replaced, is refused',
    (text) => {
      const refusal = expect.objectContaining({ code: 'location-pattern', exitCode: 2 });
      expect(() => locationScopes(text, temporaryFolder())).toThrow(refusal);
      expect(() => queryScope(`class=payroll location=${text}`, temporaryFolder())).toThrow(refusal);
    },
  );

  it('may have such characters where something has that name, or where it is no path', () => {
    const cwd = temporaryFolder();
    writeFileSync(join(cwd, 'a*b'), '');
    expect(locationScopes('./a*b', cwd)).toEqual([{ kind: 'location', value: join(cwd, 'a*b') }]);
    expect(locationScopes('Cabinet * (blue)', cwd)).toEqual([
      { kind: 'location', value: 'Cabinet * (blue)' },
    ]);
  });

  it('that could be a description or a name in this folder is refused', () => {
    const cwd = temporaryFolder();
    writeFileSync(join(cwd, 'hr'), '');
    expect(() => locationScopes('hr', cwd)).toThrow(
      expect.objectContaining({ code: 'location-ambiguous', exitCode: 2 }),
    );
  });
});
