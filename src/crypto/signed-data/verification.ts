import { createHash, verify } from 'node:crypto';
import { Fault } from '../../model/index.js';
import {
  contextTag,
  DerCursor,
  type DerElement,
  DerError,
  oidText,
  readAll,
  readSingle,
  Tag,
} from '../der.js';
import { setOf } from '../der-writing.js';
import { instantOf } from '../x509/asn1-time.js';
import { type CertificateFacts, certificatePem, parseCertificate } from '../x509/certificate.js';
import { Oid } from './object-identifiers.js';

/** Far above any signature with its chain and timestamp. */
const MAX_BYTES = 1024 * 1024;

/** What a detached signature says, before anybody is trusted. */
export interface DetachedSignature {
  /** Whether the bytes are the ones that were signed, by the key of `signer`. */
  intact: boolean;
  /** Why not, in words; null where it is intact. */
  problem: string | null;
  signer: CertificateFacts;
  /** The signer's certificate, then every other one that came along, PEM. */
  certificates: readonly string[];
  /** RFC 3339; null where the signature does not say when. */
  signedAt: string | null;
  /** The signature value, whose SHA-256 a timestamp covers. */
  signature: Buffer;
  /** Timestamp token (RFC 3161) in DER; null where there is none. */
  timestamp: Buffer | null;
}

/**
 * Reads and checks detached CMS SignedData with one signer, SHA-256, and signed attributes: what `signDetached`
 * writes, and what `openssl cms -sign -binary` writes.
 *
 * @param der bytes after the structure are ignored only where they are zeros, as a PDF pads it
 * @throws DerError where it is not such a structure; the message completes "it cannot be read: …"
 */
export function readDetachedSignature(der: Uint8Array, content: Uint8Array): DetachedSignature {
  if (der.length > MAX_BYTES) throw new DerError('it is larger than 1 MiB');
  const outer = new DerCursor(readSingle(der, Tag.sequence).content);
  if (oidText(outer.take(Tag.oid)) !== Oid.signedData) throw new DerError('it is no signature');
  const signedData = new DerCursor(readSingle(outer.take(contextTag(0)).content, Tag.sequence).content);
  outer.end();
  signedData.take(Tag.integer);
  signedData.take(Tag.set);
  const encapsulated = readAll(signedData.take(Tag.sequence).content);
  if (encapsulated.length !== 1) throw new DerError('it carries the content that it should only sign');
  const certificates = readAll(signedData.optional(contextTag(0))?.content ?? Buffer.alloc(0));
  signedData.optional(contextTag(1));
  const signers = readAll(signedData.take(Tag.set).content);
  signedData.end();
  const [signer, ...others] = signers;
  if (signer === undefined || others.length > 0)
    throw new DerError(`it has ${signers.length} signers, not one`);
  return examined(signer, certificates, content);
}

interface SignerInfo {
  issuer: Buffer;
  serial: Buffer;
  digestAlgorithm: string;
  signedAttributes: DerElement;
  signature: Buffer;
  unsignedAttributes: Map<string, Buffer>;
}

function signerInfo(element: DerElement): SignerInfo {
  const fields = new DerCursor(element.content);
  fields.take(Tag.integer);
  const [issuer, serial] = readAll(fields.take(Tag.sequence).content);
  const digestAlgorithm = oidText(readAll(fields.take(Tag.sequence).content)[0] ?? element);
  const signedAttributes = fields.take(contextTag(0));
  fields.take(Tag.sequence);
  const signature = fields.take(Tag.octetString).content;
  const unsigned = fields.optional(contextTag(1));
  fields.end();
  if (issuer === undefined || serial === undefined) throw new DerError('it does not name its signer');
  return {
    issuer: issuer.raw,
    serial: serial.raw,
    digestAlgorithm,
    signedAttributes,
    signature,
    unsignedAttributes: attributesIn(unsigned?.content ?? Buffer.alloc(0)),
  };
}

/** The one value of each attribute, by its type. */
function attributesIn(content: Buffer): Map<string, Buffer> {
  const found = new Map<string, Buffer>();
  for (const attribute of readAll(content)) {
    const fields = new DerCursor(attribute.content);
    const type = oidText(fields.take(Tag.oid));
    const [value, ...more] = readAll(fields.take(Tag.set).content);
    if (value === undefined || more.length > 0 || found.has(type))
      throw new DerError('it has an attribute twice, or without a value');
    found.set(type, value.raw);
  }
  return found;
}

/** A certificate that cannot be read is damage of the signature, and no mistake of whoever asks. */
function embeddedCertificate(raw: Buffer): ReturnType<typeof parseCertificate> {
  try {
    return parseCertificate(raw);
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    throw new DerError(`a certificate in it is damaged (${error.code})`);
  }
}

function examined(
  element: DerElement,
  certificates: readonly DerElement[],
  content: Uint8Array,
): DetachedSignature {
  const info = signerInfo(element);
  const parsed = certificates.map(({ raw }) => ({ raw, ...embeddedCertificate(raw) }));
  const own = parsed.find(
    ({ issuerDer, serialDer }) => issuerDer.equals(info.issuer) && serialDer.equals(info.serial),
  );
  if (own === undefined) throw new DerError("it lacks its signer's certificate");
  const attributes = attributesIn(info.signedAttributes.content);
  const signedAt = attributes.get(Oid.signingTime);
  // What was signed is the SET OF, not the tag under which it is stored (RFC 5652, 5.4).
  const signed = setOf(...readAll(info.signedAttributes.content).map(({ raw }) => raw));
  const problem = problemOf(info, attributes, content, own.raw, () =>
    verify('sha256', signed, own.publicKey, info.signature),
  );
  return {
    intact: problem === null,
    problem,
    signer: own.facts,
    certificates: [own, ...parsed.filter((each) => each !== own)].map(({ raw }) => certificatePem(raw)),
    signedAt: signedAt === undefined ? null : instantOf(readAll(signedAt)[0]),
    signature: info.signature,
    timestamp: info.unsignedAttributes.get(Oid.timestampToken) ?? null,
  };
}

function problemOf(
  info: SignerInfo,
  attributes: ReadonlyMap<string, Buffer>,
  content: Uint8Array,
  certificate: Buffer,
  verifies: () => boolean,
): string | null {
  const digest = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest();
  const contentType = attributes.get(Oid.contentType);
  const messageDigest = attributes.get(Oid.messageDigest);
  if (info.digestAlgorithm !== Oid.sha256) return 'it was not made with SHA-256';
  if (contentType === undefined || oidText(readAll(contentType)[0] ?? NONE) !== Oid.data)
    return 'it is of another type of content';
  if (
    messageDigest === undefined ||
    !readSingle(messageDigest, Tag.octetString).content.equals(digest(content))
  )
    return 'the file was changed after it was signed';
  const named = attributes.get(Oid.signingCertificateV2);
  if (named !== undefined && !named.includes(digest(certificate)))
    return 'it names another certificate than the one that came along';
  return verifies() ? null : "it was not made with the key of the signer's certificate";
}

const NONE: DerElement = { tag: 0, content: Buffer.alloc(0), raw: Buffer.alloc(0) };
