import { type KeyObject, X509Certificate } from 'node:crypto';
import { badInput } from '../../model/index.js';
import { contextTag, DerCursor, DerError, oidText, readAll, readElement, readSingle, Tag } from '../der.js';
import { textHoldsPrivateKey } from '../private-key.js';
import { instantOf } from './asn1-time.js';

/** Larger than any certificate in use; those with post-quantum signatures have some 20 KiB. */
const MAX_CERTIFICATE_BYTES = 64 * 1024;
const MIN_RSA_BITS = 2048;
const CURVES: Readonly<Record<string, string>> = {
  prime256v1: 'P-256',
  secp384r1: 'P-384',
  secp521r1: 'P-521',
};

/** Bits of the extension keyUsage, RFC 5280, 4.2.1.3, in their order. */
const USAGES = [
  'digitalSignature',
  'nonRepudiation',
  'keyEncipherment',
  'dataEncipherment',
  'keyAgreement',
  'keyCertSign',
  'cRLSign',
  'encipherOnly',
  'decipherOnly',
] as const;

export type KeyUsage = (typeof USAGES)[number];

/** What an X.509 certificate (RFC 5280) says, in the form that people compare. */
export interface CertificateFacts {
  /** One line, most specific last, such as `C=US, O=Example, CN=Ann Lee`. */
  subject: string;
  issuer: string;
  /** The subject's common name; null where it has none. */
  commonName: string | null;
  /** Upper-case hex, as `openssl x509 -serial` prints it. */
  serial: string;
  /** RFC 3339, UTC. */
  validFrom: string;
  validUntil: string;
  /** SHA-256 over the DER form, lower-case hex: `openssl x509 -fingerprint -sha256` without its colons. */
  fingerprint: string;
  /** Such as `RSA 3072`, `EC P-256` or `Ed25519`. */
  keyType: string;
  /** Null where the certificate has no such extension and so allows every use. */
  keyUsage: readonly KeyUsage[] | null;
  /** Whether it may issue certificates (basicConstraints, cA). */
  authority: boolean;
}

/** A certificate with its key and with the encoded parts that CMS names it by. */
export interface ParsedCertificate {
  facts: CertificateFacts;
  publicKey: KeyObject;
  /** RSA modulus bits; 0 for other keys. */
  rsaBits: number;
  /** `P-256`, `P-384` or `P-521`; null for other keys. */
  curve: string | null;
  x509: X509Certificate;
  /** DER of the issuer's Name and of the serial number: IssuerAndSerialNumber, RFC 5652, 10.2.4. */
  issuerDer: Buffer;
  serialDer: Buffer;
  /** Value of the extension subjectKeyIdentifier; null where it has none. */
  subjectKeyId: Buffer | null;
}

/**
 * Reads one X.509 certificate.
 *
 * @param certificate PEM text with one certificate, or DER
 * @throws Fault `certificate-unreadable` (exit 2); `private-key-given` (exit 2) where a private key is in the text
 */
export function readCertificate(certificate: string | Uint8Array): CertificateFacts {
  return parseCertificate(certificate).facts;
}

/** As `readCertificate`, with key and encoded names. @throws Fault as `readCertificate` */
export function parseCertificate(certificate: string | Uint8Array): ParsedCertificate {
  const der = typeof certificate === 'string' ? onlyCertificate(certificate) : Buffer.from(certificate);
  if (der.length > MAX_CERTIFICATE_BYTES) throw unreadable('it is longer than 64 KiB');
  try {
    return parse(der);
  } catch (error) {
    if (error instanceof DerError) throw unreadable(error.message, error);
    if (error instanceof Error && (error as NodeJS.ErrnoException).code?.startsWith('ERR_'))
      throw unreadable('OpenSSL does not read it', error);
    throw error;
  }
}

/**
 * Splits PEM text (RFC 7468) into the DER of its certificates, in order. Text around them is ignored.
 * @throws Fault `certificate-unreadable`, `private-key-given`
 */
