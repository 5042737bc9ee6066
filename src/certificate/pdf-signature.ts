import { Signer, SignPdf } from '@signpdf/signpdf';
import { type SigningIdentity, signDetached } from '../crypto/index.js';
import type { Timestamping } from './signature-timestamp.js';

/** PAdES baseline (ETSI EN 319 142-1): the time of signing stands in the PDF's signature dictionary. */
class CadesSigner extends Signer {
  constructor(
    private readonly identity: SigningIdentity,
    private readonly timestamp: Timestamping | undefined,
  ) {
    super();
  }

  override async sign(pdf: Buffer): Promise<Buffer> {
    return await signDetached(pdf, this.identity, { signingTime: null, timestamp: this.timestamp });
  }
}

/**
 * Puts the signature into a PDF that has a signature field with room for it. It covers every byte but its own.
 */
export async function signPdf(
  pdf: Buffer,
  identity: SigningIdentity,
  timestamp?: Timestamping,
): Promise<Buffer> {
  return await new SignPdf().sign(pdf, new CadesSigner(identity, timestamp));
}
