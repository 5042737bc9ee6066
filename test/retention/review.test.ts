import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { updateItem } from '../../src/inventory/index.js';
import type { CalendarDate } from '../../src/model/index.js';
import { readOperatorKey } from '../../src/operators/index.js';
import {
  approvePlan,
  buildPlan,
  decideReview,
  itemsAwaitingReview,
  planObjections,
  reviewQueue,
  runSweep,
} from '../../src/retention/index.js';
import { sampleRun } from '../store/samples.js';
import { temporaryFolder } from '../temporary-folder.js';
import { enter, item, makeWorld, type World, writeRecord } from './sweep-world.js';

async function world(): Promise<World> {
  const made = await makeWorld(temporaryFolder());
  onTestFinished(() => made.session.close());
  return made;
}

/** Two files that are due and await a review. */
async function awaiting(made: World): Promise<string[]> {
  const files = ['R-1', 'R-2'].map((id) => writeRecord(join(made.records, id)));
  await enter(
    made.session,
    files.map((file, at) => item(`R-${at + 1}`, file, { recordClass: 'reviewed', custodian: `clerk-${at}` })),
  );
  return files;
}

const DISPOSE = { decision: 'dispose', keepUntil: null, reason: 'Jane Roe agreed' } as const;

async function decisionOf(made: World, id: string): Promise<string | undefined> {
  const { items } = await buildPlan(made.session);
  return items.find(({ itemId }) => itemId === id)?.reason;
}

describe('a review', () => {
  it('lets an item go only with a plan, its approvals and a run', async () => {
    const made = await world();
    const [first = '', second = ''] = await awaiting(made);
    expect(await decisionOf(made, 'R-1')).toBe('awaits-review');
    await decideReview(made.session, { itemIds: ['R-1'], ...DISPOSE });
    expect(existsSync(first)).toBe(true);
    const { plan, items } = await buildPlan(made.session);
    expect(items.map(({ itemId, reason }) => [itemId, reason])).toEqual([
      ['R-1', 'reviewed'],
      ['R-2', 'awaits-review'],
    ]);
    await expect(runSweep(made.session, plan.id)).rejects.toMatchObject({ exitCode: 4 });
    const operator = await made.session.operator();
    const key = readOperatorKey(made.session.paths.keys, operator.id);
    await approvePlan(made.session, plan.id, await key.unlock(null));
    await runSweep(made.session, plan.id);
    expect([existsSync(first), existsSync(second)]).toEqual([false, true]);
    const log = (await made.session.store.log.page(0, 100)).map(({ entry }) => entry).join('\n');
    expect(log).toContain('"action":"review.decide"');
    expect(log).not.toContain('Jane Roe');
  });

  it('is about what the inventory said then', async () => {
    const made = await world();
    await awaiting(made);
    await decideReview(made.session, { itemIds: ['R-1', 'R-2'], ...DISPOSE });
    const { plan } = await buildPlan(made.session);
    await updateItem(made.session, 'R-1', { notes: 'Subpoena expected' });
    expect(await decisionOf(made, 'R-1')).toBe('awaits-review');
    expect(await decisionOf(made, 'R-2')).toBe('reviewed');
    expect((await planObjections(made.session, plan.id)).map(({ itemId }) => itemId)).toEqual(['R-1']);
  });

  it('is taken back by a later one, also where a plan rests on it', async () => {
    const made = await world();
    await awaiting(made);
    await decideReview(made.session, { itemIds: ['R-1'], ...DISPOSE });
    const { plan } = await buildPlan(made.session);
    const keep = { decision: 'keep', keepUntil: '2099-01-31' as CalendarDate, reason: 'Audit' } as const;
    await decideReview(made.session, { itemIds: ['R-1'], ...keep });
    expect((await planObjections(made.session, plan.id)).map(({ itemId }) => itemId)).toEqual(['R-1']);
    expect(await decisionOf(made, 'R-1')).toBe('review-keeps');
    expect((await made.session.store.reviews.ofItem('R-1')).map(({ decision }) => decision)).toEqual([
      'dispose',
      'keep',
    ]);
  });

  it('lets nothing go that does not await one, and records nothing then', async () => {
    const made = await world();
    await awaiting(made);
    const young = { recordClass: 'reviewed', closed: '2026-01-31' as CalendarDate };
    await enter(made.session, [item('YOUNG', join(made.records, 'young'), young)]);
    await expect(decideReview(made.session, { itemIds: ['R-1', 'YOUNG'], ...DISPOSE })).rejects.toMatchObject(
      { code: 'review-not-awaited', exitCode: 4, details: { items: ['YOUNG'] } },
    );
    await expect(decideReview(made.session, { itemIds: ['R-1', 'NONE'], ...DISPOSE })).rejects.toMatchObject({
      code: 'item-unknown',
      exitCode: 2,
    });
    await expect(
      decideReview(made.session, {
        itemIds: ['R-1'],
        decision: 'keep',
        keepUntil: '2020-01-01' as CalendarDate,
        reason: 'late',
      }),
    ).rejects.toMatchObject({ code: 'date-in-past', exitCode: 2 });
    expect(await made.session.store.reviews.standing()).toEqual([]);
  });

  it('that the log does not tell of stops planning', async () => {
    const made = await world();
    await awaiting(made);
    await decideReview(made.session, {
      itemIds: ['R-1'],
      decision: 'keep',
      keepUntil: '2099-01-31' as CalendarDate,
      reason: 'Audit',
    });
    execFileSync('sqlite3', [
      made.session.paths.database,
      "update reviews set decision = 'dispose', keep_until = null",
    ]);
    await expect(buildPlan(made.session)).rejects.toMatchObject({ code: 'review-changed', exitCode: 5 });
  });
});

