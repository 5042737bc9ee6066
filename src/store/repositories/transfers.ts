import type { Knex } from 'knex';
import type { Transfer, TransferFormat } from '../../model/index.js';

interface TransferRow {
  id: string;
  state: Transfer['state'];
  format: TransferFormat;
  begun_at: string;
  begun_by: string;
  ended_at: string | null;
  recipients: string;
  work: string | null;
  /** PostgreSQL gives 64-bit numbers as text. */
  plaintext_bytes: number | string | null;
  ciphertext_bytes: number | string | null;
  files: number | null;
  ciphertext_sha256: string | null;
  escrow: string | null;
  escrow_recipient: number | null;
  media: string | null;
}

/** What changes while a transfer goes on. */
export type TransferChange = Partial<Omit<Transfer, 'id' | 'begunAt' | 'begunBy' | 'recipients' | 'format'>>;

export class TransferRepository {
  constructor(private readonly database: Knex) {}

  async insert(transfer: Transfer): Promise<void> {
    await this.database('transfers').insert({
      id: transfer.id,
      format: transfer.format,
      begun_at: transfer.begunAt,
      begun_by: transfer.begunBy,
      recipients: JSON.stringify(transfer.recipients),
      ...columns(transfer),
    });
  }

  async update(id: string, change: TransferChange): Promise<void> {
    await this.database('transfers').where({ id }).update(columns(change));
  }

  async get(id: string): Promise<Transfer | undefined> {
    const row: TransferRow | undefined = await this.database('transfers').where({ id }).first();
    return row && transfer(row);
  }

  /** Transfers that were begun and have not ended. */
  async begun(): Promise<Transfer[]> {
    const rows: TransferRow[] = await this.database('transfers').where({ state: 'begun' }).orderBy('id');
    return rows.map(transfer);
  }

  /** @param sha256 of the encrypted file, lower-case hex */
  async ofDigest(sha256: string): Promise<Transfer | undefined> {
    const row: TransferRow | undefined = await this.database('transfers')
      .where({ ciphertext_sha256: sha256 })
      .orderBy('id', 'desc')
      .first();
    return row && transfer(row);
  }

  /** Transfers whose passphrase is kept for the recovery recipient in this row. */
  async escrowedTo(recipient: number): Promise<Transfer[]> {
    const rows: TransferRow[] = await this.database('transfers')
      .where({ escrow_recipient: recipient })
      .whereNotNull('escrow')
      .orderBy('id');
    return rows.map(transfer);
  }

  /** Transfers onto portable media, the latest first. */
  async onMedia(): Promise<Transfer[]> {
    const rows: TransferRow[] = await this.database('transfers').whereNotNull('media').orderBy('id', 'desc');
    return rows.map(transfer);
  }

  /** The next number of a year for ids of the form `T-YYYY-NNNN`, starting at 1. */
  async nextSequence(year: number): Promise<number> {
    const prefix = `T-${year}-`;
    const rows: { id: string }[] = await this.database('transfers')
      .where('id', '>=', prefix)
      .where('id', '<', `T-${year}.`)
      .select('id');
    return rows.reduce((last, row) => Math.max(last, Number(row.id.slice(prefix.length))), 0) + 1;
  }
}

function columns(change: TransferChange): Partial<TransferRow> {
  const row: Partial<TransferRow> = {
    state: change.state,
    ended_at: change.endedAt,
    work: json(change.work),
    plaintext_bytes: change.plaintextBytes,
    ciphertext_bytes: change.ciphertextBytes,
    files: change.files,
    ciphertext_sha256: change.ciphertextSha256,
    escrow: change.escrow,
    escrow_recipient: change.escrowRecipient,
    media: json(change.media),
  } as Partial<TransferRow>;
  return Object.fromEntries(Object.entries(row).filter(([, value]) => value !== undefined));
}

function json(value: object | null | undefined): string | null | undefined {
  return value ? JSON.stringify(value) : value;
}

function transfer(row: TransferRow): Transfer {
  return {
    id: row.id,
    state: row.state,
    format: row.format,
    begunAt: row.begun_at,
    begunBy: row.begun_by,
    endedAt: row.ended_at,
    recipients: JSON.parse(row.recipients) as Transfer['recipients'],
    work: row.work === null ? null : (JSON.parse(row.work) as Transfer['work']),
    plaintextBytes: number(row.plaintext_bytes),
    ciphertextBytes: number(row.ciphertext_bytes),
    files: row.files,
    ciphertextSha256: row.ciphertext_sha256,
    escrow: row.escrow,
    escrowRecipient: row.escrow_recipient,
    media: row.media === null ? null : (JSON.parse(row.media) as Transfer['media']),
  };
}

function number(value: number | string | null): number | null {
  return value === null ? null : Number(value);
}
