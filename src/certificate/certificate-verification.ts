import { sha256 } from '../crypto/index.js';
import { Fault } from '../model/index.js';
import type { CertificateDocument } from './certificate-format.js';
import { parseCertificate } from './certificate-parser.js';
import { type CheckResult, check } from './check-result.js';
import { type FollowLog, logChecks } from './log-checks.js';
import { readPdfClaim } from './pdf-info.js';
import { type ReadPdf, readPdf } from './pdf-reading.js';
import { jsonSignatureChecks, pdfSignatureChecks, type SignatureTrust } from './signature-checks.js';

/** What a workspace recorded when it issued the certificate. */
interface RecordedDigests {
  number: string;
  jsonSha256: string;
  pdfSha256: string;
  signatureSha256: string | null;
}

export interface VerificationInput {
  bytes: Buffer;
  kind: 'json' | 'pdf';
  /** Detached signature that lies beside a JSON file; null where there is none. */
  signature: Buffer | null;
  /** Whose signatures are trusted; null where the reader named nobody. */
  trust: SignatureTrust | null;
  /** Left out where there is no workspace to compare with. `expected` is null where it recorded no such certificate. */
  workspace?: { expected: RecordedDigests | null; followLog: FollowLog };
}

export interface VerifiedContent {
  checks: CheckResult[];
  /** Null where the file does not hold one that keeps the rules. */
  document: CertificateDocument | null;
  /** Of the JSON document, hex; null where there is none. */
  jsonSha256: string | null;
}

/**
 * Checks one file of a certificate. Every check that can be made is made, so that the reader sees all that is wrong.
 * Checks that a wrong digest makes meaningless are still made: they help to find out what was changed.
 */
export async function verifyCertificate(input: VerificationInput): Promise<VerifiedContent> {
  const found = input.kind === 'json' ? jsonChecks(input) : pdfChecks(input);
  const { document, jsonSha256 } = found;
  const checks = [...digestChecks(input), ...found.checks];
  if (document === null) return { checks, document, jsonSha256 };
  checks.push(...numberCheck(document, input));
  if (input.workspace) checks.push(...(await logChecks(document, input.workspace.followLog)));
  return { checks, document, jsonSha256 };
}

function digestChecks({ bytes, kind, workspace, signature }: VerificationInput): CheckResult[] {
  if (workspace === undefined) return [];
  const { expected } = workspace;
  const digest = (name: string, content: Buffer, recorded: string | null | undefined) =>
    digestCheck(name, sha256(content), recorded ?? undefined);
  if (kind === 'pdf') return [digest('PDF', bytes, expected?.pdfSha256)];
  const detached =
    signature !== null && expected?.signatureSha256
      ? [digest('signature', signature, expected.signatureSha256)]
      : [];
  return [digest('JSON file', bytes, expected?.jsonSha256), ...detached];
}

function digestCheck(name: string, actual: string, recorded: string | undefined): CheckResult {
  if (recorded === undefined)
    return check(
      'digest',
      false,
      `This workspace has no record of issuing this certificate; the ${name} has SHA-256 ${actual}`,
    );
  if (recorded === actual) return check('digest', true, `The ${name} has the recorded SHA-256 ${actual}`);
  return check(
    'digest',
    false,
    `The ${name} was changed since it was issued: it has SHA-256 ${actual}, and ${recorded} was recorded`,
  );
}

function jsonChecks({ bytes, signature, trust }: VerificationInput): VerifiedContent {
  const parsed = parse(bytes);
  if (parsed instanceof Fault)
    return { checks: [check('schema', false, parsed.message)], document: null, jsonSha256: null };
  return {
    checks: [
      check('schema', true, 'The document keeps every rule of its format'),
      ...jsonSignatureChecks(bytes, signature, parsed, trust),
    ],
    document: parsed,
    jsonSha256: sha256(bytes),
  };
}

function pdfChecks(input: VerificationInput): VerifiedContent {
  const pdf = readPdf(input.bytes);
  const json = pdf.attachments.find(({ name }) => name.endsWith('.json'));
  const parsed = json && parse(json.bytes);
  const document = parsed instanceof Fault || parsed === undefined ? null : parsed;
  return {
    checks: [
      claimCheck(input, json?.bytes),
      ...schemaChecks(input, parsed),
      ...pdfSignatureChecks(pdf, document, input.trust),
      ...attachedSignatureChecks(pdf, json?.bytes, document),
    ],
    document,
    jsonSha256: json ? sha256(json.bytes) : null,
  };
}

/** Certificates of version 1 were PDFs without their document. */
function schemaChecks(
  { workspace }: VerificationInput,
  parsed: CertificateDocument | Fault | undefined,
): CheckResult[] {
  if (parsed instanceof Fault)
    return [check('schema', false, `The JSON document inside the PDF is wrong. ${parsed.message}`)];
  if (parsed)
    return [check('schema', true, 'The JSON document inside the PDF keeps every rule of its format')];
  const old = workspace?.expected != null && workspace.expected.signatureSha256 === null;
  return [
    check(
      'schema',
      old ? null : false,
      old
        ? 'The PDF was issued without its JSON document inside'
        : 'The PDF lacks the JSON document that belongs inside it',
    ),
  ];
}

/** The signature of the JSON document travels inside the PDF as well, and must be of the same document. */
function attachedSignatureChecks(
  pdf: ReadPdf,
  json: Buffer | undefined,
  document: CertificateDocument | null,
): CheckResult[] {
  const detached = pdf.attachments.find(({ name }) => name.endsWith('.p7s'));
  if (json === undefined || document === null || document.signer === null) return [];
  const [result] = jsonSignatureChecks(json, detached?.bytes ?? null, document, null);
  return result ? [{ ...result, id: 'attached-signature', text: `Inside the PDF: ${result.text}` }] : [];
}

function claimCheck({ bytes, workspace }: VerificationInput, json: Buffer | undefined): CheckResult {
  const claim = readPdfClaim(bytes);
  if (claim === undefined) return check('claim', false, 'The PDF does not say which certificate it is');
  const expected = workspace?.expected;
  if (expected === null)
    return check(
      'claim',
      false,
      `The PDF says that it is certificate ${claim.number}, which is not recorded here`,
    );
  if (expected && (claim.number !== expected.number || claim.jsonSha256 !== expected.jsonSha256))
    return check(
      'claim',
      false,
      `The PDF names another certificate, or another JSON document, than ${expected.number}`,
    );
  if (json !== undefined && sha256(json) !== claim.jsonSha256)
    return check('claim', false, 'The JSON document inside the PDF is another one than its pages name');
  return check(
    'claim',
    true,
    `The PDF names certificate ${claim.number} and the digest of its JSON document`,
  );
}

function parse(bytes: Buffer): CertificateDocument | Fault {
  try {
    return parseCertificate(bytes);
  } catch (error) {
    if (error instanceof Fault) return error;
    throw error;
  }
}

function numberCheck(document: CertificateDocument, { workspace }: VerificationInput): CheckResult[] {
  if (!workspace?.expected) return [];
  const { number } = workspace.expected;
  const passed = document.number === number;
  return [
    check(
      'number',
      passed,
      passed
        ? `The document has the recorded number ${number}`
        : `The document has another number than ${number}, under which it is recorded`,
    ),
  ];
}
