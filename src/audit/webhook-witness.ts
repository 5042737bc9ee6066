import { readFileSync } from 'node:fs';
import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';

/** Milliseconds until an answer must have come. */
const TIME_LIMIT = 5_000;

/**
 * Sends a checkpoint to a webhook: one POST, no redirect followed, the answer's body not read.
 *
 * @param ca PEM file with the certificates that the server is checked with; the system's where null
 * @returns undefined where the answer was 2xx, else a code that says what was wrong; never the address
 */
export async function postCheckpoint(
  url: string,
  ca: string | null,
  note: string,
): Promise<string | undefined> {
  let certificates: Buffer | undefined;
  try {
    certificates = ca === null ? undefined : readFileSync(ca);
  } catch {
    return 'ca-unreadable';
  }
  const options = {
    method: 'POST',
    headers: {
      'content-type': 'text/plain; charset=utf-8',
      'content-length': Buffer.byteLength(note),
      'user-agent': 'quietus',
    },
    timeout: TIME_LIMIT,
    signal: AbortSignal.timeout(TIME_LIMIT),
    agent: false,
  };
  return await new Promise((done) => {
    const send = url.startsWith('https:')
      ? requestHttps(url, { ...options, ...(certificates && { ca: certificates }) })
      : requestHttp(url, options);
    send.on('response', (response) => {
      const { statusCode = 0 } = response;
      response.destroy();
      done(statusCode >= 200 && statusCode < 300 ? undefined : `status-${statusCode}`);
    });
    send.on('error', (error: NodeJS.ErrnoException) => done(codeOf(error)));
    send.end(note);
  });
}

function codeOf({ name, code = '' }: NodeJS.ErrnoException): string {
  if (name === 'AbortError' || name === 'TimeoutError') return 'timeout';
  return /CERT|SSL|TLS|SELF_SIGNED|VERIFY/.test(code) ? 'certificate-not-trusted' : 'unreachable';
}
