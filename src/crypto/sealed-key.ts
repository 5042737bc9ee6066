import {
  createCipheriv,
  createDecipheriv,
  createPrivateKey,
  createPublicKey,
  type KeyObject,
  randomBytes,
  scrypt as scryptCallback,
} from 'node:crypto';
import { promisify } from 'node:util';
import { badInput, refused } from '../model/index.js';

const scrypt = promisify<string, Buffer, number, { N: number; r: number; p: number; maxmem: number }, Buffer>(
  scryptCallback,
);

/** RFC 7914 parameters for new files: 128 MiB of memory for each guess. */
const COST = { N: 2 ** 17, r: 8, p: 1 };
/** Most that a file may ask of this machine (1 GiB), so that a forged one cannot exhaust it. */
const MAX_COST = { N: 2 ** 20, r: 8, p: 4 };
const FORMAT = 'quietus-key/1';
const CIPHER = 'aes-256-gcm';
const TAG_BYTES = 16;
const SALT_BYTES = 16;
const NONCE_BYTES = 12;

/** A private key at rest, as JSON. Binary values are base64. Only the text that `text()` makes is accepted. */
interface SealedKeyFile {
  format: typeof FORMAT;
  /** The public key that belongs to it, SubjectPublicKeyInfo DER: shows damage that no tag protects from. */
  public: string;
  kdf: 'none' | 'scrypt';
  n?: number;
  r?: number;
  p?: number;
  salt?: string;
  nonce?: string;
  /** PKCS#8 DER: as it is, or AES-256-GCM ciphertext followed by the 16-byte tag. */
  key: string;
}

/**
 * Writes a private key for storage: sealed with AES-256-GCM under scrypt (RFC 7914) of the passphrase, or in
 * the clear for machines where nobody is there to type one (the file's permissions then protect it).
 *
 * @returns text of the key file
 */
