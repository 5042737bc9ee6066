import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { inspectSealed, invalidKeyFile, openSealed, type SealedKind, sealSecret } from './sealed-secret.js';

/** PKCS#8 DER, with the SubjectPublicKeyInfo DER in plain sight: it shows damage that no tag protects from. */
const KIND: SealedKind = { format: 'quietus-key/1', bindsPublic: false };

/**
 * Writes a private key for storage, sealed under the passphrase, or in the clear where there is none.
 *
 * @returns text of the key file
 */
export async function sealPrivateKey(key: KeyObject, passphrase: string | null): Promise<string> {
  return await sealSecret(KIND, key.export({ type: 'pkcs8', format: 'der' }), publicDer(key), passphrase);
}

/** Whether a key file asks for a passphrase. @throws Fault `key-file-invalid` */
export function needsPassphrase(file: string): boolean {
  return inspectSealed(KIND, file).sealed;
}

/**
 * Reads a private key back.
 *
 * @throws Fault as `openSealed`
 */
export async function openPrivateKey(file: string, passphrase: string | null): Promise<KeyObject> {
  const { secret, published } = await openSealed(KIND, file, passphrase);
  const key = privateKeyFrom(secret);
  if (!publicDer(key).equals(published))
    throw invalidKeyFile('its private and its public key do not belong together');
  return key;
}

/**
 * A private key from the bytes that a sealed file holds.
 *
 * @param der PKCS#8; overwritten with zeros
 * @throws Fault `key-file-invalid`
 */
export function privateKeyFrom(der: Buffer): KeyObject {
  let key: KeyObject;
  let written: Buffer;
  try {
    key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
    written = key.export({ type: 'pkcs8', format: 'der' });
  } catch (error) {
    der.fill(0);
    throw invalidKeyFile('it holds no private key', error);
  }
  // OpenSSL also reads some other encodings of the same key.
  const canonical = written.equals(der);
  der.fill(0);
  written.fill(0);
  if (!canonical) throw invalidKeyFile('its private key is not encoded as this program encodes it');
  return key;
}

function publicDer(key: KeyObject): Buffer {
  return createPublicKey(key).export({ type: 'spki', format: 'der' });
}
