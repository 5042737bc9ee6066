import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  type ArchiveRecord,
  openStore,
  type SanitizationRecord,
  type Store,
  type StoreLocation,
} from '../../src/store/index.js';
import { temporaryFolder } from '../temporary-folder.js';
import { sampleItem } from './samples.js';

const SANITIZATION: SanitizationRecord = {
  id: 'san-2026-11-25-aaaaaa',
  itemId: null,
  confirmation: 'WD-1',
  state: 'begun',
  method: 'purge',
  technique: 'nvme-sanitize-block-erase',
  target: '{"a":1}',
  outcome: null,
  result: null,
  startedAt: '2026-11-25T10:00:00.000Z',
  startedBy: 'tester',
  finishedAt: null,
  intentSeq: 4,
  outcomeSeq: null,
};

const ARCHIVE: ArchiveRecord = {
  id: 'arc-2026-11-25-aaaaaa',
  itemId: 'A',
  state: 'begun',
  path: '/w/archives/arc-2026-11-25-aaaaaa.age',
  recipient: 'age1x',
  createdAt: '2026-11-25T10:00:00.000Z',
  createdBy: 'tester',
  eraseAfter: '2033-11-25' as ArchiveRecord['eraseAfter'],
  facts: '{}',
  erasedAt: null,
  result: null,
};

/** What both databases must do alike with devices and archives. */
export function archivesSuite(database: string, freshLocation: () => Promise<StoreLocation>): void {
  async function opened(): Promise<Store> {
    const folder = temporaryFolder();
    const store = await openStore(await freshLocation(), (name) => join(folder, name));
    onTestFinished(() => store.close());
    await store.transaction(async (transaction) => {
      const bulk = await transaction.items.bulkInsert();
      await bulk.insert([sampleItem('A'), sampleItem('B')]);
      await bulk.close();
    });
    return store;
  }

  describe(`places of archives in ${database}`, () => {
    it('are found at and below a path for as long as a key of theirs exists and the item does', async () => {
      const { archives, items } = await opened();
      const facts = JSON.stringify({ location: '/hr/a', medium: 'folder' });
      await archives.insert({ ...ARCHIVE, path: '/w/Vault/a.age', facts });
      await archives.insert({ ...ARCHIVE, id: 'arc-2', itemId: 'B', path: '/w/Vault-2/b.age', facts: '{' });
      const place = { id: 'A', location: '/w/Vault/a.age' };
      expect(await archives.atPaths(['/w/Vault/a.age', '/w/Vault'])).toEqual([place]);
      expect(await archives.belowFolders(['/w/Vault', '/none'])).toEqual([place]);
      expect(await archives.belowFolders(['/w'])).toHaveLength(2);
      expect(await archives.belowFolders([])).toEqual([]);
      expect(await archives.origins([ARCHIVE.id, 'arc-2', 'none'])).toEqual(
        new Map([[ARCHIVE.id, { location: '/hr/a', medium: 'folder' }]]),
      );
      await items.moveState(['B'], 'active', 'disposed');
      await archives.advance(ARCHIVE.id, 'begun', 'erased');
      expect(await archives.belowFolders(['/w'])).toEqual([]);
    });

    it('come with the items that are in them', async () => {
      const store = await opened();
      const facts = JSON.stringify({ location: '/hr/a', medium: 'file' });
      await store.archives.insert({ ...ARCHIVE, facts });
      await store.transaction(async (transaction) => {
        const { due } = (await transaction.items.get('A')) ?? sampleItem('A');
        await transaction.items.update(
          { ...sampleItem('A').item, medium: 'archive', location: ARCHIVE.id },
          due,
        );
      });
      const archivedFrom = { location: '/hr/a', medium: 'file' };
      expect(await store.items.get('A')).toMatchObject({ archivedFrom });
      expect(await store.items.list({}, { limit: 5 })).toMatchObject([{ archivedFrom }, { id: 'B' }]);
      expect(await store.items.get('B')).not.toHaveProperty('archivedFrom');
    });
  });

  describe(`sanitizations in ${database}`, () => {
    it('come back as they went in, are open until they end, and end once', async () => {
      const { sanitizations } = await opened();
      await sanitizations.insert(SANITIZATION);
      await sanitizations.insert({ ...SANITIZATION, id: 'san-2', confirmation: 'other', itemId: 'A' });
      expect(await sanitizations.get(SANITIZATION.id)).toEqual(SANITIZATION);
      expect(await sanitizations.openOf('WD-1')).toEqual([SANITIZATION]);
      expect(await sanitizations.setMarked(SANITIZATION.id)).toBe(true);
      expect(await sanitizations.setMarked(SANITIZATION.id)).toBe(false);
      const end = {
        outcome: 'sanitized',
        result: '{}',
        finishedAt: '2026-11-25T11:00:00.000Z',
        outcomeSeq: 5,
      } as const;
      await sanitizations.finish(SANITIZATION.id, end);
      await sanitizations.finish(SANITIZATION.id, { ...end, outcome: 'failed', outcomeSeq: 9 });
      expect(await sanitizations.get(SANITIZATION.id)).toEqual({ ...SANITIZATION, ...end, state: 'done' });
      expect(await sanitizations.openOf('WD-1')).toEqual([]);
      expect((await sanitizations.list()).map(({ id }) => id)).toEqual(['san-2', SANITIZATION.id]);
    });
  });

  describe(`archives in ${database}`, () => {
    it('come back as they went in, and move only from the state that was named', async () => {
      const { archives } = await opened();
      await archives.insert(ARCHIVE);
      expect(await archives.get(ARCHIVE.id)).toEqual(ARCHIVE);
      expect(await archives.advance(ARCHIVE.id, 'proved', 'kept')).toBe(false);
      expect(await archives.advance(ARCHIVE.id, 'begun', 'proved', { facts: '{"x":1}' })).toBe(true);
      expect(await archives.ofItem('A')).toEqual({ ...ARCHIVE, state: 'proved', facts: '{"x":1}' });
      await archives.remove(ARCHIVE.id, 'begun');
      expect(await archives.list('proved')).toHaveLength(1);
    });

    it('an item has one whose key exists, and may have another after its erasure', async () => {
      const { archives } = await opened();
      await archives.insert(ARCHIVE);
      await expect(archives.insert({ ...ARCHIVE, id: 'second' })).rejects.toThrow();
      await archives.advance(ARCHIVE.id, 'begun', 'erased', {
        erasedAt: '2034-01-01T00:00:00.000Z',
        result: '{}',
      });
      expect(await archives.ofItem('A')).toBeUndefined();
      await archives.insert({ ...ARCHIVE, id: 'second' });
      await archives.remove('second', 'begun');
      expect((await archives.list()).map(({ id }) => id)).toEqual([ARCHIVE.id]);
    });
  });
}
