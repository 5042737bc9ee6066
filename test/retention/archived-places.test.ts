import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { listCertificates, showCertificate } from '../../src/certificate/index.js';
import { examineSelection } from '../../src/disposal/index.js';
import type { CalendarDate, HoldScope, Medium } from '../../src/model/index.js';
import { readOperatorKey } from '../../src/operators/index.js';
import {
  approvePlan,
  archiveItem,
  buildPlan,
  eraseArchived,
  explainItem,
  holdReach,
  placeHold,
  previewArchive,
  releaseHold,
  runSweep,
} from '../../src/retention/index.js';
import { importSchedule } from '../../src/schedule/index.js';
import { ArchiveWorld } from '../archive/archive-world.js';
import { importText } from '../inventory/sample-import.js';
import { enter, item, SCHEDULE, writeRecord } from './sweep-world.js';

const ARCHIVED = `${SCHEDULE}  stored:
    title: Kept in archives
    trigger: closed
    period: P3Y
    disposition: archive
    archive: {for: P1Y}
    authority: {citation: 29 CFR 516.5, checked: 2026-11-02}
`;
const YOUNG = '2025-12-31' as CalendarDate;

async function makeWorld(): Promise<ArchiveWorld> {
  const made = await ArchiveWorld.make();
  await importSchedule(made.world.session, { text: ARCHIVED, fileName: 'schedule.yaml' });
  return made;
}

const archive = ({ world: { session } }: ArchiveWorld, itemId: string, changes = {}) =>
  archiveItem(session, { itemId, folder: null, keepPlaintext: false, acceptResidual: true, ...changes });

async function hold({ world: { session } }: ArchiveWorld, ...scopes: HoldScope[]): Promise<string> {
  return (await placeHold(session, { matter: 'Doe v. Acme', reason: null, scopes })).id;
}

const release = ({ world: { session } }: ArchiveWorld, id: string) =>
  releaseHold(session, { id, reason: 'settled' });

async function planned({ world: { session } }: ArchiveWorld): Promise<string> {
  const { plan } = await buildPlan(session);
  const operator = await session.operator();
  await approvePlan(session, plan.id, await readOperatorKey(session.paths.keys, operator.id).unlock(null));
  return plan.id;
}

const decided = async ({ world: { session } }: ArchiveWorld, id: string) =>
  (await buildPlan(session)).items.find(({ itemId }) => itemId === id);

const erase = (made: ArchiveWorld, planId: string, ...itemIds: string[]) =>
  eraseArchived(made.world.session, {
    planId,
    itemIds,
    secrets: [{ kind: 'age', identity: made.identity }],
    passphrase: null,
    statements: { keyCopiesDestroyed: true, noKeyBackups: true, noPlaintextCopies: true },
  });

const dispose = ({ world: { session } }: ArchiveWorld, name: string) =>
  examineSelection(session, { names: [name], folder: '/', recordClass: null });

/** An item whose period has ended and that is to be archived for a year, which has ended too. */
const STORED = { recordClass: 'stored' };

describe('an archive', () => {
  it('is not made while a released hold cools off', async () => {
    const made = await makeWorld();
    const path = await made.file('A', 'content', STORED);
    await release(made, await hold(made, { kind: 'item', value: 'A' }));
    await expect(archive(made, 'A')).rejects.toMatchObject({
      code: 'item-refused',
      exitCode: 4,
      details: { reason: 'cooling-off' },
    });
    expect(readFileSync(path, 'utf8')).toBe('content');
    expect((await previewArchive(made.world.session, { itemId: 'A', keepPlaintext: false })).reasons).toEqual(
      expect.arrayContaining([expect.objectContaining({ code: 'cooling-off' })]),
    );
  });

  it.each([
    { scope: 'location', value: (folder: string) => folder },
    { scope: 'query', value: (folder: string) => `location="${folder}"` },
  ] as const)(
    'answers to a $scope hold on the place that its content came from',
    async ({ scope, value }) => {
      const made = await makeWorld();
      const { session, records } = made.world;
      await made.file('A', 'content', STORED);
      await archive(made, 'A');
      const plan = await planned(made);
      const id = await hold(made, { kind: scope, value: value(records) });
      const [placed] = await session.store.holds.active();
      expect(placed && (await holdReach(session, placed))).toMatchObject({
        items: 1,
        due: 1,
        idleScopes: [],
      });
      expect(await decided(made, 'A')).toMatchObject({ decision: 'held', reason: 'legal-hold', holds: [id] });
      await expect(erase(made, plan, 'A')).rejects.toMatchObject({ exitCode: 4 });
      await release(made, id);
      expect(await decided(made, 'A')).toMatchObject({ decision: 'held', reason: 'cooling-off' });
      await expect(erase(made, plan, 'A')).rejects.toMatchObject({ exitCode: 4 });
      const [kept] = await session.store.archives.list();
      expect(kept?.state).toBe('kept');
      expect((await explainItem(session, 'A')).item).toMatchObject({ reason: 'cooling-off' });
    },
  );

  it('is not forgotten by an import of the list from before', async () => {
    const made = await makeWorld();
    const path = await made.file('A', 'content', STORED);
    const { archive: own } = await archive(made, 'A');
    const list = `id,title,class,medium,location\nA,Another title,stored,file,${path}\n`;
    const { session } = made.world;
    expect(await importText(session, list, { update: true })).toMatchObject({
      outcome: 'rejected',
      problems: [{ reason: expect.stringContaining('archived') }],
    });
    expect(await session.store.items.get('A')).toMatchObject({ medium: 'archive', location: own.id });
    const asItIs = `id,title,class,medium,location\nA,Another title,stored,archive,${own.id}\n`;
    expect(await importText(session, asItIs, { update: true })).toMatchObject({ updated: 1 });
  });

  it('is erased when nothing speaks against it', async () => {
    const made = await makeWorld();
    await made.file('A', 'content', STORED);
    await archive(made, 'A');
    expect(await erase(made, await planned(made), 'A')).toMatchObject([
      { erasure: { outcome: 'key-erased' } },
    ]);
    const { session } = made.world;
    const [certificate] = await listCertificates(session);
    const { document } = await showCertificate(session, certificate?.number ?? '');
    expect(document.items[0]?.verification.detail).toMatch(
      /^the only key that exists was tried and refused; no file/,
    );
  });
});

