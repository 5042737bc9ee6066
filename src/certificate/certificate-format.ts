import type { Medium, PiElement, Reason } from '../model/index.js';
import type {
  AttestedMethod,
  CertifiedOutcome,
  ExceptionOutcome,
  Sanitization,
  SubjectKind,
  VerificationMethod,
} from './certificate-facts.js';

export const CERTIFICATE_FORMAT = 'quietus-certificate/2';

/**
 * The published document, schemas/certificate-2.schema.json. The file on disk has the keys in the order of
 * these interfaces, indented by two spaces, with a final line feed: a person can read its head, and there is
 * exactly one way to write a document, so that whatever differs was changed.
 */
export interface CertificateDocument {
  format: typeof CERTIFICATE_FORMAT;
  /** YYYY-NNNN. */
  number: string;
  /** The certificate that this one takes the place of. */
  replaces: string | null;
  workspace_id: string;
  organization: { name: string; address: string | null };
  subject: { kind: SubjectKind; id: string; ground: string | null };
  plan: { id: string; sha256: string; as_of: string; schedule_version: number } | null;
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
  /** `claim`: checked again when each item was claimed; `statement`: when people's statement was recorded. */
  hold_check: { checked_at: 'claim' | 'statement'; holds_in_force: number };
  tool: { name: string; version: string };
  /** Whose signature the files carry. `certificate_sha256` is that of the X.509 certificate in DER. */
  signer: { name: string; certificate_sha256: string } | null;
  /** `checkpoint` is a signed note (C2SP tlog-checkpoint) that covers `last_seq`. */
  log: { first_seq: number; last_seq: number; head_hash: string; checkpoint: string | null };
  /** Items that were to be destroyed and were not. */
  exceptions: ExceptionEntry[];
  items: ItemEntry[];
}

export interface ApprovalEntry {
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
  key_erased: number;
  sanitized: number;
  rows_deleted: number;
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
  record_class: string | null;
  class_title: string | null;
  /** Left out where the item has one class. */
  other_classes?: { record_class: string; class_title: string; authority: AuthorityEntry }[];
  medium: Medium;
  media: MediaEntry | null;
  source: string | null;
  destination: string | null;
  pi_elements: PiElement[];
  data_subjects: number | null;
  keep_until: string | null;
  /** Of the class that kept it longest, which is `record_class`. */
  authority: AuthorityEntry | null;
  law: { chapter: 'M.G.L. c. 93I'; section: '2'; clause: 'a' | 'b' };
  outcome: CertifiedOutcome;
  sanitization: Sanitization | null;
  method: string | null;
  passes: number;
  tool: { name: string; version: string } | null;
  verification: {
    result: 'passed' | 'not-performed';
    method: VerificationMethod | null;
    read_from: 'medium' | 'page-cache' | null;
    detail: string | null;
  };
  files: number;
  bytes: number;
  pre_state: string | null;
  post_state: string | null;
  residual: Reason[];
  statement: AttestedEntry | null;
  custody: CustodyEntry[];
  log: LogEntryReference;
}

export interface AuthorityEntry {
  citation: string;
  source: string | null;
  checked: string;
  warning: string | null;
}

export interface MediaEntry {
  type: string | null;
  vendor: string | null;
  model: string | null;
  serial: string | null;
  property_number: string | null;
  capacity_bytes: number | null;
}

export interface CustodyEntry {
  on: string;
  from: string;
  to: string;
  detail: string | null;
}

export interface AttestedEntry {
  method: AttestedMethod;
  performed_by: string;
  performed_on: string;
  place: string | null;
  witness: string | null;
  vendor: string | null;
  reference: string | null;
  vendor_certificate: { file_name: string; sha256: string } | null;
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
export function serialize(document: object): string {
  return `${JSON.stringify(document, null, 2)}\n`;
}
