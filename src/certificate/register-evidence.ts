import { entriesOf, type LogEntry, whileNothingComes } from '../audit/index.js';
import { sha256 } from '../crypto/index.js';
import { verificationFailed } from '../model/index.js';
import type {
  CertificateRecord,
  CertificateVoid,
  CounterSignature,
  EvidenceAction,
  Repositories,
} from '../store/index.js';
import { certificateNumber, SUBJECT_KEYS, type SubjectKind } from './certificate-facts.js';

const ACTIONS: readonly EvidenceAction[] = [
  'certificate.issue',
  'certificate.void',
  'certificate.countersign',
];

/**
 * Compares the register of certificates with the log, both ways: each certificate that was issued is there with its digests
 * and with what it replaces, no other is, and the same of what was declared void and of counter-signatures.
 *
 * @throws Fault `register-changed` (exit 5)
 */
export async function requireRegisterAsLogged(repositories: Repositories): Promise<void> {
  await whileNothingComes(repositories, ACTIONS, async () => {
    const certificates = await repositories.certificates.list();
    await compare(repositories, 'certificate.issue', certificates, issueTells);
    await compare(repositories, 'certificate.void', await repositories.certificates.voids(), voidTells);
    const signatures: CounterSignature[] = [];
    for (const { number } of certificates)
      signatures.push(...(await repositories.certificates.counterSignatures(number)));
    await compare(repositories, 'certificate.countersign', signatures, signatureTells);
  });
}

/** Each row has its entry, and each entry its row. */
async function compare<Row extends { number: string; logSeq: number }>(
  repositories: Repositories,
  action: EvidenceAction,
  rows: readonly Row[],
  tells: (entry: LogEntry, row: Row) => boolean,
): Promise<void> {
  const left = new Map(rows.map((row) => [row.logSeq, row]));
  for await (const entry of entriesOf(repositories, action)) {
    const row = left.get(entry.seq);
    if (row === undefined || row.number !== entry.subject.certificate || !tells(entry, row))
      throw changed(String(entry.subject.certificate));
    left.delete(entry.seq);
  }
  for (const { number } of left.values()) throw changed(number);
}

/** The time of an entry is that of its writing; before, a certificate was drawn and signed. */
const LATE_MS = 60 * 60 * 1000;

function isOf({ time }: LogEntry, at: string): boolean {
  return Math.abs(Date.parse(time) - Date.parse(at)) <= LATE_MS;
}

function issueTells(entry: LogEntry, certificate: CertificateRecord): boolean {
  const { operator, data } = entry;
  const { number, year, sequence, issuedAt } = certificate;
  return (
    number === certificateNumber(year, sequence) &&
    isOf(entry, issuedAt) &&
    isOfSubject(entry, certificate) &&
    operator === certificate.issuedBy &&
    data.json_sha256 === certificate.jsonSha256 &&
    data.pdf_sha256 === certificate.pdfSha256 &&
    (data.signature_sha256 ?? null) === certificate.signatureSha256 &&
    data.items === certificate.items &&
    (data.replaces ?? null) === certificate.replaces
  );
}

/** By these a certificate is found for what it is of: with another it would be issued once more. */
function isOfSubject({ subject }: LogEntry, { subjectKind, subjectId }: CertificateRecord): boolean {
  const { certificate: _, ...others } = subject;
  const told = Object.entries(others);
  const [name, id] = told[0] ?? [];
  return told.length === 1 && id === subjectId && name === SUBJECT_KEYS[subjectKind as SubjectKind];
}

function voidTells(entry: LogEntry, { voidedAt, voidedBy, reason }: CertificateVoid): boolean {
  const { operator, data } = entry;
  return operator === voidedBy && isOf(entry, voidedAt) && data.reason_sha256 === sha256(reason);
}

/** Who signed stands in the statement, and the signature verifies under that operator's key or not at all. */
function signatureTells(entry: LogEntry, { operator, role, signedAt, statement }: CounterSignature): boolean {
  const { data } = entry;
  return (
    data.role === role &&
    isOf(entry, signedAt) &&
    data.statement_sha256 === sha256(statement) &&
    (JSON.parse(statement) as { operator?: string }).operator === operator
  );
}

function changed(number: string): Error {
  return verificationFailed(
    'register-changed',
    `What the register of certificates holds of ${number} is not what the log tells`,
    {
      hint: 'Somebody changed the database. Run: quietus log verify, and keep the workspace as it is',
      details: { certificate: number },
    },
  );
}