describe('content that lies at, in or around that of other items', () => {
  const places: [string, (records: string) => { medium: Medium; location: string; other: string }][] = [
    ['at', (records) => ({ medium: 'file', location: join(records, 'A'), other: join(records, 'A') })],
    ['in', (records) => ({ medium: 'folder', location: records, other: join(records, 'A') })],
    ['around', (records) => ({ medium: 'file', location: join(records, 'A'), other: records })],
  ];
  it.each(places)('is not archived where another item lies %s it', async (_, placed) => {
    const made = await makeWorld();
    const { session, records } = made.world;
    const path = writeRecord(join(records, 'A'));
    const { medium, location, other } = placed(records);
    await enter(session, [
      item('A', location, { medium, ...STORED }),
      item('HELD', other, { medium: other === records ? 'folder' : 'file', closed: YOUNG }),
    ]);
    await hold(made, { kind: 'item', value: 'HELD' });
    await expect(archive(made, 'A')).rejects.toMatchObject({
      code: 'item-refused',
      message: expect.stringContaining('HELD'),
      details: { reason: 'contains-kept-item' },
    });
    expect(existsSync(path)).toBe(true);
    expect(await session.store.archives.list()).toEqual([]);
    // Where nothing is destroyed, nothing of the other item is lost.
    expect((await archive(made, 'A', { keepPlaintext: true })).archive.state).toBe('kept');
    expect((await archive(made, 'A')).facts.plaintext?.outcome).toBe('refused');
    expect(existsSync(path)).toBe(true);
  });

  it('stays readable in its archive for as long as one of them is held, cools off or is not due', async () => {
    const made = await makeWorld();
    const { session, records } = made.world;
    const folder = join(records, 'box');
    mkdirSync(folder);
    writeRecord(join(folder, 'a'));
    await enter(session, [item('BOX', folder, { medium: 'folder', ...STORED })]);
    await archive(made, 'BOX');
    const plan = await planned(made);
    // Somebody finds out later that there was a record of its own in the folder.
    await enter(session, [item('IN', join(folder, 'a'))]);
    const id = await hold(made, { kind: 'item', value: 'IN' });
    const refused = async () => {
      expect(await decided(made, 'BOX')).toMatchObject({ decision: 'keep', reason: 'contains-kept-item' });
      await expect(erase(made, plan, 'BOX')).rejects.toMatchObject({
        code: 'contains-kept-item',
        exitCode: 4,
      });
    };
    await refused();
    const swept = await runSweep(session, plan);
    expect(swept.waiting).toEqual([]);
    await release(made, id);
    await refused();
    expect((await explainItem(session, 'BOX')).item).toMatchObject({ reason: 'contains-kept-item' });
    await session.store.transaction(async (transaction) => {
      const stored = await transaction.items.get('IN');
      if (stored) await transaction.items.update({ ...stored, location: join(records, 'b') }, stored.due);
    });
    expect(await erase(made, plan, 'BOX')).toMatchObject([{ erasure: { outcome: 'key-erased' } }]);
  });
});

describe("an archive's file", () => {
  it('is not disposed of by name, nor with the folder of the workspace that holds it', async () => {
    const made = await makeWorld();
    const { session } = made.world;
    await made.file('A', 'content', STORED);
    const { archive: own } = await archive(made, 'A');
    for (const path of [session.paths.archives, own.path]) {
      await expect(dispose(made, path)).rejects.toMatchObject({ code: 'path-refused', exitCode: 4 });
    }
    for (const path of [session.paths.checkpoints, session.paths.segments]) {
      mkdirSync(path, { recursive: true });
      await expect(dispose(made, path)).rejects.toMatchObject({ code: 'path-refused', exitCode: 4 });
    }
  });

  it('elsewhere is not disposed of by name, nor with a folder, nor by a sweep', async () => {
    const made = await makeWorld();
    const { session, records } = made.world;
    await made.file('A', 'content', STORED);
    const vault = join(records, 'vault');
    mkdirSync(vault);
    symlinkSync(vault, join(records, 'link'));
    const { archive: own } = await archive(made, 'A', { folder: join(records, 'link') });
    expect(own.path).toBe(join(vault, `${own.id}.age`));
    for (const path of [vault, own.path]) {
      await expect(dispose(made, path)).rejects.toMatchObject({
        code: 'path-refused',
        exitCode: 4,
        message: expect.stringContaining('quietus archive erase'),
        details: { paths: [{ position: 1, reason: 'archived' }] },
      });
    }
    writeFileSync(join(records, 'other'), '');
    await dispose(made, join(records, 'other'));
    await enter(session, [item('VAULT', vault, { medium: 'folder' })]);
    expect(await decided(made, 'VAULT')).toMatchObject({
      decision: 'keep',
      reason: 'contains-kept-item',
      explanation: expect.stringContaining('would destroy A'),
    });
    await erase(made, await planned(made), 'A');
    expect(await decided(made, 'VAULT')).toMatchObject({ decision: 'dispose' });
  });
});
