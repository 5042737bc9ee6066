import type { Authority, CalendarDate, Medium, Outcome, PiElement, Reason } from '../model/index.js';

/**
 * Outcomes that a certificate states as done. `unlinked-only` is not one of them: content that was never
 * overwritten is not erased in the sense of M.G.L. c. 93I § 2(b), so it is listed among the exceptions.
 */
export const CERTIFIED_OUTCOMES = ['overwritten-verified', 'overwritten-residual', 'attested'] as const;
export type CertifiedOutcome = (typeof CERTIFIED_OUTCOMES)[number];

/** Outcomes that a certificate lists as not destroyed; `waiting`: a person has still to do it. */
export const EXCEPTION_OUTCOMES = [
  'unlinked-only',
  'already-gone',
  'refused',
  'failed',
  'unknown',
  'waiting',
] as const;
export type ExceptionOutcome = (typeof EXCEPTION_OUTCOMES)[number];

/** Whether an item with this outcome belongs among the certified items; all others are exceptions. */
export function isCertified(outcome: Outcome | 'waiting'): outcome is CertifiedOutcome {
  return (CERTIFIED_OUTCOMES as readonly string[]).includes(outcome);
}

/** What M.G.L. c. 93I § 2 names: (a) redacted, burned, pulverized, shredded; (b) destroyed, erased. */
export const ATTESTED_METHODS = [
  'redacted',
  'burned',
  'pulverized',
  'shredded',
  'destroyed',
  'erased',
] as const;
export type AttestedMethod = (typeof ATTESTED_METHODS)[number];

/** The methods that the clause of § 2 allows: paper under (a), everything else under (b). */
export function attestedMethods(clause: 'a' | 'b'): readonly AttestedMethod[] {
  return clause === 'a' ? ['redacted', 'burned', 'pulverized', 'shredded'] : ['destroyed', 'erased'];
}

/** A person's statement that they, or somebody under their eyes, destroyed something. */
export interface AttestedStatement {
  method: AttestedMethod;
  performedBy: string;
  performedOn: CalendarDate;
  witness: string | null;
  vendor: string | null;
  /** Such as the vendor's own certificate number. */
  reference: string | null;
  /** Id of the operator who recorded the statement. */
  recordedBy: string;
}

/**
 * The log entries of one item: the intent before, the outcome after. Of what people did there is one entry,
 * which stands for both. Hashes are SHA-256, hex.
 */
export interface LogReference {
  intentSeq: number;
  intentHash: string;
  outcomeSeq: number;
  outcomeHash: string;
}

interface Verification {
  /** `passed`: what was written was read back and found equal. */
  result: 'passed' | 'not-performed';
  /** Where the reading came from; null where nothing was read. */
  readFrom: 'medium' | 'page-cache' | null;
}

/** One item that was destroyed, as far as its outcome says. */
export interface CertifiedItemFacts {
  id: string;
  /** Null unless the workspace prints titles: a title may be personal information. */
  title: string | null;
  recordClass: string;
  classTitle: string;
  medium: Medium;
  piElements: readonly PiElement[];
  dataSubjects: number | null;
  /** Last day of the duty to keep it. */
  keepUntil: CalendarDate | null;
  authority: Authority;
  outcome: CertifiedOutcome;
  /** Code of one of the certificate's methods; null for `attested`. */
  method: string | null;
  passes: number;
  verification: Verification;
  files: number;
  bytes: number;
  /** Why something may be left; exactly for `overwritten-residual`. */
  residual: readonly Reason[];
  /** Exactly for `attested`. */
  statement: AttestedStatement | null;
  log: LogReference;
}

/** One item of the plan that was not destroyed. */
export interface ExceptionFacts {
  id: string;
  title: string | null;
  recordClass: string | null;
  medium: Medium;
  outcome: ExceptionOutcome;
  reasons: readonly Reason[];
  /** Null where nothing was begun. */
  log: LogReference | null;
}

interface CertifiedApproval {
  operatorId: string;
  operatorName: string;
  approvedAt: string;
  /** The canonical JSON that was signed. */
  statement: string;
  /** Ed25519 signature over `statement`, base64. */
  signature: string;
}

/** What the run knows of itself. Instants are UTC, RFC 3339. */
export interface RunFacts {
  runId: string;
  plan: { id: string; sha256: string; asOf: CalendarDate; scheduleVersion: number };
  startedAt: string;
  finishedAt: string;
  operator: { id: string; name: string; account: string };
  approvals: readonly CertifiedApproval[];
  items: readonly CertifiedItemFacts[];
  exceptions: readonly ExceptionFacts[];
  /** Each method that an item names, in words. */
  methods: readonly Reason[];
  /** What the methods cannot reach; the limits that always hold are added. */
  limits: readonly Reason[];
  /** Legal holds in force in the workspace when the run ended. */
  holdsInForce: number;
}

/** The rest, which the workspace and the moment of issue add. */
export interface CertificateFacts extends RunFacts {
  /** YYYY-NNNN, gapless for each workspace and year. */
  number: string;
  workspaceId: string;
  organization: { name: string; address: string | null };
  issuedAt: string;
  /** IANA name. */
  timeZone: string;
  tool: { name: string; version: string };
  /** The part of the log that the certificate rests on. `headHash` is that of `lastSeq`. */
  log: { firstSeq: number; lastSeq: number; headHash: string };
}
