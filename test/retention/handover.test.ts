import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { disposeOf, examineSelection } from '../../src/disposal/index.js';
import type { CalendarDate } from '../../src/model/index.js';
import {
  buildPlan,
  placeHold,
  prepareHandover,
  previewHandover,
  receiveHandover,
} from '../../src/retention/index.js';
import { importSchedule } from '../../src/schedule/index.js';
import { approved } from '../disposal/rows-world.js';
import { temporaryFolder } from '../temporary-folder.js';
import { enter, item, makeWorld, type World, writeRecord } from './sweep-world.js';

const SCHEDULE = `version: 1
title: Test schedule
classes:
  minutes:
    title: Minutes
    retain:
      - {after: closed, for: P3Y}
    disposition: transfer
    approvals: 1
    authority: {citation: c. 66 § 8, checked: 2026-11-02}
  chats:
    title: Chats
    retain:
      - {after: closed, for: P3Y}
    disposition: redact
    approvals: 1
    authority: {citation: policy, checked: 2026-11-02}
`;

/** Minutes in a folder with two files, a box of them on paper, and something that is to be redacted. */
async function minutesWorld(): Promise<World> {
  const world = await makeWorld(temporaryFolder());
  onTestFinished(() => world.session.close());
  await importSchedule(world.session, { text: SCHEDULE, fileName: 'schedule.yaml' });
  const folder = join(world.records, 'minutes');
  mkdirSync(join(folder, 'inner'), { recursive: true });
  for (const name of ['a.txt', 'inner/=b, "c".txt']) writeRecord(join(folder, name));
  await enter(world.session, [
    item('MIN-1', folder, { medium: 'folder', recordClass: 'minutes', dataSubjects: 7 }),
    item('MIN-2', 'Room 3, shelf B', { medium: 'paper', recordClass: 'minutes', dataSubjects: null }),
    item('CHAT-1', writeRecord(join(world.records, 'chat')), { recordClass: 'chats' }),
  ]);
  return world;
}

