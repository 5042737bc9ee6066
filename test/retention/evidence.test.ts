import { execFileSync } from 'node:child_process';
import { existsSync, lstatSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { canonicalJson, createSigningKey, sha256, signText } from '../../src/crypto/index.js';
import type { Plan } from '../../src/model/index.js';
import { readOperatorKey } from '../../src/operators/index.js';
import {
  approvePlan,
  buildPlan,
  placeHold,
  releaseHold,
  runSweep,
  verifiedPlan,
} from '../../src/retention/index.js';
import { temporaryFolder } from '../temporary-folder.js';
import { enter, item, makeWorld, type World, writeRecord } from './sweep-world.js';

async function world(changes: Parameters<typeof makeWorld>[1] = {}): Promise<World> {
  const made = await makeWorld(temporaryFolder(), changes);
  onTestFinished(() => made.session.close());
  return made;
}

/** Changes the database as somebody with the sqlite3 shell would. */
function tamper({ root }: World, sql: string): string {
  return execFileSync('sqlite3', [join(root, 'quietus.db'), sql], { encoding: 'utf8' });
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

async function operatorKey({ session }: World) {
  const operator = await session.operator();
  return await readOperatorKey(session.paths.keys, operator.id).unlock(null);
}

/** A world with due files and an approved plan for them. */
async function approvedPlan(ids: readonly string[], changes: Parameters<typeof makeWorld>[1] = {}) {
  const made = await world(changes);
  const files = ids.map((id) => writeRecord(join(made.records, id)));
  await enter(
    made.session,
    ids.map((id, at) => item(id, files[at] ?? '')),
  );
  const { plan } = await buildPlan(made.session);
  await approvePlan(made.session, plan.id, await operatorKey(made));
  return { made, plan, files };
}

async function runs(made: World, plan: Plan) {
  return await runSweep(made.session, plan.id, { acceptResidual: true });
}

describe('a plan in the database', () => {
  it('whose lines and digest were rewritten together is not run', async () => {
    const { made, plan } = await approvedPlan(['A']);
    const victim = writeRecord(join(made.records, 'victim'));
    const stat = lstatSync(victim, { bigint: true });
    const lines: string[] = [];
    for await (const line of (await verifiedPlan(made.session, plan.id)).lines()) lines.push(line);
    const fingerprint = {
      kind: 'file',
      device: String(stat.dev),
      inode: String(stat.ino),
      size: String(stat.size),
      modifiedNs: String(stat.mtimeNs),
    };
    const forged = canonicalJson({ ...JSON.parse(lines[1] ?? ''), location: victim, fingerprint });
    const digest = sha256(`${lines[0]}\n${forged}\n`);
    tamper(made, `update plan_items set line = ${quoted(forged)}; update plans set sha256 = '${digest}'`);
    tamper(made, 'delete from approvals');
    await expect(approvePlan(made.session, plan.id, await operatorKey(made))).rejects.toMatchObject({
      code: 'plan-changed',
      exitCode: 5,
    });
    await expect(runs(made, plan)).rejects.toMatchObject({ code: 'plan-changed', exitCode: 5 });
    expect(existsSync(victim)).toBe(true);
  });

  it.each([
    ["update plan_items set decision = 'keep' where item_id = 'A'"],
    ["update plan_items set item_id = 'C' where item_id = 'A'"],
  ])('whose columns say something else than its lines is not run: %s', async (sql) => {
    const { made, plan, files } = await approvedPlan(['A', 'B']);
    tamper(made, sql);
    await expect(runs(made, plan)).rejects.toMatchObject({ code: 'plan-changed', exitCode: 5 });
    expect(files.every((file) => existsSync(file))).toBe(true);
  });
});

describe('an approval in the database', () => {
  it('of which the log does not tell is worse than none, however well it is signed', async () => {
    const made = await world();
    const file = writeRecord(join(made.records, 'A'));
    await enter(made.session, [item('A', file)]);
    const { plan } = await buildPlan(made.session);
    const statement = canonicalJson({
      format: 'quietus-approval/1',
      workspace: made.session.settings().workspaceId,
      plan: plan.id,
      plan_sha256: plan.sha256,
      dispose: 1,
      operator: 'jdoe',
      approved_at: '2026-03-02T14:00:00.000Z',
    });
    await made.session.store.plans.insertApproval({
      planId: plan.id,
      operatorId: 'jdoe',
      approvedAt: '2026-03-02T14:00:00.000Z',
      statement,
      signature: signText(statement, await operatorKey(made)),
    });
    await expect(runs(made, plan)).rejects.toMatchObject({ code: 'approval-forged', exitCode: 5 });
    expect(existsSync(file)).toBe(true);
  });

  it('with a key that was put into the table does not count', async () => {
    const { made, plan, files } = await approvedPlan(['A']);
    const other = createSigningKey();
    const [approval] = await made.session.store.plans.approvals(plan.id);
    const signature = signText(approval?.statement ?? '', other.privateKey);
    tamper(
      made,
      `update operators set public_key = ${quoted(other.publicKey)}; update approvals set signature = '${signature}'`,
    );
    await expect(runs(made, plan)).rejects.toMatchObject({ exitCode: 5 });
    expect(existsSync(files[0] ?? '')).toBe(true);
  });

  it('is one of as many as the workspace asks for when the run begins', async () => {
    const { made, plan, files } = await approvedPlan(['A']);
    made.session.settings().approvals.minimum = 2;
    await expect(runs(made, plan)).rejects.toMatchObject({ code: 'approval-missing', exitCode: 4 });
    expect(existsSync(files[0] ?? '')).toBe(true);
  });
});

describe('the schedule in the database', () => {
  const SHORTER = `update schedules set document = replace(document, '"P3Y"', '"P1D"')`;

  it('with other rules than the imported file stops planning and running', async () => {
    const { made, plan, files } = await approvedPlan(['A']);
    tamper(made, SHORTER);
    expect(tamper(made, "select instr(document, 'P1D') > 0 from schedules")).toBe('1\n');
    await expect(buildPlan(made.session)).rejects.toMatchObject({ code: 'schedule-changed', exitCode: 5 });
    await expect(runs(made, plan)).rejects.toMatchObject({ code: 'schedule-changed', exitCode: 5 });
    expect(existsSync(files[0] ?? '')).toBe(true);
  });

  it('whose source and digest were changed with it is found by the log', async () => {
    const made = await world();
    await enter(made.session, [item('A', writeRecord(join(made.records, 'A')))]);
    const source = (await made.session.store.schedules.source(1)) ?? '';
    const forged = source.replaceAll('P3Y', 'P1D');
    tamper(made, SHORTER);
    tamper(made, `update schedules set source = ${quoted(forged)}, sha256 = '${sha256(forged)}'`);
    await expect(buildPlan(made.session)).rejects.toMatchObject({ code: 'schedule-changed', exitCode: 5 });
  });

  it('is looked at again where it changed after it was found good', async () => {
    const made = await world();
    await enter(made.session, [item('A', writeRecord(join(made.records, 'A')))]);
    expect((await buildPlan(made.session)).plan.counts.dispose).toBe(1);
    tamper(made, SHORTER);
    await expect(buildPlan(made.session)).rejects.toMatchObject({ code: 'schedule-changed', exitCode: 5 });
  });
});

describe('a hold in the database', () => {
  it.each([
    ['released', "update holds set released_at = '2026-03-02T15:00:00.000Z', released_by = 'jdoe'"],
    ['deleted', 'delete from hold_scopes; delete from holds'],
    ['turned to another item', "update hold_scopes set value = 'Z'"],
  ])('that was %s without an entry in the log stops the run', async (_, sql) => {
    const { made, plan, files } = await approvedPlan(['A', 'B']);
    await placeHold(made.session, {
      matter: 'Doe v. Roe',
      reason: null,
      scopes: [{ kind: 'item', value: 'A' }],
    });
    tamper(made, sql);
    await expect(runs(made, plan)).rejects.toMatchObject({ code: 'hold-changed', exitCode: 5 });
    expect(files.every((file) => existsSync(file))).toBe(true);
  });

  it('that was released with an entry does not; its cooling-off period is that of the entry', async () => {
    const { made, plan, files } = await approvedPlan(['A', 'B']);
    const scopes = [{ kind: 'item', value: 'A' }] as const;
    const hold = await placeHold(made.session, { matter: 'Doe v. Roe', reason: null, scopes });
    const released = await releaseHold(made.session, { id: hold.id, reason: 'Settled' });
    tamper(made, 'update holds set cooling_off_until = null');
    await expect(runs(made, plan)).rejects.toMatchObject({ code: 'hold-changed', exitCode: 5 });
    tamper(made, `update holds set cooling_off_until = '${released.coolingOffUntil}'`);
    await runs(made, plan);
    expect(files.map((file) => existsSync(file))).toEqual([true, false]);
  });
});

describe('a disposal that was begun', () => {
  /** A run that is cut off right after the claim of its only item. */
  async function cutOff() {
    const { made, plan, files } = await approvedPlan(['A']);
    const victim = writeRecord(join(made.records, 'victim'));
    const observe = ({ step }: { step: string }) => {
      if (step === 'begun') throw new Error('cut off');
    };
    const cut = runSweep(made.session, plan.id, { acceptResidual: true, observe });
    await expect(cut).rejects.toThrow('cut off');
    expect(tamper(made, 'select state from disposals')).toBe('begun\n');
    return { made, plan, victim, file: files[0] ?? '' };
  }

  it('is continued at the place that the plan names, whatever the database says', async () => {
    const { made, plan, victim, file } = await cutOff();
    const target = { itemId: 'A', location: victim, medium: 'file', fingerprint: {} };
    tamper(made, `update disposals set target = ${quoted(JSON.stringify(target))}`);
    const { outcomes } = await runs(made, plan);
    expect([...outcomes.keys()].join()).toMatch(/^overwritten-/);
    expect(existsSync(file)).toBe(false);
    expect(readFileSync(victim, 'utf8')).toContain('PLAINTEXT');
  });

  it('is not continued with other files than those of the plan', async () => {
    const { made, plan, victim, file } = await cutOff();
    const stat = lstatSync(victim, { bigint: true });
    const stored = JSON.parse(tamper(made, 'select entry from disposal_entries')) as object;
    const entry = {
      ...stored,
      inode: String(stat.ino),
      size: String(stat.size),
      modifiedNs: String(stat.mtimeNs),
      bornNs: String(stat.birthtimeNs),
    };
    tamper(made, `update disposal_entries set entry = ${quoted(JSON.stringify(entry))}`);
    await expect(runs(made, plan)).rejects.toMatchObject({ code: 'disposal-changed', exitCode: 5 });
    expect(existsSync(file)).toBe(true);
  });
});
