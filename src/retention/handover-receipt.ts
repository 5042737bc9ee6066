import { lstatSync } from 'node:fs';
import {
  badInput,
  type CalendarDate,
  type Handover,
  type HandoverReceipt,
  isOverwritable,
} from '../model/index.js';
import type { Session } from '../session/index.js';
import { dateIn, instant } from '../workspace/index.js';
import { requireUnchanged } from './handover.js';
import { requireFactsAsLogged } from './logged-facts.js';
import { readRulebook } from './rulebook.js';

export interface ReceiptRequest {
  handoverId: string;
  receivedBy: string;
  receivedOn: CalendarDate;
  reference: string;
}

export interface ReceivedHandover {
  handover: Handover;
  itemIds: readonly string[];
  /** Items whose files are still here: nobody disposes of these copies by itself. */
  copiesLeft: readonly { itemId: string; location: string }[];
}

/**
 * Records that the other side has the records and answers for them. They are not disposed of by any schedule after that;
 * what of them is still here is listed, and can be disposed of by name.
 *
 * @throws Fault `handover-unknown`, `handover-received`, `date-in-future`, `received-before-prepared`, `item-changed`, or
 *   the reason why an item may not go, such as a hold that was placed meanwhile
 */
export async function receiveHandover(session: Session, request: ReceiptRequest): Promise<ReceivedHandover> {
  const operator = await session.operator();
  const handover = await handoverNamed(session, request.handoverId);
  if (handover.receipt !== null) {
    throw badInput(
      'handover-received',
      `The hand-over ${handover.id} was received on ${handover.receipt.receivedOn}`,
    );
  }
  const prepared = dateIn(session.settings().timeZone, new Date(handover.preparedAt));
  if (request.receivedOn > session.today())
    throw badInput('date-in-future', 'The day of the receipt has not come yet');
  if (request.receivedOn < prepared) {
    throw badInput(
      'received-before-prepared',
      `The hand-over was prepared on ${prepared}, after ${request.receivedOn}`,
    );
  }
  const receipt: HandoverReceipt = {
    receivedOn: request.receivedOn,
    receivedBy: request.receivedBy,
    reference: request.reference,
    recordedAt: instant(session.clock),
    recordedBy: operator.id,
  };
  const items = await session.store.handovers.items(handover.id);
  const ids = items.map(({ itemId }) => itemId);
  await session.store.transaction(async (transaction) => {
    await requireFactsAsLogged(transaction, session.settings());
    const rules = await readRulebook(transaction, session.settings());
    for (const { itemId, itemSha256 } of items) {
      await requireUnchanged(transaction, rules, session, { id: itemId }, itemSha256);
    }
    if (!(await transaction.handovers.receive(handover.id, receipt))) {
      throw badInput('handover-received', `The hand-over ${handover.id} has a receipt already`);
    }
    const moved = await transaction.items.moveState(ids, 'active', 'transferred');
    if (moved !== ids.length) throw new Error('An item changed its state inside the transaction');
    await session.recorder.appendAll(transaction, [
      ...ids.map((item) => ({
        action: 'item.transfer',
        outcome: 'done' as const,
        subject: { item, plan: handover.planId, handover: handover.id },
      })),
      {
        action: 'handover.receive',
        outcome: 'done',
        subject: { plan: handover.planId, handover: handover.id },
        data: {
          items: ids.length,
          received_on: receipt.receivedOn,
          manifest_sha256: handover.manifestSha256,
        },
      },
    ]);
  });
  return { handover: { ...handover, receipt }, itemIds: ids, copiesLeft: await copiesLeft(session, ids) };
}

/** @throws Fault `handover-unknown` (exit 2) */
async function handoverNamed(session: Session, id: string): Promise<Handover> {
  const handover = await session.store.handovers.get(id);
  if (handover) return handover;
  throw badInput('handover-unknown', 'There is no such hand-over', {
    hint: 'List them with: quietus sweep handover --list',
  });
}

async function copiesLeft(session: Session, ids: readonly string[]): Promise<ReceivedHandover['copiesLeft']> {
  const left = [];
  for (const id of ids) {
    const item = await session.store.items.get(id);
    if (!item || !isOverwritable(item.medium)) continue;
    if (lstatSync(item.location, { throwIfNoEntry: false }) !== undefined) {
      left.push({ itemId: id, location: item.location });
    }
  }
  return left;
}
