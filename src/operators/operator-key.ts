import type { KeyObject } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { needsPassphrase, openPrivateKey, sealPrivateKey } from '../crypto/index.js';
import { badInput } from '../model/index.js';
import { readableMode, requireOwn, requirePrivate, writeFileAtomically } from '../workspace/index.js';

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

export function hasOperatorKey(keysFolder: string, operatorId: string): boolean {
  return existsSync(keyFile(keysFolder, operatorId));
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
  await writePublicKey(keysFolder, operatorId, key.publicKey);
}

/** Writes the public key again, which a crash may have left out. */
export async function writePublicKey(
  keysFolder: string,
  operatorId: string,
  publicKey: string,
): Promise<void> {
  const path = join(keysFolder, `${operatorId}.pub.pem`);
  requireOwn(path, 'the public key file');
  await writeFileAtomically(path, publicKey, { mode: readableMode(keysFolder) });
}

/** An operator's key, locked until it is needed. */
export interface LockedKey {
  needsPassphrase: boolean;
  /** @throws Fault `passphrase-wrong` */
  unlock(passphrase: string | null): Promise<KeyObject>;
}

/**
 * @throws Fault `key-missing` where this machine does not hold the operator's key,
 *   `permissions-too-wide` where others may read it, `file-of-another` where another account put it there
 */
export function readOperatorKey(keysFolder: string, operatorId: string): LockedKey {
  const path = keyFile(keysFolder, operatorId);
  requireOwn(path, 'the key file');
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
