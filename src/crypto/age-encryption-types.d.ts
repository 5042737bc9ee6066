// The package age-encryption is written for browsers, too, and names types of theirs that Node's typings lack.
import type { webcrypto } from 'node:crypto';

declare global {
  type CryptoKey = webcrypto.CryptoKey;
  interface AuthenticationExtensionsPRFValues {
    first: BufferSource;
    second?: BufferSource;
  }
  type BufferSource = webcrypto.BufferSource;
}
