import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CalendarDate, InventoryItem, Plan } from '../../src/model/index.js';
import { readOperatorKey } from '../../src/operators/index.js';
import { approvePlan, buildPlan } from '../../src/retention/index.js';
import { dueDateCalculator, importSchedule } from '../../src/schedule/index.js';
import { createWorkspace, openSession, type Session } from '../../src/session/index.js';
import { workspacePaths } from '../../src/workspace/index.js';
import { TestClock, workspaceRequest } from '../session/sample-workspace.js';

export const SCHEDULE = `version: 1
title: Test schedule
classes:
  payroll:
    title: Payroll
    retain:
      - {after: closed, for: P3Y}
    disposition: destroy
    approvals: 1
    authority: {citation: 29 CFR 516.5, checked: 2026-11-02}
  reviewed:
    title: Looked at before it goes
    retain:
      - {after: closed, for: P3Y}
    disposition: review
    approvals: 1
    authority: {citation: organization policy, checked: 2026-11-02}
`;

/** A workspace with a schedule, and a folder beside it for records. */
export interface World {
  session: Session;
  root: string;
  records: string;
}

export async function makeWorld(
  folder: string,
  changes: Parameters<typeof workspaceRequest>[1] = {},
): Promise<World> {
  const records = join(folder, 'records');
  mkdirSync(records, { recursive: true });
  const clock = changes.clock ?? new TestClock();
  const { paths } = await createWorkspace(
    workspaceRequest(join(folder, 'workspace'), {
      limits: { maxItems: 1000, maxClassPercent: 100 },
      ...changes,
      clock,
    }),
  );
  const session = await openSession({ paths: workspacePaths(paths.root), command: 'test', clock });
  await importSchedule(session, { text: SCHEDULE, fileName: 'schedule.yaml' });
  return { session, root: paths.root, records };
}

export function item(id: string, location: string, changes: Partial<InventoryItem> = {}): InventoryItem {
  return {
    id,
    title: `Title of ${id}`,
    recordClass: 'payroll',
    otherClasses: [],
    medium: 'file',
    location,
    piElements: ['ssn'],
    dataSubjects: 1,
    subjects: [],
    custodian: null,
    department: null,
    created: null,
    modified: null,
    closed: '2019-12-31' as CalendarDate,
    lastUsed: null,
    events: {},
    copiesElsewhere: null,
    notes: null,
    ...changes,
  };
}

/** Enters items with the due dates that the schedule in force gives them. */
export async function enter(session: Session, items: readonly InventoryItem[]): Promise<void> {
  const dueOf = dueDateCalculator(await session.store.schedules.latest(), session.settings());
  await session.store.transaction(async (transaction) => {
    const insert = await transaction.items.bulkInsert();
    await insert.insert(items.map((each) => ({ item: each, due: dueOf(each), source: null })));
    await insert.close();
  });
}

const MARKER = 'PLAINTEXT-OF-A-RECORD';

/** Writes a record of about `bytes` bytes. */
export function writeRecord(path: string, bytes = 3000): string {
  writeFileSync(path, MARKER.repeat(Math.ceil(bytes / MARKER.length)));
  return path;
}

/** Fifty files to dispose of: 46 single ones, and a folder with 4 files, an empty folder and a link to a bystander. */
export async function fiftyFiles(world: World): Promise<Plan> {
  const { session, records } = world;
  const items = Array.from({ length: 46 }, (_, index) => {
    const id = `PAY-${String(index).padStart(3, '0')}`;
    return item(id, writeRecord(join(records, `${id}.csv`), index === 7 ? 300_000 : 2000 + index));
  });
  const box = join(records, 'box');
  mkdirSync(join(box, 'inner', 'empty'), { recursive: true });
  for (const name of ['a', 'b', 'inner/c', 'inner/d']) writeRecord(join(box, name));
  writeRecord(join(records, 'bystander.txt'));
  symlinkSync(join(records, 'bystander.txt'), join(box, 'link'));
  await enter(session, [...items, item('BOX-1', box, { medium: 'folder' })]);
  const { plan } = await buildPlan(session);
  const operator = await session.operator();
  const key = readOperatorKey(session.paths.keys, operator.id);
  await approvePlan(session, plan.id, await key.unlock(null));
  return plan;
}
