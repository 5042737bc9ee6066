import { parseLogEntry, tellsOfEvent } from '../audit/index.js';
import { verificationFailed } from '../model/index.js';
import type { LogRecord, Repositories } from '../store/index.js';

/** Entries read at a time. */
const PAGE = 500;

interface Told {
  /** Names of those for whom it was encrypted. */
  recipients?: readonly string[];
  /** SHA-256 of the encrypted file, hex. */
  digest?: unknown;
}

/** What the log tells of transfers: read when it is first asked for, and once for all. No index leads to these entries. */
export class TransfersInLog {
  #told: Promise<Map<string, Told>> | undefined;

  constructor(private readonly log: Repositories['log']) {}

  /**
   * Names of those for whom a transfer was encrypted.
   *
   * @param digest SHA-256 of the encrypted file, hex
   * @throws Fault `transfer-differs` (exit 5) where the log has no such transfer, or its file is another one
   */
  async recipientsOf(id: string, digest: string): Promise<readonly string[]> {
    this.#told ??= this.#read();
    const told = (await this.#told).get(id);
    if (told?.recipients === undefined || told.digest !== digest) throw differs(id);
    return told.recipients;
  }

  async #read(): Promise<Map<string, Told>> {
    const told = new Map<string, Told>();
    let page: LogRecord[] = [];
    do {
      page = await this.log.page(page.at(-1)?.seq ?? 0, PAGE, { action: 'transfer.encrypt' });
      for (const record of page) take(record, told);
    } while (page.length === PAGE);
    return told;
  }
}

function take(record: LogRecord, told: Map<string, Told>): void {
  const entry = parseLogEntry(record.entry);
  // Refusals are of no transfer; an entry that was changed tells nothing.
  if (entry === null || !tellsOfEvent(record, entry)) return;
  const { outcome, data } = entry;
  const id = String(entry.subject.transfer);
  if (outcome === 'done') told.set(id, { ...told.get(id), digest: data.ciphertext_sha256 });
  else if (outcome === 'intent' && Array.isArray(data.recipients)) {
    const recipients = data.recipients.map((each: { name?: unknown }) => String(each.name));
    told.set(id, { ...told.get(id), recipients });
  }
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
