import {
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  hkdfSync,
  type KeyObject,
} from 'node:crypto';
import type { HeaderStanza } from './age-header.js';
import { openFileKey, sealFileKey, WRAPPED_BYTES } from './file-key-cipher.js';

const TYPE = 'X25519';
const LABEL = 'age-encryption.org/v1/X25519';
const POINT_BYTES = 32;
/** What stands before 32 bytes of a key in PKCS#8 and in SubjectPublicKeyInfo (RFC 8410). */
const PRIVATE_START = Buffer.from('302e020100300506032b656e04220420', 'hex');
const PUBLIC_START = Buffer.from('302a300506032b656e032100', 'hex');

/**
 * Encrypts a file key for a recipient (C2SP age, X25519 recipient stanza).
 *
 * @param recipient a point, 32 bytes
 * @throws Error where the point is of low order, which gives every sender the same secret
 */
export function wrapForX25519(recipient: Uint8Array, fileKey: Uint8Array): HeaderStanza {
  const ephemeral = generateKeyPairSync('x25519');
  const share = pointOf(ephemeral.publicKey);
  const key = wrappingKey(ephemeral.privateKey, recipient, { share, recipient });
  return { type: TYPE, args: [share.toString('base64').replace(/=+$/, '')], body: sealFileKey(fileKey, key) };
}

/**
 * Opens the first stanza that was made for an identity.
 *
 * @param identity a scalar, 32 bytes
 * @returns the file key, or null where none was
 * @throws Error where a stanza is not written as it must be, or its point is of low order
 */
export function unwrapX25519(stanzas: readonly HeaderStanza[], identity: Uint8Array): Uint8Array | null {
  const own = privateKeyOf(identity);
  const recipient = pointOf(createPublicKey(own));
  for (const { type, args, body } of stanzas) {
    if (type !== TYPE) continue;
    const [text = ''] = args;
    const share = Buffer.from(text, 'base64');
    const canonical = share.toString('base64').replace(/=+$/, '') === text;
    if (args.length !== 1 || !canonical || share.length !== POINT_BYTES || body.length !== WRAPPED_BYTES)
      throw new Error('invalid X25519 stanza');
    const fileKey = openFileKey(body, wrappingKey(own, share, { share, recipient }));
    if (fileKey !== null) return fileKey;
  }
  return null;
}

/** The point that belongs to a scalar, 32 bytes each. */
export function x25519PointOf(scalar: Uint8Array): Buffer {
  return pointOf(createPublicKey(privateKeyOf(scalar)));
}

function wrappingKey(
  own: KeyObject,
  other: Uint8Array,
  { share, recipient }: { share: Uint8Array; recipient: Uint8Array },
): Buffer {
  const secret = diffieHellman({ privateKey: own, publicKey: publicKeyOf(other) });
  const salt = Buffer.concat([share, recipient]);
  const key = Buffer.from(hkdfSync('sha256', secret, salt, LABEL, 32));
  secret.fill(0);
  return key;
}

function privateKeyOf(scalar: Uint8Array): KeyObject {
  const der = Buffer.concat([PRIVATE_START, scalar]);
  const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  der.fill(0);
  return key;
}

function publicKeyOf(point: Uint8Array): KeyObject {
  return createPublicKey({ key: Buffer.concat([PUBLIC_START, point]), format: 'der', type: 'spki' });
}

function pointOf(key: KeyObject): Buffer {
  return key.export({ format: 'der', type: 'spki' }).subarray(PUBLIC_START.length);
}
