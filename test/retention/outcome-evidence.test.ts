import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import type { Knex } from 'knex';
import { describe, expect, it, onTestFinished } from 'vitest';
import { verifyWorkspaceLog } from '../../src/audit/index.js';
import { disposeOf, examineSelection } from '../../src/disposal/index.js';
import type { Plan } from '../../src/model/index.js';
import { readOperatorKey } from '../../src/operators/index.js';
import { approvePlan, buildPlan, issueFor, recordDestruction, runSweep } from '../../src/retention/index.js';
import { openSession } from '../../src/session/index.js';
import { workspacePaths } from '../../src/workspace/index.js';
import { date } from '../schedule/generated-rules.js';
import { temporaryFolder } from '../temporary-folder.js';
import { enter, item, makeWorld, type World, writeRecord } from './sweep-world.js';

/** A run that destroyed A, could not destroy B, which changed, and was cut off before its certificate was issued. */
async function uncertified(): Promise<{ made: World; plan: Plan }> {
  const made = await makeWorld(temporaryFolder());
  onTestFinished(() => made.session.close());
  const { session, records } = made;
  const files = ['A', 'B'].map((id) => writeRecord(join(records, id)));
  await enter(
    session,
    ['A', 'B'].map((id, at) => item(id, files[at] ?? '')),
  );
  const { plan } = await buildPlan(session);
  const { id } = await session.operator();
  await approvePlan(session, plan.id, await readOperatorKey(session.paths.keys, id).unlock(null));
  writeRecord(files[1] ?? '', 5000);
  const observe = ({ step }: { step: string }) => {
    if (step === 'run-finished') throw new Error('cut off');
  };
  await expect(runSweep(session, plan.id, { acceptResidual: true, observe })).rejects.toThrow('cut off');
  return { made, plan };
}

/** A box of paper with an approved plan, and what a person is about to state of it. */
async function stated() {
  const made = await makeWorld(temporaryFolder());
  onTestFinished(() => made.session.close());
  const { session } = made;
  await enter(session, [item('BOX', 'Shelf', { medium: 'paper' })]);
  const { plan } = await buildPlan(session);
  const { id } = await session.operator();
  await approvePlan(session, plan.id, await readOperatorKey(session.paths.keys, id).unlock(null));
  const request = {
    planId: plan.id,
    itemIds: ['BOX'],
    statement: {
      method: 'shredded' as const,
      performedBy: 'Pat Roe',
      performedOn: date('2026-03-02'),
      witness: null,
      vendor: null,
      reference: null,
    },
  };
  return { made, request };
}

/** Changes the database as somebody with the sqlite3 shell would. */
function tamper({ root }: World, sql: string): void {
  execFileSync('sqlite3', [join(root, 'quietus.db')], { input: `.timeout 5000\n.bail on\n${sql};` });
}

const BURNED = "replace(result, 'shredded', 'burned')";
const CATEGORY = "json_set(result, '$.sanitization', 'destroy')";

const OF_A = "(select result from disposals where item_id = 'A')";

