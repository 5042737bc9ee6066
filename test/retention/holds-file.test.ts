import { existsSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { exportHolds, holdsPath, importHolds, placeHold, releaseHold } from '../../src/retention/index.js';
import { sampleSession } from '../session/sample-workspace.js';
import { temporaryFolder } from '../temporary-folder.js';

const REQUEST = {
  matter: 'Doe v. "Acme", 2026',
  reason: null,
  scopes: [
    { kind: 'class' as const, value: 'payroll' },
    { kind: 'location' as const, value: '/srv/hr, old' },
  ],
};

it('holds travel with an export: they are in force in the other workspace, once', async () => {
  const [here, there] = [await sampleSession(), await sampleSession()];
  const folder = temporaryFolder();
  const items = join(folder, 'items.csv');
  const path = holdsPath(items);
  expect(path).toBe(join(folder, 'items.holds.csv'));
  expect(await exportHolds(here, path, { force: false, beside: items })).toBe(0);
  expect(existsSync(path)).toBe(false);
  await placeHold(here, { ...REQUEST, allowUnknown: true });
  const second = await placeHold(here, {
    matter: 'Audit',
    reason: 'Letter of 3 March',
    scopes: [{ kind: 'subject', value: 'EMP-1' }],
    allowUnknown: true,
  });
  // Released today: what it reached is still left alone, so it travels too.
  await releaseHold(here, { id: second.id, reason: 'done' });
  expect(await exportHolds(here, path, { force: false, beside: items })).toBe(2);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  const { placed } = await importHolds(there, path);
  expect(placed).toMatchObject([
    { matter: REQUEST.matter, reason: null, scopes: REQUEST.scopes, releasedAt: null },
    { matter: 'Audit', reason: 'Letter of 3 March', scopes: [{ kind: 'subject', value: 'EMP-1' }] },
  ]);
  expect(await importHolds(there, path)).toMatchObject({ placed: [], unchanged: 2 });
  expect(await there.store.holds.active()).toHaveLength(2);
  const log = (await here.store.log.page(0, 100, { action: 'hold.export' })).map(({ entry }) => entry).join();
  expect(log).toContain('"holds":2');
  expect(log).not.toMatch(/Doe|Audit|payroll/);
});

it('neither file is replaced without force', async () => {
  const session = await sampleSession();
  await placeHold(session, { ...REQUEST, allowUnknown: true });
  for (const taken of ['items.csv', 'items.holds.csv']) {
    const folder = temporaryFolder();
    writeFileSync(join(folder, taken), 'mine');
    const items = join(folder, 'items.csv');
    const attempt = (force: boolean) => exportHolds(session, holdsPath(items), { force, beside: items });
    await expect(attempt(false)).rejects.toMatchObject({ code: 'file-exists', exitCode: 2 });
    expect(await attempt(true)).toBe(1);
  }
});

it.each([
  ['H-1,M,,x,x,everything,payroll', 'holds-invalid'],
  ['H-1,,,x,x,class,payroll', 'holds-invalid'],
  ['H-1,M,,x,x,class,', 'holds-invalid'],
  ['H-1,M,,x,x,query,class=', 'holds-invalid'],
])('a bad row places nothing: %s', async (row, code) => {
  const session = await sampleSession();
  const path = join(temporaryFolder(), 'items.holds.csv');
  writeFileSync(path, `hold,matter,reason,placed_at,placed_by,kind,value\nH-2,M,,x,x,class,tax\n${row}\n`);
  await expect(importHolds(session, path)).rejects.toMatchObject({
    code,
    exitCode: 2,
    details: { lines: [3] },
  });
  expect(await session.store.holds.list()).toEqual([]);
});

it('a file that never ends is refused', async () => {
  const session = await sampleSession();
  await expect(importHolds(session, '/dev/zero')).rejects.toMatchObject({
    code: 'csv-too-large',
    exitCode: 2,
  });
});
