import type { KeyObject } from 'node:crypto';
import { canonicalJson, sha256, signText, verifyText } from '../crypto/index.js';
import { refused } from '../model/index.js';
import type { Session } from '../session/index.js';
import type { CertificateRecord, CounterSignature } from '../store/index.js';
import { instant } from '../workspace/index.js';
import { requireCertificate, showCertificate } from './certificate-register.js';
import { type CheckResult, check } from './check-result.js';

const COUNTERSIGNING_ROLES = ['approver', 'witness'] as const;
export type CountersigningRole = (typeof COUNTERSIGNING_ROLES)[number];

const FORMAT = 'quietus-countersignature/1';

/** What a person signs: canonical JSON (RFC 8785) of this. */
interface Statement {
  format: typeof FORMAT;
  workspace: string;
  certificate: string;
  json_sha256: string;
  role: string;
  operator: string;
  signed_at: string;
}

/**
 * Who may countersign: an operator other than the one whose work the certificate tells of, once each.
 *
 * @throws Fault `certificate-own`, `certificate-countersigned`, `certificate-void` (exit 4), and as `showCertificate`
 */
export async function requireCountersignable(session: Session, number: string): Promise<void> {
  const { document } = await showCertificate(session, number);
  const { id } = await session.operator();
  if (document.operator.id === id) {
    throw refused('certificate-own', `Certificate ${number} is of your own work`, {
      hint: 'Another operator who approved or saw it can countersign it',
    });
  }
  if ((await session.store.certificates.counterSignatures(number)).some(({ operator }) => operator === id)) {
    throw refused('certificate-countersigned', `You have countersigned certificate ${number} already`, {
      hint: `See the signatures with: quietus certificate verify ${number}`,
    });
  }
  if ((await session.store.certificates.voids()).some((each) => each.number === number)) {
    throw refused('certificate-void', `Certificate ${number} is void`, {
      hint: 'See the certificates with: quietus certificate list',
    });
  }
}

/**
 * Adds the operator's Ed25519 signature over the digest of the certificate's document. It is kept beside the
 * certificate, whose files stay as they were issued.
 *
 * @param key of the operator of this session
 * @throws Fault as `requireCountersignable`
 */
export async function countersign(
  session: Session,
  number: string,
  role: CountersigningRole,
  key: KeyObject,
): Promise<CounterSignature> {
  await requireCountersignable(session, number);
  const record = await requireCertificate(session, number);
  const operator = await session.operator();
  const signedAt = instant(session.clock);
  const statement: Statement = {
    format: FORMAT,
    workspace: session.settings().workspaceId,
    certificate: number,
    json_sha256: record.jsonSha256,
    role,
    operator: operator.id,
    signed_at: signedAt,
  };
  const text = canonicalJson(statement);
  const signature = signText(text, key);
  return await session.store.transaction(async (transaction) => {
    const entry = await session.recorder.append(transaction, {
      action: 'certificate.countersign',
      outcome: 'done',
      subject: { certificate: number },
      data: { role, statement_sha256: sha256(text) },
    });
    const made: CounterSignature = {
      number,
      operator: operator.id,
      role,
      signedAt,
      statement: text,
      signature,
      logSeq: entry.seq,
    };
    await transaction.certificates.insertCounterSignature(made);
    return made;
  });
}

/** A counter-signature, as it lies in the register or in a bundle. */
export interface GivenCounterSignature {
  operator: string;
  statement: string;
  /** Ed25519, base64. */
  signature: string;
}

/** Checks one counter-signature against the certificate and the operator's public key (PEM). */
export function counterSignatureCheck(
  given: GivenCounterSignature,
  certificate: Pick<CertificateRecord, 'number' | 'jsonSha256'>,
  publicKey: string,
): CheckResult {
  const { operator } = given;
  if (!verifyText(given.statement, given.signature, publicKey))
    return check(
      'countersignature',
      false,
      `The counter-signature of ${operator} is not by the key of ${operator}`,
    );
  const told = JSON.parse(given.statement) as Partial<Statement>;
  const fits =
    told.format === FORMAT &&
    told.certificate === certificate.number &&
    told.json_sha256 === certificate.jsonSha256 &&
    told.operator === operator;
  return check(
    'countersignature',
    fits,
    fits
      ? `Countersigned by ${operator} as ${told.role} on ${told.signed_at}`
      : `The counter-signature of ${operator} is of another certificate`,
  );
}
