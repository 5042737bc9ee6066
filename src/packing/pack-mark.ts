/** What tells a pack of this program from somebody's own tar file: a comment in a header that other programs skip. */
export const PACK_MARK = 'quietus pack 1';
const GZIP_MAGIC = [0x1f, 0x8b];
/** A gzip header (RFC 1952) with nothing but a comment: deflate, no time, unknown system. */
const GZIP_START = Buffer.from([...GZIP_MAGIC, 8, 0x10, 0, 0, 0, 0, 0, 0xff]);

/** The start of a compressed pack: a gzip header whose comment is the mark. */
export function gzipHeader(): Buffer {
  return Buffer.concat([GZIP_START, Buffer.from(`${PACK_MARK}\0`)]);
}

export function isGzip(start: Uint8Array): boolean {
  return start[0] === GZIP_MAGIC[0] && start[1] === GZIP_MAGIC[1];
}

/**
 * Whether a plaintext is a pack of this program, which may be extracted without being asked to.
 *
 * @param start at least its first 1,024 bytes, fewer only where it is shorter
 */
export function isPack(start: Uint8Array): boolean {
  const bytes = Buffer.from(start.buffer, start.byteOffset, start.length);
  if (isGzip(bytes)) return bytes.subarray(0, gzipHeader().length).equals(gzipHeader());
  const record = `comment=${PACK_MARK}\n`;
  return bytes[156] === 0x67 && bytes.toString('latin1', 512, 1024).indexOf(record) === 3;
}
