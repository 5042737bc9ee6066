import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  type JsonWebKey,
  type KeyObject,
} from 'node:crypto';
import { contextTag, DerCursor, DerError, oidText, readSingle, Tag } from '../der.js';
import { element, integer, oid, sequence } from '../der-writing.js';
import type { ParsedCertificate } from '../x509/index.js';
import { AES_256_WRAP, AGREEMENTS, KEY_WRAPS, Oid } from './identifiers.js';

/** RFC 3394, 2.2.3.1. */
const WRAP_IV = Buffer.alloc(8, 0xa6);
const UNCOMPRESSED = 4;

/** Octets of a coordinate, and the agreement whose hash is as strong as the curve (NIST SP 800-57 Part 1, table 3). */
const CURVES: Readonly<Record<string, { node: string; octets: number; agreement: string }>> = {
  'P-256': { node: 'prime256v1', octets: 32, agreement: '1.3.132.1.11.1' },
  'P-384': { node: 'secp384r1', octets: 48, agreement: '1.3.132.1.11.2' },
  'P-521': { node: 'secp521r1', octets: 66, agreement: '1.3.132.1.11.3' },
};

/** KeyAgreeRecipientInfo with a key pair made for this file only (ephemeral-static ECDH): RFC 5753, 3.1.1. */
export function keyAgreeRecipient(certificate: ParsedCertificate, contentKey: Buffer): Buffer {
  const curve = CURVES[certificate.curve ?? ''];
  if (curve === undefined) throw new TypeError('The certificate has no EC key of a known curve');
  const own = generateKeyPairSync('ec', { namedCurve: curve.node });
  const { x = '', y = '' } = own.publicKey.export({ format: 'jwk' });
  const point = Buffer.concat([
    Buffer.from([UNCOMPRESSED]),
    Buffer.from(x, 'base64url'),
    Buffer.from(y, 'base64url'),
  ]);
  const wrap = sequence(oid(AES_256_WRAP));
  const shared = diffieHellman({ privateKey: own.privateKey, publicKey: certificate.publicKey });
  const wrapping = derive(shared, AGREEMENTS[curve.agreement] ?? '', wrap, null, 32);
  shared.fill(0);
  const wrapper = createCipheriv('id-aes256-wrap', wrapping, WRAP_IV);
  const wrapped = Buffer.concat([wrapper.update(contentKey), wrapper.final()]);
  wrapping.fill(0);
  const originator = element(
    contextTag(1),
    sequence(oid(Oid.ecPublicKey)),
    element(Tag.bitString, Buffer.from([0]), point),
  );
  const recipient = sequence(certificate.issuerDer, certificate.serialDer);
  return element(
    contextTag(1),
    integer(3),
    element(contextTag(0), originator),
    sequence(oid(curve.agreement), wrap),
    sequence(sequence(recipient, element(Tag.octetString, wrapped))),
  );
}

/** What a KeyAgreeRecipientInfo says beside the wrapped keys. */
export interface Agreement {
  /** The sender's point, uncompressed. */
  point: Buffer;
  hash: string;
  wrap: { name: string; keyBytes: number };
  /** AlgorithmIdentifier of the wrap as it is in the message: the derivation takes its octets. */
  wrapDer: Buffer;
  userKeyingMaterial: Buffer | null;
}

/**
 * @param info content of a KeyAgreeRecipientInfo up to its recipients, which the cursor then stands at
 * @throws DerError, also for what this program does not do
 */
export function readAgreement(info: DerCursor): Agreement {
  if (!info.take(Tag.integer).content.equals(Buffer.from([3])))
    throw new DerError('a recipient has an unknown version');
  const key = new DerCursor(readSingle(info.take(contextTag(0)).content, contextTag(1)).content);
  if (oidText(firstOf(key.take(Tag.sequence).content)) !== Oid.ecPublicKey)
    throw new DerError("a sender's key is not an EC key");
  const bits = key.take(Tag.bitString).content;
  key.end();
  if (bits[0] !== 0) throw new DerError("a sender's key is not a whole number of octets");
  const material = info.optional(contextTag(1));
  const algorithm = new DerCursor(info.take(Tag.sequence).content);
  const hash = AGREEMENTS[oidText(algorithm.take(Tag.oid))];
  const wrapDer = algorithm.take(Tag.sequence);
  algorithm.end();
  const wrap = KEY_WRAPS[oidText(firstOf(wrapDer.content))];
  if (hash === undefined || wrap === undefined) throw new DerError('a key agreement is of an unknown kind');
  return {
    point: bits.subarray(1),
    hash,
    wrap,
    wrapDer: wrapDer.raw,
    userKeyingMaterial: material === undefined ? null : readSingle(material.content, Tag.octetString).content,
  };
}

function firstOf(content: Buffer) {
  return new DerCursor(content).take(Tag.oid);
}

/**
 * Opens a key wrapped for one recipient.
 * @returns null where it is not intact
 */
export function unwrap(agreement: Agreement, wrapped: Buffer, privateKey: KeyObject): Buffer | null {
  const { point, hash, wrap, wrapDer, userKeyingMaterial } = agreement;
  const peer = publicKeyAt(point, privateKey);
  if (peer === null) return null;
  const shared = diffieHellman({ privateKey, publicKey: peer });
  const wrapping = derive(shared, hash, wrapDer, userKeyingMaterial, wrap.keyBytes);
  shared.fill(0);
  try {
    const unwrapper = createDecipheriv(wrap.name, wrapping, WRAP_IV);
    return Buffer.concat([unwrapper.update(wrapped), unwrapper.final()]);
  } catch {
    return null;
  } finally {
    wrapping.fill(0);
  }
}

/** The sender's key on the recipient's curve; null for a point that is not on it. */
function publicKeyAt(point: Buffer, privateKey: KeyObject): KeyObject | null {
  const { namedCurve } = privateKey.asymmetricKeyDetails ?? {};
  const found = Object.entries(CURVES).find(([, { node }]) => node === namedCurve);
  if (found === undefined) return null;
  const [crv, { octets }] = found;
  if (point[0] !== UNCOMPRESSED || point.length !== 1 + 2 * octets) return null;
  const [x, y] = [point.subarray(1, 1 + octets), point.subarray(1 + octets)].map((half) =>
    half.toString('base64url'),
  );
  try {
    return createPublicKey({ key: { kty: 'EC', crv, x, y } as JsonWebKey, format: 'jwk' });
  } catch {
    return null;
  }
}

/** ANSI X9.63 key derivation over ECC-CMS-SharedInfo: RFC 5753, 7.2; SEC 1, 3.6.1. */
function derive(
  secret: Buffer,
  hash: string,
  wrapDer: Buffer,
  material: Buffer | null,
  keyBytes: number,
): Buffer {
  const bits = Buffer.alloc(4);
  bits.writeUInt32BE(8 * keyBytes);
  const info = sequence(
    wrapDer,
    ...(material === null ? [] : [element(contextTag(0), element(Tag.octetString, material))]),
    element(contextTag(2), element(Tag.octetString, bits)),
  );
  const blocks: Buffer[] = [];
  for (let length = 0; length < keyBytes; length += blocks.at(-1)?.length ?? keyBytes) {
    const counter = Buffer.alloc(4);
    counter.writeUInt32BE(blocks.length + 1);
    blocks.push(createHash(hash).update(secret).update(counter).update(info).digest());
  }
  const all = Buffer.concat(blocks);
  const key = Buffer.from(all.subarray(0, keyBytes));
  all.fill(0);
  return key;
}
