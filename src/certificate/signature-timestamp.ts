import { readFileSync } from 'node:fs';
import {
  DerError,
  type DetachedSignature,
  requestTimestamp,
  sha256,
  timestampRequest,
  timestampToken,
  verifyTimestamp,
} from '../crypto/index.js';
import { Fault } from '../model/index.js';
import type { TimestampSettings } from '../workspace/index.js';
import { type CheckResult, check } from './check-result.js';

/** How far the authority's time may lie from the time that the signer wrote. */
const SLACK_MS = 10 * 60_000;

/** Gets a time-stamp token on a signature; null where there is none to be had. */
export type Timestamping = (signature: Buffer) => Promise<Buffer | null>;

/**
 * Asks the time-stamping authority of the settings. A certificate is issued after records were destroyed, so an
 * authority that does not answer, or answers wrongly, holds nothing up: the signature is then without a time-stamp.
 */
export function timestamping(settings: TimestampSettings | null): Timestamping | undefined {
  if (settings === null) return undefined;
  return async (signature) => {
    const digest = sha256(signature);
    const { request, nonce } = timestampRequest(digest);
    try {
      const response = await requestTimestamp(settings.url, request);
      verifyTimestamp(response, { digest, nonce, trusted: readFileSync(settings.ca, 'utf8') });
      return timestampToken(response);
    } catch (error) {
      if (error instanceof Fault || error instanceof DerError || isSystemError(error)) return null;
      throw error;
    }
  };
}

function isSystemError(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error;
}

/**
 * Checks the time-stamp on a signature, where it carries one.
 *
 * @param trusted certificates of time-stamping authorities, PEM; null where the reader named none
 */
export function timestampChecks(signature: DetachedSignature, trusted: string | null): CheckResult[] {
  if (signature.timestamp === null) return [];
  if (trusted === null)
    return [
      check('timestamp', null, 'It carries a time-stamp, and no authority was given to trust: --tsa FILE'),
    ];
  try {
    const { time, authority } = verifyTimestamp(signature.timestamp, {
      digest: sha256(signature.signature),
      trusted,
    });
    const apart = Math.abs(Date.parse(time) - Date.parse(signature.signedAt ?? time));
    if (apart > SLACK_MS)
      return [
        check('timestamp', false, `It was time-stamped at ${time}, another time than the signer wrote`),
      ];
    return [
      check('timestamp', true, `The signature was there at ${time}, by the time-stamp of ${authority}`),
    ];
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    return [check('timestamp', false, error.message)];
  }
}
