import type { Medium, PiElement, Reason } from '../model/index.js';
import type { AttestedMethod, CertifiedOutcome, ExceptionOutcome } from './certificate-facts.js';

export const CERTIFICATE_FORMAT = 'quietus-certificate/1';

/**
 * The published document, schemas/certificate-1.schema.json. The file on disk has the keys in the order of
 * these interfaces, indented by two spaces, with a final line feed: a person can read its head, and there is
 * exactly one way to write a document, so that whatever differs was changed.
 */
export interface CertificateDocument {
  format: typeof CERTIFICATE_FORMAT;
  /** YYYY-NNNN. */
  number: string;
  workspace_id: string;
  organization: { name: string; address: string | null };
  run_id: string;
  plan: { id: string; sha256: string; as_of: string; schedule_version: number };
  started_at: string;
  finished_at: string;
  issued_at: string;
  time_zone: string;
  operator: { id: string; name: string; account: string };
  approvals: ApprovalEntry[];
  /** Paragraphs for a person to read. */
  statement: string[];
  totals: Totals;
  methods: Reason[];
  limits: Reason[];
  hold_check: { checked_at_claim: true; holds_in_force: number };
  tool: { name: string; version: string };
  log: { first_seq: number; last_seq: number; head_hash: string };
  /** Items of the plan that were not destroyed. */
  exceptions: ExceptionEntry[];
  items: ItemEntry[];
}

interface ApprovalEntry {
  operator: string;
  name: string;
  approved_at: string;
  statement: string;
  signature: string;
}

export interface Totals {
  items: number;
  overwritten_verified: number;
  overwritten_residual: number;
  attested: number;
  exceptions: number;
  files: number;
  bytes: number;
  /** Sum of the items' counts; a lower bound of that sum where items have none. A person in two items counts twice. */
  data_subjects: number;
  items_without_data_subjects: number;
}

export interface ItemEntry {
  id: string;
  title: string | null;
  record_class: string;
  class_title: string;
  medium: Medium;
  pi_elements: PiElement[];
  data_subjects: number | null;
  keep_until: string | null;
  authority: { citation: string; source: string | null; checked: string; warning: string | null };
  law: { chapter: 'M.G.L. c. 93I'; section: '2'; clause: 'a' | 'b' };
  outcome: CertifiedOutcome;
  method: string | null;
  passes: number;
  verification: {
    result: 'passed' | 'not-performed';
    read_from: 'medium' | 'page-cache' | null;
  };
  files: number;
  bytes: number;
  residual: Reason[];
  statement: AttestedEntry | null;
  log: LogEntryReference;
}

export interface AttestedEntry {
  method: AttestedMethod;
  performed_by: string;
  performed_on: string;
  witness: string | null;
  vendor: string | null;
  reference: string | null;
  recorded_by: string;
}

export interface LogEntryReference {
  intent_seq: number;
  intent_hash: string;
  outcome_seq: number;
  outcome_hash: string;
}

export interface ExceptionEntry {
  id: string;
  title: string | null;
  record_class: string | null;
  medium: Medium;
  outcome: ExceptionOutcome;
  reasons: Reason[];
  log: LogEntryReference | null;
}

/** The bytes of the file, as text. The digest of a certificate is the SHA-256 of this in UTF-8. */
export function serialize(document: CertificateDocument): string {
  return `${JSON.stringify(document, null, 2)}\n`;
}
