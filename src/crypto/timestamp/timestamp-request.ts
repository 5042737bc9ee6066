import { randomBytes } from 'node:crypto';

/** A request to a time-stamping authority (RFC 3161, section 2.4.1), as `openssl ts -query -cert` makes it. */
export interface TimestampRequest {
  /** DER, the content of a `.tsq` file. */
  request: Buffer;
  /** Hex; the response has to repeat it. */
  nonce: string;
}

/** DER of a request up to the digest: version 1 and the algorithm, SHA-256. The lengths fit a nonce of 16 bytes. */
const BEFORE_DIGEST = Buffer.from('304b0201013031300d060960864801650304020105000420', 'hex');
const BEFORE_NONCE = Buffer.from('0210', 'hex');
/** That the authority's certificate is to be in the response. */
const CERTIFICATE_WANTED = Buffer.from('0101ff', 'hex');

/** Asks for a time-stamp of a SHA-256 digest, with the authority's certificate in the response. @param digest hex */
export function timestampRequest(digest: string): TimestampRequest {
  const imprint = Buffer.from(digest, 'hex');
  if (imprint.length !== 32) throw new TypeError('The digest is not one of SHA-256');
  const nonce = randomBytes(16);
  // A positive number without leading zeros, so that its length is fixed.
  nonce[0] = ((nonce[0] ?? 0) & 0x3f) | 0x40;
  return {
    request: Buffer.concat([BEFORE_DIGEST, imprint, BEFORE_NONCE, nonce, CERTIFICATE_WANTED]),
    nonce: nonce.toString('hex'),
  };
}
