import { createHash, timingSafeEqual, verify, X509Certificate } from 'node:crypto';
import { verificationFailed } from '../../model/index.js';
import { readSingle, Tag } from '../der.js';
import { expectTag, oidOf, partsOf } from './der-parts.js';
import { hexInteger, parseTimestamp, plainHex, type TimestampToken } from './timestamp-token.js';

const SHA256_ID = '2.16.840.1.101.3.4.2.1';
const ATTRIBUTE = {
  contentType: '1.2.840.113549.1.9.3',
  messageDigest: '1.2.840.113549.1.9.4',
  signingCertificate: '1.2.840.113549.1.9.16.2.12',
  signingCertificateV2: '1.2.840.113549.1.9.16.2.47',
};
const TST_INFO = '1.2.840.113549.1.9.16.1.4';
const TIME_STAMPING = '1.3.6.1.5.5.7.3.8';
const RSA_PSS = '1.2.840.113549.1.1.10';
const DIGESTS: Readonly<Record<string, string>> = {
  [SHA256_ID]: 'sha256',
  '2.16.840.1.101.3.4.2.2': 'sha384',
  '2.16.840.1.101.3.4.2.3': 'sha512',
};
const MOST_CERTIFICATES = 10;

/** A time-stamp that was verified. */
export interface Timestamp {
  /** UTC, RFC 3339. */
  time: string;
  /** Object identifier of the authority's policy. */
  policy: string;
  /** Serial number of the time-stamp, hex. */
  serial: string;
  /** Subject of the authority's certificate, on one line. */
  authority: string;
}

/**
 * Verifies a time-stamp (RFC 3161, sections 2.4.2 and 2.3; RFC 5652; RFC 5816): that it is about this digest and answers
 * this request, that the authority has signed it, that its certificate is for time-stamping only, was valid at that time
 * and leads to a trusted one. `openssl ts -verify` checks the same. Revocation is not checked.
 *
 * @param response a response (`.tsr`) or a bare token, DER
 * @param expected `digest`: SHA-256, hex; `nonce` of the request, hex, where it is known; `trusted`: certificates, PEM
 * @throws Fault `timestamp-invalid` (exit 5)
 */
export function verifyTimestamp(
  response: Uint8Array,
  expected: { digest: string; nonce?: string | undefined; trusted: string },
): Timestamp {
  try {
    const token = parseTimestamp(Buffer.from(response));
    requireAbout(token, expected);
    const certificates = token.certificates.map((bytes) => new X509Certificate(bytes));
    const signer = signerOf(token, certificates);
    requireSignature(token, signer);
    requireForTimestamps(signer);
    requireChain(signer, certificates, trustedCertificates(expected.trusted), token.time);
    return {
      time: token.time.toISOString(),
      policy: token.policy,
      serial: token.serial,
      authority: signer.subject.split('\n').join(', '),
    };
  } catch (error) {
    const why = error instanceof Error ? error.message : 'it cannot be read';
    throw verificationFailed('timestamp-invalid', `The time-stamp does not verify: ${why}`, {
      cause: error,
      hint: 'Check that it belongs to this file, and that the trusted certificates are those of its authority',
    });
  }
}

function requireAbout(
  token: TimestampToken,
  { digest, nonce }: { digest: string; nonce?: string | undefined },
): void {
  if (token.digestAlgorithm !== SHA256_ID) throw new Error('it is about a digest that is not SHA-256');
  if (token.digest !== digest) throw new Error('it is about something else');
  if (nonce !== undefined && token.nonce !== plainHex(nonce)) throw new Error('it answers another request');
}

function signerOf({ signer }: TimestampToken, certificates: readonly X509Certificate[]): X509Certificate {
  if (certificates.length > MOST_CERTIFICATES) throw new Error('it brings too many certificates');
  const found = certificates.find(
    (each) => plainHex(each.serialNumber) === signer.serial && issuerDer(each).equals(signer.issuer),
  );
  if (found === undefined) throw new Error("it does not bring its authority's certificate");
  return found;
}

/** The issuer's name in a certificate, DER (RFC 5280, section 4.1). */
function issuerDer(certificate: X509Certificate): Buffer {
  const [body] = partsOf(readSingle(certificate.raw, Tag.sequence));
  // Version, which is explicit, serial number, algorithm, issuer.
  const parts = partsOf(body);
  const at = parts[0]?.tag === Tag.integer ? 2 : 3;
  return expectTag(parts[at], Tag.sequence).raw;
}

