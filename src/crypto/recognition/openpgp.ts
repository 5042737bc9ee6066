import type { Source } from '../byte-flow.js';
import type { EncryptionEvidence } from './evidence.js';

// Encrypted messages of OpenPGP, RFC 9580, 10.3: one or more packets with encrypted session keys, and behind them one
// packet with encrypted data up to the end.

// Secret keys, RFC 9580, 5.5.1.3 and 5.5.1.4: packets among those of a key, each with a version first.

const SECRET_KEY = 5;
const SECRET_SUBKEY = 7;
/** Of keys, from PGP 2 (RFC 1991) to RFC 9580. */
const KEY_VERSIONS = [2, 3, 4, 5, 6];
const PUBLIC_KEY_SESSION_KEY = 1;
const PASSPHRASE_SESSION_KEY = 3;
const MARKER = 10;
const ENCRYPTED_AND_PROTECTED = 18;
/** AEAD packet of GnuPG 2.3 and later, from a draft. */
const ENCRYPTED_OCB = 20;
const MAX_KEY_PACKET = 64 * 1024;
const MAX_KEY_PACKETS = 1000;
const ARMOR = '-----BEGIN PGP MESSAGE-----';
const MAX_ARMOR_BYTES = 64 * 1024 * 1024;

interface Packet {
  tag: number;
  /** Where its first octet of content is, and how many follow it at least. */
  content: number;
  end: number;
}

/** Null where the file is no encrypted message, or is cut off, or has something behind it. */
export async function recognizeOpenPgp(source: Source): Promise<EncryptionEvidence | null> {
  const start = await source.read(0, Math.min(source.size, ARMOR.length));
  if (start.toString('latin1') !== ARMOR)
    return (await isMessage(source)) ? { format: 'OpenPGP message', certainty: 'whole', note: null } : null;
  if (source.size > MAX_ARMOR_BYTES) return null;
  const bytes = dearmored((await source.read(0, source.size)).toString('latin1'));
  if (bytes === null || !(await isMessage(inMemory(bytes)))) return null;
  return { format: 'OpenPGP message, ASCII armor', certainty: 'whole', note: null };
}

/**
 * Whether bytes are packets of OpenPGP of which one is a secret key, sealed or not; also where they are cut off.
 *
 * @param bytes without armor
 */
export async function holdsOpenPgpSecretKey(bytes: Buffer): Promise<boolean> {
  const source = inMemory(bytes);
  for (let at = 0; at < source.size; ) {
    const packet = await packetAt(source, at);
    if (packet === null) return false;
    const { tag, content, end } = packet;
    if ((tag === SECRET_KEY || tag === SECRET_SUBKEY) && KEY_VERSIONS.includes(bytes[content] ?? 0))
      return true;
    at = end;
  }
  return false;
}

type Readable = Pick<Source, 'size' | 'read'>;

async function isMessage(source: Readable): Promise<boolean> {
  let keys = 0;
  for (let at = 0; at < source.size; ) {
    const packet = await packetAt(source, at);
    if (packet === null || packet.end > source.size) return false;
    const { tag, content, end } = packet;
    if (tag === PUBLIC_KEY_SESSION_KEY || tag === PASSPHRASE_SESSION_KEY) {
      keys += 1;
      if (end - content > MAX_KEY_PACKET || keys > MAX_KEY_PACKETS) return false;
    } else if (tag === ENCRYPTED_AND_PROTECTED || tag === ENCRYPTED_OCB) {
      const [version] = await source.read(content, 1);
      return keys > 0 && (version === 1 || version === 2) && end === source.size;
    } else if (tag !== MARKER || end - content !== 3) {
      return false;
    }
    at = end;
  }
  return false;
}

/** Reads the head of a packet, and of its parts where its length comes in parts: RFC 9580, 4.2. */
async function packetAt(source: Readable, at: number): Promise<Packet | null> {
  const [first = 0] = await source.read(at, 1);
  if ((first & 0x80) === 0) return null;
  if ((first & 0x40) === 0) {
    const octets = [1, 2, 4, 0][first & 3] ?? 0;
    const content = at + 1 + octets;
    if (content >= source.size) return null;
    // Without a length the packet goes on to the end of the file.
    const length =
      octets === 0 ? source.size - content : (await source.read(at + 1, octets)).readUIntBE(0, octets);
    return { tag: (first >> 2) & 0xf, content, end: content + length };
  }
  let content: number | null = null;
  for (let head = at + 1; head < source.size; ) {
    const bytes = await source.read(head, Math.min(5, source.size - head));
    const [length, octets, more] = newLength(bytes);
    if (length === null) return null;
    content ??= head + octets;
    const end = head + octets + length;
    if (!more) return { tag: first & 0x3f, content, end };
    head = end;
  }
  return null;
}

/** Length, octets that it takes, and whether another part follows. */
function newLength(bytes: Buffer): [length: number | null, octets: number, more: boolean] {
  const [first = 0, second = 0] = bytes;
  if (first < 192) return [first, 1, false];
  if (first < 224) return [bytes.length < 2 ? null : ((first - 192) << 8) + second + 192, 2, false];
  if (first < 255) return [2 ** (first & 0x1f), 1, true];
  return [bytes.length < 5 ? null : bytes.readUInt32BE(1), 5, false];
}

/** RFC 9580, 6: headers, an empty line, base64, and a CRC that may be missing. Null where it is not well formed. */
function dearmored(text: string): Buffer | null {
  const block =
    /^-----BEGIN PGP MESSAGE-----\r?\n(?:[A-Za-z]+: [^\r\n]*\r?\n)*\r?\n([A-Za-z0-9+/\r\n]+={0,2})\r?\n(?:=[A-Za-z0-9+/]{4}\r?\n)?-----END PGP MESSAGE-----\s*$/.exec(
      text,
    );
  const base64 = block?.[1]?.replace(/[\r\n]/g, '') ?? '';
  const bytes = Buffer.from(base64, 'base64');
  return base64 !== '' && bytes.toString('base64') === base64 ? bytes : null;
}

function inMemory(bytes: Buffer): Readable {
  return {
    size: bytes.length,
    read: (position, length) => Promise.resolve(bytes.subarray(position, position + length)),
  };
}
