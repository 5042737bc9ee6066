/** Milliseconds until an answer must have come. */
const TIME_LIMIT = 10_000;

/**
 * Sends a document to a webhook: one POST, no redirect followed, the answer's body not read.
 *
 * @returns undefined where the answer was 2xx, else a code that says what was wrong: `timeout`, `unreachable`, or the
 *   status such as `status-404`. The address is in none of them: it may hold a secret.
 */
export async function postSummary(
  url: string,
  body: string,
  timeLimit: number = TIME_LIMIT,
): Promise<string | undefined> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'user-agent': 'quietus' },
      body,
      redirect: 'manual',
      signal: AbortSignal.timeout(timeLimit),
    });
    await response.body?.cancel();
    return response.ok ? undefined : `status-${response.status}`;
  } catch (error) {
    return error instanceof Error && error.name === 'TimeoutError' ? 'timeout' : 'unreachable';
  }
}
