import { randomBytes, scrypt as scryptCallback } from 'node:crypto';
import { promisify } from 'node:util';
import { badInput } from '../../model/index.js';
import { damaged } from './age-faults.js';
import type { HeaderStanza } from './age-header.js';
import { openFileKey, sealFileKey, WRAPPED_BYTES } from './file-key-cipher.js';

const scrypt = promisify<string, Buffer, number, { N: number; r: number; p: number; maxmem: number }, Buffer>(
  scryptCallback,
);

/** log2 of the scrypt work factor of new files: 256 MiB and about a second for each guess. */
const WORK_FACTOR = 18;
/** Most that a file may ask for when it is read: 1 GiB of memory. */
export const MAX_WORK_FACTOR = 20;
const SCRYPT_LABEL = 'age-encryption.org/v1/scrypt';
const SALT_BYTES = 16;

export interface PassphraseStanza {
  salt: Buffer;
  workFactor: number;
  body: Buffer;
}

/**
 * @throws Fault `ciphertext-damaged`, `header-too-costly`
 */
export function readPassphraseStanza({ args, body }: HeaderStanza): PassphraseStanza {
  const [saltText = '', factor = ''] = args;
  const salt = Buffer.from(saltText, 'base64');
  const canonical = salt.toString('base64').replace(/=+$/, '') === saltText;
  const sized = salt.length === SALT_BYTES && body.length === WRAPPED_BYTES;
  if (args.length !== 2 || !canonical || !sized || !/^[1-9][0-9]{0,8}$/.test(factor)) {
    throw damaged('the passphrase part of its header is not written as it must be');
  }
  const workFactor = Number(factor);
  if (workFactor > MAX_WORK_FACTOR) {
    throw badInput(
      'header-too-costly',
      `The file asks for scrypt with the work factor 2^${workFactor}; more than 2^${MAX_WORK_FACTOR} is refused`,
      { hint: 'If you trust the sender, ask for the file encrypted with an ordinary work factor (2^18)' },
    );
  }
  return { salt, workFactor, body };
}

/** By node:crypto: the package's own scrypt is 20 times slower. */
async function passphraseKey(passphrase: string, salt: Buffer, workFactor: number): Promise<Buffer> {
  const N = 2 ** workFactor;
  const labelled = Buffer.concat([Buffer.from(SCRYPT_LABEL), salt]);
  return scrypt(passphrase, labelled, 32, { N, r: 8, p: 1, maxmem: 129 * 8 * N + 1024 * 1024 });
}

/** Encrypts a file key with a passphrase. */
export async function wrapWithPassphrase(passphrase: string, fileKey: Uint8Array): Promise<HeaderStanza> {
  const salt = randomBytes(SALT_BYTES);
  const key = await passphraseKey(passphrase, salt, WORK_FACTOR);
  const args = [salt.toString('base64').replace(/=+$/, ''), String(WORK_FACTOR)];
  return { type: 'scrypt', args, body: sealFileKey(fileKey, key) };
}

/** @returns the file key; null where it is another passphrase */
export async function unwrapWithPassphrase(
  { salt, workFactor, body }: PassphraseStanza,
  passphrase: string,
): Promise<Uint8Array | null> {
  return openFileKey(body, await passphraseKey(passphrase, salt, workFactor));
}
