const PLAIN = /^[^%\p{Cc}\uFFFD]*$/u;

/**
 * Writes a relative path, which on Linux is bytes, as text that survives JSON, SQL and a terminal.
 *
 * A path that is valid UTF-8 without `%` and control characters stays as it is. In any other, each byte that is
 * not printable ASCII, and `%`, becomes `%XX`. {@link entryPathBytes} gives the same bytes back in every case.
 */
export function entryPathText(bytes: Buffer): string {
  const text = bytes.toString('utf8');
  if (PLAIN.test(text)) return text;
  let encoded = '';
  for (const byte of bytes) {
    const keep = byte >= 0x20 && byte < 0x7f && byte !== 0x25;
    encoded += keep ? String.fromCharCode(byte) : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return encoded;
}

/** The bytes that {@link entryPathText} was given. */
export function entryPathBytes(text: string): Buffer {
  if (!text.includes('%')) return Buffer.from(text, 'utf8');
  const parts = text.split(/(%[0-9A-F]{2})/);
  return Buffer.concat(
    parts.map((part, at) => (at % 2 === 1 ? Buffer.from(part.slice(1), 'hex') : Buffer.from(part, 'utf8'))),
  );
}

/** Splits a relative path in text form into the folder's path (empty for the top) and the last name. */
export function splitEntryPath(text: string): { folder: string; name: string } {
  const at = text.lastIndexOf('/');
  return at < 0 ? { folder: '', name: text } : { folder: text.slice(0, at), name: text.slice(at + 1) };
}
