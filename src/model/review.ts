import type { CalendarDate } from './calendar-date.js';

export type ReviewDecision = 'dispose' | 'keep';

/** What a person decided of an item: that it may go, or that it is kept longer than its rule asks. */
export interface Review {
  itemId: string;
  decision: ReviewDecision;
  /** Last day on which it is kept; null where it may go. */
  keepUntil: CalendarDate | null;
  /** Stays in the database and never goes into the log. */
  reason: string;
  /** SHA-256, hex, of what the inventory said of the item when it was decided. */
  itemSha256: string;
  /** UTC, RFC 3339. */
  decidedAt: string;
  decidedBy: string;
  /** Number of the log entry that tells of it. */
  logSeq: number;
}