it('a hand-over has a manifest that other tools check, and is done with a receipt', async () => {
  const { session, records } = await minutesWorld();
  const plan = await approved(session);
  const shown = await previewHandover(session, { planId: plan.id, receiver: 'State Archives' });
  expect(shown.totals).toEqual({
    items: 2,
    files: 2,
    bytes: expect.any(Number),
    data_subjects: 7,
    items_without_data_subjects: 1,
  });
  expect(await session.store.handovers.list()).toEqual([]);
  const { handover, files } = await prepareHandover(session, { planId: plan.id, receiver: 'State Archives' });
  const [json = '', csv = ''] = files;
  const manifest = JSON.parse(readFileSync(json, 'utf8'));
  expect(manifest).toMatchObject({
    format: 'quietus-handover/1',
    receiver: 'State Archives',
    plan: { sha256: plan.sha256 },
  });
  // What sha256sum says of the files is what the manifest says.
  const minutes = manifest.items.find(({ id }: { id: string }) => id === 'MIN-1');
  for (const { path, sha256 } of minutes.files) {
    const said = execFileSync('sha256sum', [join(records, 'minutes', path)], { encoding: 'utf8' });
    expect(said.replace(/^\\/, '').slice(0, 64)).toBe(sha256);
  }
  const table = execFileSync(
    'python3',
    [
      '-c',
      'import csv,sys,json; print(json.dumps(list(csv.DictReader(open(sys.argv[1], newline="")))))',
      csv,
    ],
    { encoding: 'utf8' },
  );
  expect(JSON.parse(table).map((row: { item: string; file: string }) => [row.item, row.file])).toEqual([
    ['MIN-1', 'a.txt'],
    ['MIN-1', 'inner/=b, "c".txt'],
    ['MIN-2', ''],
  ]);
  const digest = execFileSync('sha256sum', [json], { encoding: 'utf8' }).slice(0, 64);
  expect(handover?.manifestSha256).toBe(digest);
  expect((await session.store.items.get('MIN-1'))?.state).toBe('active');

  const receipt = {
    handoverId: handover?.id ?? '',
    receivedBy: 'R. Roe',
    receivedOn: session.today(),
    reference: 'ACC-118',
  };
  const late = { ...receipt, receivedOn: '2030-01-01' as CalendarDate };
  await expect(receiveHandover(session, late)).rejects.toMatchObject({ code: 'date-in-future' });
  const early = { ...receipt, receivedOn: '2020-01-01' as CalendarDate };
  await expect(receiveHandover(session, early)).rejects.toMatchObject({ code: 'received-before-prepared' });
  const received = await receiveHandover(session, receipt);
  expect(received.itemIds).toEqual(['MIN-1', 'MIN-2']);
  expect(received.copiesLeft.map(({ itemId }) => itemId)).toEqual(['MIN-1']);
  for (const id of ['MIN-1', 'MIN-2']) expect((await session.store.items.get(id))?.state).toBe('transferred');
  await expect(receiveHandover(session, receipt)).rejects.toMatchObject({ code: 'handover-received' });
  const log = (await session.store.log.page(0, 1000)).map(({ entry }) => entry).join('\n');
  expect(log).toContain('"action":"item.transfer"');
  // Names of people and files stay out of the log.
  expect(log).not.toMatch(/R\. Roe|State Archives|a\.txt/);
  // A schedule never comes back to them.
  expect((await buildPlan(session)).items.map(({ itemId }) => itemId)).toEqual(['CHAT-1']);

  // The copy that stayed here can go now; the item's part in the books ends with it.
  const selection = await examineSelection(session, {
    names: [join(records, 'minutes')],
    folder: records,
    recordClass: null,
  });
  const statement = {
    ground: null,
    recordClass: null,
    classTitle: null,
    authority: null,
    piElements: [],
    dataSubjects: null,
  };
  const { disposals, certificate } = await disposeOf(session, selection, statement, { acceptResidual: true });
  expect(disposals.map(({ itemId }) => itemId)).toEqual(['MIN-1']);
  expect(certificate).not.toBeNull();
  expect((await session.store.items.get('MIN-1'))?.state).toBe('disposed');
});

it('nothing is handed over without its approval, on hold, changed, or that is not to be', async () => {
  const world = await minutesWorld();
  const { session, records } = world;
  const { plan: unapproved } = await buildPlan(session);
  const to = (planId: string, itemIds?: string[]) =>
    prepareHandover(session, { planId, receiver: 'State Archives', ...(itemIds ? { itemIds } : {}) });
  await expect(to(unapproved.id)).rejects.toMatchObject({ code: 'approval-missing', exitCode: 4 });
  const plan = await approved(session);
  await expect(to(plan.id, ['CHAT-1'])).rejects.toMatchObject({
    code: 'item-not-planned',
    hint: expect.stringContaining('Redaction is not done by this program'),
  });
  const { handover } = await to(plan.id);
  await placeHold(session, {
    matter: 'Doe v. Acme',
    reason: null,
    scopes: [{ kind: 'item', value: 'MIN-2' }],
  });
  const receipt = {
    handoverId: handover?.id ?? '',
    receivedBy: 'R',
    receivedOn: session.today(),
    reference: '1',
  };
  await expect(receiveHandover(session, receipt)).rejects.toMatchObject({ code: 'legal-hold' });
  expect((await session.store.items.get('MIN-1'))?.state).toBe('active');
  await expect(to(plan.id)).rejects.toMatchObject({ code: 'legal-hold' });
  writeFileSync(join(records, 'minutes', 'pipe'), '');
  execFileSync('ln', ['-s', dirname(records), join(records, 'minutes', 'link')]);
  await expect(to(plan.id, ['MIN-1'])).rejects.toMatchObject({ code: 'handover-unreadable' });
});
