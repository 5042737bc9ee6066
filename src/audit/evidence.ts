import { canonicalJson, sha256 } from '../crypto/index.js';
import { verificationFailed } from '../model/index.js';
import type { EvidenceAction, LogRecord, Repositories } from '../store/index.js';
import { type LogEntry, type LogEvent, parseLogEntry } from './log-entry.js';

const PAGE = 500;

/**
 * The entries of one action that tell of something done, oldest first: what other tables say is compared with them.
 * Each is checked against its own hash and columns; the chain as a whole is what `log verify` checks.
 *
 * @throws Fault `log-entry-changed` (exit 5)
 */
export async function* entriesOf(
  repositories: Repositories,
  action: EvidenceAction,
): AsyncGenerator<LogEntry> {
  for (let after = 0; ; ) {
    const page = await repositories.log.page(after, PAGE, { action });
    for (const record of page) {
      const entry = soundEntry(record);
      if (entry.action === action && entry.outcome === 'done') yield entry;
    }
    const last = page.at(-1);
    if (page.length < PAGE || last === undefined) return;
    after = last.seq;
  }
}

/** The newest entry of an action. @throws Fault `log-entry-changed` (exit 5) */
export async function newestEntryOf(
  repositories: Repositories,
  action: EvidenceAction,
): Promise<LogEntry | undefined> {
  const [record] = await repositories.log.pageBefore(undefined, 1, { action });
  return record && soundEntry(record);
}

const TRIES = 5;

/**
 * Compares a table with the entries that tell of it. Outside of a transaction somebody may write a row and its entry between
 * the looks at the two: then once more.
 *
 * @param compare gets the number of the newest of these entries
 */
export async function whileNothingComes<Result>(
  { log }: Repositories,
  actions: readonly EvidenceAction[],
  compare: (end: number) => Promise<Result>,
): Promise<Result> {
  for (let tries = 1; ; tries += 1) {
    const end = await log.newestEvidence(actions);
    try {
      return await compare(end);
    } catch (error) {
      if (tries === TRIES || (await log.newestEvidence(actions)) === end) throw error;
    }
  }
}

/** @throws Fault `log-entry-changed` (exit 5) */
function soundEntry(record: LogRecord): LogEntry {
  const entry = parseLogEntry(record.entry);
  const sound =
    entry !== null && sha256(record.entry) === record.hash && columnsAgree(record, entry) ? entry : undefined;
  if (sound) return sound;
  throw verificationFailed('log-entry-changed', `Entry ${record.seq} of the log was changed`, {
    hint: 'Keep the workspace as it is, and run: quietus log verify',
    details: { seq: record.seq },
  });
}

/**
 * Whether an entry is sound and tells of this event. Of subject and data what the event names is compared: entries of earlier
 * versions lack members, and an event that is put together again need not have all.
 */
export function tellsOfEvent(record: LogRecord | undefined, event: LogEvent): boolean {
  const entry = record && parseLogEntry(record.entry);
  if (!record || !entry || sha256(record.entry) !== record.hash || !columnsAgree(record, entry)) return false;
  const agrees = (told: object = {}, meant: object = {}): boolean => {
    const known = new Map<string, unknown>(Object.entries(told));
    return Object.entries(meant).every(
      ([name, value]) => !known.has(name) || canonicalJson(known.get(name)) === canonicalJson(value),
    );
  };
  return (
    entry.action === event.action &&
    entry.outcome === event.outcome &&
    agrees(entry.subject, event.subject) &&
    agrees(entry.data, event.data)
  );
}

/** Whether the columns that filters use say what the entry says. */
export function columnsAgree(record: LogRecord, entry: LogEntry): boolean {
  return (
    entry.seq === record.seq &&
    entry.time === record.time &&
    entry.operator === record.operator &&
    entry.action === record.action
  );
}

/** What following the chain over a part of the log found. */
export interface ChainPart {
  /** SHA-256 over the bytes of the entries that were asked for; those that the log lacks are left out. */
  hashes: ReadonlyMap<number, string>;
  /** The first entry that does not follow from the one before it, does not match its hash, or is missing; null where none is. */
  broken: number | null;
}

/**
 * Follows the chain from one entry to another, both included. Hashes are computed over the entries' bytes; the column
 * beside them is only compared.
 *
 * @param wanted numbers of the entries whose hashes are asked for
 */
export async function followChain(
  repositories: Repositories,
  range: { first: number; last: number },
  wanted: ReadonlySet<number>,
): Promise<ChainPart> {
  const hashes = new Map<number, string>();
  let broken: number | null = null;
  let before = (await repositories.log.get(range.first - 1))?.hash;
  let at = range.first;
  while (at <= range.last) {
    const page = await repositories.log.page(at - 1, Math.min(PAGE, range.last - at + 1));
    for (const record of page) {
      if (record.seq > range.last) break;
      const hash = sha256(record.entry);
      const entry = parseLogEntry(record.entry);
      const follows = entry !== null && (before === undefined || entry.prev === before);
      const sound = follows && record.seq === at && hash === record.hash && columnsAgree(record, entry);
      if (!sound) broken ??= Math.min(at, record.seq);
      if (wanted.has(record.seq)) hashes.set(record.seq, hash);
      before = hash;
      at = record.seq + 1;
    }
    if (page.length === 0 || (page.at(-1)?.seq ?? 0) > range.last) break;
  }
  return { hashes, broken: broken ?? (at <= range.last ? at : null) };
}
