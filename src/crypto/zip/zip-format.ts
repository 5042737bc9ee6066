import { sourceOf } from '../byte-flow.js';
import { choosing } from '../chosen-output.js';
import type { ByteInput, EncryptionFormat, EncryptionKey, FileInspection } from '../encryption-format.js';
import { needsFile, PIPE_BYTES, recipientsUnfit } from '../format-faults.js';
import { decryptZip } from './zip-decryption.js';
import { encryptZip } from './zip-encryption.js';
import { WHAT } from './zip-layout.js';
import { readZipFile } from './zip-reading.js';

/** Longest passphrase that 7-Zip takes for a zip file. */
const MAX_PASSPHRASE = 99;

/** AES-256 zip, variant AE-2, with one entry: for people who have 7-Zip, WinZip or a recent file manager. */
export const zipFormat: EncryptionFormat = {
  id: 'zip',
  extension: '.zip',
  recognizes: (start) =>
    start.length > 8 &&
    Buffer.from(start.subarray(0, 4)).toString('latin1') === 'PK\x03\x04' &&
    ((start[6] ?? 0) & 1) === 1,
  requireFit,
  encrypt: (input, output, keys, options = {}) => encryptZip(input, output, requireFit(keys), options),
  decrypt: choosing((input, output, keys, options = {}) => decryptZip(input, output, keys, options)),
  inspect,
};

function requireFit(keys: readonly EncryptionKey[]): string {
  const [key] = keys;
  if (key?.kind !== 'passphrase' || keys.length > 1)
    throw recipientsUnfit(
      'A zip file is encrypted with exactly one passphrase, and with no key',
      'Use the format age for keys',
    );
  const { passphrase } = key;
  if (!/^[ -~]+$/.test(passphrase))
    throw recipientsUnfit(
      'The passphrase of a zip file must consist of ASCII characters: programs disagree on how to encode others',
      'Let this program generate the passphrase',
    );
  if (passphrase.length > MAX_PASSPHRASE)
    throw recipientsUnfit(
      `The passphrase is longer than the ${MAX_PASSPHRASE} characters that 7-Zip takes`,
      'Use a shorter one',
    );
  return passphrase;
}

async function inspect(input: ByteInput): Promise<FileInspection> {
  const source = await sourceOf(input, PIPE_BYTES, () => needsFile(WHAT));
  const file = await readZipFile(source);
  return {
    format: 'zip',
    description: 'zip, AES-256 (WinZip AE-2), one entry',
    recipients: ['the passphrase'],
    plaintextBytes: file.plaintextBytes,
    notes: [
      `the entry is named ${JSON.stringify(file.name)}, which everybody can read`,
      'a guess at the passphrase costs 1,000 rounds of PBKDF2 only: it must be a long random one',
    ],
  };
}
