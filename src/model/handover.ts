import type { CalendarDate } from './calendar-date.js';

/** What the receiving party confirmed. */
export interface HandoverReceipt {
  receivedOn: CalendarDate;
  /** Who confirmed it: a name, which stays in the database and never goes into the log. */
  receivedBy: string;
  /** Such as the number of the receiver's accession. */
  reference: string;
  recordedAt: string;
  recordedBy: string;
}

/** Records that go to somebody else, who keeps them from then on: prepared with a manifest, done with a receipt. */
export interface Handover {
  id: string;
  planId: string;
  /** Who takes the records over. */
  receiver: string;
  preparedAt: string;
  preparedBy: string;
  /** SHA-256, hex, of the manifest and of its table. */
  manifestSha256: string;
  tableSha256: string;
  /** Null until the receiver has confirmed it. */
  receipt: HandoverReceipt | null;
}