export function certificatesIn(pem: string): Buffer[] {
  if (textHoldsPrivateKey(pem)) {
    throw badInput('private-key-given', 'The file holds a private key, not only a certificate', {
      hint: 'Give the certificate alone. If the key came from somebody else, tell them: it must be replaced',
    });
  }
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];
  return blocks.map((block) => {
    const text = block.replace(/-----[A-Z ]+-----/g, '').replace(/\s+/g, '');
    const der = Buffer.from(text, 'base64');
    if (der.toString('base64') !== text) throw unreadable('its base64 is not well formed');
    return der;
  });
}

function onlyCertificate(pem: string): Buffer {
  const [only, ...others] = certificatesIn(pem);
  if (only === undefined) throw unreadable('it holds no block BEGIN CERTIFICATE');
  if (others.length > 0) throw unreadable(`it holds ${others.length + 1} certificates where one is expected`);
  return only;
}

/** OpenSSL prints names with the escapes of RFC 2253, section 2.4; control characters (`\0A`) stay as it prints them. */
function commonNameIn(subject: string): string | null {
  const escaped = /(?:^|\n)CN=([^\n]*)/.exec(subject)?.[1];
  return escaped?.replaceAll(/\\([,+"\\<>;# ])/g, '$1') ?? null;
}

function parse(der: Buffer): ParsedCertificate {
  const certificate = new DerCursor(readSingle(der, Tag.sequence).content);
  const tbs = new DerCursor(certificate.take(Tag.sequence).content);
  tbs.optional(contextTag(0));
  const serial = tbs.take(Tag.integer);
  tbs.take(Tag.sequence);
  const issuer = tbs.take(Tag.sequence);
  const validity = readAll(tbs.take(Tag.sequence).content);
  tbs.take(Tag.sequence);
  tbs.take(Tag.sequence);
  tbs.optional(contextTag(1, false));
  tbs.optional(contextTag(2, false));
  const extensions = extensionsIn(tbs.optional(contextTag(3))?.content);
  const x509 = new X509Certificate(der);
  if (!x509.raw.equals(der)) throw new DerError('it has other bytes behind it');
  const { publicKey } = x509;
  const rsaBits =
    publicKey.asymmetricKeyType === 'rsa' ? (publicKey.asymmetricKeyDetails?.modulusLength ?? 0) : 0;
  const namedCurve = publicKey.asymmetricKeyDetails?.namedCurve;
  const keyId = extensions.get('2.5.29.14');
  return {
    facts: {
      subject: oneLine(x509.subject),
      issuer: oneLine(x509.issuer),
      commonName: commonNameIn(x509.subject),
      serial: x509.serialNumber,
      validFrom: instantOf(validity[0]),
      validUntil: instantOf(validity[1]),
      fingerprint: x509.fingerprint256.replaceAll(':', '').toLowerCase(),
      keyType: keyType(publicKey, rsaBits),
      keyUsage: keyUsage(extensions.get('2.5.29.15')),
      authority: x509.ca,
    },
    publicKey,
    rsaBits,
    curve: (namedCurve === undefined ? undefined : CURVES[namedCurve]) ?? null,
    x509,
    issuerDer: issuer.raw,
    serialDer: serial.raw,
    subjectKeyId: keyId === undefined ? null : readSingle(keyId, Tag.octetString).content,
  };
}

/** Values of the extensions by their dotted identifier. */
function extensionsIn(field: Buffer | undefined): Map<string, Buffer> {
  const found = new Map<string, Buffer>();
  if (field === undefined) return found;
  for (const { content } of readAll(readSingle(field, Tag.sequence).content)) {
    const extension = new DerCursor(content);
    const id = oidText(extension.take(Tag.oid));
    extension.optional(Tag.boolean);
    if (found.has(id)) throw new DerError('it has an extension twice');
    found.set(id, extension.take(Tag.octetString).content);
  }
  return found;
}

function keyUsage(value: Buffer | undefined): KeyUsage[] | null {
  if (value === undefined) return null;
  const [unused = 0, ...octets] = readSingle(value, Tag.bitString).content;
  if (unused > 7) throw new DerError('its key usage is not a bit string');
  return USAGES.filter((_, bit) => ((octets[bit >> 3] ?? 0) & (0x80 >> (bit & 7))) !== 0);
}

function keyType(key: KeyObject, rsaBits: number): string {
  if (rsaBits > 0) return `RSA ${rsaBits}`;
  const { namedCurve } = key.asymmetricKeyDetails ?? {};
  if (namedCurve !== undefined) return `EC ${CURVES[namedCurve] ?? namedCurve}`;
  const type = key.asymmetricKeyType ?? 'unknown';
  return type === 'ed25519' || type === 'ed448' ? `Ed${type.slice(2)}` : type;
}

/** Node gives one attribute a line; control characters in it are escaped already. */
function oneLine(name: string): string {
  return name.split('\n').join(', ');
}

/**
 * Why a certificate must not be used now; empty where nothing speaks against it. What a certificate's issuer
 * says of the person is not judged here: that the fingerprint was compared is what counts.
 *
 * @param purpose `encryption`: a key is encrypted to it or agreed with it; `signature`: it signs documents
 */
export function certificateProblems(
  certificate: string | Uint8Array,
  purpose: 'encryption' | 'signature',
  now: Date,
): string[] {
  const { facts, rsaBits, curve, publicKey } = parseCertificate(certificate);
  const problems: string[] = [];
  if (now < new Date(facts.validFrom)) problems.push(`it is not valid before ${facts.validFrom}`);
  if (now > new Date(facts.validUntil)) problems.push(`it expired on ${facts.validUntil}`);
  if (rsaBits > 0 && rsaBits < MIN_RSA_BITS)
    problems.push(`its RSA key has ${rsaBits} bits, fewer than 2048`);
  if (publicKey.asymmetricKeyType === 'ec' && curve === null)
    problems.push(`its key is on the curve ${facts.keyType.slice(3)}, not on P-256, P-384 or P-521`);
  const fit = usesFor(purpose, rsaBits > 0, curve !== null, publicKey.asymmetricKeyType);
  if (fit === null) problems.push(`its key (${facts.keyType}) is not fit for ${purpose}`);
  else if (facts.keyUsage !== null && !facts.keyUsage.some((use) => fit.includes(use)))
    problems.push(`its key usage (${facts.keyUsage.join(', ')}) does not allow ${purpose}`);
  return problems;
}

/** The key usages that allow it, one of which is needed; null where such a key cannot do it at all. */
function usesFor(
  purpose: 'encryption' | 'signature',
  rsa: boolean,
  ec: boolean,
  type: string | undefined,
): readonly KeyUsage[] | null {
  if (purpose === 'signature')
    return rsa || type === 'ec' || type === 'ed25519' ? ['digitalSignature', 'nonRepudiation'] : null;
  if (rsa) return ['keyEncipherment'];
  // Another curve was named as a problem already.
  return ec || type === 'ec' ? ['keyAgreement'] : null;
}

/**
 * Whether each certificate was issued by the one after it: names, key identifiers and signatures, not trust.
 * @param chain PEM or DER; the end entity first
 */
export function isChain(chain: readonly (string | Uint8Array)[]): boolean {
  const certificates = chain.map((certificate) => parseCertificate(certificate).x509);
  return certificates.every((certificate, index) => {
    const issuer = certificates[index + 1];
    return (
      issuer === undefined ||
      (certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey) && issuer.ca)
    );
  });
}

/** PEM (RFC 7468) of a certificate's DER form. */
export function certificatePem(der: Uint8Array): string {
  readElement(der);
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}

function unreadable(why: string, cause?: unknown): Error {
  return badInput('certificate-unreadable', `The certificate cannot be read: ${why}`, {
    cause,
    hint: 'Ask for the certificate as PEM: `openssl x509 -in FILE -out FILE.pem` makes it',
  });
}
