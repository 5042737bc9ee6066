import { parseLogEntry, tellsOfEvent } from '../audit/index.js';
import { verificationFailed } from '../model/index.js';
import type { LogRecord, Repositories } from '../store/index.js';

/** Entries read at a time. */
const PAGE = 500;

/**
 * Names of those for whom a transfer was encrypted, as its entries in the log tell.
 *
 * @param digest SHA-256 of the encrypted file, hex
 * @throws Fault `transfer-differs` (exit 5) where the log has no such transfer, or its file is another one
 */
export async function recipientsInLog({ log }: Repositories, id: string, digest: string): Promise<string[]> {
  const entries: LogRecord[] = [];
  for (let page: LogRecord[] = [], after = 0; ; after = page.at(-1)?.seq ?? after) {
    page = await log.page(after, PAGE, { action: 'transfer.encrypt', subject: { kind: 'transfer', id } });
    entries.push(...page);
    if (page.length < PAGE) break;
  }
  const event = { action: 'transfer.encrypt', subject: { transfer: id } };
  const done = entries.some((record) =>
    tellsOfEvent(record, { ...event, outcome: 'done', data: { ciphertext_sha256: digest } }),
  );
  const begun = entries.find((record) => tellsOfEvent(record, { ...event, outcome: 'intent' }));
  const recipients = begun && parseLogEntry(begun.entry)?.data.recipients;
  if (!done || !Array.isArray(recipients)) throw differs(id);
  return recipients.map((each: { name?: unknown }) => String(each.name));
}

function differs(id: string): Error {
  return verificationFailed(
    'transfer-differs',
    `What the database holds of ${id} is not what the log tells`,
    {
      hint: 'Somebody changed the database. Run: quietus log verify, and keep the workspace as it is; --to NAME says for whom yourself',
      details: { transfer: id },
    },
  );
}
