import { randomBytes } from 'node:crypto';
import { PAYLOAD_KEY_BYTES } from './chunk.js';

/** Keys that the work on one payload needs. */
export interface PayloadKeys {
  /** ChaCha20-Poly1305, 32 bytes. */
  key: Uint8Array;
  /** For digests of plaintext, 32 bytes; empty where none are wanted. */
  digestKey: Uint8Array;
}

/** @param key of the payload, 32 bytes */
export function withDigests(key: Uint8Array): PayloadKeys {
  return { key, digestKey: randomBytes(PAYLOAD_KEY_BYTES) };
}

/** @param key of the payload, 32 bytes */
export function withoutDigests(key: Uint8Array): PayloadKeys {
  return { key, digestKey: new Uint8Array(0) };
}

/** Overwrites both. */
export function forgetKeys({ key, digestKey }: PayloadKeys): void {
  key.fill(0);
  digestKey.fill(0);
}
