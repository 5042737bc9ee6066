import { createCipheriv, createDecipheriv, randomBytes, scrypt as scryptCallback } from 'node:crypto';
import { promisify } from 'node:util';
import { badInput, refused } from '../model/index.js';
import { passphraseAdvice } from './passphrase-advice.js';

const scrypt = promisify<string, Buffer, number, { N: number; r: number; p: number; maxmem: number }, Buffer>(
  scryptCallback,
);

/** RFC 7914 parameters for new files: 128 MiB of memory for each guess. */
const COST = { N: 2 ** 17, r: 8, p: 1 };
/** Most that a file may ask of this machine (1 GiB), so that a forged one cannot exhaust it. */
const MAX_COST = { N: 2 ** 20, r: 8, p: 4 };
const CIPHER = 'aes-256-gcm';
const TAG_BYTES = 16;
const SALT_BYTES = 16;
const NONCE_BYTES = 12;

/** One kind of sealed file. */
export interface SealedKind {
  /** First value of the file, such as `quietus-key/1`. */
  format: string;
  /** Whether the tag also covers the public part; in the first format it does not. */
  bindsPublic: boolean;
}

/** A secret at rest, as JSON. Binary values are base64. Only the text that `text()` makes is accepted. */
interface SealedFile {
  format: string;
  /** What may be known of it, base64. */
  public: string;
  kdf: 'none' | 'scrypt';
  n?: number;
  r?: number;
  p?: number;
  salt?: string;
  nonce?: string;
  /** The secret: as it is, or AES-256-GCM ciphertext followed by the 16-byte tag. */
  key: string;
}

/**
 * Writes a secret for storage: sealed with AES-256-GCM under scrypt (RFC 7914) of the passphrase, or in the
 * clear for machines where nobody is there to type one (the file's permissions then protect it).
 *
 * @param secret overwritten with zeros
 * @param published what anybody may know of it, in plain sight in the file
 * @returns text of the file
 */
export async function sealSecret(
  kind: SealedKind,
  secret: Buffer,
  published: Buffer,
  passphrase: string | null,
): Promise<string> {
  const shown = published.toString('base64');
  const { format } = kind;
  if (passphrase === null) {
    const clear = text({ format, public: shown, kdf: 'none', key: secret.toString('base64') });
    secret.fill(0);
    return clear;
  }
  const salt = randomBytes(SALT_BYTES);
  const nonce = randomBytes(NONCE_BYTES);
  const sealing = await derive(passphrase, salt, COST);
  const cipher = createCipheriv(CIPHER, sealing, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(covered(kind, shown));
  const sealed = Buffer.concat([cipher.update(secret), cipher.final(), cipher.getAuthTag()]);
  sealing.fill(0);
  secret.fill(0);
  return text({
    format,
    public: shown,
    kdf: 'scrypt',
    n: COST.N,
    r: COST.r,
    p: COST.p,
    salt: salt.toString('base64'),
    nonce: nonce.toString('base64'),
    key: sealed.toString('base64'),
  });
}

/** What a sealed file says without its passphrase. @throws Fault `key-file-invalid` */
export function inspectSealed(kind: SealedKind, file: string): { sealed: boolean; published: Buffer } {
  const { kdf, public: published } = parse(kind, file);
  return { sealed: kdf === 'scrypt', published: Buffer.from(published, 'base64') };
}

/**
 * Reads a secret back.
 *
 * @throws Fault `key-file-invalid` (exit 2) where the file is not one of ours or asks for too much work,
 *   `passphrase-wrong` (exit 4) where the passphrase does not open it or the file was changed
 */
export async function openSealed(
  kind: SealedKind,
  file: string,
  passphrase: string | null,
): Promise<{ secret: Buffer; published: Buffer }> {
  const sealed = parse(kind, file);
  const published = Buffer.from(sealed.public, 'base64');
  const bytes = Buffer.from(sealed.key, 'base64');
  if (sealed.kdf === 'none') return { secret: bytes, published };
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
  try {
    const decipher = createDecipheriv(CIPHER, key, Buffer.from(nonce ?? '', 'base64'), {
      authTagLength: TAG_BYTES,
    });
    decipher.setAAD(covered(kind, sealed.public));
    decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
    return {
      secret: Buffer.concat([decipher.update(bytes.subarray(0, -TAG_BYTES)), decipher.final()]),
      published,
    };
  } catch (error) {
    throw refused('passphrase-wrong', 'The passphrase does not open the key', {
      cause: error,
      hint: passphraseAdvice(
        passphrase ?? '',
        'Try again; if it is certainly right, the key file was changed: restore it from a backup',
      ),
    });
  } finally {
    key.fill(0);
  }
}

/** Fault `key-file-invalid` (exit 2). */
export function invalidKeyFile(why: string, cause?: unknown): Error {
  return badInput('key-file-invalid', `The key file cannot be used: ${why}`, {
    cause,
    hint: 'Restore the key file from a backup',
  });
}

function covered({ format, bindsPublic }: SealedKind, published: string): Buffer {
  return Buffer.from(bindsPublic ? `${format}\n${published}` : format);
}

function derive(
  passphrase: string,
  salt: Buffer,
  cost: { N: number; r: number; p: number },
): Promise<Buffer> {
  return scrypt(passphrase.normalize('NFC'), salt, 32, { ...cost, maxmem: 256 * cost.N * cost.r });
}

function text(file: SealedFile): string {
  return `${JSON.stringify(file, null, 2)}\n`;
}

function parse({ format }: SealedKind, file: string): SealedFile {
  let value: Partial<SealedFile> | null;
  try {
    value = JSON.parse(file) as Partial<SealedFile> | null;
  } catch {
    throw invalidKeyFile('it is not JSON');
  }
  if (value?.format !== format) throw invalidKeyFile(`its format is not ${format}`);
  const { public: published, kdf, key } = value;
  if (!isBase64(published) || !isBase64(key)) throw invalidKeyFile('it holds no key');
  if (kdf !== 'none' && kdf !== 'scrypt') throw invalidKeyFile('it names an unknown key derivation');
  const sealed: SealedFile =
    kdf === 'none'
      ? { format, public: published, kdf, key }
      : { format, public: published, kdf, ...derivation(value), key };
  // One canonical form: nothing beside the known keys, no other spelling of a value.
  if (text(sealed) !== file) throw invalidKeyFile('it is not written as this program writes it');
  return sealed;
}

function derivation(value: Partial<SealedFile>): Pick<SealedFile, 'n' | 'r' | 'p' | 'salt' | 'nonce'> {
  const { n, r, p, salt, nonce } = value;
  if (!isCost(n, MAX_COST.N) || !isCost(r, MAX_COST.r) || !isCost(p, MAX_COST.p)) {
    throw invalidKeyFile('its costs are not whole numbers, or ask for more work than allowed');
  }
  if (n < 2 || (n & (n - 1)) !== 0) throw invalidKeyFile('its cost is not a power of two');
  if (!isBase64(salt, SALT_BYTES) || !isBase64(nonce, NONCE_BYTES))
    throw invalidKeyFile('it lacks its salt or nonce');
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
