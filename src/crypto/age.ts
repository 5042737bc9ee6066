import type { AgeKeyType } from './age/age-keys.js';
import { sha256 } from './digest.js';

// What age needs is loaded when it is used, not by every command that computes a digest.

/** A new age identity (secret key), `AGE-SECRET-KEY-1…` or `AGE-SECRET-KEY-PQ-1…`. */
export async function createAgeIdentity(type: AgeKeyType): Promise<string> {
  return (await import('./age/age-keys.js')).createAgeIdentity(type);
}

/** The recipient (public key) that belongs to an identity. @throws Fault `identity-invalid` (exit 2) */
export async function ageRecipientOf(identity: string): Promise<string> {
  return (await import('./age/age-keys.js')).ageRecipientOf(identity);
}

/**
 * Checks one recipient: its spelling, its checksum, and that something can be encrypted for it.
 *
 * @param text `age1…` or `age1pq1…`; white space around it is allowed
 * @throws Fault `recipient-invalid`, `recipient-unsupported`, `private-key-given` (exit 2); none repeats the text
 */
export async function parseAgeRecipient(text: string): Promise<{ recipient: string; type: AgeKeyType }> {
  return (await import('./age/age-keys.js')).parseAgeRecipient(text);
}

/**
 * Recipients of a text as `age -R` reads it: one a line, empty lines and lines that begin with `#` left out.
 *
 * @throws Fault as `parseAgeRecipient`
 */
export async function readAgeRecipients(
  text: string,
): Promise<readonly { recipient: string; type: AgeKeyType }[]> {
  return (await import('./age/age-keys.js')).readAgeRecipients(text);
}

/**
 * Identities of a text as `age-keygen` writes it: one a line, empty lines and lines that begin with `#` left out.
 *
 * @throws Fault `identity-invalid` (exit 2); it does not repeat the text
 */
export async function readAgeIdentities(
  text: string,
): Promise<readonly { identity: string; type: AgeKeyType }[]> {
  return (await import('./age/age-keys.js')).readAgeIdentities(text);
}

/**
 * SHA-256 of a recipient's text without a line end: `printf %s age1… | sha256sum` gives it.
 *
 * @returns lower-case hex
 */
export function ageFingerprint(recipient: string): string {
  return sha256(recipient);
}
