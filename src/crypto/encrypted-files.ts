import type { ByteInput } from './encryption-format.js';
import type { EncryptionEvidence } from './recognition/evidence.js';

export type { EncryptionEvidence } from './recognition/evidence.js';

/**
 * Whether a file is in an encrypted format, of ours or of others, for a rule that asks for encryption on portable
 * media (201 CMR 17.04(5)). In doubt the answer is null: for a file that is damaged or cut off, for ZipCrypto, for a PDF
 * with an empty password, and for VeraCrypt, which looks like random bytes and so cannot be told from them.
 */
export async function recognizeEncrypted(
  input: ByteInput & { kind: 'file' },
): Promise<EncryptionEvidence | null> {
  // Readers of many formats: loaded by the commands that ask, not by all that compute a digest.
  return await (await import('./recognition/index.js')).recognizeEncrypted(input);
}
