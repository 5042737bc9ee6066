import type { Knex } from 'knex';
import type { CalendarDate, Handover, HandoverReceipt } from '../../model/index.js';

interface HandoverRow {
  id: string;
  plan_id: string;
  receiver: string;
  prepared_at: string;
  prepared_by: string;
  manifest_sha256: string;
  table_sha256: string;
  received_on: string | null;
  received_by: string | null;
  reference: string | null;
  recorded_at: string | null;
  recorded_by: string | null;
}

/** One item of a hand-over, as the inventory described it then. */
export interface HandoverItem {
  itemId: string;
  itemSha256: string;
}

const ITEM_ROWS = 500;

export class HandoverRepository {
  constructor(private readonly database: Knex) {}

  /** @param items in the order of the manifest */
  async insert(handover: Handover, items: readonly HandoverItem[]): Promise<void> {
    await this.database('handovers').insert({
      id: handover.id,
      plan_id: handover.planId,
      receiver: handover.receiver,
      prepared_at: handover.preparedAt,
      prepared_by: handover.preparedBy,
      manifest_sha256: handover.manifestSha256,
      table_sha256: handover.tableSha256,
    });
    for (let at = 0; at < items.length; at += ITEM_ROWS) {
      await this.database('handover_items').insert(
        items.slice(at, at + ITEM_ROWS).map(({ itemId, itemSha256 }, index) => ({
          handover_id: handover.id,
          position: at + index,
          item_id: itemId,
          item_sha256: itemSha256,
        })),
      );
    }
  }

  async get(id: string): Promise<Handover | undefined> {
    const row: HandoverRow | undefined = await this.database('handovers').where('id', id).first();
    return row && handover(row);
  }

  /** The oldest first. */
  async list(): Promise<Handover[]> {
    const rows: HandoverRow[] = await this.database('handovers').orderBy(['prepared_at', 'id']);
    return rows.map(handover);
  }

  async items(id: string): Promise<HandoverItem[]> {
    const rows: HandoverItem[] = await this.database('handover_items')
      .where('handover_id', id)
      .orderBy('position')
      .select({ itemId: 'item_id', itemSha256: 'item_sha256' });
    return rows;
  }

  /** @returns false where there is no such hand-over, or it has a receipt */
  async receive(id: string, receipt: HandoverReceipt): Promise<boolean> {
    const changed = await this.database('handovers').where('id', id).whereNull('received_on').update({
      received_on: receipt.receivedOn,
      received_by: receipt.receivedBy,
      reference: receipt.reference,
      recorded_at: receipt.recordedAt,
      recorded_by: receipt.recordedBy,
    });
    return changed === 1;
  }
}

function handover(row: HandoverRow): Handover {
  return {
    id: row.id,
    planId: row.plan_id,
    receiver: row.receiver,
    preparedAt: row.prepared_at,
    preparedBy: row.prepared_by,
    manifestSha256: row.manifest_sha256,
    tableSha256: row.table_sha256,
    receipt:
      row.received_on === null
        ? null
        : {
            receivedOn: row.received_on as CalendarDate,
            receivedBy: row.received_by ?? '',
            reference: row.reference ?? '',
            recordedAt: row.recorded_at ?? '',
            recordedBy: row.recorded_by ?? '',
          },
  };
}
