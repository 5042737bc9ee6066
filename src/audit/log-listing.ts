import { verificationFailed } from '../model/index.js';
import type { LogFilter, LogRecord, Repositories } from '../store/index.js';
import { type LogEntry, parseLogEntry } from './log-entry.js';

export interface LogQuery {
  filter: LogFilter;
  /** Number of the last entry of the page before; undefined for the first page. */
  after: number | undefined;
  limit: number;
  /** The order of pages and of entries; otherwise the newest come first. */
  oldestFirst: boolean;
}

/** An entry with the hash that the next one names. */
export interface LogLine {
  entry: LogEntry;
  hash: string;
}

export interface LogListing {
  lines: readonly LogLine[];
  /** Value of `after` for the next page; null where this is the last. */
  next: number | null;
}

/**
 * One page of the log. Entries are shown as they are stored, without a check of the chain.
 *
 * @throws Fault `log-entry-unreadable` (exit 5) where a stored entry is none
 */
export async function listLog(repositories: Repositories, query: LogQuery): Promise<LogListing> {
  const { filter, after, limit, oldestFirst } = query;
  const records = oldestFirst
    ? await repositories.log.page(after ?? 0, limit + 1, filter)
    : await repositories.log.pageBefore(after, limit + 1, filter);
  const shown = records.slice(0, limit);
  return { lines: shown.map(line), next: records.length > limit ? (shown.at(-1)?.seq ?? null) : null };
}

function line(record: LogRecord): LogLine {
  const entry = parseLogEntry(record.entry);
  if (entry !== null) return { entry, hash: record.hash };
  throw verificationFailed('log-entry-unreadable', `Entry ${record.seq} of the log is not an entry`, {
    hint: 'Run: quietus log verify',
  });
}
