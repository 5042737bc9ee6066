import { createCipheriv, createDecipheriv, pbkdf2, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { badInput } from '../../model/index.js';
import { ciphertextDamaged } from '../format-faults.js';
import { KNOWN_PAGES, PAGE_AFTER, PAGE_BEFORE, PAGE_START, pageDigest } from './page.js';

const derive = promisify(pbkdf2);

export const WHAT = 'HTML file';
/** Most content of a page: browsers and mail servers have little patience with more. */
export const MAX_CONTENT_BYTES = 10 * 1024 * 1024;
const MAX_NAME_BYTES = 1024;
const ITERATIONS = 1_000_000;
/** More would keep this machine busy for the sake of whoever made the file. */
const MAX_ITERATIONS = 10_000_000;
const SALT_BYTES = 16;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** Ciphertext that is neither name nor content: the length of the name, and the tag. */
export const AROUND_CONTENT = 2 + TAG_BYTES;
const LINE = 76;
const CIPHER = 'aes-256-gcm';
const MARKER = '<script id="payload" type="text/plain">';
/** Base64 in lines, the page around it, and a margin. */
export const MAX_PAGE_BYTES =
  Math.ceil((MAX_CONTENT_BYTES + 2 + MAX_NAME_BYTES + TAG_BYTES) * (4 / 3) * (77 / 76)) + 64 * 1024;

/** What a page holds, without the passphrase. */
export interface Payload {
  iterations: number;
  salt: Buffer;
  nonce: Buffer;
  /** With the 16 bytes of its tag behind it. */
  ciphertext: Buffer;
}

export interface PageContent {
  name: string;
  content: Buffer;
}

/** Key of a page: PBKDF2 (RFC 8018) with HMAC-SHA-256 over the passphrase in NFC, without white space around it. */
export function pageKey(passphrase: string, salt: Buffer, iterations: number): Promise<Buffer> {
  return derive(Buffer.from(passphrase.normalize('NFC').trim(), 'utf8'), salt, iterations, 32, 'sha256');
}

/** @returns the whole page, and the key that its content is under */
export async function sealPage(
  { name, content }: PageContent,
  passphrase: string,
): Promise<{ page: Buffer; key: Buffer }> {
  const nameBytes = Buffer.from(name, 'utf8');
  if (nameBytes.length === 0 || nameBytes.length > MAX_NAME_BYTES || /\p{Cc}/u.test(name))
    throw badInput(
      'entry-name-unfit',
      'The name of the entry is empty, too long, or has control characters',
      {
        hint: 'Choose a shorter name',
      },
    );
  const length = Buffer.alloc(2);
  length.writeUInt16BE(nameBytes.length);
  const [salt, nonce] = [randomBytes(SALT_BYTES), randomBytes(NONCE_BYTES)];
  const key = await pageKey(passphrase, salt, ITERATIONS);
  const cipher = createCipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(Buffer.from(header({ iterations: ITERATIONS, salt, nonce })));
  const parts = [length, nameBytes, content].map((part) => cipher.update(part));
  const ciphertext = Buffer.concat([...parts, cipher.final(), cipher.getAuthTag()]);
  const payload = { iterations: ITERATIONS, salt, nonce, ciphertext };
  return { page: Buffer.from(PAGE_BEFORE + payloadText(payload) + PAGE_AFTER, 'utf8'), key };
}

/** @returns null where the key is wrong or something was changed */
export function openPayload(
  { iterations, salt, nonce, ciphertext }: Payload,
  key: Buffer,
): PageContent | null {
  const decipher = createDecipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(Buffer.from(header({ iterations, salt, nonce })));
  decipher.setAuthTag(ciphertext.subarray(-TAG_BYTES));
  let opened: Buffer;
  try {
    opened = Buffer.concat([decipher.update(ciphertext.subarray(0, -TAG_BYTES)), decipher.final()]);
  } catch {
    return null;
  }
  const end = opened.length < 2 ? 2 : 2 + opened.readUInt16BE(0);
  if (end > opened.length) throw damaged('its content is not well formed');
  return { name: opened.toString('utf8', 2, end), content: opened.subarray(end) };
}

/**
 * Reads a page: its wording must be one of ours to the last byte, its payload in the one form that we write.
 * @throws Fault `ciphertext-damaged` (exit 5), `header-too-costly` (exit 2)
 */
export function readPage(page: Buffer): Payload {
  const text = page.toString('utf8');
  const start = text.indexOf(MARKER) + MARKER.length;
  const end = text.indexOf('</script>', start);
  if (!text.startsWith(PAGE_START) || start < MARKER.length || end < 0)
    throw damaged('it is cut off or is no such page');
  if (!KNOWN_PAGES.has(pageDigest(text.slice(0, start), text.slice(end))))
    throw damaged('the page around the content is not one that this program wrote, so somebody changed it');
  const payload = payloadIn(text.slice(start, end));
  if (payloadText(payload) !== text.slice(start, end)) throw damaged('its payload is not well formed');
  const { iterations, salt, nonce, ciphertext } = payload;
  if (salt.length !== SALT_BYTES || nonce.length !== NONCE_BYTES || ciphertext.length < TAG_BYTES + 2)
    throw damaged('its payload is not well formed');
  if (iterations > MAX_ITERATIONS)
    throw badInput('header-too-costly', 'The HTML file asks for more work than this program does', {
      hint: `Ask the sender for a file with at most ${MAX_ITERATIONS} iterations`,
    });
  if (iterations < ITERATIONS) throw damaged('its passphrase is protected less than this program does it');
  return payload;
}

function payloadIn(text: string): Payload {
  const fields =
    /^\nquietus-html\/1\niterations=(\d{1,8})\nsalt=([\w+/=]{1,64})\nnonce=([\w+/=]{1,64})\n\n([A-Za-z0-9+/=\n]*)\n$/.exec(
      text,
    );
  if (fields === null) throw damaged('its payload is not well formed');
  const [, iterations, salt = '', nonce = '', base64 = ''] = fields;
  return {
    iterations: Number(iterations),
    salt: Buffer.from(salt, 'base64'),
    nonce: Buffer.from(nonce, 'base64'),
    ciphertext: Buffer.from(base64, 'base64'),
  };
}

/** What is authenticated with the content. */
function header({ iterations, salt, nonce }: Omit<Payload, 'ciphertext'>): string {
  const [saltText, nonceText] = [salt, nonce].map((bytes) => bytes.toString('base64'));
  return `quietus-html/1\niterations=${iterations}\nsalt=${saltText}\nnonce=${nonceText}\n`;
}

function payloadText(payload: Payload): string {
  const base64 = payload.ciphertext.toString('base64');
  const lines: string[] = [];
  for (let at = 0; at < base64.length; at += LINE) lines.push(base64.slice(at, at + LINE));
  return `\n${header(payload)}\n${lines.join('\n')}\n`;
}

function damaged(why: string): Error {
  return ciphertextDamaged(WHAT, why);
}
