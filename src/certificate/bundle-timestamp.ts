import { readDetachedSignature } from '../crypto/index.js';

/** Where the value of a signature lies in its file: what a time-stamp is about. */
export interface SignatureValue {
  /** Offset of the byte after it. */
  end: number;
  length: number;
}

/**
 * Puts the time-stamp that a detached signature carries into the bundle, as a file of its own: `openssl ts` reads no
 * other.
 *
 * @param authorities certificates of the authority that the workspace trusts, PEM
 * @returns where the signature's value lies; null where there is no time-stamp, or no authority to check it with
 */
export function addTimestamp(
  files: Map<string, Buffer>,
  { json, signature }: { json: Buffer; signature: Buffer },
  authorities: string | null,
): SignatureValue | null {
  const read = readDetachedSignature(signature, json);
  if (read.timestamp === null || authorities === null) return null;
  const start = signature.indexOf(read.signature);
  if (start === -1) throw new Error('A signature does not hold its own value');
  files.set('timestamp/token.tst', Buffer.from(read.timestamp));
  files.set('timestamp/authority.pem', Buffer.from(authorities));
  return { end: start + read.signature.length, length: read.signature.length };
}
