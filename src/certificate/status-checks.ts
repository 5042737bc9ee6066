import { DerError, readDetachedSignature } from '../crypto/index.js';
import type { BundleFiles } from './bundle-contents.js';
import type { CertificateDocument } from './certificate-format.js';
import { parseStatus } from './certificate-status.js';
import { type CheckResult, check } from './check-result.js';
import { chainCheck, type SignatureTrust } from './signature-checks.js';

/** Whether the certificate stood when the bundle was made, as its workspace signed. */
export function statusChecks(
  document: CertificateDocument,
  certificate: { jsonSha256: string },
  files: BundleFiles,
  trust: SignatureTrust | null,
): CheckResult[] {
  const bytes = files.get('status.json');
  const signature = files.get('status.json.p7s');
  const status = bytes && parseStatus(bytes);
  if (!bytes || !signature || !status)
    return [check('revocation', false, 'The bundle does not say whether the certificate still stands')];
  let signedByTrusted: boolean | null = null;
  try {
    const read = readDetachedSignature(signature, bytes);
    if (!read.intact)
      return [
        check('revocation', false, `The statement that it stands is not as it was signed: ${read.problem}`),
      ];
    const chain = chainCheck(read, trust);
    signedByTrusted = chain.passed;
    if (chain.passed === false)
      return [
        check(
          'revocation',
          false,
          `The statement that it stands: ${chain.text} (status-signer.pem, SHA-256 ${read.signer.fingerprint})`,
        ),
      ];
  } catch (error) {
    if (!(error instanceof DerError)) throw error;
    return [
      check(
        'revocation',
        false,
        `The signature of the statement that it stands cannot be read: ${error.message}`,
      ),
    ];
  }
  if (
    status.certificate !== document.number ||
    status.workspace !== document.workspace_id ||
    status.json_sha256 !== certificate.jsonSha256
  )
    return [check('revocation', false, 'The statement that it stands is of another certificate')];
  if (status.void !== null)
    return [check('revocation', false, `It was declared void on ${status.void.at} by ${status.void.by}`)];
  if (status.replaced_by !== null)
    return [check('revocation', false, `Certificate ${status.replaced_by} took its place`)];
  // Whoever wrote it could say so; that it was declared void or replaced is believed of anybody.
  if (signedByTrusted === null)
    return [
      check('revocation', null, 'Whether it still stands is for who signed status.json to say: add --trust'),
    ];
  return [check('revocation', true, `It was neither declared void nor replaced by ${status.as_of}`)];
}
