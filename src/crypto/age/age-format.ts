import type { EncryptionFormat } from '../encryption-format.js';
import { decryptAge } from './age-decryption.js';
import { encryptAge } from './age-encryption.js';
import { VERSION_LINE } from './age-header.js';
import { inspectAge } from './age-inspection.js';
import { isArmored } from './armor.js';
import { requireFit } from './file-key.js';

/** age v1 (https://c2sp.org/age), binary or ASCII-armored; docs/formats.md has its bytes. */
export const ageFormat: EncryptionFormat = {
  id: 'age',
  extension: '.age',
  recognizes: (start) =>
    Buffer.from(start.subarray(0, VERSION_LINE.length)).toString('latin1') === VERSION_LINE ||
    isArmored(start),
  requireFit,
  encrypt: encryptAge,
  decrypt: decryptAge,
  inspect: inspectAge,
};
