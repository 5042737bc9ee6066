import { pipeline } from 'node:stream/promises';
import { crc32, createDeflateRaw } from 'node:zlib';
import { gzipHeader } from './pack-mark.js';

/** gzip (RFC 1952) with the mark of a pack as its comment, which node:zlib cannot write. */
export async function* compressed(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void> {
  const deflate = createDeflateRaw();
  let checksum = 0;
  let length = 0;
  async function* counted() {
    for await (const piece of pieces) {
      checksum = crc32(piece, checksum);
      length += piece.length;
      yield piece;
    }
  }
  const feeding = pipeline(counted, deflate);
  // A failure comes out of the stream too, where somebody waits for it.
  feeding.catch(() => undefined);
  yield gzipHeader();
  for await (const piece of deflate) yield piece as Buffer;
  await feeding;
  const trailer = Buffer.alloc(8);
  trailer.writeUInt32LE(checksum, 0);
  trailer.writeUInt32LE(length % 2 ** 32, 4);
  yield trailer;
}
