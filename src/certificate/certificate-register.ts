import { followChain } from '../audit/index.js';
import { sha256 } from '../crypto/index.js';
import { badInput, verificationFailed } from '../model/index.js';
import type { Session } from '../session/index.js';
import type { CertificateRecord } from '../store/index.js';
import { type CertificatePaths, certificatePaths, readCertificateFile } from './certificate-files.js';
import type { CertificateDocument } from './certificate-format.js';
import { parseCertificate } from './certificate-parser.js';
import { type CheckResult, verifyCertificate } from './certificate-verification.js';
import { readPdfClaim } from './pdf-info.js';

const NUMBER = /^\d{4}-\d{4,9}$/;

/** Every certificate that was issued, oldest first. */
export async function listCertificates(session: Session): Promise<CertificateRecord[]> {
  return await session.store.certificates.list();
}

export interface ShownCertificate {
  record: CertificateRecord;
  paths: CertificatePaths;
  document: CertificateDocument;
}

/**
 * One certificate with its document. Only a file that is what was issued is shown.
 *
 * @throws Fault `certificate-unknown`, `certificate-file-missing` (exit 2), `certificate-changed` (exit 5)
 */
export async function showCertificate(session: Session, number: string): Promise<ShownCertificate> {
  const record = await requireCertificate(session, number);
  const paths = certificatePaths(session.paths.certificates, number);
  const bytes = await readCertificateFile(paths.json);
  if (sha256(bytes) !== record.jsonSha256) {
    throw verificationFailed(
      'certificate-changed',
      `The file of certificate ${number} was changed since it was issued`,
      {
        hint: `See what is wrong with: quietus certificate verify ${number}`,
      },
    );
  }
  return { record, paths, document: parseCertificate(bytes) };
}

/** What the verification of one file found. */
export interface VerifiedFile {
  path: string;
  kind: 'json' | 'pdf';
  checks: CheckResult[];
}

export interface CertificateVerification {
  /** The certificate that was named, or that the file says it is; null where it says none. */
  number: string | null;
  passed: boolean;
  files: VerifiedFile[];
}

/**
 * Verifies a certificate against what this workspace recorded: by number both of its files, by path that file.
 *
 * @throws Fault `certificate-unknown` for a number that was never issued, `certificate-file-missing` for a
 *   path, `certificate-kind-unknown` for a file that is neither JSON nor PDF (all exit 2)
 */
export async function verifyCertificateFile(
  session: Session,
  pathOrNumber: string,
): Promise<CertificateVerification> {
  if (!NUMBER.test(pathOrNumber)) return await verifyPath(session, pathOrNumber);
  const record = await requireCertificate(session, pathOrNumber);
  const paths = certificatePaths(session.paths.certificates, record.number);
  const files: VerifiedFile[] = [];
  for (const kind of ['json', 'pdf'] as const) {
    files.push({ path: paths[kind], kind, checks: await ownFileChecks(session, record, kind, paths[kind]) });
  }
  return conclusion(record.number, files);
}

/**
 * Whether both files of a certificate lie in the workspace as they were issued.
 *
 * @returns what is wrong in words; null where nothing is
 */
export async function certificateFilesProblem(
  session: Session,
  certificate: CertificateRecord,
): Promise<string | null> {
  const paths = certificatePaths(session.paths.certificates, certificate.number);
  const digests = { json: certificate.jsonSha256, pdf: certificate.pdfSha256 };
  for (const kind of ['json', 'pdf'] as const) {
    const bytes = await readCertificateFile(paths[kind]).catch(() => undefined);
    const name = `The ${kind === 'json' ? 'JSON file' : 'PDF'} of certificate ${certificate.number}`;
    if (bytes === undefined) return `${name} is missing from the workspace, or cannot be read`;
    if (sha256(bytes) !== digests[kind]) return `${name} was changed since it was issued`;
  }
  return null;
}

