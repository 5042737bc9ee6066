import { describe, expect, it } from 'vitest';
import { filterDate, listItems } from '../../src/inventory/index.js';
import type { ItemFilter } from '../../src/store/index.js';
import { sampleSession } from '../session/sample-workspace.js';
import { importText } from './sample-import.js';

const ITEMS = [
  'id,title,medium,location,class,custodian,department',
  'A,T,file,/srv/hr/a,x,jdoe,HR',
  'B,T,file,/srv/it/b,x,asmith,IT',
  'C,T,paper,Room 1,y,jdoe,HR',
  'D,T,file,/srv/hr2/d,,jdoe,HR',
  'a,T,file,/srv/hr/z,x,jdoe,HR',
].join('\n');

describe('list', () => {
  it('goes through all items in pages, each once, sorted by byte', async () => {
    const session = await sampleSession();
    await importText(session, ITEMS);
    for (const limit of [1, 2, 5, 6]) {
      const seen: string[] = [];
      let next: string | null = null;
      do {
        const page = await listItems(session, {}, next === null ? { limit } : { limit, after: next });
        expect(page.items.length).toBeLessThanOrEqual(limit);
        seen.push(...page.items.map(({ id }) => id));
        next = page.next;
      } while (next !== null);
      expect(seen).toEqual(['A', 'B', 'C', 'D', 'a']);
    }
  });

  it.each<[ItemFilter, string[]]>([
    [{ recordClass: 'x' }, ['A', 'B', 'a']],
    [{ medium: 'paper' }, ['C']],
    [{ custodian: 'jdoe', department: 'HR' }, ['A', 'C', 'D', 'a']],
    [{ locationPrefix: '/srv/hr/' }, ['A', 'a']],
    [{ locationPrefix: '/srv/hr' }, ['A', 'D', 'a']],
    [{ state: 'disposed' }, ['B']],
    [{ defective: true, state: 'active' }, ['A', 'C', 'D', 'a']],
    [{ recordClass: 'none' }, []],
  ])('filters by %o', async (filter, ids) => {
    const session = await sampleSession();
    await importText(session, ITEMS);
    await session.store.items.moveState(['B'], 'active', 'disposed');
    const { items, next } = await listItems(session, filter, { limit: 100 });
    expect(items.map(({ id }) => id)).toEqual(ids);
    expect(next).toBeNull();
  });

  it('takes only real dates for a filter', () => {
    expect(filterDate('2024-02-29', '--due-before')).toBe('2024-02-29');
    expect(() => filterDate('2023-02-29', '--due-before')).toThrow('--due-before is not a date');
  });
});
