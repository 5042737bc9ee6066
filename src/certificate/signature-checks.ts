import {
  chainProblem,
  DerError,
  type DetachedSignature,
  readDetachedSignature,
  type CertificateFacts as X509Facts,
} from '../crypto/index.js';
import type { CertificateDocument } from './certificate-format.js';
import { type CheckResult, check } from './check-result.js';
import type { ReadPdf } from './pdf-reading.js';
import { timestampChecks } from './signature-timestamp.js';

/** How far the time of signing may lie from the time of issue that the document tells. */
const SIGNING_SLACK_MS = 10 * 60_000;

/** X.509 certificates (PEM) that the reader trusts, and what to say of them. */
export interface SignatureTrust {
  certificates: readonly string[];
  /** Such as `this workspace` or `the certificate that you named`. */
  source: string;
  /** Certificates of time-stamping authorities, PEM; null where none are known. */
  timestampAuthorities: string | null;
}

/** Checks the detached signature of a JSON file. */
export function jsonSignatureChecks(
  json: Buffer,
  signature: Buffer | null,
  document: CertificateDocument,
  trust: SignatureTrust | null,
): CheckResult[] {
  if (signature === null) return unsigned(document, 'The JSON file comes without its signature (.json.p7s)');
  let read: DetachedSignature;
  try {
    read = readDetachedSignature(signature, json);
  } catch (error) {
    if (!(error instanceof DerError)) throw error;
    return [check('signature', false, `The signature cannot be read: ${error.message}`)];
  }
  const text = read.intact
    ? 'The signature is right: the JSON file is as it was signed'
    : `The signature is wrong: ${read.problem}`;
  return [check('signature', read.intact, text), ...signerChecks(read, document, trust)];
}

/** Checks the signature of a PDF, which must cover all of it. */
export function pdfSignatureChecks(
  pdf: ReadPdf,
  document: CertificateDocument | null,
  trust: SignatureTrust | null,
): CheckResult[] {
  const { signature, signatureProblem } = pdf;
  if (signature === null) {
    if (document?.signer === null) return unsigned(document, signatureProblem ?? '');
    return [check('signature', false, signatureProblem ?? 'The PDF carries no signature')];
  }
  const problem = signature.intact ? signatureProblem : `The signature is wrong: ${signature.problem}`;
  return [
    check(
      'signature',
      problem === null,
      problem ?? 'The signature is right and covers the whole PDF: it is as it was signed',
    ),
    ...signerChecks(signature, document, trust),
  ];
}

/** Files of version 1 had no signature; a document that names a signer had one. */
function unsigned(document: CertificateDocument, text: string): CheckResult[] {
  if (document.signer !== null) return [check('signature', false, text)];
  return [check('signature', null, 'This certificate was issued without a signature')];
}

function signerChecks(
  signature: DetachedSignature,
  document: CertificateDocument | null,
  trust: SignatureTrust | null,
): CheckResult[] {
  const { signer } = signature;
  return [
    ...(document === null ? [] : [namedCheck(signer, document)]),
    chainCheck(signature, trust),
    validityCheck(signature, document),
    ...timestampChecks(signature, trust?.timestampAuthorities ?? null),
  ];
}

function namedCheck(signer: X509Facts, document: CertificateDocument): CheckResult {
  const passed = document.signer?.certificate_sha256 === signer.fingerprint;
  return check(
    'signer',
    passed,
    passed
      ? `The signer is the one that the document names (X.509 certificate with SHA-256 ${signer.fingerprint})`
      : 'The signer is another one than the document names',
  );
}

export function chainCheck(signature: DetachedSignature, trust: SignatureTrust | null): CheckResult {
  if (trust === null)
    return check('chain', null, 'No X.509 certificate was given to trust: name one with --trust');
  const [own = '', ...others] = signature.certificates;
  const at = new Date(signature.signedAt ?? signature.signer.validFrom);
  const problem = chainProblem(own, others, trust.certificates, at);
  return check(
    'chain',
    problem === null,
    problem === null
      ? `The chain of the signer's certificate leads to ${trust.source}`
      : `The chain of the signer's certificate ${problem}`,
  );
}

function validityCheck(signature: DetachedSignature, document: CertificateDocument | null): CheckResult {
  const { signedAt, signer } = signature;
  if (signedAt === null) return check('validity', false, 'The signature does not say when it was made');
  const at = Date.parse(signedAt);
  const period = `from ${signer.validFrom} to ${signer.validUntil}`;
  if (at < Date.parse(signer.validFrom))
    return check('validity', false, `The signer's certificate was not valid yet at ${signedAt} (${period})`);
  if (at > Date.parse(signer.validUntil))
    return check('validity', false, `The signer's certificate had expired at ${signedAt} (${period})`);
  if (document !== null && Math.abs(at - Date.parse(document.issued_at)) > SIGNING_SLACK_MS)
    return check(
      'validity',
      false,
      `It was signed at ${signedAt}, another time than the document tells of its issue`,
    );
  return check(
    'validity',
    true,
    `The signer's certificate was valid at the time of signing, ${signedAt} (${period})`,
  );
}
