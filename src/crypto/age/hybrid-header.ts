import type { AgeHeader } from './age-header.js';

// The package is loaded here only: its post-quantum code takes a tenth of a second to load.

/** What the package adds behind a header that encrypts nothing: payload nonce and an empty chunk. */
const EMPTY_PAYLOAD_BYTES = 32;

/** Stanza for ML-KEM-768 combined with X25519. */
const HYBRID_TYPE = 'mlkem768x25519';

/**
 * Makes a fresh file key and the header that gives it to post-quantum recipients.
 *
 * @param recipients `age1pq1…`
 * @throws what the package throws where nothing can be encrypted for one of them
 */
export async function wrapForHybrid(
  recipients: readonly string[],
): Promise<{ header: Buffer; fileKey: Uint8Array }> {
  const age = await import('age-encryption');
  const encrypter = new age.Encrypter();
  for (const recipient of recipients) encrypter.addRecipient(recipient);
  let fileKey: Uint8Array | undefined;
  // A recipient without a stanza of its own: the package shows its file key to recipients only.
  encrypter.addRecipient({
    wrapFileKey: (shown) => {
      fileKey = shown;
      return [];
    },
  });
  const file = await encrypter.encrypt(new Uint8Array(0));
  if (fileKey === undefined) throw new Error('The age package made no file key');
  return { header: Buffer.from(file.subarray(0, file.length - EMPTY_PAYLOAD_BYTES)), fileKey };
}

/**
 * Opens a header with a post-quantum identity, and checks its MAC.
 *
 * @param identity `AGE-SECRET-KEY-PQ-1…`
 * @returns the file key; null where the identity does not fit
 * @throws what the package throws where the header is not as it was written
 */
export async function unwrapHybrid(header: AgeHeader, identity: string): Promise<Uint8Array | null> {
  if (!header.stanzas.some(({ type }) => type === HYBRID_TYPE)) return null;
  const age = await import('age-encryption');
  const decrypter = new age.Decrypter();
  decrypter.addIdentity(identity);
  let missed = false;
  // Asked only where the one before it did not fit.
  decrypter.addIdentity({
    unwrapFileKey: () => {
      missed = true;
      return null;
    },
  });
  try {
    return await decrypter.decryptHeader(header.bytes);
  } catch (error) {
    if (missed) return null;
    throw error;
  }
}

/** The recipient that belongs to a post-quantum identity. */
export async function hybridRecipientOf(identity: string): Promise<string> {
  return await (await import('age-encryption')).identityToRecipient(identity);
}
