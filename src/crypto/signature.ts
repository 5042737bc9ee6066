import { createPublicKey, generateKeyPairSync, type KeyObject, sign, verify } from 'node:crypto';

/** A fresh Ed25519 key pair (RFC 8032); the public key as SubjectPublicKeyInfo PEM (RFC 8410). */
export function createSigningKey(): { privateKey: KeyObject; publicKey: string } {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  return { privateKey, publicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString() };
}

/** The public key that belongs to a private one, as SubjectPublicKeyInfo PEM (RFC 8410). */
export function publicKeyOf(privateKey: KeyObject): string {
  return createPublicKey(privateKey).export({ type: 'spki', format: 'pem' }).toString();
}

/** Ed25519 signature (RFC 8032) over the UTF-8 bytes of a text, base64. */
export function signText(text: string, key: KeyObject): string {
  return sign(null, Buffer.from(text, 'utf8'), key).toString('base64');
}

/**
 * @param signature base64 in its canonical form
 * @param publicKey SubjectPublicKeyInfo PEM
 * @returns false for a wrong signature and for a key that is none
 */
export function verifyText(text: string, signature: string, publicKey: string): boolean {
  try {
    const key = createPublicKey(publicKey);
    if (key.asymmetricKeyType !== 'ed25519') return false;
    const bytes = Buffer.from(signature, 'base64');
    return bytes.toString('base64') === signature && verify(null, Buffer.from(text, 'utf8'), key, bytes);
  } catch {
    return false;
  }
}