describe('the queue', () => {
  it('lists what waits for a person, each with its reason', async () => {
    const made = await world();
    await awaiting(made);
    await enter(made.session, [item('LOST', join(made.records, 'x'), { recordClass: null })]);
    const options = { limit: 1, withinDays: 30 };
    const queue = await reviewQueue(made.session, options);
    expect(queue.counts).toEqual({ review: 2, limit: 0, gate: 0, defect: 1, failure: 0 });
    expect(queue.items.map(({ kind, itemId, reason }) => [kind, itemId, reason])).toEqual([
      ['review', 'R-1', 'awaits-review'],
      ['defect', 'LOST', 'class-missing'],
    ]);
    const narrow = await reviewQueue(made.session, { ...options, filter: { custodian: 'clerk-1' } });
    expect(narrow.items.map(({ itemId }) => itemId)).toEqual(['R-2']);
    expect(await itemsAwaitingReview(made.session, { custodian: 'clerk-1' })).toEqual(['R-2']);
    await decideReview(made.session, { itemIds: ['R-2'], ...DISPOSE });
    expect(await itemsAwaitingReview(made.session, {})).toEqual(['R-1']);
  });

  it('lists what the newest plan found wrong on the disk, until it is corrected', async () => {
    const made = await world();
    const gone = join(made.records, 'gone');
    await enter(made.session, [item('GONE', gone)]);
    const defects = async () =>
      (await reviewQueue(made.session, { kinds: ['defect'], limit: 9, withinDays: 30 })).items;
    expect(await defects()).toEqual([]);
    await buildPlan(made.session);
    expect(await defects()).toMatchObject([
      { kind: 'defect', itemId: 'GONE', explanation: expect.stringContaining('Nothing is at this location') },
    ]);
    writeRecord(gone);
    await buildPlan(made.session);
    expect(await defects()).toEqual([]);
  });

  it('lists what a run did not destroy, or not as a whole, until a run destroys it', async () => {
    const made = await world();
    const folder = join(made.records, 'folder');
    mkdirSync(folder);
    for (const name of ['a', 'b', 'kept']) writeRecord(join(folder, name));
    await enter(made.session, [item('FOLDER', folder, { medium: 'folder' })]);
    const run = async () => {
      const { plan } = await buildPlan(made.session);
      const operator = await made.session.operator();
      const key = readOperatorKey(made.session.paths.keys, operator.id);
      await approvePlan(made.session, plan.id, await key.unlock(null));
      return plan.id;
    };
    const planId = await run();
    // Between plan and run one file becomes another: the others go, and the item is not destroyed as a whole.
    writeFileSync(join(folder, 'kept'), 'changed');
    await runSweep(made.session, planId, { acceptResidual: true });
    const left = await reviewQueue(made.session, { kinds: ['failure'], limit: 9, withinDays: 30 });
    expect(left.counts.failure).toBe(1);
    expect(left.items).toMatchObject([{ kind: 'failure', itemId: 'FOLDER' }]);
    expect(left.items[0]?.explanation).toContain('The last run ended with the outcome');
    await runSweep(made.session, await run(), { acceptResidual: true });
    const after = await reviewQueue(made.session, { kinds: ['failure'], limit: 9, withinDays: 30 });
    expect(after).toMatchObject({ counts: { failure: 0 }, items: [] });
    expect(existsSync(folder)).toBe(false);
  });

  it('lists an item by how its last run ended, not by one before', async () => {
    const made = await world();
    await enter(
      made.session,
      ['THEN-ARCHIVED', 'THEN-FAILED'].map((id) => item(id, join(made.records, id))),
    );
    const { store } = made.session;
    const outcomes = [
      ['first', { 'THEN-ARCHIVED': 'failed', 'THEN-FAILED': 'archived' }],
      ['second', { 'THEN-ARCHIVED': 'archived', 'THEN-FAILED': 'failed' }],
    ] as const;
    await store.transaction(async (transaction) => {
      for (const [at, [id, ends]] of outcomes.entries()) {
        await transaction.runs.insert({ ...sampleRun(id, ''), planId: null, kind: 'ad-hoc' });
        const rows = Object.entries(ends).map(([itemId, outcome], position) => ({
          ...{ runId: id, itemId, position, state: 'done' as const, target: '{}', outcome },
          ...{ result: '{"reasons":[]}', intentSeq: 100 + at * 10, outcomeSeq: 101 + at * 10 + position },
        }));
        await transaction.disposals.insert(rows);
      }
    });
    const { items } = await reviewQueue(made.session, { kinds: ['failure'], limit: 9, withinDays: 30 });
    expect(items.map(({ itemId }) => itemId)).toEqual(['THEN-FAILED']);
  });
});
