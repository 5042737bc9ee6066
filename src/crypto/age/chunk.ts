import { createCipheriv, createDecipheriv, hkdfSync } from 'node:crypto';
import { returnMemory } from './returned-memory.js';

/** Plaintext of every chunk but the last, in bytes (C2SP age, payload). */
export const CHUNK_BYTES = 64 * 1024;
/** Poly1305 tag behind each chunk, in bytes. */
const TAG_BYTES = 16;
export const SEALED_CHUNK_BYTES = CHUNK_BYTES + TAG_BYTES;
/** Random bytes between the header and the first chunk. */
export const PAYLOAD_NONCE_BYTES = 16;
export const PAYLOAD_KEY_BYTES = 32;

const CIPHER = 'chacha20-poly1305';
const OPTIONS = { authTagLength: TAG_BYTES } as const;
const NONCE_BYTES = 12;

/**
 * The key of a payload: HKDF-SHA-256 (RFC 5869) of the file key, salted with the payload nonce.
 *
 * @param fileKey 16 bytes
 * @param nonce 16 bytes
 */
export function payloadKey(fileKey: Uint8Array, nonce: Uint8Array): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', fileKey, nonce, 'payload', PAYLOAD_KEY_BYTES));
}

/** Bytes of a payload (without its nonce) for this much plaintext: even nothing is one chunk, an empty one. */
export function sealedBytes(plaintextBytes: number): number {
  return plaintextBytes + TAG_BYTES * Math.max(1, Math.ceil(plaintextBytes / CHUNK_BYTES));
}

/** The inverse of `sealedBytes`, or null for a length that no plaintext gives. */
export function openedBytes(payloadBytes: number): number | null {
  const chunks = Math.ceil(payloadBytes / SEALED_CHUNK_BYTES);
  const plaintext = payloadBytes - chunks * TAG_BYTES;
  return chunks > 0 && plaintext >= 0 && sealedBytes(plaintext) === payloadBytes ? plaintext : null;
}

/** The nonce of a chunk: its number, 11 bytes big endian, and whether it is the last. */
function chunkNonce(number: number, final: boolean): Buffer {
  const nonce = Buffer.alloc(NONCE_BYTES);
  nonce.writeUIntBE(number, 5, 6);
  nonce[NONCE_BYTES - 1] = final ? 1 : 0;
  return nonce;
}

/**
 * Encrypts one chunk (STREAM, ChaCha20-Poly1305 of RFC 8439).
 *
 * @param plaintext at most 64 KiB
 * @param target takes the ciphertext and its tag, from its start
 * @returns bytes written
 */
export function sealChunk(
  key: Uint8Array,
  number: number,
  final: boolean,
  plaintext: Uint8Array,
  target: Uint8Array,
): number {
  const cipher = createCipheriv(CIPHER, key, chunkNonce(number, final), OPTIONS);
  const ciphertext = cipher.update(plaintext);
  target.set(ciphertext);
  returnMemory(ciphertext);
  cipher.final();
  target.set(cipher.getAuthTag(), plaintext.length);
  return plaintext.length + TAG_BYTES;
}

/**
 * Decrypts one chunk.
 *
 * @param sealed ciphertext and tag
 * @returns the plaintext, whose memory the caller gives back; null where the chunk is not authentic
 */
export function openChunk(
  key: Uint8Array,
  number: number,
  final: boolean,
  sealed: Uint8Array,
): Buffer | null {
  const length = sealed.length - TAG_BYTES;
  if (length < 0) return null;
  const decipher = createDecipheriv(CIPHER, key, chunkNonce(number, final), OPTIONS);
  decipher.setAuthTag(sealed.subarray(length));
  const plaintext = decipher.update(sealed.subarray(0, length));
  try {
    decipher.final();
  } catch {
    plaintext.fill(0);
    return null;
  }
  return plaintext;
}
