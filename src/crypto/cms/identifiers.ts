/** Object identifiers of CMS and what it is made of. */
export const Oid = {
  /** RFC 5652 */
  data: '1.2.840.113549.1.7.1',
  envelopedData: '1.2.840.113549.1.7.3',
  /** RFC 5083 */
  authEnvelopedData: '1.2.840.113549.1.9.16.1.23',
  /** RFC 8017 */
  rsaEncryption: '1.2.840.113549.1.1.1',
  rsaOaep: '1.2.840.113549.1.1.7',
  mgf1: '1.2.840.113549.1.1.8',
  pSpecified: '1.2.840.113549.1.1.9',
  /** RFC 5480 */
  ecPublicKey: '1.2.840.10045.2.1',
} as const;

/** AES-GCM, RFC 5084: key size in bytes by identifier. */
export const CONTENT_CIPHERS: Readonly<
  Record<string, { name: 'aes-128-gcm' | 'aes-192-gcm' | 'aes-256-gcm'; keyBytes: number }>
> = {
  '2.16.840.1.101.3.4.1.6': { name: 'aes-128-gcm', keyBytes: 16 },
  '2.16.840.1.101.3.4.1.26': { name: 'aes-192-gcm', keyBytes: 24 },
  '2.16.840.1.101.3.4.1.46': { name: 'aes-256-gcm', keyBytes: 32 },
};
export const AES_256_GCM = '2.16.840.1.101.3.4.1.46';

/** AES key wrap, RFC 3565: cipher and key size in bytes by identifier. */
export const KEY_WRAPS: Readonly<Record<string, { name: string; keyBytes: number }>> = {
  '2.16.840.1.101.3.4.1.5': { name: 'id-aes128-wrap', keyBytes: 16 },
  '2.16.840.1.101.3.4.1.25': { name: 'id-aes192-wrap', keyBytes: 24 },
  '2.16.840.1.101.3.4.1.45': { name: 'id-aes256-wrap', keyBytes: 32 },
};
export const AES_256_WRAP = '2.16.840.1.101.3.4.1.45';

/** dhSinglePass-stdDH with the key derivation of ANSI X9.63, RFC 5753, 7.1.4: its hash by identifier. */
export const AGREEMENTS: Readonly<Record<string, string>> = {
  '1.3.133.16.840.63.0.2': 'sha1',
  '1.3.132.1.11.0': 'sha224',
  '1.3.132.1.11.1': 'sha256',
  '1.3.132.1.11.2': 'sha384',
  '1.3.132.1.11.3': 'sha512',
};

/** Hashes by identifier. */
export const HASHES: Readonly<Record<string, string>> = {
  '1.3.14.3.2.26': 'sha1',
  '2.16.840.1.101.3.4.2.4': 'sha224',
  '2.16.840.1.101.3.4.2.1': 'sha256',
  '2.16.840.1.101.3.4.2.2': 'sha384',
  '2.16.840.1.101.3.4.2.3': 'sha512',
};
export const SHA_256 = '2.16.840.1.101.3.4.2.1';
