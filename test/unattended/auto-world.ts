import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { readOperatorKey } from '../../src/operators/index.js';
import { approvePlan } from '../../src/retention/index.js';
import { importSchedule } from '../../src/schedule/index.js';
import { enter, item, makeWorld, type World, writeRecord } from '../retention/sweep-world.js';
import { TestClock } from '../session/sample-workspace.js';
import { temporaryFolder } from '../temporary-folder.js';

/** `drafts` may go without anybody, `payroll` needs one person. */
const AUTO_SCHEDULE = `version: 1
title: Test schedule
classes:
  drafts:
    title: Drafts
    retain:
      - {after: closed, for: P1Y}
    disposition: destroy
    approvals: 0
    authority: {citation: organization policy, checked: 2026-11-02}
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

export interface AutoWorld extends World {
  clock: TestClock;
}

/** A workspace that asks for no approval by itself. */
export async function autoWorld(changes: Parameters<typeof makeWorld>[1] = {}): Promise<AutoWorld> {
  const clock = new TestClock();
  const made = await makeWorld(temporaryFolder(), {
    approvals: { minimum: 0, plannerMayApprove: true },
    clock,
    ...changes,
  });
  onTestFinished(() => made.session.close());
  await importSchedule(made.session, { text: AUTO_SCHEDULE, fileName: 'schedule.yaml' });
  return { ...made, clock };
}

/** Enters due files of a class, with records on disk. @returns their paths */
export async function enterFiles(
  made: World,
  recordClass: string,
  names: readonly string[],
  bytes = 3000,
): Promise<string[]> {
  const paths = names.map((name) => writeRecord(join(made.records, name), bytes));
  await enter(
    made.session,
    names.map((name, index) => item(name, paths[index] ?? '', { recordClass })),
  );
  return paths;
}

export async function approve({ session }: World, planId: string): Promise<void> {
  const operator = await session.operator();
  await approvePlan(session, planId, await readOperatorKey(session.paths.keys, operator.id).unlock(null));
}
