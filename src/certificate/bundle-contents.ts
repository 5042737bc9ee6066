import { checkpointCovering, entriesOf, proveEntries } from '../audit/index.js';
import { canonicalJson, sha256, signDetached } from '../crypto/index.js';
import { verificationFailed } from '../model/index.js';
import type { Session } from '../session/index.js';
import type { CertificateRecord } from '../store/index.js';
import { bundleGuide } from './bundle-guide.js';
import { addTimestamp, type SignatureValue } from './bundle-timestamp.js';
import { BUNDLE_VERIFIER } from './bundle-verifier.js';
import { readCertificateFile } from './certificate-files.js';
import type { CertificateDocument } from './certificate-format.js';
import { showCertificate } from './certificate-register.js';
import type { CertificateStatus } from './certificate-status.js';
import { STATUS_FORMAT } from './certificate-status.js';
import { namedEntries } from './log-checks.js';
import { requireRegisterAsLogged } from './register-evidence.js';
import { certificateSigner } from './signing-identity.js';
import { authoritiesOf, certificateFilesProblem } from './workspace-verification.js';

/** Files of a bundle by their paths in it, in the order in which they stand there. */
export type BundleFiles = Map<string, Buffer>;

/**
 * Everything that somebody outside needs to check a certificate: its files, the certificates of the signer, proofs of
 * each log entry that it rests on, the keys of those who approved and countersigned, a signed statement whether it
 * stands today, and a page of commands.
 *
 * @throws Fault `certificate-unknown` (exit 2), `certificate-changed` (exit 5), `signing-key-lost`, `log-key-lost` (exit 4)
 */
export async function bundleContents(session: Session, number: string): Promise<BundleFiles> {
  const { record, paths, document, json } = await showCertificate(session, number);
  const problem = await certificateFilesProblem(session, record);
  if (problem !== null) {
    throw verificationFailed('certificate-changed', problem, {
      hint: `See what is wrong with: quietus certificate verify ${number}`,
    });
  }
  const files: BundleFiles = new Map();
  const stem = `certificate-${number}`;
  files.set(`${stem}.json`, json);
  files.set(`${stem}.pdf`, await readCertificateFile(paths.pdf));
  let timestamped: SignatureValue | null = null;
  if (record.signatureSha256 !== null) {
    const signature = await readCertificateFile(paths.signature);
    files.set(`${stem}.json.p7s`, signature);
    timestamped = addTimestamp(files, { json, signature }, authoritiesOf(session));
  }
  await addSigner(session, document, files);
  await addStatus(session, record, files);
  const approvers = await addApprovals(session, document, files);
  const countersigners = await addCounterSignatures(session, number, files);
  await addLog(session, record, document, files);
  const guide = bundleGuide({
    document,
    signed: record.signatureSha256 !== null,
    approvers,
    countersigners,
    issueSeq: record.logSeq,
    timestamped,
  });
  const sums = [...files, ['CHECK.md', Buffer.from(guide)] as const]
    .map(([name, bytes]) => `${sha256(bytes)}  ${name}\n`)
    .join('');
  return new Map([['CHECK.md', Buffer.from(guide)], ['SHA256SUMS', Buffer.from(sums)], ...files]);
}

async function addSigner(session: Session, document: CertificateDocument, files: BundleFiles): Promise<void> {
  const signers = await session.store.certificates.signers();
  const signer = signers.find(({ fingerprint }) => fingerprint === document.signer?.certificate_sha256);
  if (signer) files.set('signer.pem', Buffer.from(signer.certificates));
}

/** Whether it stands, signed with the identity of today: a certificate cannot say of itself that it was declared void. */
async function addStatus(session: Session, record: CertificateRecord, files: BundleFiles): Promise<void> {
  const { number } = record;
  const { certificates } = session.store;
  // What is signed here counts for outsiders, who do not see the log.
  await requireRegisterAsLogged(session.store);
  const declared = (await certificates.voids()).find((each) => each.number === number);
  const replacement = await certificates.replacementOf(number);
  const now = session.clock.now();
  const status: CertificateStatus = {
    format: STATUS_FORMAT,
    workspace: session.settings().workspaceId,
    certificate: number,
    json_sha256: record.jsonSha256,
    as_of: now.toISOString(),
    void: declared
      ? { at: declared.voidedAt, by: declared.voidedBy, reason: declared.reason, log_seq: declared.logSeq }
      : null,
    replaced_by: replacement?.number ?? null,
    replaces: record.replaces,
  };
  const bytes = Buffer.from(canonicalJson(status));
  const signer = await certificateSigner(session);
  files.set('status.json', bytes);
  files.set('status.json.p7s', await signDetached(bytes, signer, { signingTime: now }));
  files.set('status-signer.pem', Buffer.from(signer.record.certificates));
}

/** @returns ids of the approvers whose keys are known */
async function addApprovals(
  session: Session,
  document: CertificateDocument,
  files: BundleFiles,
): Promise<string[]> {
  const added: string[] = [];
  for (const { operator, statement, signature } of document.approvals) {
    const publicKey = (await session.store.operators.get(operator))?.publicKey;
    if (!publicKey || added.includes(operator)) continue;
    files.set(`approvals/${operator}.statement`, Buffer.from(statement));
    files.set(`approvals/${operator}.sig`, Buffer.from(signature, 'base64'));
    files.set(`approvals/${operator}.pub.pem`, Buffer.from(publicKey));
    added.push(operator);
  }
  return added;
}

async function addCounterSignatures(session: Session, number: string, files: BundleFiles): Promise<string[]> {
  const given = await session.store.certificates.counterSignatures(number);
  for (const { operator, statement, signature } of given) {
    const publicKey = (await session.store.operators.get(operator))?.publicKey ?? '';
    files.set(`countersignatures/${operator}.statement`, Buffer.from(statement));
    files.set(`countersignatures/${operator}.sig`, Buffer.from(signature, 'base64'));
    files.set(`countersignatures/${operator}.pub.pem`, Buffer.from(publicKey));
  }
  return given.map(({ operator }) => operator);
}

/** Each entry that the certificate rests on, and those that tell of it, with a proof that leads to one checkpoint. */
async function addLog(
  session: Session,
  record: CertificateRecord,
  document: CertificateDocument,
  files: BundleFiles,
): Promise<void> {
  const wanted = new Set([...namedEntries(document).keys(), record.logSeq]);
  for (const action of ['certificate.void', 'certificate.countersign'] as const)
    for await (const entry of entriesOf(session.store, action))
      if (entry.subject.certificate === record.number) wanted.add(entry.seq);
  const replacement = await session.store.certificates.replacementOf(record.number);
  if (replacement) wanted.add(replacement.logSeq);
  const seqs = [...wanted].toSorted((a, b) => a - b);
  const checkpoint = await checkpointCovering(session, seqs.at(-1) ?? 0);
  const [key] = checkpoint.signedBy;
  if (key === undefined) throw new Error('A verified checkpoint names no key');
  files.set('log/checkpoint', Buffer.from(checkpoint.note));
  files.set('log/key', Buffer.from(`${key.text}\n`));
  files.set('log/key.pem', Buffer.from(key.publicKey));
  files.set('log/verify.go', Buffer.from(BUNDLE_VERIFIER));
  for (const { seq, entry, proof } of await proveEntries(session.store, seqs, checkpoint)) {
    files.set(`log/${seq}.json`, Buffer.from(entry));
    files.set(`log/${seq}.tlog-proof`, Buffer.from(proof));
  }
}
