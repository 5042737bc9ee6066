import {
  ageRecipientOf,
  type DecryptionKey,
  invalidKeyFile,
  openSealed,
  privateKeyFrom,
} from '../crypto/index.js';
import type { Identity } from '../model/index.js';
import { type OperatorDesk, unlockGuarded } from '../operators/index.js';
import { attemptsFile, IDENTITY_KIND, readIdentityFile } from './identity-files.js';

/** What an identity opens files with. */
export type IdentityKey = Extract<DecryptionKey, { kind: 'age' | 'certificate' }>;

/**
 * Opens an identity with its passphrase. Five wrong ones in a row lock it for a growing time, and each is in the log.
 * The key is in the memory of this process until it ends: nothing keeps it for the next one.
 *
 * @param ask gives the passphrase; called only while the identity is not locked
 * @throws Fault `key-locked`, `passphrase-wrong`, `permissions-too-wide` (exit 4), `key-file-invalid`,
 *   `identity-file-missing` (exit 2)
 */
export async function unlockIdentity(
  desk: OperatorDesk,
  identity: Identity,
  ask: () => Promise<string>,
): Promise<IdentityKey> {
  const { folder, text } = await readIdentityFile(desk, identity.name);
  return await unlockGuarded(
    desk,
    {
      attempts: attemptsFile(folder, identity.name),
      unlock: (passphrase) => openIdentity(identity, text, passphrase),
      event: { action: 'identity.passphrase', subject: { identity: identity.name } },
    },
    ask,
  );
}

async function openIdentity(identity: Identity, text: string, passphrase: string): Promise<IdentityKey> {
  const { secret, published } = await openSealed(IDENTITY_KIND, text, passphrase);
  if (published.toString() !== identity.publicKey) {
    secret.fill(0);
    throw invalidKeyFile('it is that of another identity');
  }
  if (identity.kind === 'x509') {
    return { kind: 'certificate', pem: identity.publicKey, privateKey: privateKeyFrom(secret) };
  }
  const key = secret.toString();
  secret.fill(0);
  if ((await ageRecipientOf(key)) !== identity.publicKey)
    throw invalidKeyFile('its private and its public key do not belong together');
  return { kind: 'age', identity: key };
}
