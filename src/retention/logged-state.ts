import { entriesOf, requireSoundDatabase } from '../audit/index.js';
import { requireRegisterAsLogged } from '../certificate/index.js';
import { verificationFailed } from '../model/index.js';
import { requireDeactivationsAsLogged } from '../operators/index.js';
import { requireRecipientsAsLogged } from '../recipients/index.js';
import type { Session } from '../session/index.js';
import type { Repositories } from '../store/index.js';
import { requireEventsOfItems } from './event-evidence.js';
import { requireFactsAsLogged } from './logged-facts.js';
import { requireScheduleInForce } from './schedule-evidence.js';

/**
 * Compares with the log what its entries tell of and other tables hold: holds, statements about gates, events, decisions of
 * people, the schedule in force, plans, approvals, deactivated operators, the register of certificates, recipients. Whatever destroys compares these too; here somebody asks before anything is to be destroyed.
 *
 * @throws Fault `table-damaged`, `schema-changed`, `hold-changed`, `statement-changed`, `review-changed`, `event-changed`, `item-events-changed`,
 *   `schedule-changed`, `plan-changed`, `approval-removed`, `approval-forged`, `operator-changed`, `register-changed`, `recipient-differs` (exit 5)
 */
export async function requireStateAsLogged(session: Session): Promise<void> {
  const { store } = session;
  await requireSoundDatabase(store);
  await requireFactsAsLogged(store, {});
  await requireEventsOfInventory(store);
  await requireSchedule(session);
  await requirePlans(store);
  await requireApprovals(store);
  await requireDeactivationsAsLogged(store);
  await requireRegisterAsLogged(store);
  const inUse = (await store.recipients.list()).filter(({ removedAt }) => removedAt === null);
  await requireRecipientsAsLogged(store, inUse);
}

async function requireEventsOfInventory(repositories: Repositories): Promise<void> {
  for await (const page of repositories.items.all({ state: 'active' }))
    await requireEventsOfItems(repositories, page);
}

async function requireSchedule({ store }: Session): Promise<void> {
  const schedule = await store.schedules.latest();
  if (schedule) return await requireScheduleInForce(store, schedule, {});
  for await (const { seq } of entriesOf(store, 'schedule.import'))
    throw changed('schedule-changed', seq, 'The schedule that was imported is gone');
}

async function requirePlans(repositories: Repositories): Promise<void> {
  for await (const { seq, subject, data } of entriesOf(repositories, 'sweep.plan')) {
    const id = String(subject.plan);
    const plan = await repositories.plans.get(id);
    if (plan === undefined) throw changed('plan-changed', seq, `The plan ${id} is gone`);
    if (plan.sha256 !== data.sha256) throw changed('plan-changed', seq, `The plan ${id} is another one`);
  }
}

async function requireApprovals(repositories: Repositories): Promise<void> {
  for await (const { seq, operator, subject, data } of entriesOf(repositories, 'sweep.approve')) {
    const id = String(subject.plan);
    const given = await repositories.plans.approvals(id);
    const kept = given.some(
      ({ operatorId, signature }) => operatorId === operator && signature === data.signature,
    );
    if (!kept) throw changed('approval-removed', seq, `The approval of ${id} by ${operator} is gone`);
  }
}

function changed(code: string, seq: number, what: string): Error {
  return verificationFailed(code, `${what}, of which entry ${seq} of the log tells`, {
    hint: 'Somebody changed the database. Keep the workspace as it is, and dispose of nothing until this is explained',
    details: { seq },
  });
}
