import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** `ArrayBuffer.prototype.transfer` of ECMAScript 2024; undefined where there is none. */
type Transfer = ((this: ArrayBuffer, length: number) => ArrayBuffer) | undefined;

let transfer: Transfer | null = null;

/** Node 20 has it behind a flag, which counts for contexts that are made while it is set. */
function findTransfer(): Transfer {
  const own = (ArrayBuffer.prototype as { transfer?: Transfer }).transfer;
  if (own !== undefined) return own;
  try {
    setFlagsFromString('--harmony-rab-gsab-transfer');
    return runInNewContext('ArrayBuffer.prototype.transfer') as Transfer;
  } catch {
    return undefined;
  } finally {
    setFlagsFromString('--no-harmony-rab-gsab-transfer');
  }
}

/**
 * Gives the memory of a buffer back at once, for the next one to lie in the same place. node:crypto makes a buffer for
 * every result, and the garbage collector comes only when there are some hundred megabytes of them.
 *
 * @param buffer has its memory to itself, and is empty afterwards
 */
export function returnMemory(buffer: Buffer): void {
  transfer ??= findTransfer();
  if (buffer.buffer.byteLength === buffer.length) transfer?.call(buffer.buffer as ArrayBuffer, 0);
}
