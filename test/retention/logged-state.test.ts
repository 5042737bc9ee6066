import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { verifyWorkspaceLog } from '../../src/audit/index.js';
import { readOperatorKey } from '../../src/operators/index.js';
import { approvePlan, buildPlan, placeHold, requireStateAsLogged } from '../../src/retention/index.js';
import { temporaryFolder } from '../temporary-folder.js';
import { enter, item, makeWorld, type World } from './sweep-world.js';

/** A workspace with a schedule, a hold, a plan and its approval. */
async function world(): Promise<World> {
  const made = await makeWorld(temporaryFolder());
  onTestFinished(() => made.session.close());
  const { session } = made;
  await enter(session, [item('BOX', 'Shelf', { medium: 'paper' })]);
  await placeHold(session, {
    matter: 'Doe v. Roe',
    reason: null,
    scopes: [{ kind: 'location', value: join(made.records, 'held') }],
  });
  const { plan } = await buildPlan(session);
  const operator = await session.operator();
  await approvePlan(session, plan.id, await readOperatorKey(session.paths.keys, operator.id).unlock(null));
  return made;
}

function sql({ root }: World, statements: string): void {
  execFileSync('sqlite3', [join(root, 'quietus.db')], { input: `.timeout 5000\n${statements};` });
}

describe('what entries of the log tell of and other tables hold', () => {
  it('is found as it was written', async () => {
    const made = await world();
    await expect(requireStateAsLogged(made.session)).resolves.toBeUndefined();
  });

  it.each([
    ['a hold was deleted', 'delete from hold_scopes; delete from holds', 'hold-changed'],
    [
      'a hold was released by nobody',
      "update holds set released_at = '2026-01-01T00:00:00.000Z'",
      'hold-changed',
    ],
    ['the schedule was deleted', 'pragma foreign_keys = off; delete from schedules', 'schedule-changed'],
    ['the approval was deleted', 'delete from approvals', 'approval-removed'],
    ['the plan was deleted', 'pragma foreign_keys = off; delete from plans', 'plan-changed'],
  ])('is missed where %s, though the log is whole', async (_, statements, code) => {
    const made = await world();
    sql(made, statements);
    expect((await verifyWorkspaceLog(made.session)).problem).toBeNull();
    await expect(requireStateAsLogged(made.session)).rejects.toMatchObject({ code, exitCode: 5 });
  });
});
