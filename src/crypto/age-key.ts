import { badInput } from '../model/index.js';
import { sha256 } from './digest.js';

/** A pair of age keys as text: `AGE-SECRET-KEY-…` and `age1…`. */
export interface AgeKeyPair {
  identity: string;
  recipient: string;
}

/**
 * Makes a new age key pair.
 *
 * @param postQuantum hybrid of ML-KEM-768 and X25519 instead of X25519 alone
 */
export async function createAgeKey(options: { postQuantum: boolean }): Promise<AgeKeyPair> {
  const age = await import('age-encryption');
  const identity = options.postQuantum
    ? await age.generateHybridIdentity()
    : await age.generateX25519Identity();
  return { identity, recipient: await age.identityToRecipient(identity) };
}

/** The recipient of an age identity. @throws Fault `age-identity-invalid`, which repeats nothing of it */
export async function ageRecipientOf(identity: string): Promise<string> {
  const { identityToRecipient } = await import('age-encryption');
  try {
    return await identityToRecipient(identity);
  } catch (error) {
    throw badInput('age-identity-invalid', 'The text is no age identity of a kind that this program knows', {
      cause: error,
      hint: 'An identity begins with AGE-SECRET-KEY-1 or AGE-SECRET-KEY-PQ-1 and holds no spaces; plugins are not supported',
    });
  }
}

/** What `age-keygen` writes: X25519 and the post-quantum hybrid. Others cannot be opened by every age. */
const RECIPIENT = /^age1(?:pq1)?[02-9ac-hj-np-z]+$/;

/** @returns the recipient @throws Fault `age-recipient-invalid` */
export async function requireAgeRecipient(text: string): Promise<string> {
  if (RECIPIENT.test(text)) {
    const { Encrypter } = await import('age-encryption');
    try {
      new Encrypter().addRecipient(text);
      return text;
    } catch {
      // Said below: a wrong checksum, or a key of the wrong length.
    }
  }
  throw badInput(
    'age-recipient-invalid',
    'The text is no age recipient: a letter is wrong, or it was cut off',
    {
      hint: 'A recipient begins with age1 or age1pq1; have it sent again, as one line: age-keygen -y shows it',
    },
  );
}

/**
 * SHA-256 of an age recipient's text without a line end: `printf %s age1… | sha256sum` gives it.
 *
 * @returns lower-case hex
 */
export function ageFingerprint(recipient: string): string {
  return sha256(recipient);
}
