import { existsSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { disposeOf, examineSelection } from '../../src/disposal/index.js';
import { addItem } from '../../src/inventory/index.js';
import type { CalendarDate, Plan } from '../../src/model/index.js';
import { readOperatorKey } from '../../src/operators/index.js';
import { approvePlan, buildPlan, placeHold, runSweep } from '../../src/retention/index.js';
import { temporaryFolder } from '../temporary-folder.js';
import { enter, item, makeWorld, type World, writeRecord } from './sweep-world.js';

const IN = { id: 'IN', title: 'In it', medium: 'file', class: 'payroll', closed: '2026-01-31' };
const YOUNG = { closed: '2026-01-31' as CalendarDate };

async function world(): Promise<World> {
  const made = await makeWorld(temporaryFolder());
  onTestFinished(() => made.session.close());
  return made;
}

async function approved({ session }: World): Promise<Plan> {
  const { plan } = await buildPlan(session);
  const key = readOperatorKey(session.paths.keys, (await session.operator()).id);
  await approvePlan(session, plan.id, await key.unlock(null));
  return plan;
}

async function decisions({ session }: World): Promise<Record<string, string>> {
  const { items } = await buildPlan(session);
  return Object.fromEntries(items.map((each) => [each.itemId, `${each.decision} ${each.reason}`]));
}

describe('places that have two names', () => {
  it('through a symbolic link are never disposed of: holds and other items name the real place', async () => {
    const made = await world();
    const real = join(made.records, 'real');
    mkdirSync(real);
    symlinkSync(real, join(made.records, 'link'));
    writeRecord(join(real, 'x'));
    await enter(made.session, [item('B', join(made.records, 'link', 'x'))]);
    await placeHold(made.session, {
      matter: 'm',
      reason: null,
      scopes: [{ kind: 'location', value: real }],
    });
    expect(await decisions(made)).toEqual({ B: 'defect location-through-link' });
  });
});

describe('items inside a folder that is due', () => {
  it('keep the folder whatever their medium', async () => {
    const made = await world();
    const folder = join(made.records, 'box');
    mkdirSync(folder);
    writeRecord(join(folder, 'x.sqlite'));
    await enter(made.session, [
      item('BOX', folder, { medium: 'folder' }),
      item('DB', join(folder, 'x.sqlite'), { medium: 'database', ...YOUNG }),
    ]);
    expect(await decisions(made)).toMatchObject({ BOX: 'keep contains-kept-item' });
  });

  it('that are due too go first, and the folder by the next plan', async () => {
    const made = await world();
    const folder = join(made.records, 'box');
    mkdirSync(folder);
    writeRecord(join(folder, 'x'));
    writeRecord(join(folder, 'y'));
    await enter(made.session, [item('IN', join(folder, 'x')), item('OUT', folder, { medium: 'folder' })]);
    const first = await approved(made);
    expect((await buildPlan(made.session)).items.find(({ itemId }) => itemId === 'OUT')).toMatchObject({
      decision: 'keep',
      reason: 'after-another-item',
    });
    await runSweep(made.session, first.id, { acceptResidual: true });
    expect(readdirSync(folder)).toEqual(['y']);
    await runSweep(made.session, (await approved(made)).id, { acceptResidual: true });
    expect(existsSync(folder)).toBe(false);
  });

  it.each([
    ['by its path', 'box'],
    ['by a path through a symbolic link', 'link'],
  ])('stop the disposal that has been claimed when one is entered %s and held meanwhile', async (_, way) => {
    const made = await world();
    const { session, records } = made;
    const folder = join(records, 'box');
    mkdirSync(folder);
    symlinkSync(folder, join(records, 'link'));
    for (const name of ['a', 'b', 'c']) writeRecord(join(folder, name));
    await enter(session, [item('BOX', folder, { medium: 'folder' })]);
    const plan = await approved(made);
    // Another process enters and holds a file of the folder in the moment between the claim and the first write.
    let claimed = false;
    let placed: Promise<unknown> | undefined;
    const intruder = async (): Promise<void> => {
      await addItem(session, { ...IN, location: join(records, way, 'c') });
      await placeHold(session, { matter: 'm', reason: null, scopes: [{ kind: 'item', value: 'IN' }] });
    };
    const holds = session.store.log.end.bind(session.store.log);
    session.store.log.end = async () => {
      if (claimed) placed ??= intruder();
      await placed;
      return await holds();
    };
    const observe = ({ step }: { step: string }): void => {
      claimed ||= step === 'begun';
    };
    const result = await runSweep(session, plan.id, { acceptResidual: true, observe });
    expect(placed).toBeDefined();
    expect(result.disposals).toMatchObject([{ itemId: 'BOX', outcome: 'refused' }]);
    expect(readdirSync(folder)).toEqual(['a', 'b', 'c']);
  });
});

it('an item entered through a symbolic link after paths were selected keeps what lies there', async () => {
  const { session, records } = await world();
  const folder = join(records, 'box');
  mkdirSync(folder);
  symlinkSync(folder, join(records, 'link'));
  writeRecord(join(folder, 'c'));
  const selection = await examineSelection(session, { names: [folder], folder: records, recordClass: null });
  await addItem(session, { ...IN, location: join(records, 'link', 'c') });
  const statement = { ground: null, recordClass: null, classTitle: null, authority: null };
  const result = await disposeOf(
    session,
    selection,
    { ...statement, piElements: [], dataSubjects: null },
    { acceptResidual: true },
  );
  expect(result.disposals).toMatchObject([
    { outcome: 'refused', result: { reasons: [{ code: 'inventoried' }] } },
  ]);
  expect(existsSync(join(folder, 'c'))).toBe(true);
});

it('a hold on what somebody has in a place reaches what the inventory does not know there', async () => {
  const { session, records } = await world();
  const path = writeRecord(join(records, 'c'));
  const value = `location=${records} custodian="Jane Doe"`;
  await placeHold(session, {
    ...{ matter: 'm', reason: null, scopes: [{ kind: 'query', value }], allowUnknown: true },
  });
  const selected = examineSelection(session, { names: [path], folder: records, recordClass: null });
  await expect(selected).rejects.toMatchObject({
    code: 'path-refused',
    exitCode: 4,
    details: { paths: [{ reason: 'legal-hold' }] },
  });
});

it('a hold placed after the plan refuses what people would have to destroy', async () => {
  const made = await world();
  await enter(made.session, [
    item('BOX', 'Basement, shelf 4', { medium: 'paper' }),
    item('FREE', 'Basement, shelf 5', { medium: 'paper' }),
  ]);
  const plan = await approved(made);
  await placeHold(made.session, { matter: 'm', reason: null, scopes: [{ kind: 'item', value: 'BOX' }] });
  const result = await runSweep(made.session, plan.id);
  expect(result.waiting).toEqual(['FREE']);
  expect(result.disposals).toMatchObject([{ itemId: 'BOX', outcome: 'refused' }]);
});
