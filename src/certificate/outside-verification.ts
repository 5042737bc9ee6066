import { openCheckpoint, verifyEntryProof } from '../audit/index.js';
import { certificatesIn, type NoteKey, noteKey, parseNoteKey, sha256 } from '../crypto/index.js';
import { badInput } from '../model/index.js';
import { unpackBundle } from './bundle-archive.js';
import type { BundleFiles } from './bundle-contents.js';
import { bundledKeyChecks } from './bundled-keys.js';
import { readCertificateFile } from './certificate-files.js';
import type { CertificateDocument } from './certificate-format.js';
import { type VerifiedContent, verifyCertificate } from './certificate-verification.js';
import { type CheckResult, check } from './check-result.js';
import { type CertificateVerification, conclusion, type VerifiedFile } from './conclusion.js';
import { kindOf } from './file-kind.js';
import { inclusionChecks } from './inclusion-checks.js';
import type { SignatureTrust } from './signature-checks.js';
import { statusChecks } from './status-checks.js';

/** What the reader trusts, from outside the file that is checked. */
export interface OutsideTrust {
  /** X.509 certificates, PEM; null where none was given. */
  certificates: string | null;
  /** Public key of the log: the line that C2SP signed-note writes, or PEM; null where none was given. */
  logKey: string | null;
  /** Certificates of time-stamping authorities, PEM; left out or null where none was given. */
  timestampAuthorities?: string | null;
}

/**
 * Verifies a PDF, a JSON file with the signature beside it, or a bundle, without any workspace.
 *
 * @throws Fault `certificate-file-missing`, `certificate-kind-unknown`, `bundle-unreadable`, `public-key-invalid`,
 *   `certificate-unreadable`, `trust-empty`, `trust-needed` (exit 2)
 */
export async function verifyOutside(path: string, given: OutsideTrust): Promise<CertificateVerification> {
  requireCertificates('--trust', given.certificates);
  requireCertificates('--tsa', given.timestampAuthorities ?? null);
  const bytes = await readCertificateFile(path);
  const trust: SignatureTrust | null =
    given.certificates === null
      ? null
      : {
          certificates: [given.certificates],
          source: 'one that you trust',
          timestampAuthorities: given.timestampAuthorities ?? null,
        };
  if (bytes.length > 4 && bytes.readUInt32LE(0) === ZIP_FILE)
    return await verifyBundle(path, unpackBundle(bytes), trust, given.logKey);
  const kind = kindOf(bytes, path);
  if (trust === null) throw trustNeeded();
  const signature = kind === 'json' ? await readCertificateFile(`${path}.p7s`).catch(() => null) : null;
  const { checks, document } = await verifyCertificate({ bytes, kind, signature, trust });
  const log = document === null ? [] : alone(document, given.logKey);
  return conclusion(document?.number ?? null, [{ path, kind, checks: [...checks, ...log] }]);
}

const ZIP_FILE = 0x04034b50;

/** A file without certificates would make every chain fail, which reads as if the certificate were forged. */
function requireCertificates(flag: string, text: string | null): void {
  if (text === null || certificatesIn(text).length > 0) return;
  throw badInput('trust-empty', `The file of ${flag} holds no X.509 certificate in PEM`, {
    hint: 'Give the file that begins with -----BEGIN CERTIFICATE-----; the key of the log goes to --public-key',
  });
}

/** The checkpoint in a single file can be copied into a forged one: it vouches for the log, not for the file. */
function trustNeeded(): Error {
  return badInput('trust-needed', 'The key of the log alone does not show who signed a single file', {
    hint: "Add --trust signer.pem, with the signer's certificate; or check the bundle, which has proofs",
  });
}

/** What can be said of the log and of a revocation by one file alone. */
function alone(document: CertificateDocument, logKey: string | null): CheckResult[] {
  return [
    checkpointCheck(document, document.log.checkpoint, logKeyOf(logKey, document)),
    check('log-inclusion', null, 'The file brings no proofs of log entries: ask for the bundle'),
    check('revocation', null, 'The file cannot say whether it was declared void later: ask for the bundle'),
  ];
}

/** @throws Fault `public-key-invalid` */
function logKeyOf(text: string | null, document: CertificateDocument): NoteKey | null {
  if (text === null) return null;
  const line = parseNoteKey(text.trim());
  if (line) return line;
  try {
    return noteKey(`quietus/${document.workspace_id}`, text);
  } catch (cause) {
    throw badInput('public-key-invalid', 'The public key of the log cannot be read', {
      cause,
      hint: 'Give the file log/key of a bundle that you trust, or the key as PEM',
    });
  }
}