export async function sealPrivateKey(key: KeyObject, passphrase: string | null): Promise<string> {
  const der = key.export({ type: 'pkcs8', format: 'der' });
  const published = publicDer(key);
  if (passphrase === null) {
    return text({ format: FORMAT, public: published, kdf: 'none', key: der.toString('base64') });
  }
  const salt = randomBytes(SALT_BYTES);
  const nonce = randomBytes(NONCE_BYTES);
  const sealing = await derive(passphrase, salt, COST);
  const cipher = createCipheriv(CIPHER, sealing, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(Buffer.from(FORMAT));
  const sealed = Buffer.concat([cipher.update(der), cipher.final(), cipher.getAuthTag()]);
  sealing.fill(0);
  der.fill(0);
  return text({
    format: FORMAT,
    public: published,
    kdf: 'scrypt',
    n: COST.N,
    r: COST.r,
    p: COST.p,
    salt: salt.toString('base64'),
    nonce: nonce.toString('base64'),
    key: sealed.toString('base64'),
  });
}

/** Whether a key file asks for a passphrase. @throws Fault `key-file-invalid` */
export function needsPassphrase(file: string): boolean {
  return parse(file).kdf === 'scrypt';
}

/**
 * Reads a private key back.
 *
 * @throws Fault `key-file-invalid` (exit 2) where the file is not one of ours or asks for too much work,
 *   `passphrase-wrong` (exit 4) where the passphrase does not open it or the file was changed
 */
export async function openPrivateKey(file: string, passphrase: string | null): Promise<KeyObject> {
  const sealed = parse(file);
  const bytes = Buffer.from(sealed.key, 'base64');
  if (sealed.kdf === 'none') return privateKey(bytes, sealed.public);
  if (passphrase === null) {
    throw badInput('passphrase-needed', 'The key is protected by a passphrase', {
      hint: 'Give it at the prompt, or with --passphrase-file FILE',
    });
  }
  const { n, r, p, salt, nonce } = sealed;
  const key = await derive(passphrase, Buffer.from(salt ?? '', 'base64'), {
    N: n ?? 0,
    r: r ?? 0,
    p: p ?? 0,
  });
  let der: Buffer;
  try {
    const decipher = createDecipheriv(CIPHER, key, Buffer.from(nonce ?? '', 'base64'), {
      authTagLength: TAG_BYTES,
    });
    decipher.setAAD(Buffer.from(FORMAT));
    decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
    der = Buffer.concat([decipher.update(bytes.subarray(0, -TAG_BYTES)), decipher.final()]);
  } catch (error) {
    throw refused('passphrase-wrong', 'The passphrase does not open the key', {
      cause: error,
      hint: 'Try again; if it is certainly right, the key file was changed: restore it from a backup',
    });
  } finally {
    key.fill(0);
  }
  return privateKey(der, sealed.public);
}

function derive(
  passphrase: string,
  salt: Buffer,
  cost: { N: number; r: number; p: number },
): Promise<Buffer> {
  return scrypt(passphrase.normalize('NFC'), salt, 32, { ...cost, maxmem: 256 * cost.N * cost.r });
}

function privateKey(der: Buffer, published: string): KeyObject {
  let key: KeyObject;
  let written: Buffer;
  try {
    key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
    written = key.export({ type: 'pkcs8', format: 'der' });
  } catch (error) {
    der.fill(0);
    throw invalid('it holds no private key', error);
  }
  // OpenSSL also reads some other encodings of the same key.
  const canonical = written.equals(der);
  der.fill(0);
  written.fill(0);
  if (!canonical) throw invalid('its private key is not encoded as this program encodes it');
  if (publicDer(key) !== published) throw invalid('its private and its public key do not belong together');
  return key;
}

function publicDer(key: KeyObject): string {
  return createPublicKey(key).export({ type: 'spki', format: 'der' }).toString('base64');
}

function text(file: SealedKeyFile): string {
  return `${JSON.stringify(file, null, 2)}\n`;
}

function parse(file: string): SealedKeyFile {
  let value: Partial<SealedKeyFile> | null;
  try {
    value = JSON.parse(file) as Partial<SealedKeyFile> | null;
  } catch {
    throw invalid('it is not JSON');
  }
  if (value?.format !== FORMAT) throw invalid(`its format is not ${FORMAT}`);
  const { public: published, kdf, key } = value;
  if (!isBase64(published) || !isBase64(key)) throw invalid('it holds no key');
  if (kdf !== 'none' && kdf !== 'scrypt') throw invalid('it names an unknown key derivation');
  const sealed: SealedKeyFile =
    kdf === 'none'
      ? { format: FORMAT, public: published, kdf, key }
      : { format: FORMAT, public: published, kdf, ...derivation(value), key };
  // One canonical form: nothing beside the known keys, no other spelling of a value.
  if (text(sealed) !== file) throw invalid('it is not written as this program writes it');
  return sealed;
}

function derivation(value: Partial<SealedKeyFile>): Pick<SealedKeyFile, 'n' | 'r' | 'p' | 'salt' | 'nonce'> {
  const { n, r, p, salt, nonce } = value;
  if (!isCost(n, MAX_COST.N) || !isCost(r, MAX_COST.r) || !isCost(p, MAX_COST.p)) {
    throw invalid('its costs are not whole numbers, or ask for more work than allowed');
  }
  if (n < 2 || (n & (n - 1)) !== 0) throw invalid('its cost is not a power of two');
  if (!isBase64(salt, SALT_BYTES) || !isBase64(nonce, NONCE_BYTES))
    throw invalid('it lacks its salt or nonce');
  return { n, r, p, salt, nonce };
}

function isCost(value: unknown, maximum: number): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 1 && Number(value) <= maximum;
}

/** Whether the value is base64 (RFC 4648) in its one canonical form. */
function isBase64(value: unknown, bytes?: number): value is string {
  if (typeof value !== 'string') return false;
  const decoded = Buffer.from(value, 'base64');
  return decoded.toString('base64') === value && (bytes === undefined || decoded.length === bytes);
}

function invalid(why: string, cause?: unknown): Error {
  return badInput('key-file-invalid', `The key file cannot be used: ${why}`, {
    cause,
    hint: 'Restore the key file from a backup',
  });
}
