import type { ByteOutput } from '../encryption-format.js';
import { ciphertextDamaged } from '../format-faults.js';
import { WHAT } from './pull-reader.js';

// Textual encoding of CMS, RFC 7468, 9.

const BEGIN = /^-----BEGIN (CMS|PKCS7)-----\r?\n/;
const LINE_BYTES = 48;

export function isArmored(start: Uint8Array): boolean {
  return BEGIN.test(Buffer.from(start.subarray(0, 40)).toString('latin1'));
}

/** An output that takes the bytes and writes the text; `end` writes what is left. */
export function armored(write: (text: Buffer) => Promise<void>): {
  output: ByteOutput;
  end(): Promise<void>;
} {
  let rest = Buffer.alloc(0);
  let begun = false;
  const lines = async (bytes: Buffer): Promise<void> => {
    const text: string[] = begun ? [] : ['-----BEGIN CMS-----\n'];
    begun = true;
    for (let at = 0; at < bytes.length; at += LINE_BYTES)
      text.push(bytes.toString('base64', at, Math.min(bytes.length, at + LINE_BYTES)), '\n');
    await write(Buffer.from(text.join(''), 'latin1'));
  };
  return {
    output: {
      kind: 'stream',
      write: async (bytes) => {
        const all = Buffer.concat([rest, bytes]);
        const whole = all.length - (all.length % LINE_BYTES);
        rest = Buffer.from(all.subarray(whole));
        if (whole > 0) await lines(all.subarray(0, whole));
      },
    },
    end: async () => {
      await lines(rest);
      await write(Buffer.from('-----END CMS-----\n', 'latin1'));
    },
  };
}

/**
 * The bytes of a text, piece by piece. Strict: lines of 64 characters of which only the last is shorter, one kind of
 * line end, nothing around the block.
 *
 * @throws Fault `ciphertext-damaged`
 */
export async function* dearmored(pieces: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void> {
  const state: { name: string | null; last: boolean; ended: boolean } = {
    name: null,
    last: false,
    ended: false,
  };
  let rest = '';
  for await (const piece of pieces) {
    const text = rest + piece.toString('latin1');
    const end = text.lastIndexOf('\n') + 1;
    rest = text.slice(end);
    if (rest.length > 100) throw damaged('a line is too long');
    const bytes = decodeLines(text.slice(0, end), state);
    if (bytes.length > 0) yield bytes;
  }
  // The last line may have no end.
  const bytes = rest === '' ? Buffer.alloc(0) : decodeLines(`${rest}\n`, state);
  if (bytes.length > 0) yield bytes;
  if (!state.ended) throw damaged('it is cut off');
}

function decodeLines(text: string, state: { name: string | null; last: boolean; ended: boolean }): Buffer {
  const base64: string[] = [];
  for (const line of text
    .split('\n')
    .slice(0, -1)
    .map((line) => line.replace(/\r$/, ''))) {
    if (state.ended) throw damaged('something stands behind its end');
    if (state.name === null) {
      state.name = /^-----BEGIN (CMS|PKCS7)-----$/.exec(line)?.[1] ?? null;
      if (state.name === null) throw damaged('its first line is not the one of a CMS text');
    } else if (line === `-----END ${state.name}-----`) {
      state.ended = true;
    } else {
      if (state.last || line.length > 64 || line.length % 4 !== 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(line))
        throw damaged('a line is not base64 of 64 characters');
      state.last = line.length < 64 || line.endsWith('=');
      base64.push(line);
    }
  }
  const joined = base64.join('');
  const bytes = Buffer.from(joined, 'base64');
  if (bytes.toString('base64') !== joined) throw damaged('its base64 is not well formed');
  return bytes;
}

function damaged(why: string): Error {
  return ciphertextDamaged(WHAT, why);
}
