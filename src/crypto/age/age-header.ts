import { badInput, type Fault } from '../../model/index.js';
import { damaged } from './age-faults.js';
import type { ByteReader } from './byte-reader.js';

/** First line of every age file (C2SP age, header). */
export const VERSION_LINE = 'age-encryption.org/v1';
/** Most that is read in search of a header's end: 600 post-quantum recipients fit. */
const MAX_HEADER_BYTES = 1024 * 1024;

/** Characters in a full line of a stanza's body. */
export const COLUMNS = 64;
const MAC_LINE = /^--- [A-Za-z0-9+/]{43}$/;
const ARGUMENT = /^[\x21-\x7e]+$/;
const BODY_LINE = /^[A-Za-z0-9+/]*$/;

/** One recipient's part of a header. */
export interface HeaderStanza {
  type: string;
  /** What follows the type on its line. */
  args: readonly string[];
  body: Buffer;
}

export interface AgeHeader {
  /** All of it, from the version line to the line feed behind its MAC. */
  bytes: Buffer;
  stanzas: readonly HeaderStanza[];
}

/**
 * Reads a header and leaves the reader behind it. Only what the specification lets a writer write is accepted.
 *
 * @throws Fault `ciphertext-damaged`, `header-too-costly`
 */
export async function readHeader(reader: ByteReader): Promise<AgeHeader> {
  const bytes = await takeHeader(reader);
  const lines = bytes.toString('latin1').split('\n').slice(0, -1);
  if (lines.shift() !== VERSION_LINE) throw damaged('it does not begin as an age file does');
  if (!MAC_LINE.test(lines.at(-1) ?? '')) throw damaged('its header does not end as it must');
  requireCanonical((lines.pop() ?? '').slice(4));
  const stanzas = readStanzas(lines);
  if (stanzas.length === 0) throw damaged('its header names no recipient');
  if (stanzas.length > 1 && stanzas.some(({ type }) => type === 'scrypt')) {
    throw damaged('its header mixes a passphrase with other recipients, which makes it forgeable');
  }
  return { bytes, stanzas };
}

/** The bytes up to the end of the line that begins with `---`. */
async function takeHeader(reader: ByteReader): Promise<Buffer> {
  let bytes = Buffer.alloc(4096);
  let length = 0;
  let lineStart = 0;
  for (;;) {
    const piece = await reader.next();
    if (piece === null) throw damaged('it ends within its header');
    for (let from = 0; from < piece.length; ) {
      const feed = piece.indexOf(0x0a, from);
      const to = feed < 0 ? piece.length : feed + 1;
      if (length + to - from > MAX_HEADER_BYTES) throw tooLong();
      while (length + to - from > bytes.length) bytes = Buffer.concat([bytes, Buffer.alloc(bytes.length)]);
      bytes.set(piece.subarray(from, to), length);
      length += to - from;
      from = to;
      if (lineStart === 0) requireVersion(bytes.subarray(0, length));
      if (feed < 0) continue;
      if (bytes.toString('latin1', lineStart, lineStart + 3) === '---') {
        reader.unread(piece.subarray(to));
        return bytes.subarray(0, length);
      }
      lineStart = length;
    }
  }
}

/** So that a file of something else is not read to the limit first. */
function requireVersion(start: Buffer): void {
  const wanted = `${VERSION_LINE}\n`;
  const seen = start.toString('latin1', 0, wanted.length);
  if (!wanted.startsWith(seen)) throw damaged('it does not begin as an age file does');
}

function readStanzas(lines: readonly string[]): HeaderStanza[] {
  const stanzas: HeaderStanza[] = [];
  for (let at = 0; at < lines.length; ) {
    const [arrow, type, ...args] = (lines[at] ?? '').split(' ');
    at += 1;
    if (arrow !== '->' || type === undefined || ![type, ...args].every((word) => ARGUMENT.test(word))) {
      throw damaged('a recipient in its header is not written as it must be');
    }
    const body: Buffer[] = [];
    for (;;) {
      const line = lines[at];
      if (line === undefined || line.length > COLUMNS || !BODY_LINE.test(line)) {
        throw damaged('a recipient in its header is cut off or not written as it must be');
      }
      at += 1;
      body.push(requireCanonical(line));
      if (line.length < COLUMNS) break;
    }
    stanzas.push({ type, args, body: Buffer.concat(body) });
  }
  return stanzas;
}

/** Base64 without padding (RFC 4648 section 4) in its one spelling. @returns what it stands for */
function requireCanonical(text: string): Buffer {
  const bytes = Buffer.from(text, 'base64');
  if (bytes.toString('base64').replace(/=+$/, '') !== text) throw damaged('its header is not canonical');
  return bytes;
}

function tooLong(): Fault {
  return badInput('header-too-costly', `The file's header is longer than ${MAX_HEADER_BYTES} bytes`, {
    hint: 'No age program writes such a header; ask the sender for the file again',
  });
}
