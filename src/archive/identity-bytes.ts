import { bech32 } from '@scure/base';

/** The 32 bytes of an age identity, which its text spells in Bech32 (https://c2sp.org/age, X25519 identities). */
export function identityBytes(identity: string): Buffer {
  const { words } = bech32.decode(identity.toLowerCase() as `${string}1${string}`, false);
  return Buffer.from(bech32.fromWords(words));
}