/** A file that is gone from the workspace is a finding, not a mistake of the person who asks. */
async function ownFileChecks(
  session: Session,
  record: CertificateRecord,
  kind: 'json' | 'pdf',
  path: string,
): Promise<CheckResult[]> {
  let bytes: Buffer;
  try {
    bytes = await readCertificateFile(path);
  } catch {
    const name = kind === 'json' ? 'JSON file' : 'PDF';
    return [
      { id: 'file', passed: false, text: `The ${name} is missing from the workspace, or cannot be read` },
    ];
  }
  return await checks(session, record, kind, bytes);
}

async function verifyPath(session: Session, path: string): Promise<CertificateVerification> {
  const bytes = await readCertificateFile(path);
  const kind = kindOf(bytes, path);
  const number = kind === 'pdf' ? readPdfClaim(bytes)?.number : claimedNumber(bytes);
  const record = number === undefined ? undefined : await session.store.certificates.get(number);
  return conclusion(number ?? null, [{ path, kind, checks: await checks(session, record, kind, bytes) }]);
}

function kindOf(bytes: Buffer, path: string): 'json' | 'pdf' {
  if (bytes.subarray(0, 5).toString('latin1') === '%PDF-') return 'pdf';
  if (/^(\ufeff)?\s*\{/.test(bytes.subarray(0, 64).toString('utf8'))) return 'json';
  throw badInput(
    'certificate-kind-unknown',
    `${path} is neither the JSON file nor the PDF of a certificate`,
    {
      hint: 'Name a file such as certificate-2026-0001.pdf or .json, or a number such as 2026-0001',
    },
  );
}

/** The number that stands in the file, even where the file is no valid certificate any more. */
function claimedNumber(bytes: Buffer): string | undefined {
  return /"number"\s*:\s*"(\d{4}-\d{4,9})"/.exec(bytes.subarray(0, 4096).toString('utf8'))?.[1];
}

async function checks(
  session: Session,
  record: CertificateRecord | undefined,
  kind: 'json' | 'pdf',
  bytes: Buffer,
): Promise<CheckResult[]> {
  const found = await verifyCertificate({
    bytes,
    kind,
    expected: record ?? null,
    followLog: (range, seqs) => followChain(session.store, range, seqs),
  });
  return record === undefined ? found : [...found, await issueEntryCheck(session, record)];
}

/** The digests are recorded twice, in the register and in the log; whoever changes one must be found by the other. */
async function issueEntryCheck(session: Session, record: CertificateRecord): Promise<CheckResult> {
  const entry = await session.store.log.get(record.logSeq);
  const passed = entry !== undefined && sha256(entry.entry) === entry.hash && tellsOf(entry.entry, record);
  return {
    id: 'issue-entry',
    passed,
    text: passed
      ? `Entry ${record.logSeq} of the log records the issue with both digests`
      : `Entry ${record.logSeq} of the log does not record the issue with these digests`,
  };
}

function tellsOf(text: string, record: CertificateRecord): boolean {
  let entry: { action?: unknown; subject?: Record<string, unknown>; data?: Record<string, unknown> };
  try {
    entry = JSON.parse(text) as typeof entry;
  } catch {
    return false;
  }
  return (
    entry.action === 'certificate.issue' &&
    entry.subject?.certificate === record.number &&
    entry.data?.json_sha256 === record.jsonSha256 &&
    entry.data.pdf_sha256 === record.pdfSha256
  );
}

function conclusion(number: string | null, files: VerifiedFile[]): CertificateVerification {
  return { number, passed: files.every((file) => file.checks.every((check) => check.passed)), files };
}

async function requireCertificate(session: Session, number: string): Promise<CertificateRecord> {
  const record = NUMBER.test(number) ? await session.store.certificates.get(number) : undefined;
  if (record) return record;
  throw badInput(
    'certificate-unknown',
    `No certificate ${NUMBER.test(number) ? number : 'with this number'} was issued here`,
    {
      hint: 'See the numbers with: quietus certificate list',
    },
  );
}
