import { createHash, type KeyObject, sign } from 'node:crypto';
import { DerError } from '../der.js';
import { algorithm, context, integer, octets, oid, sequence, setOf, time } from '../der-writing.js';
import { certificatesIn, parseCertificate } from '../x509/certificate.js';
import { Oid } from './object-identifiers.js';

/** Who signs: the key, its certificate and those that issued it, nearest first, all PEM. */
export interface SigningIdentity {
  privateKey: KeyObject;
  certificate: string;
  chain: readonly string[];
}

export interface SignOptions {
  /** Goes into the signed attributes; to the second. Left out where the container tells it, as a PDF does. */
  signingTime: Date | null;
  /** Gets the signature value and gives a timestamp token (RFC 3161) on it, in DER; null for none. */
  timestamp?: ((signature: Buffer) => Promise<Buffer | null>) | undefined;
}

/**
 * Signs bytes as detached CMS SignedData (RFC 5652) with SHA-256: content type, message digest, signing time, and the
 * signer's certificate by its digest (RFC 5035), so that no other certificate of the same key can be put in its place.
 * `openssl cms -verify` accepts it. RSA keys sign by PKCS#1 v1.5, which PDF readers know, EC keys by ECDSA.
 *
 * @returns DER
 */
export async function signDetached(
  content: Uint8Array,
  identity: SigningIdentity,
  options: SignOptions,
): Promise<Buffer> {
  const certificates = [identity.certificate, ...identity.chain].flatMap(certificatesIn);
  const [own] = certificates;
  if (own === undefined) throw new DerError('it has no certificate');
  const { issuerDer, serialDer } = parseCertificate(own);
  const attributes = [
    attribute(Oid.contentType, oid(Oid.data)),
    ...(options.signingTime === null ? [] : [attribute(Oid.signingTime, time(options.signingTime))]),
    attribute(Oid.messageDigest, octets(digest(content))),
    attribute(Oid.signingCertificateV2, sequence(sequence(sequence(octets(digest(own)))))),
  ];
  const signed = setOf(...attributes);
  const signature = sign('sha256', signed, identity.privateKey);
  const token = await options.timestamp?.(signature);
  const rsa = identity.privateKey.asymmetricKeyType === 'rsa';
  const signerInfo = sequence(
    integer(1),
    sequence(issuerDer, serialDer),
    algorithm(Oid.sha256),
    retagged(signed, 0),
    rsa ? algorithm(Oid.rsaEncryption, 'null') : algorithm(Oid.ecdsaWithSha256),
    octets(signature),
    ...(token ? [context(1, attribute(Oid.timestampToken, token))] : []),
  );
  const signedData = sequence(
    integer(1),
    setOf(algorithm(Oid.sha256)),
    sequence(oid(Oid.data)),
    retagged(setOf(...certificates), 0),
    setOf(signerInfo),
  );
  return sequence(oid(Oid.signedData), context(0, signedData));
}

function attribute(type: string, value: Buffer): Buffer {
  return sequence(oid(type), setOf(value));
}

function digest(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest();
}

/** IMPLICIT tagging: the same contents under a context-specific tag. */
function retagged(set: Buffer, number: number): Buffer {
  const header = set.length < 2 ? 0 : headerLength(set);
  return context(number, set.subarray(header));
}

function headerLength(der: Buffer): number {
  const first = der[1] ?? 0;
  return first < 0x80 ? 2 : 2 + (first & 0x7f);
}
