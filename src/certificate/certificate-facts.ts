import type { Authority, CalendarDate, Medium, Outcome, PiElement, Reason } from '../model/index.js';

/**
 * Outcomes that a certificate states as done. `unlinked-only` is not one of them: content that was never
 * overwritten is not erased in the sense of M.G.L. c. 93I § 2(b), so it is listed among the exceptions.
 */
export const CERTIFIED_OUTCOMES = [
  'overwritten-verified',
  'overwritten-residual',
  /** The only keys that open an encrypted archive were destroyed (cryptographic erase). */
  'key-erased',
  /** A whole medium was sanitized by its own command or by overwriting all of it. */
  'sanitized',
  /** Rows were deleted from a database; what its files may keep stands in `residual`. */
  'rows-deleted',
  'attested',
] as const;
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
export function isCertified(
  outcome: Outcome | CertifiedOutcome | ExceptionOutcome,
): outcome is CertifiedOutcome {
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

/**
 * Categories of NIST SP 800-88 Rev. 2. They are said of whole media and of cryptographic erase; overwriting files
 * is partial sanitization, which has none.
 */
export const SANITIZATIONS = ['clear', 'purge', 'destroy'] as const;
export type Sanitization = (typeof SANITIZATIONS)[number];

/** How it was found out whether the disposal was complete. */
export const VERIFICATION_METHODS = [
  'full-read-back',
  'sampled-read-back',
  /** The destroyed key was tried, and opened nothing. */
  'key-refused',
  /** Rows were counted before and after in the same transaction. */
  'row-count',
  /** The device was asked until it reported success; nothing was read. */
  'device-report',
] as const;
export type VerificationMethod = (typeof VERIFICATION_METHODS)[number];

/** What is known of a physical medium (NIST SP 800-88, certificate of sanitization). Null: not recorded. */
export interface MediaFacts {
  /** Such as `solid-state drive`, `hard disk`, `magnetic tape`. */
  type: string | null;
  vendor: string | null;
  model: string | null;
  serial: string | null;
  /** The organization's own number on the medium. */
  propertyNumber: string | null;
  capacityBytes: number | null;
}

/** Where a medium came from and what becomes of it (NIST SP 800-88, certificate of sanitization). Null: not recorded. */
export interface Whereabouts {
  /** The room, machine, system or person that it came from, without names of files. */
  source: string | null;
  /** Such as `reuse in this organization`, `returned to lessor`, `recycled`. */
  destination: string | null;
}

/** One hand-over on the way to destruction. */
export interface CustodyStep {
  on: CalendarDate;
  from: string;
  to: string;
  /** Where, or under which seal or container number; null where nobody said. */
  detail: string | null;
}

/** A vendor's own certificate, kept beside ours. */
export interface VendorCertificate {
  /** Base name only. */
  fileName: string;
  /** Of its bytes, hex. */
  sha256: string;
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
  /** Where it was destroyed. */
  place?: string | null;
  vendorCertificate?: VendorCertificate | null;
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
  /** `passed`: what was to be found by the method was found. */
  result: 'passed' | 'not-performed';
  /** Where a reading came from; null where nothing was read. */
  readFrom: 'medium' | 'page-cache' | null;
  /** `full-read-back` where it is left out and something was read. */
  method?: VerificationMethod;
  /** What a person should know of it, such as how much was sampled, and what reading cannot prove. */
  detail?: string | null;
}

/** The state after overwriting, which the PDF tells of all such items at once. */
export const OVERWRITTEN_STATE = 'overwritten and removed';

/** One item that was destroyed, as far as its outcome says. Whatever may be left out counts as not recorded. */
export interface CertifiedItemFacts extends Partial<Whereabouts> {
  id: string;
  /** Null unless the workspace prints titles: a title may be personal information. */
  title: string | null;
  /** Of several classes the one that kept it longest. Null for what is in no class, such as a path that a person named. */
  recordClass: string | null;
  classTitle: string | null;
  /** Further classes of the item, each with the authority for its own period. */
  otherClasses?: readonly { recordClass: string; classTitle: string; authority: Authority }[];
  medium: Medium;
  media?: MediaFacts | null;
  piElements: readonly PiElement[];
  dataSubjects: number | null;
  /** Last day of the duty to keep it. */
  keepUntil: CalendarDate | null;
  /** Of the class that kept it longest. */
  authority: Authority | null;
  outcome: CertifiedOutcome;
  /**
   * Null for partial sanitization, for rows, and for what people did without naming a category. `sanitized` has
   * `clear` or `purge`; only what people did can be `destroy`.
   */
  sanitization?: Sanitization | null;
  /** Code of one of the certificate's methods; null for `attested`. */
  method: string | null;
  /** Times that it was overwritten; 0 where nothing was. */
  passes: number;
  /** Of another program that did the work, such as nvme-cli; null: this program. */
  tool?: { name: string; version: string } | null;
  verification: Verification;
  files: number;
  bytes: number;
  /** The state found before, and the state left behind, in words. */
  preState?: string | null;
  postState?: string | null;
  /** Why something may be left; never empty for `overwritten-residual` and `rows-deleted`, and empty for `overwritten-verified`. */
  residual: readonly Reason[];
  /** Exactly for `attested`. */
  statement: AttestedStatement | null;
  custody?: readonly CustodyStep[];
  log: LogReference;
}

/** One item that was to be destroyed and was not. */
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

export interface CertifiedApproval {
  operatorId: string;
  operatorName: string;
  approvedAt: string;
  /** The canonical JSON that was signed. */
  statement: string;
  /** Ed25519 signature over `statement`, base64. */
  signature: string;
}

/** The plan that was carried out. */
export interface CertifiedPlan {
  id: string;
  sha256: string;
  asOf: CalendarDate;
  scheduleVersion: number;
}

/**
 * What is certified. `id` is unique for its kind in the workspace: a second certificate of the same subject can only
 * replace the first.
 */
export type CertifiedSubject =
  /** A run of a plan, done by this program. */
  | { kind: 'sweep'; id: string; plan: CertifiedPlan }
  /** Statements of people about items of a plan: paper, media, devices. */
  | { kind: 'physical'; id: string; plan: CertifiedPlan }
  /** What a person had destroyed outside a plan, and why in their words (null: not said). */
  | { kind: 'disposal'; id: string; ground: string | null }
  /** An archive whose keys were destroyed; with the plan where one asked for it. */
  | { kind: 'archive'; id: string; plan: CertifiedPlan | null; ground: string | null }
  /** A whole medium; with the plan where it was of the inventory and one asked for it. */
  | { kind: 'device'; id: string; plan: CertifiedPlan | null; ground: string | null };
export type SubjectKind = CertifiedSubject['kind'];

export function certificateNumber(year: number, sequence: number): string {
  return `${year}-${String(sequence).padStart(4, '0')}`;
}

/** Under which name the log has the id of what a certificate is of. */
export const SUBJECT_KEYS: Readonly<Record<SubjectKind, string>> = {
  sweep: 'run',
  physical: 'run',
  disposal: 'disposal',
  archive: 'archive',
  device: 'device',
};

/** What whoever destroyed something tells of it, for `issueCertificate`. Instants are UTC, RFC 3339. */
export interface CertificateFacts {
  subject: CertifiedSubject;
  startedAt: string;
  finishedAt: string;
  operator: { id: string; name: string; account: string };
  approvals: readonly CertifiedApproval[];
  /** At least one: where nothing was destroyed there is nothing to certify. */
  items: readonly CertifiedItemFacts[];
  exceptions: readonly ExceptionFacts[];
  /** Each method that an item names, in words. */
  methods: readonly Reason[];
  /** What the methods cannot reach; the limits that always hold are added. */
  limits: readonly Reason[];
  /** Legal holds in force in the workspace when it ended. */
  holdsInForce: number;
}

/** The rest, which the workspace and the moment of issue add. */
export interface IssuedFacts extends CertificateFacts {
  /** YYYY-NNNN, gapless for each workspace and year. */
  number: string;
  /** Number of the certificate that this one takes the place of. */
  replaces: string | null;
  workspaceId: string;
  organization: { name: string; address: string | null };
  issuedAt: string;
  /** IANA name. */
  timeZone: string;
  tool: { name: string; version: string };
  /** Whose signature the files carry; null where they carry none. */
  signer: { name: string; certificateSha256: string } | null;
  /** The part of the log that the certificate rests on. `headHash` is that of `lastSeq`. */
  log: { firstSeq: number; lastSeq: number; headHash: string; checkpoint: string | null };
}
