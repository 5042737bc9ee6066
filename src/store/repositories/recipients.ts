import type { Knex } from 'knex';
import type {
  CalendarDate,
  ConfirmationWay,
  Recipient,
  RecipientKind,
  TransferFormat,
} from '../../model/index.js';

interface RecipientRow {
  id: number;
  name: string;
  kind: RecipientKind;
  public_key: string | null;
  channel: string | null;
  fingerprint: string | null;
  organization: string | null;
  contact: string | null;
  formats: string;
  expires_on: CalendarDate | null;
  recovery: number;
  added_at: string;
  added_by: string;
  confirmed_at: string | null;
  confirmed_by: string | null;
  confirmed_how: ConfirmationWay | null;
  removed_at: string | null;
  removed_by: string | null;
}

export class RecipientRepository {
  constructor(private readonly database: Knex) {}

  /** The number of the next row, starting at 1. Rows are never deleted. */
  async nextId(): Promise<number> {
    const rows: { last: number | null }[] = await this.database('recipients').max({ last: 'id' });
    return (rows[0]?.last ?? 0) + 1;
  }

  async insert(recipient: Recipient): Promise<void> {
    await this.database('recipients').insert({
      id: recipient.id,
      name: recipient.name,
      kind: recipient.kind,
      public_key: recipient.publicKey,
      channel: recipient.channel,
      fingerprint: recipient.fingerprint,
      organization: recipient.organization,
      contact: recipient.contact,
      formats: recipient.formats.join(','),
      expires_on: recipient.expiresOn,
      recovery: recipient.recovery ? 1 : 0,
      added_at: recipient.addedAt,
      added_by: recipient.addedBy,
      confirmed_at: recipient.confirmedAt,
      confirmed_by: recipient.confirmedBy,
      confirmed_how: recipient.confirmedHow,
      removed_at: recipient.removedAt,
      removed_by: recipient.removedBy,
    } satisfies RecipientRow);
  }

  /** The recipient of a name who was not removed. */
  async named(name: string): Promise<Recipient | undefined> {
    const row: RecipientRow | undefined = await this.database('recipients')
      .where({ name })
      .whereNull('removed_at')
      .first();
    return row && recipient(row);
  }

  async get(id: number): Promise<Recipient | undefined> {
    const row: RecipientRow | undefined = await this.database('recipients').where({ id }).first();
    return row && recipient(row);
  }

  /** The workspace's recovery recipients, at most one of each kind of key; the age keys first, of these the one that is there longer. */
  async recovery(): Promise<Recipient[]> {
    const rows: RecipientRow[] = await this.database('recipients')
      .where({ recovery: 1 })
      .whereNull('removed_at')
      .orderBy(['kind', 'id']);
    return rows.map(recipient);
  }

  /** By name; removed ones after the one that has their name now. */
  async list(): Promise<Recipient[]> {
    const rows: RecipientRow[] = await this.database('recipients').orderBy([
      { column: 'name' },
      { column: 'id', order: 'desc' },
    ]);
    return rows.map(recipient);
  }

  /** @returns whether it was there, not removed and not confirmed */
  async confirm(
    id: number,
    confirmation: { at: string; by: string; how: ConfirmationWay | null },
  ): Promise<boolean> {
    const changed = await this.database('recipients')
      .where({ id })
      .whereNull('removed_at')
      .whereNull('confirmed_at')
      .update({
        confirmed_at: confirmation.at,
        confirmed_by: confirmation.by,
        confirmed_how: confirmation.how,
      });
    return changed === 1;
  }

  /** @returns whether it was there and not removed */
  async remove(id: number, removal: { at: string; by: string }): Promise<boolean> {
    const changed = await this.database('recipients')
      .where({ id })
      .whereNull('removed_at')
      .update({ removed_at: removal.at, removed_by: removal.by });
    return changed === 1;
  }
}

function recipient(row: RecipientRow): Recipient {
  return {
    id: row.id,
    name: row.name,
    kind: row.kind,
    publicKey: row.public_key,
    channel: row.channel,
    fingerprint: row.fingerprint,
    organization: row.organization,
    contact: row.contact,
    formats: row.formats.split(',') as TransferFormat[],
    expiresOn: row.expires_on,
    recovery: row.recovery === 1,
    addedAt: row.added_at,
    addedBy: row.added_by,
    confirmedAt: row.confirmed_at,
    confirmedBy: row.confirmed_by,
    confirmedHow: row.confirmed_how,
    removedAt: row.removed_at,
    removedBy: row.removed_by,
  };
}
