import type { CalendarDate } from './calendar-date.js';

/** What must be true, beside the end of the duty to keep, before records are disposed of. */
export type Gate =
  | { kind: 'notice'; recipient: string; days: number }
  | { kind: 'permission'; authority: string }
  | { kind: 'no-open-charge' }
  | { kind: 'copies-checked' };

export const GATE_KINDS = ['notice', 'permission', 'no-open-charge', 'copies-checked'] as const;
export type GateKind = (typeof GATE_KINDS)[number];

/** What a person can state. An `open-charge` satisfies nothing: it blocks what it reaches until it is withdrawn. */
export const STATEMENT_KINDS = [...GATE_KINDS, 'open-charge'] as const;
export type StatementKind = (typeof STATEMENT_KINDS)[number];

/** What a statement is about. */
export interface StatementScope {
  kind: 'item' | 'class' | 'subject';
  value: string;
}

/** A dated statement of a person about a gate. */
export interface GateStatement {
  id: string;
  kind: StatementKind;
  /** Recipient of the notice or authority that permits; null for other kinds. */
  party: string | null;
  scopes: readonly StatementScope[];
  /** Day on which the notice was given, the permission written, the check made, the charge learnt of. */
  statedOn: CalendarDate;
  /** Who states it: a name, which stays in the database and never goes into the log. */
  statedBy: string;
  reference: string | null;
  recordedAt: string;
  recordedBy: string;
  /** From this day it does not count: withdrawn, or the charge was closed. */
  withdrawnOn: CalendarDate | null;
  withdrawnAt: string | null;
  withdrawnBy: string | null;
}
