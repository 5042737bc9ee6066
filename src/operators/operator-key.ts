import type { KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { needsPassphrase, openPrivateKey, sealPrivateKey } from '../crypto/index.js';
import { badInput } from '../model/index.js';
import { requirePrivate, writeFileAtomically } from '../workspace/index.js';

/** Fewest characters of a passphrase that protects a key file. */
export const PASSPHRASE_LENGTH = 12;

/**
 * @returns the passphrase
 * @throws Fault `passphrase-short`
 */
export function requirePassphraseLength(passphrase: string): string {
  if (Array.from(passphrase.normalize('NFC')).length >= PASSPHRASE_LENGTH) return passphrase;
  throw badInput('passphrase-short', `A passphrase has at least ${PASSPHRASE_LENGTH} characters`, {
    hint: 'Whoever copies the key file can try passphrases without limit: use four or five words that only you put together',
  });
}

/** The key file of an operator in the workspace's keys folder. */
function keyFile(keysFolder: string, operatorId: string): string {
  return join(keysFolder, `${operatorId}.key.json`);
}

/** Writes a new operator's private key (0600) and, beside it, the public key for other people's tools. */
export async function writeOperatorKey(
  keysFolder: string,
  operatorId: string,
  key: { privateKey: KeyObject; publicKey: string },
  passphrase: string | null,
): Promise<void> {
  const sealed = await sealPrivateKey(key.privateKey, passphrase);
  await writeFileAtomically(keyFile(keysFolder, operatorId), sealed, { exclusive: true });
  await writeFileAtomically(join(keysFolder, `${operatorId}.pub.pem`), key.publicKey, { mode: 0o600 });
}

/** An operator's key, locked until it is needed. */
export interface LockedKey {
  needsPassphrase: boolean;
  /** @throws Fault `passphrase-wrong` */
  unlock(passphrase: string | null): Promise<KeyObject>;
}

/**
 * @throws Fault `key-missing` where this machine does not hold the operator's key,
 *   `permissions-too-wide` where others may read it
 */
export function readOperatorKey(keysFolder: string, operatorId: string): LockedKey {
  const path = keyFile(keysFolder, operatorId);
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw badInput('key-missing', `The key of operator ${operatorId} cannot be read`, {
      cause: error,
      hint: `It is expected in the workspace as keys/${operatorId}.key.json; restore it from a backup`,
    });
  }
  requirePrivate(path, 'the key file');
  return {
    needsPassphrase: needsPassphrase(text),
    unlock: (passphrase) => openPrivateKey(text, passphrase),
  };
}
