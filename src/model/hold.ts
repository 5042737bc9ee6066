import type { CalendarDate } from './calendar-date.js';

/**
 * What a hold reaches. `location` is a path prefix that ends at a path separator or at the end; `query` is a text of
 * conditions that must all be true.
 */
export const HOLD_SCOPES = ['item', 'class', 'custodian', 'subject', 'location', 'query'] as const;
export type HoldScopeKind = (typeof HOLD_SCOPES)[number];

export interface HoldScope {
  kind: HoldScopeKind;
  value: string;
}

/** A legal hold: while it stands, nothing that it reaches is disposed of. */
export interface Hold {
  id: string;
  matter: string;
  reason: string | null;
  scopes: readonly HoldScope[];
  placedAt: string;
  placedBy: string;
  releasedAt: string | null;
  releasedBy: string | null;
  releaseReason: string | null;
  /** Last day on which what it reached is still left alone after its release; null where there is no such day. */
  coolingOffUntil: CalendarDate | null;
}
