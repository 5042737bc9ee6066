import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { pack, unpack } from '../packing/index.js';

/**
 * A folder as a tar stream, with all that is in it.
 * @throws as the stream is read: Fault `cannot-pack` (exit 2) for what cannot be packed, `input-changed` (exit 3)
 */
export function packedFolder(path: string, signal?: AbortSignal): AsyncIterable<Uint8Array> {
  return pack([path], signal === undefined ? {} : { signal }).stream;
}

/**
 * Extracts what `produce` writes into a new folder, which appears when all of it is there and authentic, or not at all.
 * @throws what `produce` throws, and what extracting throws
 */
export async function unpackFolder(
  target: string,
  produce: (write: (bytes: Uint8Array) => Promise<void>) => Promise<void>,
): Promise<void> {
  const pipe = new PassThrough();
  const produced = produce(async (bytes) => {
    // The producer may use its buffer again.
    if (!pipe.write(Buffer.from(bytes))) await Promise.race([once(pipe, 'drain'), once(pipe, 'close')]);
  }).then(
    () => {
      pipe.end();
    },
    (error: unknown) => {
      pipe.destroy(error instanceof Error ? error : new Error(String(error)));
      throw error;
    },
  );
  // The producer's failure is the cause; extracting fails because of it.
  const [first, second] = await Promise.allSettled([produced, unpack(pipe, target)]);
  if (first.status === 'rejected') throw first.reason;
  if (second.status === 'rejected') throw second.reason;
}
