import type { EncryptionFormat } from '../crypto/index.js';
import type { IdentityKind } from '../model/index.js';

/** What opens an encrypted file, as the file itself says. */
export interface WantedKey {
  /** Whether a passphrase opens it, instead of a key. */
  byPassphrase: boolean;
  /** Kinds of identities that can open it; several where it does not say, none where it wants another program's key. */
  kinds: readonly IdentityKind[];
}

const AGE_STANZAS: Readonly<Record<string, IdentityKind>> = { X25519: 'age', mlkem768x25519: 'age-pq' };
const IN_WORDS: Readonly<Record<IdentityKind, string>> = {
  age: 'an age X25519 identity',
  'age-pq': 'an age post-quantum identity',
  x509: 'the private key of a certificate',
};

/** @param start at least the first 4,096 bytes of the file */
export function wantedKey({ id }: EncryptionFormat, start: Buffer): WantedKey {
  if (id === 'cms') return { byPassphrase: false, kinds: ['x509'] };
  if (id !== 'age') return { byPassphrase: true, kinds: [] };
  const header = ageHeader(start);
  if (header.startsWith('age-encryption.org/v1\n-> scrypt ')) return { byPassphrase: true, kinds: [] };
  const types = [...header.matchAll(/^-> (\S+)/gm)].map(([, type = '']) => AGE_STANZAS[type]);
  const known = [...new Set(types.filter((kind) => kind !== undefined))];
  // Other programs may put entries first that mean nothing, and so many that none of these stands at the start.
  const unsaid = known.length === 0 && !header.includes(HEADER_END);
  return { byPassphrase: false, kinds: unsaid ? ['age', 'age-pq'] : known };
}

/** Such as `an age X25519 identity`. */
export function inWords(kinds: readonly IdentityKind[]): string {
  return kinds.map((kind) => IN_WORDS[kind]).join(' or ') || 'a key of a kind that is not known here';
}

const HEADER_END = '\n--- ';

/** The beginning of an age file up to its payload, without armor. */
function ageHeader(start: Buffer): string {
  const text = start.toString('latin1').trimStart();
  const armored = /^-----BEGIN AGE ENCRYPTED FILE-----\s+([A-Za-z0-9+/=\s]+)/.exec(text)?.[1];
  const binary = armored === undefined ? text : Buffer.from(armored, 'base64').toString('latin1');
  const end = binary.indexOf(HEADER_END);
  return end === -1 ? binary : binary.slice(0, end + HEADER_END.length);
}
