import { createPublicKey, hash, type KeyObject, sign, verify } from 'node:crypto';

/** Signature type byte of Ed25519 in C2SP signed-note. */
const ED25519 = 0x01;
const KEY_BYTES = 32;
const SIGNATURE_BYTES = 64;
const ID_BYTES = 4;
/** The specification asks for at least 16; more than this is a cost that nobody needs. */
const MOST_SIGNATURES = 32;
const MOST_BYTES = 1 << 20;

/** A public key as `golang.org/x/mod/sumdb/note` writes it: `NAME+HEXID+BASE64`. */
export interface NoteKey {
  name: string;
  /** First four bytes of SHA-256 over name, newline, type byte and public key; hex. */
  id: string;
  /** SubjectPublicKeyInfo PEM (RFC 8410). */
  publicKey: string;
  /** The whole key in one line. */
  text: string;
}

/** A note whose text at least one of the given keys has signed. */
export interface OpenedNote {
  /** The signed text, with its final newline. */
  text: string;
  /** The keys whose signatures are on it and right. */
  signedBy: readonly NoteKey[];
}

/** A public Ed25519 key under a name (no spaces, no plus sign). @param publicKey SubjectPublicKeyInfo PEM */
export function noteKey(name: string, publicKey: string): NoteKey {
  if (!isKeyName(name)) throw new TypeError('A note key has a name without spaces and plus signs');
  const raw = rawKey(createPublicKey(publicKey));
  const encoded = Buffer.concat([Buffer.of(ED25519), raw]);
  const id = keyId(name, encoded);
  return { name, id, publicKey, text: `${name}+${id}+${encoded.toString('base64')}` };
}

/** Reads a key written by {@link noteKey}. @returns null for any other text */
export function parseNoteKey(text: string): NoteKey | null {
  const [, name = '', id = '', base64 = ''] =
    /^([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)$/u.exec(text) ?? [];
  const encoded = Buffer.from(base64, 'base64');
  const sound =
    isKeyName(name) &&
    encoded.toString('base64') === base64 &&
    encoded.length === KEY_BYTES + 1 &&
    encoded[0] === ED25519 &&
    keyId(name, encoded) === id;
  return sound ? { name, id, publicKey: pemOf(encoded.subarray(1)), text } : null;
}

/**
 * Signs a text in the C2SP signed-note form.
 *
 * @param text ends with a newline, and has no control characters but newlines
 * @param keys each adds a signature line, in this order
 */
export function signNote(text: string, keys: readonly { name: string; privateKey: KeyObject }[]): string {
  if (!isNoteText(text)) throw new TypeError('A note is text that ends with a newline');
  const lines = keys.map(({ name, privateKey }) => {
    const published = createPublicKey(privateKey).export({ type: 'spki', format: 'pem' }).toString();
    const { id } = noteKey(name, published);
    const signature = sign(null, Buffer.from(text, 'utf8'), privateKey);
    return `— ${name} ${Buffer.concat([Buffer.from(id, 'hex'), signature]).toString('base64')}\n`;
  });
  return `${text}\n${lines.join('')}`;
}

/**
 * Reads a signed note (C2SP signed-note) and verifies the signatures of known keys; others are ignored.
 *
 * @returns null where it is no note, where a signature of a known key is wrong, or where no known key has signed
 */
export function openNote(note: string, keys: readonly NoteKey[]): OpenedNote | null {
  const parts = splitNote(note);
  if (parts === null) return null;
  const signedBy: NoteKey[] = [];
  for (const { name, signature } of parts.signatures) {
    const id = signature.subarray(0, ID_BYTES).toString('hex');
    const key = keys.find((each) => each.name === name && each.id === id);
    if (key === undefined || signedBy.includes(key)) continue;
    const bytes = signature.subarray(ID_BYTES);
    const right =
      bytes.length === SIGNATURE_BYTES && verify(null, Buffer.from(parts.text, 'utf8'), key.publicKey, bytes);
    if (!right) return null;
    signedBy.push(key);
  }
  return signedBy.length > 0 ? { text: parts.text, signedBy } : null;
}

/** Text and signature lines of a note, unverified. @returns null for anything but a note */
function splitNote(note: string): { text: string; signatures: { name: string; signature: Buffer }[] } | null {
  if (note.length > MOST_BYTES || !isNoteText(note)) return null;
  const at = note.lastIndexOf('\n\n');
  if (at === -1) return null;
  const lines = note.slice(at + 2).split('\n');
  lines.pop();
  if (lines.length === 0 || lines.length > MOST_SIGNATURES) return null;
  const signatures = [];
  for (const line of lines) {
    const [, name = '', base64 = ''] = /^\u2014 (\S+) ([A-Za-z0-9+/=]+)$/u.exec(line) ?? [];
    const signature = Buffer.from(base64, 'base64');
    if (!isKeyName(name) || signature.length <= ID_BYTES || signature.toString('base64') !== base64)
      return null;
    signatures.push({ name, signature });
  }
  return { text: note.slice(0, at + 1), signatures };
}

function isKeyName(name: string): boolean {
  return name !== '' && !/[\s+\p{Cs}]/u.test(name);
}

function isNoteText(text: string): boolean {
  const forbidden = /\p{Cs}/u.test(text) || /\p{Cc}/u.test(text.replaceAll(/[\n\u007f-\u009f]/g, ''));
  return text.endsWith('\n') && !forbidden;
}

function keyId(name: string, encoded: Buffer): string {
  return hash('sha256', Buffer.concat([Buffer.from(`${name}\n`, 'utf8'), encoded])).slice(0, 2 * ID_BYTES);
}

/** The 32 bytes of a public key (RFC 8032); they end its SubjectPublicKeyInfo. */
function rawKey(key: KeyObject): Buffer {
  if (key.asymmetricKeyType !== 'ed25519') throw new TypeError('A note key is an Ed25519 key');
  return key.export({ type: 'spki', format: 'der' }).subarray(-KEY_BYTES);
}

/** DER before the 32 bytes (RFC 8410, section 4). */
const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');

function pemOf(raw: Buffer): string {
  const der = Buffer.concat([SPKI_PREFIX, raw]);
  return createPublicKey({ key: der, format: 'der', type: 'spki' })
    .export({ type: 'spki', format: 'pem' })
    .toString();
}
