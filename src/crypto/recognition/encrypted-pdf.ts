import { createCipheriv, createHash } from 'node:crypto';
import type { Source } from '../byte-flow.js';
import type { EncryptionEvidence } from './evidence.js';

const MAX_BYTES = 256 * 1024 * 1024;
const MAX_TAIL = 64 * 1024;

/**
 * A PDF whose streams and strings are under AES-256 (ISO 32000-2, 7.6, revision 6) and that does not open without a
 * password. Many encrypted PDFs have an empty user password, which every viewer tries: those are open. Older revisions
 * (RC4, AES-128 with MD5) are not accepted.
 */
export async function recognizeEncryptedPdf(source: Source): Promise<EncryptionEvidence | null> {
  if (source.size < 100 || source.size > MAX_BYTES) return null;
  if ((await source.read(0, 5)).toString('latin1') !== '%PDF-') return null;
  const tail = (
    await source.read(Math.max(0, source.size - MAX_TAIL), Math.min(source.size, MAX_TAIL))
  ).toString('latin1');
  const xref = /startxref\s+(\d{1,10})\s+%%EOF\s*$/.exec(tail)?.[1];
  if (xref === undefined) return null;
  const whole = (await source.read(0, source.size)).toString('latin1');
  const reference = /\/Encrypt\s+(\d{1,9})\s+(\d{1,5})\s+R/.exec(trailerAt(whole, Number(xref)))?.slice(1);
  if (reference === undefined) return null;
  const [dictionary, ...others] = whole
    .split(new RegExp(`(?<![0-9])${reference.join('\\s+')}\\s+obj\\b`))
    .slice(1);
  if (dictionary === undefined || others.length > 0) return null;
  const fields = dictionary.slice(0, dictionary.indexOf('endobj'));
  if (!isAes256(fields) || opensWithout(fields) !== false) return null;
  return {
    format: 'PDF, AES-256',
    certainty: 'header',
    note: 'its number of pages and its structure can be read by everybody',
  };
}

/** From the cross-reference section on, as far as its dictionary goes. */
function trailerAt(whole: string, position: number): string {
  const rest = whole.slice(position);
  const end = rest.search(/\bstream\b|startxref/);
  return end < 0 ? '' : rest.slice(0, end);
}

function isAes256(fields: string): boolean {
  const has = (pattern: RegExp) => pattern.test(fields);
  return (
    has(/\/Filter\s*\/Standard\b/) &&
    has(/\/V\s+5\b/) &&
    has(/\/R\s+6\b/) &&
    has(/\/CFM\s*\/AESV3\b/) &&
    has(/\/StmF\s*\/StdCF\b/) &&
    has(/\/StrF\s*\/StdCF\b/)
  );
}

/** Whether the empty user password is the right one: algorithm 11. Null where that cannot be found out. */
function opensWithout(fields: string): boolean | null {
  const user = stringOf(fields, 'U');
  if (user === null || user.length < 48) return null;
  return hash(Buffer.alloc(0), user.subarray(32, 40)).equals(user.subarray(0, 32));
}

/** Algorithm 2.B for a user password. */
function hash(password: Buffer, salt: Buffer): Buffer {
  let key = createHash('sha256').update(password).update(salt).digest();
  for (let round = 0, last = 0; round < 64 || last > round - 32; round += 1) {
    const block = Buffer.concat([password, key]);
    const cipher = createCipheriv('aes-128-cbc', key.subarray(0, 16), key.subarray(16, 32)).setAutoPadding(
      false,
    );
    const encrypted = cipher.update(Buffer.concat(Array.from({ length: 64 }, () => block)));
    const remainder = encrypted.subarray(0, 16).reduce((sum, octet) => sum + octet, 0) % 3;
    key = createHash(['sha256', 'sha384', 'sha512'][remainder] ?? 'sha256')
      .update(encrypted)
      .digest();
    last = encrypted.at(-1) ?? 0;
  }
  return key.subarray(0, 32);
}

/** A string in a dictionary, in hexadecimal or in parentheses with escapes: ISO 32000-2, 7.3.4. */
function stringOf(fields: string, name: string): Buffer | null {
  const hex = new RegExp(`/${name}\\s*<([0-9A-Fa-f\\s]+)>`).exec(fields)?.[1];
  if (hex !== undefined) return Buffer.from(hex.replace(/\s+/g, ''), 'hex');
  const literal = new RegExp(`/${name}\\s*\\(((?:[^\\\\()]|\\\\[\\s\\S])*)\\)`).exec(fields)?.[1];
  return literal === undefined ? null : Buffer.from(literal.replace(ESCAPE, unescaped), 'latin1');
}

const ESCAPE = /\\([0-7]{1,3}|\r\n|[\s\S])/g;
const LETTERS: Readonly<Record<string, string>> = {
  n: '\n',
  r: '\r',
  t: '\t',
  b: '\b',
  f: '\f',
  '\n': '',
  '\r': '',
  '\r\n': '',
};

function unescaped(_: string, what: string): string {
  return /^[0-7]/.test(what) ? String.fromCharCode(Number.parseInt(what, 8) & 0xff) : (LETTERS[what] ?? what);
}
