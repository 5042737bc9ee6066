import { contextTag, DerCursor, type DerElement, DerError, readAll, Tag } from '../der.js';
import type { DecryptionKey } from '../encryption-format.js';
import { nameText, type ParsedCertificate, parseCertificate } from '../x509/index.js';
import { type Agreement, keyAgreeRecipient, readAgreement, unwrap } from './key-agreement.js';
import {
  keyTransRecipient,
  openTransported,
  type RsaPadding,
  readTransport,
  type Transport,
} from './key-transport.js';

/** By what a recipient's certificate is named. */
type CertificateId = { issuer: Buffer; serial: Buffer } | { subjectKeyId: Buffer };

/** One recipient of a file, of a kind that this program opens, or null for other kinds. */
export type Recipient =
  | { kind: 'transport'; id: CertificateId; transport: Transport; encryptedKey: Buffer }
  | { kind: 'agreement'; id: CertificateId; agreement: Agreement; encryptedKey: Buffer }
  | { kind: 'other'; name: string };

/** RecipientInfo of a certificate with an RSA or an EC key. */
export function recipientFor(
  certificate: ParsedCertificate,
  contentKey: Buffer,
  padding: RsaPadding,
): Buffer {
  return certificate.rsaBits > 0
    ? keyTransRecipient(certificate, contentKey, padding)
    : keyAgreeRecipient(certificate, contentKey);
}

/** Kinds of RecipientInfo by tag, RFC 5652, 6.2, that take something else than a certificate. */
const OTHER_KINDS: Readonly<Record<number, string>> = {
  [contextTag(2)]: 'a key that both sides have',
  [contextTag(3)]: 'a passphrase (PWRI)',
  [contextTag(4)]: 'a recipient of another kind',
};

/** @param infos content of the set of RecipientInfo @throws DerError */
export function readRecipients(infos: Buffer): Recipient[] {
  const found = readAll(infos).flatMap((info): Recipient[] => {
    if (info.tag === Tag.sequence) return [transportIn(info)];
    if (info.tag === contextTag(1)) return agreementsIn(info);
    const name = OTHER_KINDS[info.tag];
    if (name === undefined) throw new DerError('a recipient is of an unknown type');
    return [{ kind: 'other', name }];
  });
  if (found.length === 0) throw new DerError('it has no recipients');
  return found;
}

function transportIn(info: DerElement): Recipient {
  const cursor = new DerCursor(info.content);
  const version = cursor.take(Tag.integer).content;
  const id = certificateId(cursor.next());
  // RFC 5652, 6.2.1: the version tells in which way the certificate is named.
  if (!version.equals(Buffer.from(['subjectKeyId' in id ? 2 : 0])))
    throw new DerError('a recipient has an unknown version');
  const transport = readTransport(cursor.take(Tag.sequence).content);
  const encryptedKey = cursor.take(Tag.octetString).content;
  cursor.end();
  return { kind: 'transport', id, transport, encryptedKey };
}

function agreementsIn(info: DerElement): Recipient[] {
  const cursor = new DerCursor(info.content);
  const agreement = readAgreement(cursor);
  const keys = readAll(cursor.take(Tag.sequence).content);
  cursor.end();
  return keys.map(({ tag, content }) => {
    if (tag !== Tag.sequence) throw new DerError('a wrapped key is of an unknown type');
    const key = new DerCursor(content);
    const id = agreementId(key.next());
    const encryptedKey = key.take(Tag.octetString).content;
    key.end();
    return { kind: 'agreement', id, agreement, encryptedKey };
  });
}

function certificateId(field: DerElement): CertificateId {
  if (field.tag === contextTag(0, false)) return { subjectKeyId: field.content };
  return issuerAndSerial(field);
}

/** KeyAgreeRecipientIdentifier: the key identifier is in a sequence with a date and another attribute. */
function agreementId(field: DerElement): CertificateId {
  if (field.tag !== contextTag(0)) return issuerAndSerial(field);
  return { subjectKeyId: new DerCursor(field.content).take(Tag.octetString).content };
}

function issuerAndSerial(field: DerElement): CertificateId {
  if (field.tag !== Tag.sequence) throw new DerError('a recipient is named in an unknown way');
  const cursor = new DerCursor(field.content);
  const issuer = cursor.take(Tag.sequence).raw;
  const serial = cursor.take(Tag.integer).raw;
  cursor.end();
  return { issuer, serial };
}

/** For people: what would open it. @throws DerError */
export function describe(recipient: Recipient): string {
  if (recipient.kind === 'other') return recipient.name;
  const key = recipient.kind === 'transport' ? 'RSA' : 'EC';
  const { id } = recipient;
  if ('subjectKeyId' in id)
    return `the ${key} private key with the identifier ${id.subjectKeyId.toString('hex')}`;
  const serial = id.serial
    .subarray(2)
    .toString('hex')
    .toUpperCase()
    .replace(/^00(?=.)/, '');
  return `the ${key} private key of the certificate with serial ${serial} of ${nameText(id.issuer)}`;
}

/** Where the search for a key ended. */
export interface KeySearch {
  /** Content key and the index of the key that opened it. */
  opened: { contentKey: Buffer; index: number } | null;
  /** Whether the file names one of the certificates. */
  named: boolean;
}

/** Tries the keys on the recipients that name their certificates. */
export function openContentKey(
  recipients: readonly Recipient[],
  keys: readonly DecryptionKey[],
  keyBytes: number,
): KeySearch {
  let named = false;
  for (const [index, key] of keys.entries()) {
    if (key.kind !== 'certificate') continue;
    const certificate = parseCertificate(key.pem);
    for (const recipient of recipients) {
      if (recipient.kind === 'other' || !isOf(recipient.id, certificate)) continue;
      named = true;
      const contentKey =
        recipient.kind === 'transport'
          ? openTransported(recipient.transport, recipient.encryptedKey, key.privateKey, keyBytes)
          : unwrap(recipient.agreement, recipient.encryptedKey, key.privateKey);
      if (contentKey?.length === keyBytes) return { opened: { contentKey, index }, named };
    }
  }
  return { opened: null, named };
}

function isOf(id: CertificateId, certificate: ParsedCertificate): boolean {
  if ('subjectKeyId' in id) return certificate.subjectKeyId?.equals(id.subjectKeyId) === true;
  return id.issuer.equals(certificate.issuerDer) && id.serial.equals(certificate.serialDer);
}
