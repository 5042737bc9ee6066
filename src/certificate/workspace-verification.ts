import { readFileSync } from 'node:fs';
import { entriesOf, followChain } from '../audit/index.js';
import { readCertificate, sha256 } from '../crypto/index.js';
import type { Session } from '../session/index.js';
import type { CertificateRecord } from '../store/index.js';
import { certificatePaths, readCertificateFile } from './certificate-files.js';
import { NUMBER, requireCertificate } from './certificate-register.js';
import { verifyCertificate } from './certificate-verification.js';
import { type CheckResult, check } from './check-result.js';
import { checkpointCheck } from './checkpoint-check.js';
import { type CertificateVerification, conclusion, type VerifiedFile } from './conclusion.js';
import { counterSignatureCheck } from './countersignature.js';
import { claimedNumber, kindOf } from './file-kind.js';
import { readPdfClaim } from './pdf-info.js';
import type { SignatureTrust } from './signature-checks.js';
import { pemBlocks } from './signing-identity.js';

/**
 * Verifies a certificate against what this workspace recorded: by number its files, by path that file.
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
    const bytes = await present(paths[kind]);
    const signature = kind === 'json' ? await present(paths.signature) : null;
    const checks = bytes
      ? await checksOf(session, record, { kind, bytes, signature })
      : [check('file', false, `The ${FILE_NAMES[kind]} is missing from the workspace, or cannot be read`)];
    files.push({ path: paths[kind], kind, checks });
  }
  return conclusion(record.number, files);
}

const FILE_NAMES = { json: 'JSON file', signature: 'signature', pdf: 'PDF' } as const;

/**
 * Whether the files of a certificate lie in the workspace as they were issued.
 *
 * @returns what is wrong in words; null where nothing is
 */
export async function certificateFilesProblem(
  session: Session,
  certificate: CertificateRecord,
): Promise<string | null> {
  const paths = certificatePaths(session.paths.certificates, certificate.number);
  const digests = {
    json: certificate.jsonSha256,
    signature: certificate.signatureSha256,
    pdf: certificate.pdfSha256,
  };
  for (const kind of ['json', 'signature', 'pdf'] as const) {
    if (digests[kind] === null) continue;
    const bytes = await present(paths[kind]);
    const name = `The ${FILE_NAMES[kind]} of certificate ${certificate.number}`;
    if (bytes === null) return `${name} is missing from the workspace, or cannot be read`;
    if (sha256(bytes) !== digests[kind]) return `${name} was changed since it was issued`;
  }
  return null;
}

/** A file that is gone from the workspace is a finding, not a mistake of the person who asks. */
async function present(path: string): Promise<Buffer | null> {
  try {
    return await readCertificateFile(path);
  } catch {
    return null;
  }
}

async function verifyPath(session: Session, path: string): Promise<CertificateVerification> {
  const bytes = await readCertificateFile(path);
  const kind = kindOf(bytes, path);
  const number = kind === 'pdf' ? readPdfClaim(bytes)?.number : claimedNumber(bytes);
  const record = number === undefined ? undefined : await session.store.certificates.get(number);
  const signature = kind === 'json' ? await present(`${path}.p7s`) : null;
  const checks = await checksOf(session, record, { kind, bytes, signature });
  return conclusion(number ?? null, [{ path, kind, checks }]);
}

async function checksOf(
  session: Session,
  record: CertificateRecord | undefined,
  file: { kind: 'json' | 'pdf'; bytes: Buffer; signature: Buffer | null },
): Promise<CheckResult[]> {
  const found = await verifyCertificate({
    ...file,
    trust: await ownTrust(session),
    workspace: {
      expected: record ?? null,
      followLog: (range, seqs) => followChain(session.store, range, seqs),
    },
  });
  const checks = [...found.checks];
  if (found.document !== null) checks.push(await checkpointCheck(session.store, found.document));
  if (record === undefined) return checks;
  return [
    ...checks,
    await issueEntryCheck(session, record),
    ...(await counterSignatureChecks(session, record)),
    await revocationCheck(session, record),
  ];
}

/** Signing certificates of which the log tells. */
async function ownTrust(session: Session): Promise<SignatureTrust> {
  const told = new Set<unknown>();
  for await (const { data } of entriesOf(session.store, 'certificate.signer'))
    told.add(data.certificate_sha256);
  const signers = await session.store.certificates.signers();
  return {
    certificates: signers
      .flatMap(({ certificates }) => pemBlocks(certificates).slice(0, 1))
      .filter((pem) => told.has(readCertificate(pem).fingerprint)),
    source: 'one that this workspace signs with',
    timestampAuthorities: authoritiesOf(session),
  };
}

/** Certificates of the time-stamping authority, PEM, as the settings name them today. */
export function authoritiesOf(session: Session): string | null {
  const { timestamp } = session.settings().log;
  try {
    return timestamp && readFileSync(timestamp.ca, 'utf8');
  } catch {
    return null;
  }
}

/** The digests are recorded twice, in the register and in the log; whoever changes one must be found by the other. */
async function issueEntryCheck(session: Session, record: CertificateRecord): Promise<CheckResult> {
  const entry = await session.store.log.get(record.logSeq);
  const passed = entry !== undefined && sha256(entry.entry) === entry.hash && tellsOf(entry.entry, record);
  return check(
    'issue-entry',
    passed,
    passed
      ? `Entry ${record.logSeq} of the log records the issue with the digests of its files`
      : `Entry ${record.logSeq} of the log does not record the issue with these digests`,
  );
}

/** Whether an entry of the log tells of the issue of the certificate with these digests. */
export function tellsOf(
  text: string,
  record: Pick<CertificateRecord, 'number' | 'jsonSha256' | 'pdfSha256'>,
): boolean {
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

async function counterSignatureChecks(session: Session, record: CertificateRecord): Promise<CheckResult[]> {
  const given = await session.store.certificates.counterSignatures(record.number);
  const checks: CheckResult[] = [];
  for (const signature of given) {
    const publicKey = (await session.store.operators.get(signature.operator))?.publicKey ?? '';
    checks.push(counterSignatureCheck(signature, record, publicKey));
  }
  return checks;
}

/** A void or a replacement that stands in the log counts, whatever the tables beside it say. */
async function revocationCheck(session: Session, record: CertificateRecord): Promise<CheckResult> {
  for await (const entry of entriesOf(session.store, 'certificate.void')) {
    if (entry.subject.certificate !== record.number) continue;
    return check(
      'revocation',
      false,
      `It was declared void on ${entry.time} by ${entry.operator} (log entry ${entry.seq})`,
    );
  }
  for await (const { subject, data, time } of entriesOf(session.store, 'certificate.issue')) {
    if (data.replaces !== record.number) continue;
    return check('revocation', false, `Certificate ${subject.certificate} took its place on ${time}`);
  }
  const recorded = (await session.store.certificates.voids()).some(({ number }) => number === record.number);
  if (recorded)
    return check('revocation', false, 'The register says that it is void; the log does not tell of it');
  return check('revocation', true, 'It was neither declared void nor replaced');
}
