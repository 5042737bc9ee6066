import type { Medium, PiElement } from '../model/index.js';
import type {
  AttestedMethod,
  ExceptionOutcome,
  Sanitization,
  SubjectKind,
  VerificationMethod,
} from './certificate-facts.js';
import type { AttestedEntry, MediaEntry } from './certificate-format.js';
import { dateInWords } from './local-time.js';

/** Short names of the PI elements for a table; the full ones stand on the first page. */
export const ELEMENT_LABELS: Readonly<Record<PiElement, string>> = {
  ssn: 'SSN',
  drivers_license: "driver's license",
  state_id: 'state ID',
  financial_account: 'financial account',
  payment_card: 'payment card',
  biometric: 'biometric',
};

export const MEDIUM_LABELS: Readonly<Record<Medium, string>> = {
  file: 'file',
  folder: 'folder of files',
  removable: 'removable medium',
  device: 'device',
  paper: 'paper',
  database: 'database',
  archive: 'encrypted archive',
  other: 'other',
};

export const EXCEPTION_LABELS: Readonly<Record<ExceptionOutcome, string>> = {
  'unlinked-only': 'Removed, nothing overwritten',
  'already-gone': 'Already gone when the run came to it',
  refused: 'Refused',
  failed: 'Failed',
  unknown: 'Outcome unknown',
  waiting: 'Waiting for a person',
};

export const VERIFICATION_LABELS: Readonly<Record<VerificationMethod, string>> = {
  'full-read-back': 'all of it was read back and compared',
  'sampled-read-back': 'samples were read back and compared',
  'key-refused': 'the destroyed key was tried and opened nothing',
  'row-count': 'rows were counted before and after',
  'device-report': 'the device reported that it had finished; nothing was read',
};

export const SANITIZATION_LABELS: Readonly<Record<Sanitization, string>> = {
  clear: 'Clear',
  purge: 'Purge',
  destroy: 'Destroy',
};

const ATTESTED_LABELS: Readonly<Record<AttestedMethod, string>> = {
  redacted: 'Redacted',
  burned: 'Burned',
  pulverized: 'Pulverized',
  shredded: 'Shredded',
  destroyed: 'Destroyed',
  erased: 'Erased',
};

/** A medium by everything that is known of it: `Samsung PM9A3, serial S64, property number A-17, 1.9 TB`. */
export function mediaInWords(media: MediaEntry): string {
  const name = [media.vendor, media.model].filter((part) => part !== null).join(' ');
  const parts = [
    name === '' ? undefined : name,
    media.type ?? undefined,
    media.serial === null ? undefined : `serial ${media.serial}`,
    media.property_number === null ? undefined : `property number ${media.property_number}`,
    media.capacity_bytes === null ? undefined : bytesInWords(media.capacity_bytes),
  ];
  return parts.filter((part) => part !== undefined).join(', ');
}

/** A person's statement as one sentence. */
export function attestedInWords(statement: AttestedEntry): string {
  const parts = [
    `${ATTESTED_LABELS[statement.method]} on ${dateInWords(statement.performed_on)} by ${statement.performed_by}`,
    statement.place === null ? undefined : `at ${statement.place}`,
    statement.vendor === null ? undefined : `vendor: ${statement.vendor}`,
    statement.witness === null ? 'no witness named' : `witness: ${statement.witness}`,
    statement.reference === null ? undefined : `reference: ${statement.reference}`,
    statement.vendor_certificate === null
      ? undefined
      : `vendor's certificate: ${statement.vendor_certificate.file_name}, SHA-256 ${statement.vendor_certificate.sha256}`,
    `recorded by ${statement.recorded_by}`,
  ];
  return `${parts.filter((part) => part !== undefined).join('; ')}.`;
}

const UNITS = ['bytes', 'kB', 'MB', 'GB', 'TB', 'PB', 'EB'];

/** Decimal units: `18.3 MB`. */
export function bytesInWords(bytes: number): string {
  let [value, unit] = [bytes, 0];
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  if (unit === 0) return bytes === 1 ? '1 byte' : `${bytes} bytes`;
  return `${value < 99.95 ? value.toFixed(1) : value.toFixed(0)} ${UNITS[unit]}`;
}

/** Digits in groups of three, with a count word: `1,204 items`. */
export function counted(count: number, one: string, many: string): string {
  return `${grouped(count)} ${count === 1 ? one : many}`;
}

export function grouped(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** What a certificate is about, for lists in which a record class does not say it. */
export const SUBJECT_LABELS: Readonly<Record<SubjectKind, string>> = {
  sweep: 'Records of a plan',
  physical: 'Destroyed by people',
  disposal: 'Named files and folders',
  archive: 'Encrypted archive',
  device: 'Whole device',
};

/** Whether the certificate repeats what people stated: then no run of this program stands behind it. */
export function isStatement(document: { subject: { kind: SubjectKind } }): boolean {
  return document.subject.kind === 'physical';
}

/** Numbers of an item's log entries: one where one entry stands for intent and outcome. */
export function logNumbers(log: { intent_seq: number; outcome_seq: number } | null): string {
  if (log === null) return '\u2013';
  return log.intent_seq === log.outcome_seq ? `${log.outcome_seq}` : `${log.intent_seq}, ${log.outcome_seq}`;
}
