import { randomBytes } from 'node:crypto';
import { bech32 } from '@scure/base';
import { badInput, type Fault } from '../../model/index.js';
import { textHoldsPrivateKey } from '../private-key.js';
import { FILE_KEY_BYTES } from './file-key-cipher.js';
import { hybridRecipientOf, wrapForHybrid } from './hybrid-header.js';
import { wrapForX25519, x25519PointOf } from './x25519-stanza.js';

/** X25519, or ML-KEM-768 combined with X25519 against quantum computers (C2SP age). */
export type AgeKeyType = 'x25519' | 'mlkem768x25519';

const KINDS: Record<AgeKeyType, { recipient: string; recipientBytes: number; identity: string }> = {
  x25519: { recipient: 'age', recipientBytes: 32, identity: 'age-secret-key-' },
  mlkem768x25519: { recipient: 'age1pq', recipientBytes: 1216, identity: 'age-secret-key-pq-' },
};
const IDENTITY_BYTES = 32;
/** Characters that a recipient can have at most; longer texts are not looked at. */
const MAX_CHARACTERS = 4096;

/** A new age identity (secret key), `AGE-SECRET-KEY-1…` or `AGE-SECRET-KEY-PQ-1…`: any 32 bytes are one. */
export function createAgeIdentity(type: AgeKeyType = 'x25519'): string {
  const secret = randomBytes(IDENTITY_BYTES);
  const identity = bech32.encodeFromBytes(KINDS[type].identity, secret).toUpperCase();
  secret.fill(0);
  return identity;
}

/** The recipient (public key) that belongs to an identity. @throws Fault `identity-invalid` */
export async function ageRecipientOf(identity: string): Promise<string> {
  if (requireAgeIdentity(identity) === 'mlkem768x25519') return await hybridRecipientOf(identity);
  const scalar = identityScalar(identity);
  const recipient = bech32.encodeFromBytes(KINDS.x25519.recipient, x25519PointOf(scalar));
  scalar.fill(0);
  return recipient;
}

/**
 * Checks one recipient: its spelling, its checksum, and that a key can be encrypted for it.
 *
 * @param text `age1…` or `age1pq1…`; white space around it is allowed, and capitals throughout
 * @returns the recipient in lower case
 * @throws Fault `recipient-invalid`, `private-key-given` (exit 2); the text is never repeated
 */
export async function parseAgeRecipient(text: string): Promise<{ recipient: string; type: AgeKeyType }> {
  const given = text.trim();
  const type = ageRecipientType(given);
  // Bech32 may be written in capitals throughout, as codes to scan have it: one key has one fingerprint, of one spelling.
  const recipient = given.toLowerCase();
  try {
    if (type === 'x25519') wrapForX25519(recipientPoint(recipient), Buffer.alloc(FILE_KEY_BYTES));
    else await wrapForHybrid([recipient]);
  } catch (error) {
    throw invalidRecipient('it is a key for which nothing can be encrypted', error);
  }
  return { recipient, type };
}

/** The point of an X25519 recipient, whose spelling was checked. */
export function recipientPoint(recipient: string): Uint8Array {
  return decode(recipient)?.bytes ?? new Uint8Array(0);
}

/** The scalar of an X25519 identity, whose spelling was checked. Whoever asks overwrites it. */
export function identityScalar(identity: string): Uint8Array {
  return decode(identity)?.bytes ?? new Uint8Array(0);
}

/**
 * The kind of a recipient, from its spelling and checksum alone.
 *
 * @throws Fault `recipient-invalid`, `private-key-given` (exit 2)
 */
export function ageRecipientType(recipient: string): AgeKeyType {
  if (textHoldsPrivateKey(recipient)) {
    throw badInput('private-key-given', 'This is a private key, where a recipient (a public key) is wanted', {
      hint: 'If somebody sent it to you, tell them that the key is no longer secret; ask for the line that begins with age1',
    });
  }
  const parsed = decode(recipient);
  for (const type of Object.keys(KINDS) as AgeKeyType[]) {
    const kind = KINDS[type];
    if (parsed?.prefix === kind.recipient && parsed.bytes.length === kind.recipientBytes) return type;
  }
  if (/^(?:ssh-|ecdsa-|age1[a-z0-9]+1)/.test(recipient) && !recipient.startsWith('age1pq1')) {
    throw badInput('recipient-unsupported', 'Keys of SSH, of hardware and of plugins are not supported', {
      hint: 'Ask for a recipient that `age-keygen` or `quietus identity create` made',
    });
  }
  throw invalidRecipient('it is mistyped or cut off');
}

/**
 * Recipients of a text as `age -R` reads it: one a line, empty lines and lines that begin with `#` left out.
 *
 * @throws Fault `recipient-invalid`, `private-key-given` (exit 2)
 */
export async function readAgeRecipients(text: string): Promise<{ recipient: string; type: AgeKeyType }[]> {
  const recipients = await Promise.all(keyLines(text).map(parseAgeRecipient));
  if (recipients.length === 0) throw invalidRecipient('the text holds none');
  return recipients;
}

/**
 * Identities of a text as `age-keygen` writes it: one a line, empty lines and lines that begin with `#` left out.
 *
 * @throws Fault `identity-invalid` (exit 2); the text is never repeated
 */
export function readAgeIdentities(text: string): { identity: string; type: AgeKeyType }[] {
  const identities = keyLines(text).map((identity) => ({ identity, type: requireAgeIdentity(identity) }));
  if (identities.length === 0) throw invalidIdentity('the text holds none');
  return identities;
}

/** @throws Fault `identity-invalid` (exit 2) */
export function requireAgeIdentity(identity: string): AgeKeyType {
  const parsed = decode(identity);
  for (const type of Object.keys(KINDS) as AgeKeyType[]) {
    const kind = KINDS[type];
    if (parsed?.prefix !== kind.identity || parsed.bytes.length !== IDENTITY_BYTES) continue;
    parsed.bytes.fill(0);
    if (identity === identity.toUpperCase()) return type;
  }
  throw invalidIdentity('it is mistyped, cut off, or of a kind that is not supported');
}

function keyLines(text: string): string[] {
  return text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
}

/** Bech32 (BIP 173) without its limit of 90 characters, as the age specification has it. */
function decode(text: string): { prefix: string; bytes: Uint8Array } | null {
  if (text.length > MAX_CHARACTERS) return null;
  try {
    const { prefix, words } = bech32.decode(text as `${string}1${string}`, false);
    return { prefix: prefix.toLowerCase(), bytes: bech32.fromWords(words) };
  } catch {
    return null;
  }
}

function invalidRecipient(why: string, cause?: unknown): Fault {
  return badInput('recipient-invalid', `The age recipient cannot be used: ${why}`, {
    cause,
    hint: 'Copy the whole line that begins with age1 from what the recipient sent',
  });
}

function invalidIdentity(why: string): Fault {
  return badInput('identity-invalid', `The age identity cannot be used: ${why}`, {
    hint: 'An identity is a line that begins with AGE-SECRET-KEY-',
  });
}
