import { createCipheriv, createDecipheriv, randomBytes, scrypt as scryptCallback } from 'node:crypto';
import { promisify } from 'node:util';
import type { Recipient, Stanza } from 'age-encryption';
import { badInput, type Fault } from '../../model/index.js';
import type { DecryptionKey, EncryptionKey } from '../encryption-format.js';
import { noKeyFits, recipientsUnfit } from '../format-faults.js';
import { damaged } from './age-faults.js';
import type { AgeHeader, HeaderStanza } from './age-header.js';
import { ageRecipientType, requireAgeIdentity } from './age-keys.js';

const scrypt = promisify<string, Buffer, number, { N: number; r: number; p: number; maxmem: number }, Buffer>(
  scryptCallback,
);

/** log2 of the scrypt work factor of new files: 256 MiB and about a second for each guess. */
const WORK_FACTOR = 18;
/** Most that a file may ask for when it is read: 1 GiB of memory. */
export const MAX_WORK_FACTOR = 20;
const SCRYPT_LABEL = 'age-encryption.org/v1/scrypt';
const SALT_BYTES = 16;
const FILE_KEY_BYTES = 16;
const TAG_BYTES = 16;
const CIPHER = 'chacha20-poly1305';
/** What the package adds behind a header that encrypts nothing: payload nonce and an empty chunk. */
const EMPTY_PAYLOAD_BYTES = 32;

/**
 * Whether the keys may stand in one header. One that a quantum computer opens would take the protection from
 * the others; a passphrase beside a public key would let anybody forge the file.
 *
 * @throws Fault `recipients-unfit` (exit 2)
 */
export function requireFit(keys: readonly EncryptionKey[]): void {
  if (keys.length === 0)
    throw recipientsUnfit('There is nobody to encrypt for', 'Name at least one recipient');
  const passphrases = keys.filter((key) => key.kind === 'passphrase');
  if (passphrases.length > 0 && keys.length > 1) {
    throw recipientsUnfit(
      'An age file that is opened with a passphrase can have no other recipient',
      'Make two files: one for the passphrase, one for the others',
    );
  }
  if (passphrases.some(({ passphrase }) => passphrase === '')) {
    throw recipientsUnfit('The passphrase is empty', 'Use a generated passphrase');
  }
  if (keys.some((key) => key.kind === 'certificate')) {
    throw recipientsUnfit(
      'An age file cannot be opened with a certificate',
      'Use the format cms for this recipient',
    );
  }
  const types = new Set(keys.flatMap((key) => (key.kind === 'age' ? [ageRecipientType(key.recipient)] : [])));
  if (types.size > 1) {
    throw recipientsUnfit(
      'Post-quantum recipients and X25519 recipients cannot share a file: it would be as weak as the weaker kind',
      'Make one file for each kind, or ask all recipients for a key that begins with age1pq1',
    );
  }
}

/**
 * Makes a fresh file key and the header that gives it to the recipients, through the age-encryption package.
 *
 * @returns the header, from its version line to the line feed behind its MAC; and the file key, 16 bytes
 * @throws Fault `recipients-unfit` (exit 2)
 */
export async function wrapFileKey(
  keys: readonly EncryptionKey[],
): Promise<{ header: Buffer; fileKey: Uint8Array }> {
  requireFit(keys);
  const age = await import('age-encryption');
  const encrypter = new age.Encrypter();
  let fileKey: Uint8Array | undefined;
  for (const key of keys) {
    if (key.kind === 'age') encrypter.addRecipient(key.recipient);
    else if (key.kind === 'passphrase') {
      encrypter.addRecipient(passphraseRecipient(key.passphrase, age.Stanza));
    }
  }
  // A recipient without a stanza of its own: the package shows its file key to recipients only.
  encrypter.addRecipient({
    wrapFileKey: (shown) => {
      fileKey = shown;
      return [];
    },
  });
  let file: Uint8Array;
  try {
    file = await encrypter.encrypt(new Uint8Array(0));
  } catch (error) {
    throw recipientsUnfit(
      'Nothing can be encrypted for one of the recipients',
      'Ask for the recipient again',
      error,
    );
  }
  if (fileKey?.length !== FILE_KEY_BYTES) throw new Error('The age package made no file key');
  return { header: Buffer.from(file.subarray(0, file.length - EMPTY_PAYLOAD_BYTES)), fileKey };
}

