import { isUtf8 } from 'node:buffer';
import { TextDecoder } from 'node:util';
import { badInput, type Fault } from '../model/index.js';

/** Encodings of a file; a byte order mark at its start beats what the person says. */
const ENCODINGS = ['utf-8', 'utf-16le', 'utf-16be', 'windows-1252'] as const;
export type Encoding = (typeof ENCODINGS)[number];

/** Turns the bytes of a file into UTF-8, piece by piece, and stops at the first byte that is none. */
export interface Utf8Source {
  /** @param line the line on which the piece starts, for messages. @throws Fault `csv-encoding` */
  decode(piece: Buffer, line: number): Buffer;
  /** The rest. @throws Fault `csv-encoding` where the file ends within a character */
  end(line: number): Buffer;
}

/** The encoding that a byte order mark names, and its length in bytes. */
export function byteOrderMark(start: Buffer): { encoding: Encoding; length: number } | undefined {
  if (start[0] === 0xef && start[1] === 0xbb && start[2] === 0xbf) return { encoding: 'utf-8', length: 3 };
  if (start[0] === 0xff && start[1] === 0xfe) return { encoding: 'utf-16le', length: 2 };
  if (start[0] === 0xfe && start[1] === 0xff) return { encoding: 'utf-16be', length: 2 };
  return undefined;
}

export function utf8Source(encoding: Encoding): Utf8Source {
  return encoding === 'utf-8' ? checkedUtf8() : transcoded(encoding);
}

/** UTF-8 is only checked, which is some fifty times faster than decoding it and encoding it again. */
function checkedUtf8(): Utf8Source {
  let rest: Buffer = Buffer.alloc(0);
  return {
    decode(piece, line) {
      const all = rest.length === 0 ? piece : Buffer.concat([rest, piece]);
      const whole = wholeCharacters(all);
      rest = all.subarray(whole);
      const text = all.subarray(0, whole);
      if (!isUtf8(text)) throw notUtf8(line + linesBefore(text));
      return text;
    },
    end(line) {
      if (rest.length > 0) throw notUtf8(line);
      return rest;
    },
  };
}

/** Length of the text without a character that is cut off at its end. */
function wholeCharacters(text: Buffer): number {
  for (let back = 1; back <= Math.min(3, text.length); back += 1) {
    const byte = text[text.length - back] ?? 0;
    if (byte < 0x80) break;
    if (byte < 0xc0) continue;
    const needed = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
    return needed > back ? text.length - back : text.length;
  }
  return text.length;
}

/** Line breaks before the first line that is not UTF-8. */
function linesBefore(text: Buffer): number {
  let lines = 0;
  for (let start = 0; start < text.length; ) {
    const end = nextBreak(text, start);
    if (!isUtf8(text.subarray(start, end))) return lines;
    lines += 1;
    start = end + (text[end] === 0x0d && text[end + 1] === 0x0a ? 2 : 1);
  }
  return lines;
}

function nextBreak(text: Buffer, from: number): number {
  for (let at = from; at < text.length; at += 1) if (text[at] === 0x0a || text[at] === 0x0d) return at;
  return text.length;
}

function notUtf8(line: number): Fault {
  return badInput('csv-encoding', `Line ${line} of the file is not UTF-8`, {
    hint: 'A file that Excel saved as "CSV" on Windows needs --encoding windows-1252; better save it as "CSV UTF-8"',
    details: { line },
  });
}

function transcoded(encoding: Encoding): Utf8Source {
  const decoder = new TextDecoder(encoding, { fatal: true, ignoreBOM: true });
  const decode = (piece: Buffer | undefined, line: number): Buffer => {
    try {
      return Buffer.from(piece === undefined ? decoder.decode() : decoder.decode(piece, { stream: true }));
    } catch (cause) {
      throw badInput('csv-encoding', `The file is not ${encoding.toUpperCase()} at or after line ${line}`, {
        hint: `Say with --encoding how it is encoded: ${ENCODINGS.join(', ')}`,
        details: { line },
        cause,
      });
    }
  };
  return { decode: (piece, line) => decode(piece, line), end: (line) => decode(undefined, line) };
}
