import { createCipheriv, createDecipheriv } from 'node:crypto';

export const FILE_KEY_BYTES = 16;
const TAG_BYTES = 16;
/** Of a file key that is encrypted for somebody, with its tag. */
export const WRAPPED_BYTES = FILE_KEY_BYTES + TAG_BYTES;

const CIPHER = 'chacha20-poly1305';
/** All zero: each key encrypts one file key. */
const NONCE = Buffer.alloc(12);
const OPTIONS = { authTagLength: TAG_BYTES } as const;

/** Encrypts a file key for a stanza (C2SP age: ChaCha20-Poly1305). @param key 32 bytes, used once; overwritten */
export function sealFileKey(fileKey: Uint8Array, key: Buffer): Buffer {
  const cipher = createCipheriv(CIPHER, key, NONCE, OPTIONS);
  key.fill(0);
  return Buffer.concat([cipher.update(fileKey), cipher.final(), cipher.getAuthTag()]);
}

/** @param key overwritten @returns the file key; null where another key encrypted it */
export function openFileKey(body: Buffer, key: Buffer): Uint8Array | null {
  const decipher = createDecipheriv(CIPHER, key, NONCE, OPTIONS);
  key.fill(0);
  decipher.setAuthTag(body.subarray(FILE_KEY_BYTES));
  const fileKey = decipher.update(body.subarray(0, FILE_KEY_BYTES));
  try {
    decipher.final();
    return fileKey;
  } catch {
    fileKey.fill(0);
    return null;
  }
}
