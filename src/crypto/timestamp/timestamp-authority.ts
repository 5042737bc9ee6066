import { refused } from '../../model/index.js';

const MOST_BYTES = 1 << 20;
const TIMEOUT_MS = 15_000;

/**
 * Sends a request to a time-stamping authority over HTTP or HTTPS (RFC 3161, section 3.4). Redirects are not followed.
 * The response is not verified here.
 *
 * @returns the response, DER
 * @throws Fault `timestamp-unavailable` (exit 4) where there is none
 */
export async function requestTimestamp(url: string, request: Uint8Array): Promise<Buffer> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/timestamp-query', accept: 'application/timestamp-reply' },
      body: new Uint8Array(request),
      redirect: 'error',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    if (!response.ok) throw new Error(`status ${response.status}`);
    const bytes = Buffer.from(await response.arrayBuffer());
    if (bytes.length > MOST_BYTES) throw new Error('too long');
    return bytes;
  } catch (error) {
    throw refused('timestamp-unavailable', 'The time-stamping authority gave no time-stamp', {
      cause: error,
      hint: 'Try again later, or write the request to a file and have it answered elsewhere',
    });
  }
}