/**
 * Opens a header with the first key that fits, and checks its MAC.
 *
 * @returns the file key, 16 bytes, and the number of the key that opened it
 * @throws Fault `no-key-fits` (exit 4), `ciphertext-damaged` (exit 5), `header-too-costly` (exit 2)
 */
export async function unwrapFileKey(
  header: AgeHeader,
  keys: readonly DecryptionKey[],
): Promise<{ fileKey: Uint8Array; openedBy: number }> {
  const age = await import('age-encryption');
  const scryptStanza = header.stanzas.find(({ type }) => type === 'scrypt');
  const passphraseStanza = scryptStanza ? readPassphraseStanza(scryptStanza) : null;
  for (const [openedBy, key] of keys.entries()) {
    if (key.kind === 'certificate' || (key.kind === 'passphrase') !== (passphraseStanza !== null)) continue;
    const decrypter = new age.Decrypter();
    let missed = false;
    if (key.kind === 'age') {
      requireAgeIdentity(key.identity);
      decrypter.addIdentity(key.identity);
    }
    if (key.kind === 'passphrase' && passphraseStanza) {
      decrypter.addIdentity({ unwrapFileKey: () => openPassphraseStanza(passphraseStanza, key.passphrase) });
    }
    // Asked only where the one before it did not fit.
    decrypter.addIdentity({
      unwrapFileKey: () => {
        missed = true;
        return null;
      },
    });
    try {
      return { fileKey: await decrypter.decryptHeader(header.bytes), openedBy };
    } catch (error) {
      if (!missed) throw damaged('its header was changed', error);
    }
  }
  throw nothingFits(header, keys);
}

function nothingFits({ stanzas }: AgeHeader, keys: readonly DecryptionKey[]): Fault {
  const passphrase = stanzas.some(({ type }) => type === 'scrypt');
  const tried = keys.filter(({ kind }) => kind === (passphrase ? 'passphrase' : 'age')).length;
  const what = passphrase ? 'passphrase' : 'age identity';
  return noKeyFits(
    'age file',
    tried === 0
      ? `it wants a ${what}, and none was given`
      : `tried ${tried === 1 ? `one ${what}` : `${tried} of the kind that it wants`}`,
    passphrase
      ? 'Check how the passphrase is written; if it is certainly right, ask the sender which one belongs to this file'
      : 'Ask the sender for whom the file was encrypted, and whether your present key was used',
  );
}

interface PassphraseStanza {
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
  const sized = salt.length === SALT_BYTES && body.length === FILE_KEY_BYTES + TAG_BYTES;
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

function passphraseRecipient(passphrase: string, AgeStanza: typeof Stanza): Recipient {
  return {
    async wrapFileKey(fileKey) {
      const salt = randomBytes(SALT_BYTES);
      const key = await passphraseKey(passphrase, salt, WORK_FACTOR);
      const cipher = createCipheriv(CIPHER, key, Buffer.alloc(12), { authTagLength: TAG_BYTES });
      key.fill(0);
      const body = Buffer.concat([cipher.update(fileKey), cipher.final(), cipher.getAuthTag()]);
      const args = ['scrypt', salt.toString('base64').replace(/=+$/, ''), String(WORK_FACTOR)];
      return [new AgeStanza(args, body)];
    },
  };
}

async function openPassphraseStanza(
  { salt, workFactor, body }: PassphraseStanza,
  passphrase: string,
): Promise<Uint8Array | null> {
  const key = await passphraseKey(passphrase, salt, workFactor);
  const decipher = createDecipheriv(CIPHER, key, Buffer.alloc(12), { authTagLength: TAG_BYTES });
  key.fill(0);
  decipher.setAuthTag(body.subarray(FILE_KEY_BYTES));
  const fileKey = decipher.update(body.subarray(0, FILE_KEY_BYTES));
  try {
    decipher.final();
    return fileKey;
  } catch {
    fileKey.fill(0);
    return null;
  }
}