function checkpointCheck(
  document: CertificateDocument,
  note: string | null,
  key: NoteKey | null,
): CheckResult {
  if (note === null) return check('checkpoint', null, 'The document has no checkpoint of the log');
  if (key === null)
    return check('checkpoint', null, 'No public key of the log was given: name one with --public-key');
  const opened = openCheckpoint(note, [key]);
  if (opened === null)
    return check('checkpoint', false, 'The checkpoint was not signed by the key of the log that you trust');
  if (opened.origin !== `quietus/${document.workspace_id}`)
    return check('checkpoint', false, 'The checkpoint is of the log of another workspace');
  const covers = opened.size >= document.log.last_seq;
  return check(
    'checkpoint',
    covers,
    covers
      ? `The checkpoint over ${opened.size} entries was signed by the key of the log that you trust`
      : 'The checkpoint does not cover the entries that the certificate rests on',
  );
}

async function verifyBundle(
  path: string,
  files: BundleFiles,
  trust: SignatureTrust | null,
  logKey: string | null,
): Promise<CertificateVerification> {
  const names = [...files.keys()];
  const jsonName = names.find((name) => /^certificate-[\d-]+\.json$/.test(name)) ?? '';
  const pdfName = jsonName.replace(/\.json$/, '.pdf');
  const bundled: VerifiedFile = { path, kind: 'bundle', checks: [sumsCheck(files)] };
  const json = files.get(jsonName);
  if (json === undefined) {
    bundled.checks.push(check('schema', false, 'The bundle holds no certificate'));
    return conclusion(null, [bundled]);
  }
  const inJson = await verifyCertificate({
    bytes: json,
    kind: 'json',
    signature: files.get(`${jsonName}.p7s`) ?? null,
    trust,
  });
  const inPdf = await pdfOf(files.get(pdfName), trust);
  const { document } = inJson;
  const reports: VerifiedFile[] = [
    bundled,
    { path: jsonName, kind: 'json', checks: inJson.checks },
    { path: pdfName, kind: 'pdf', checks: [...inPdf.checks, sameCheck(inPdf, json)] },
  ];
  if (document !== null) {
    const key = logKeyOf(logKey, document);
    const digests = {
      number: document.number,
      jsonSha256: sha256(json),
      pdfSha256: sha256(files.get(pdfName) ?? Buffer.alloc(0)),
    };
    bundled.checks.push(
      ...bundledKeyChecks(document, digests, files),
      checkpointCheck(document, files.get('log/checkpoint')?.toString('utf8') ?? null, key),
      ...inclusionChecks(
        document,
        digests,
        files,
        key && ((proof, entry) => verifyEntryProof(proof, entry, [key])?.seq ?? null),
      ),
      ...statusChecks(document, digests, files, trust),
    );
  }
  return conclusion(document?.number ?? null, reports);
}

async function pdfOf(bytes: Buffer | undefined, trust: SignatureTrust | null): Promise<VerifiedContent> {
  if (bytes === undefined)
    return { checks: [check('file', false, 'The bundle lacks the PDF')], document: null, jsonSha256: null };
  return await verifyCertificate({ bytes, kind: 'pdf', signature: null, trust });
}

function sameCheck(pdf: VerifiedContent, json: Buffer): CheckResult {
  const same = pdf.document !== null && pdf.jsonSha256 === sha256(json);
  return check(
    'same',
    same,
    same
      ? 'The PDF carries the same JSON document as the bundle'
      : 'The PDF carries another document than the bundle',
  );
}

/** The list of digests shows damage, and what was added or taken away. */
function sumsCheck(files: BundleFiles): CheckResult {
  const listed = new Map(
    (files.get('SHA256SUMS')?.toString('utf8') ?? '')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => [line.slice(66), line.slice(0, 64)]),
  );
  const present = [...files].filter(([name]) => name !== 'SHA256SUMS');
  const wrong = present.filter(([name, bytes]) => listed.get(name) !== sha256(bytes)).length;
  const missing = [...listed.keys()].filter((name) => !files.has(name)).length;
  const passed = wrong === 0 && missing === 0;
  return check(
    'files',
    passed,
    passed
      ? `All ${present.length} files are as they were packed`
      : `${wrong} files are not as they were packed, and ${missing} are missing`,
  );
}
