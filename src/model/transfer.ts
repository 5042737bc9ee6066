import type { RecipientKind, TransferFormat } from './recipient.js';

/** A recipient as it was when a file was encrypted for it. */
export interface TransferRecipient {
  name: string;
  kind: RecipientKind;
  fingerprint: string | null;
  recovery: boolean;
}

/** Where a transfer is being written, for whoever has to clear up after a crash. Paths: they stay in the database. */
export interface TransferWork {
  host: string;
  pid: number;
  /** Temporary file, and the name that it gets when it is proved. */
  temporary: string;
  output: string;
}

/** The portable medium that a transfer was written to. */
export interface TransferMedium {
  /** Label or number by which people know it. */
  id: string;
  custodian: string | null;
  destination: string | null;
  /** Whether the operating system says that it is removable; null where it does not say. */
  removable: boolean | null;
}

/** One file that was encrypted for others. */
export interface Transfer {
  /** T-YYYY-NNNN. */
  id: string;
  state: 'begun' | 'done' | 'failed';
  format: TransferFormat;
  begunAt: string;
  begunBy: string;
  endedAt: string | null;
  recipients: readonly TransferRecipient[];
  work: TransferWork | null;
  plaintextBytes: number | null;
  ciphertextBytes: number | null;
  files: number | null;
  ciphertextSha256: string | null;
  /** The passphrase encrypted to the recovery recipient, age v1 with ASCII armor. */
  escrow: string | null;
  /** Row of the recovery recipient. */
  escrowRecipient: number | null;
  media: TransferMedium | null;
}