describe('the outcomes of a run', () => {
  it('are certified as they are: what was not destroyed is an exception', async () => {
    const { made, plan } = await uncertified();
    const { certificate } = await runSweep(made.session, plan.id, { acceptResidual: true });
    expect(certificate?.items).toBe(1);
  });

  it.each([
    [
      'another item was destroyed, too',
      `update disposals set outcome = 'overwritten-verified', result = replace(${OF_A}, '"A"', '"B"') where item_id = 'B'`,
    ],
    [
      'the entry is that of another item',
      `update disposals set outcome = (select outcome from disposals where item_id = 'A'), result = ${OF_A}, outcome_seq = (select outcome_seq from disposals where item_id = 'A') where item_id = 'B'`,
    ],
    [
      'more bytes were overwritten',
      `update disposals set result = json_set(result, '$.bytes', 9999999) where item_id = 'A'`,
    ],
    [
      'it was not read back',
      `update disposals set result = json_set(result, '$.verifiedFrom', 'tape') where item_id = 'A'`,
    ],
    ['the register says something else', `update disposals set outcome = 'attested' where item_id = 'A'`],
    [
      'a person destroyed it',
      `update disposals set outcome = 'attested', result = '{"attested":{"method":"shredded","performedOn":"2026-03-01"}}' where item_id = 'B'`,
    ],
    [
      'nothing was done to what could not be destroyed',
      "delete from disposals where item_id = 'B'; update items set state = 'disposed' where id = 'B'",
    ],
    ['the run had not come to it', "update disposals set outcome = null where item_id = 'B'"],
    [
      'nothing limits the method',
      "update disposals set result = json_remove(result, '$.assessment.limits') where item_id = 'A'",
    ],
    [
      'it was for another reason',
      "update disposals set result = json_set(result, '$.reasons[0].text', 'Lost') where item_id = 'B'",
    ],
    ['its entry is not known', "update disposals set outcome_seq = null where item_id = 'B'"],
    [
      'it was begun only',
      "update disposals set outcome = null, outcome_seq = null, state = 'begun' where item_id = 'B'",
    ],
  ])('are not certified where the database says that %s', async (_, sql) => {
    const { made, plan } = await uncertified();
    tamper(made, sql);
    expect((await verifyWorkspaceLog(made.session)).problem).toBeNull();
    await expect(runSweep(made.session, plan.id, { acceptResidual: true })).rejects.toMatchObject({
      code: 'outcome-changed',
      exitCode: 5,
    });
    expect(await made.session.store.certificates.list()).toEqual([]);
  });

  it('are not certified where the database says that somebody else began the run', async () => {
    const { made, plan } = await uncertified();
    const run = await made.session.store.runs.sweepOf(plan.id);
    tamper(made, "update runs set started_by = 'mallory'");
    await expect(issueFor(made.session, { run: run?.id ?? null, replaces: null })).rejects.toMatchObject({
      code: 'run-changed',
      exitCode: 5,
    });
  });

  it.each([
    ['as they are', '', null],
    [
      'not where that of another path was taken out of the database',
      "delete from disposals where outcome = 'refused'",
      'outcome-changed',
    ],
  ])('of a disposal by name are certified %s', async (_, sql, code) => {
    const made = await makeWorld(temporaryFolder());
    onTestFinished(() => made.session.close());
    const { session, records } = made;
    const names = ['A', 'B'].map((name) => writeRecord(join(records, name)));
    const selection = await examineSelection(session, { names, folder: records, recordClass: null });
    writeRecord(names[1] ?? '', 5000);
    const statement = { ground: null, recordClass: null, classTitle: null, authority: null };
    const observe = ({ step }: { step: string }) => {
      if (step === 'run-finished') throw new Error('cut off');
    };
    const disposal = { ...statement, piElements: [], dataSubjects: null };
    await expect(disposeOf(session, selection, disposal, { acceptResidual: true, observe })).rejects.toThrow(
      'cut off',
    );
    const [run] = JSON.parse(
      execFileSync('sqlite3', [join(made.root, 'quietus.db'), '-json', 'select id from runs']).toString(),
    );
    if (sql !== '') tamper(made, sql);
    const issued = issueFor(session, { run: run.id, replaces: null });
    if (code === null) expect(await issued).toMatchObject({ items: 1 });
    else await expect(issued).rejects.toMatchObject({ code, exitCode: 5 });
  });

  it('that people stated are not certified over a log of which another entry was changed', async () => {
    const { made, request } = await stated();
    tamper(made, 'update log_entries set hash = lower(hex(zeroblob(32))) where seq = 1');
    await expect(recordDestruction(made.session, request)).rejects.toMatchObject({
      code: 'log-broken',
      exitCode: 5,
    });
    expect(await made.session.store.certificates.list()).toEqual([]);
  });

  it.each([
    [
      'a line tells of fewer persons',
      `update plan_items set line = replace(line, '"data_subjects":1', '"data_subjects":0') where item_id = 'A'`,
    ],
    [
      'a line is gone, that of the item which was not destroyed',
      "delete from plan_items where item_id = 'B'",
    ],
    ['another plan was run', "update plans set as_of = '2026-01-01'"],
  ])('are not certified where the plan was changed since: %s', async (_, sql) => {
    const { made, plan } = await uncertified();
    const run = await made.session.store.runs.sweepOf(plan.id);
    tamper(made, sql);
    const session = await openSession({
      paths: workspacePaths(made.root),
      command: 'test',
      clock: made.session.clock,
    });
    onTestFinished(() => session.close());
    for (const each of [session, made.session])
      await expect(issueFor(each, { run: run?.id ?? null, replaces: null })).rejects.toMatchObject({
        code: 'plan-changed',
        exitCode: 5,
      });
    expect(await session.store.certificates.list()).toEqual([]);
  });

  it.each([
    ['in the file, which is seen before anything is written', '', 'schema-changed', BURNED],
    ['in memory, where no look at the file finds it', 'temp', 'outcome-changed', BURNED],
    ['in memory, by a category that nobody stated', 'temp', 'outcome-changed', CATEGORY],
  ])('that people stated are not certified where a trigger changes them: %s', async (_, kind, code, to) => {
    const { made, request } = await stated();
    const { session } = made;
    const forge = `create ${kind} trigger forge after insert on main.disposals begin
      update disposals set result = ${to} where item_id = 'BOX'; end`;
    if (kind === '') tamper(made, forge.replace('main.', ''));
    else await (Reflect.get(session.store, 'database') as Knex).raw(forge);
    await expect(recordDestruction(session, request)).rejects.toMatchObject({ code, exitCode: 5 });
    expect(await session.store.certificates.list()).toEqual([]);
  });
});