function requireSignature({ info, signer }: TimestampToken, certificate: X509Certificate): void {
  const digest = DIGESTS[signer.digestAlgorithm];
  if (digest === undefined || signer.signatureAlgorithm === RSA_PSS) {
    throw new Error('it is signed with an algorithm that is not accepted');
  }
  const contentType = signer.attributes.get(ATTRIBUTE.contentType);
  const messageDigest = expectTag(signer.attributes.get(ATTRIBUTE.messageDigest), Tag.octetString).content;
  if (oidOf(contentType) !== TST_INFO) throw new Error('its signature is not one of a time-stamp');
  if (!same(messageDigest, createHash(digest).update(info).digest()))
    throw new Error('its content was changed');
  requireNamedCertificate(signer.attributes, certificate);
  const type = certificate.publicKey.asymmetricKeyType;
  const algorithm = type === 'ed25519' || type === 'ed448' ? null : digest;
  if (!verify(algorithm, signer.signedAttributes, certificate.publicKey, signer.signature)) {
    throw new Error('its signature is wrong');
  }
}

/** RFC 3161, section 2.4.2, and RFC 5816: the signature covers the digest of the certificate that it was made with. */
function requireNamedCertificate(
  attributes: TimestampToken['signer']['attributes'],
  { raw }: X509Certificate,
): void {
  const second = attributes.get(ATTRIBUTE.signingCertificateV2);
  const attribute = second ?? attributes.get(ATTRIBUTE.signingCertificate);
  const [first] = partsOf(partsOf(attribute)[0]);
  const parts = partsOf(first);
  const named = parts[0]?.tag === Tag.sequence ? DIGESTS[oidOf(partsOf(parts[0])[0])] : 'sha256';
  const algorithm = second ? named : 'sha1';
  const digest = parts.find(({ tag }) => tag === Tag.octetString);
  if (
    algorithm === undefined ||
    !same(expectTag(digest, Tag.octetString).content, createHash(algorithm).update(raw).digest())
  ) {
    throw new Error('its signature names another certificate');
  }
}

/** RFC 3161, section 2.3: the extended key usage is critical, and time-stamping only. */
function requireForTimestamps(certificate: X509Certificate): void {
  const usages = certificate.keyUsage as string[] | undefined;
  if (usages?.length !== 1 || usages[0] !== TIME_STAMPING || !hasCriticalUsage(certificate)) {
    throw new Error("its authority's certificate is not for time-stamping only");
  }
}

/** The extension's identifier 2.5.29.37, followed by TRUE. */
const CRITICAL_USAGE = Buffer.from('0603551d250101ff', 'hex');

function hasCriticalUsage({ raw }: X509Certificate): boolean {
  return raw.includes(CRITICAL_USAGE);
}

/** A chain in which every certificate was valid at the time, up to a trusted one. */
function requireChain(
  signer: X509Certificate,
  brought: readonly X509Certificate[],
  trusted: readonly X509Certificate[],
  time: Date,
): void {
  let current = signer;
  for (let depth = 0; depth < MOST_CERTIFICATES; depth += 1) {
    if (time < new Date(current.validFrom) || time > new Date(current.validTo)) {
      throw new Error('a certificate was not valid at its time');
    }
    if (trusted.some((each) => each.raw.equals(current.raw))) return;
    const issuer = [...trusted, ...brought].find((each) => each.ca && issued(each, current));
    if (issuer === undefined || issuer.raw.equals(current.raw)) break;
    current = issuer;
  }
  throw new Error("its authority's certificate does not lead to a trusted one");
}

function issued(issuer: X509Certificate, certificate: X509Certificate): boolean {
  return certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
}

function trustedCertificates(pem: string): X509Certificate[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  if (blocks.length === 0) throw new Error('there is no trusted certificate');
  return blocks.map((block) => new X509Certificate(block));
}

function same(one: Buffer, other: Buffer): boolean {
  return one.length === other.length && timingSafeEqual(one, other);
}

/** Nonce of a request (`.tsq`), hex; null where it has none. @throws Error for what is no request */
export function nonceOf(request: Uint8Array): string | null {
  const parts = partsOf(readSingle(request, Tag.sequence)).slice(2);
  const nonce = parts.find(({ tag }) => tag === Tag.integer);
  return nonce ? hexInteger(nonce) : null;
}
