import { constants, type KeyObject, privateDecrypt, publicEncrypt, randomBytes } from 'node:crypto';
import { contextTag, DerCursor, type DerElement, DerError, oidText, readSingle, Tag } from '../der.js';
import { element, integer, oid, sequence } from '../der-writing.js';
import type { ParsedCertificate } from '../x509/index.js';
import { HASHES, Oid, SHA_256 } from './identifiers.js';

export type RsaPadding = 'oaep' | 'pkcs1-v1.5';

/** KeyTransRecipientInfo, RFC 5652, 6.2.1; RSAES-OAEP as RFC 3560 with the identifiers of RFC 4055. */
export function keyTransRecipient(
  certificate: ParsedCertificate,
  contentKey: Buffer,
  padding: RsaPadding,
): Buffer {
  const sha256 = sequence(oid(SHA_256), element(Tag.null));
  const algorithm =
    padding === 'oaep'
      ? sequence(
          oid(Oid.rsaOaep),
          sequence(element(contextTag(0), sha256), element(contextTag(1), sequence(oid(Oid.mgf1), sha256))),
        )
      : sequence(oid(Oid.rsaEncryption), element(Tag.null));
  const encrypted = publicEncrypt(
    padding === 'oaep'
      ? { key: certificate.publicKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' }
      : { key: certificate.publicKey, padding: constants.RSA_PKCS1_PADDING },
    contentKey,
  );
  return sequence(
    integer(0),
    sequence(certificate.issuerDer, certificate.serialDer),
    algorithm,
    element(Tag.octetString, encrypted),
  );
}

/** How the key of an RSA recipient is encrypted. */
export type Transport = { padding: 'oaep'; hash: string } | { padding: 'pkcs1-v1.5' };

/** @param algorithm content of the AlgorithmIdentifier @throws DerError, also for what this program does not do */
export function readTransport(algorithm: Buffer): Transport {
  const cursor = new DerCursor(algorithm);
  const id = oidText(cursor.take(Tag.oid));
  if (id === Oid.rsaEncryption) {
    endAfterNull(cursor);
    return { padding: 'pkcs1-v1.5' };
  }
  if (id !== Oid.rsaOaep) throw new DerError('a key is transported in an unknown way');
  const parameters = new DerCursor(cursor.take(Tag.sequence).content);
  cursor.end();
  const hash = hashOf(parameters.optional(contextTag(0)));
  const mask = parameters.optional(contextTag(1));
  const label = parameters.optional(contextTag(2));
  parameters.end();
  if (maskHash(mask) !== hash) throw new DerError('OAEP with two different hashes is not supported');
  if (label !== undefined) requireEmptyLabel(label);
  return { padding: 'oaep', hash };
}

/** @param field explicit AlgorithmIdentifier of a hash; SHA-1 where it is absent */
function hashOf(field: DerElement | undefined): string {
  return field === undefined ? 'sha1' : hashIn(readSingle(field.content, Tag.sequence).content);
}

function maskHash(field: DerElement | undefined): string {
  if (field === undefined) return 'sha1';
  const mask = new DerCursor(readSingle(field.content, Tag.sequence).content);
  if (oidText(mask.take(Tag.oid)) !== Oid.mgf1) throw new DerError('OAEP has an unknown mask generation');
  const hash = hashIn(mask.take(Tag.sequence).content);
  mask.end();
  return hash;
}

function hashIn(algorithm: Buffer): string {
  const cursor = new DerCursor(algorithm);
  const hash = HASHES[oidText(cursor.take(Tag.oid))];
  endAfterNull(cursor);
  if (hash === undefined) throw new DerError('OAEP has an unknown hash');
  return hash;
}

/** Parameters of what has none: NULL, or nothing. */
function endAfterNull(cursor: DerCursor): void {
  if ((cursor.optional(Tag.null)?.content.length ?? 0) > 0) throw new DerError('a NULL is not empty');
  cursor.end();
}

function requireEmptyLabel(field: DerElement): void {
  const source = new DerCursor(readSingle(field.content, Tag.sequence).content);
  if (oidText(source.take(Tag.oid)) !== Oid.pSpecified || source.take(Tag.octetString).content.length > 0)
    throw new DerError('OAEP with a label is not supported');
}

/**
 * Opens a transported key.
 *
 * @param keyBytes length that the key must have
 * @returns null where it is not intact; with PKCS#1 v1.5 a random key instead, so that whoever changes a file cannot
 *   tell a bad padding from a bad content: RFC 3218, 2.3
 */
export function openTransported(
  transport: Transport,
  encrypted: Buffer,
  privateKey: KeyObject,
  keyBytes: number,
): Buffer | null {
  try {
    if (transport.padding === 'pkcs1-v1.5') {
      const block = privateDecrypt({ key: privateKey, padding: constants.RSA_NO_PADDING }, encrypted);
      return withoutPadding(block, keyBytes);
    }
    const padding = constants.RSA_PKCS1_OAEP_PADDING;
    const key = privateDecrypt({ key: privateKey, padding, oaepHash: transport.hash }, encrypted);
    return key.length === keyBytes ? key : null;
  } catch {
    return null;
  }
}

/** RFC 8017, 7.2.2, for a message of known length; takes the same time whatever is in the block. */
function withoutPadding(block: Buffer, keyBytes: number): Buffer {
  const start = block.length - keyBytes;
  const instead = randomBytes(keyBytes);
  if (start < 11) return instead;
  let wrong = (block[0] ?? 1) | ((block[1] ?? 0) ^ 2) | (block[start - 1] ?? 1);
  // For each octet of the padding: 1 if it is zero.
  for (let at = 2; at < start - 1; at += 1) wrong |= (((block[at] ?? 0) - 1) >>> 8) & 1;
  const keep = ((wrong - 1) >> 8) & 0xff;
  for (let at = 0; at < keyBytes; at += 1)
    instead[at] = ((instead[at] ?? 0) & ~keep) | ((block[start + at] ?? 0) & keep);
  block.fill(0);
  return instead;
}
