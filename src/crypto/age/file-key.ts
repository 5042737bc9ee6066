import { randomBytes } from 'node:crypto';
import type { Fault } from '../../model/index.js';
import type { DecryptionKey, EncryptionKey } from '../encryption-format.js';
import { noKeyFits, recipientsUnfit } from '../format-faults.js';
import { damaged } from './age-faults.js';
import type { AgeHeader, HeaderStanza } from './age-header.js';
import { ageRecipientType, identityScalar, recipientPoint, requireAgeIdentity } from './age-keys.js';
import { FILE_KEY_BYTES } from './file-key-cipher.js';
import { isAuthentic, writeHeader } from './header-mac.js';
import { unwrapHybrid, wrapForHybrid } from './hybrid-header.js';
import {
  type PassphraseStanza,
  readPassphraseStanza,
  unwrapWithPassphrase,
  wrapWithPassphrase,
} from './passphrase-stanza.js';
import { unwrapX25519, wrapForX25519 } from './x25519-stanza.js';

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
 * Makes a fresh file key and the header that gives it to the recipients.
 *
 * @returns the header, from its version line to the line feed behind its MAC; and the file key, 16 bytes
 * @throws Fault `recipients-unfit` (exit 2)
 */
export async function wrapFileKey(
  keys: readonly EncryptionKey[],
): Promise<{ header: Buffer; fileKey: Uint8Array }> {
  requireFit(keys);
  try {
    const recipients = keys.flatMap((key) => (key.kind === 'age' ? [key.recipient] : []));
    if (recipients.some((recipient) => ageRecipientType(recipient) === 'mlkem768x25519'))
      return await wrapForHybrid(recipients);
    const fileKey = randomBytes(FILE_KEY_BYTES);
    const stanzas: HeaderStanza[] = [];
    for (const key of keys) {
      if (key.kind === 'age') stanzas.push(wrapForX25519(recipientPoint(key.recipient), fileKey));
      if (key.kind === 'passphrase') stanzas.push(await wrapWithPassphrase(key.passphrase, fileKey));
    }
    return { header: writeHeader(stanzas, fileKey), fileKey };
  } catch (error) {
    throw recipientsUnfit(
      'Nothing can be encrypted for one of the recipients',
      'Ask for the recipient again',
      error,
    );
  }
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
  const scryptStanza = header.stanzas.find(({ type }) => type === 'scrypt');
  const passphraseStanza = scryptStanza ? readPassphraseStanza(scryptStanza) : null;
  for (const [openedBy, key] of keys.entries()) {
    if (key.kind === 'certificate' || (key.kind === 'passphrase') !== (passphraseStanza !== null)) continue;
    const fileKey = await unwrapWith(key, header, passphraseStanza);
    if (fileKey === null) continue;
    if (!isAuthentic(header, fileKey)) throw damaged('its header was changed');
    return { fileKey, openedBy };
  }
  throw nothingFits(header, keys);
}

/** @returns null where the key does not fit */
async function unwrapWith(
  key: Exclude<DecryptionKey, { kind: 'certificate' }>,
  header: AgeHeader,
  passphraseStanza: PassphraseStanza | null,
): Promise<Uint8Array | null> {
  if (key.kind === 'passphrase')
    return passphraseStanza && (await unwrapWithPassphrase(passphraseStanza, key.passphrase));
  const type = requireAgeIdentity(key.identity);
  try {
    if (type === 'mlkem768x25519') return await unwrapHybrid(header, key.identity);
    const scalar = identityScalar(key.identity);
    const fileKey = unwrapX25519(header.stanzas, scalar);
    scalar.fill(0);
    return fileKey;
  } catch (error) {
    throw damaged('its header was changed', error);
  }
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
