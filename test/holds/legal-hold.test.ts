import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compileHolds, holdsOn, normalizedPath } from '../../src/holds/index.js';
import type { Hold, HoldScope } from '../../src/model/index.js';
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
