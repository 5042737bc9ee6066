import { randomBytes } from 'node:crypto';
import { der, derInteger, derObjectId, TAG } from './der.js';

export const SHA256_ID = '2.16.840.1.101.3.4.2.1';
const NONCE_BYTES = 16;

/** A request to a time-stamping authority (RFC 3161, section 2.4.1), as `openssl ts -query -cert` makes it. */
export interface TimestampRequest {
  /** DER, the content of a `.tsq` file. */
  request: Buffer;
  /** Hex; the response has to repeat it. */
  nonce: string;
}

/** Asks for a time-stamp of a SHA-256 digest, with the authority's certificate in the response. @param digest hex */
export function timestampRequest(digest: string): TimestampRequest {
  const nonce = randomBytes(NONCE_BYTES);
  const algorithm = der(TAG.sequence, derObjectId(SHA256_ID), Buffer.of(0x05, 0x00));
  const imprint = der(TAG.sequence, algorithm, der(TAG.octetString, Buffer.from(digest, 'hex')));
  const request = der(
    TAG.sequence,
    derInteger(Buffer.of(1)),
    imprint,
    derInteger(nonce),
    der(TAG.boolean, Buffer.of(0xff)),
  );
  return { request, nonce: nonce.toString('hex') };
}
