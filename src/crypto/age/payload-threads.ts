import { SEGMENT_BYTES } from './segment.js';

/** Further threads were measured to bring nothing: memory and disk are then the limit. */
export const MAX_THREADS = 8;
/** Bytes below which a thread costs more to start than it saves. */
export const WORTH_THREADS = 16 * SEGMENT_BYTES;

/** A copy in memory that all threads see. */
export function sharedCopy(bytes: Uint8Array): Uint8Array {
  const copy = new Uint8Array(new SharedArrayBuffer(bytes.length));
  copy.set(bytes);
  return copy;
}
