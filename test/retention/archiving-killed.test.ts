import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { beforeAll, expect, it } from 'vitest';
import { verifyLog } from '../../src/audit/index.js';
import type { CalendarDate } from '../../src/model/index.js';
import { readOperatorKey } from '../../src/operators/index.js';
import { approvePlan, buildPlan, runSweep } from '../../src/retention/index.js';
import { importSchedule } from '../../src/schedule/index.js';
import { ArchiveWorld, ageOpens } from '../archive/archive-world.js';
import { compileProgram } from '../child-program.js';

const SCHEDULE = `version: 1
title: Test schedule
classes:
  payroll:
    title: Payroll
    retain:
      - {after: closed, for: P3Y}
    disposition: archive
    archive: {for: P50Y}
    authority: {citation: 29 CFR 516.5, checked: 2026-11-02}
`;
const CONTENT = 'SSN 078-05-1120\n'.repeat(1000);

let program: string;
beforeAll(async () => {
  program = await compileProgram('retention/archiving-program.ts');
});

async function planned(): Promise<{ world: ArchiveWorld; plan: string; path: string }> {
  const world = await ArchiveWorld.make();
  const { session } = world.world;
  await importSchedule(session, { text: SCHEDULE, fileName: 'schedule.yaml' });
  const path = await world.file('A', CONTENT, { closed: '2019-12-31' as CalendarDate });
  const { plan } = await buildPlan(session);
  const key = readOperatorKey(session.paths.keys, (await session.operator()).id);
  await approvePlan(session, plan.id, await key.unlock(null));
  return { world, plan: plan.id, path };
}

// Between the archive, the item in the inventory and the outcome in the run: each is durable on its own.
it.each([0, 1, 2])(
  'a sweep that was killed at entry %i of the archive in the log goes on with it',
  async (entries) => {
    const { world, plan, path } = await planned();
    const { session, root } = world.world;
    const killed = spawnSync(process.execPath, [program, root, plan, String(entries)], { encoding: 'utf8' });
    expect(killed.signal, killed.stderr).toBe('SIGKILL');
    const [cut] = await session.store.archives.list();
    const untouched = existsSync(path) && readFileSync(path, 'utf8') === CONTENT;
    if (!untouched)
      expect(ageOpens(world.itemKeyByAge(cut?.id ?? ''), cut?.path ?? '')?.toString()).toBe(CONTENT);
    const result = await runSweep(session, plan);
    expect(Object.fromEntries(result.outcomes)).toEqual({ archived: 1 });
    expect(readdirSync(world.world.records)).toEqual([]);
    const [archive, another] = await session.store.archives.list();
    expect([archive?.state, another]).toEqual(['kept', undefined]);
    expect(await session.store.items.get('A')).toMatchObject({
      medium: 'archive',
      location: archive?.id,
      state: 'active',
    });
    expect(ageOpens(world.itemKeyByAge(archive?.id ?? ''), archive?.path ?? '')?.toString()).toBe(CONTENT);
    expect((await verifyLog(session.store)).problem).toBeNull();
  },
);
