import type { Knex } from 'knex';
import { isSqlite } from '../connection.js';
import { ArchivedEntries } from './archived-entries.js';
import { conditionIn, type EvidenceAction, indexOver, MARKS_INDEX, type MarkAction } from './log-actions.js';
import { LogSegmentRepository } from './log-segments.js';

/** A stored log entry. The columns beside `entry` repeat what it says, for filters; verification compares them. */
export interface LogRecord {
  seq: number;
  /** UTC, RFC 3339. */
  time: string;
  operator: string;
  action: string;
  /** SHA-256, hex, of the UTF-8 bytes of `entry`. */
  hash: string;
  /** Canonical JSON, RFC 8785. */
  entry: string;
}

export interface LogFilter {
  operator?: string;
  /** An action, such as `hold.place`, or a topic, such as `hold`. */
  action?: string;
  /** Id of what was acted on, such as that of an item; with `data`, also where that member of `data` holds it. */
  subject?: { kind: string; id: string; data?: string };
  /** RFC 3339, inclusive. */
  since?: string;
  until?: string;
}

export const LOG_COLUMNS = ['seq', 'time', 'operator', 'action', 'hash', 'entry'] as const;

/** As the index over times has it: to the millisecond, in UTC. */
const INSTANT = 'substr(time, 1, 24)';

/** Rows a statement. */
const ROWS = 500;
/** SQLite takes the rows as one JSON document: to bind each value costs more than the insert itself. */
const JSON_INSERT = `insert into log_entries (${LOG_COLUMNS.join(', ')})
  select ${LOG_COLUMNS.map((_, at) => `value ->> ${at}`).join(', ')} from json_each(?)`;

/**
 * One call for all columns was measured to cost less than joining them two by two, and this one less than `concat_ws`. Only
 * rows of text count: a BLOB of the same bytes looks the same here, and no query for an action, an operator or a time finds it.
 */
const PACK = `select
    count(*) filter (where ${LOG_COLUMNS.filter((name) => name !== 'seq')
      .map((name) => `typeof(${name}) = 'text'`)
      .join(' and ')}) as count,
    cast(group_concat(format(?, entry, hash, seq, time, operator, action), '') as blob) as bytes
  from log_entries where seq > ? and seq <= ?`;

/** A record of a pack, as {@link LogRepository.pack} tells. */
const RECORD = '\n%s\n%s\n%d\n%s\n%s\n%s\n';

/** Records as the JSON document that SQLite takes their rows from. */
export function logRowsText(records: readonly LogRecord[]): string {
  return JSON.stringify(records.map((record) => LOG_COLUMNS.map((column) => record[column])));
}

/**
 * The entries of the log. The text of those of closed years lies in files that `log archive` has written; it is read from
 * there, and throws Fault `log-segment-missing`, `log-segment-changed` (exit 5) where it cannot be.
 */
export class LogRepository {
  readonly segments: LogSegmentRepository;
  readonly #archived: ArchivedEntries;
  #archivedEnd: Promise<number> | undefined;

  /** @param segmentsFolder null where there is none */
  constructor(
    private readonly database: Knex,
    segmentsFolder: string | null,
  ) {
    this.segments = new LogSegmentRepository(database);
    this.#archived = new ArchivedEntries(this.segments, segmentsFolder);
  }

  async insert(records: readonly LogRecord[]): Promise<void> {
    for (let at = 0; at < records.length; at += ROWS) {
      const part = records.slice(at, at + ROWS);
      if (isSqlite(this.database)) await this.database.raw(JSON_INSERT, [logRowsText(part)]);
      else await this.database('log_entries').insert(part);
    }
  }

  async head(): Promise<LogRecord | undefined> {
    return (await this.database('log_entries').orderBy('seq', 'desc').first()) as LogRecord | undefined;
  }

  /** Number and hash of the newest entry, without reading the entry. */
  async end(): Promise<{ seq: number; hash: string } | undefined> {
    return await this.database('log_entries').orderBy('seq', 'desc').first('seq', 'hash');
  }

  async get(seq: number): Promise<LogRecord | undefined> {
    const record: LogRecord | undefined = await this.database('log_entries').where('seq', seq).first();
    return record && (await this.#whole(record));
  }

  /**
   * The latest time of the entries from one number on.
   *
   * @param most leaves out entries of later times
   */
  async latestTime(from: number, most?: string): Promise<string | undefined> {
    // With the sign SQLite does not look through all entries by their numbers.
    const query = this.database('log_entries').whereRaw('+seq >= ?', [from]);
    if (most !== undefined) query.whereRaw(`${INSTANT} <= ?`, [most]);
    const row: { time: string } | undefined = await query.orderByRaw(`${INSTANT} desc`).first('time');
    return row?.time;
  }

  /** The newest entry of an action that others are judged by, before the number `before` where one is given. */
  async newestMark(actions: readonly MarkAction[], before?: number): Promise<LogRecord | undefined> {
    const query = this.database('log_entries').whereIn('action', actions);
    query.whereRaw(conditionIn(this.database, MARKS_INDEX));
    if (before !== undefined) query.where('seq', '<', before);
    const row: LogRecord | undefined = await query.orderBy('seq', 'desc').first(...LOG_COLUMNS);
    return row && (await this.#whole(row));
  }

  /** Number of the newest entry of these actions; 0 where there is none. */
  async newestEvidence(actions: readonly EvidenceAction[]): Promise<number> {
    const last = await Promise.all(
      actions.map(async (action) => {
        const row: { seq: number } | undefined = await this.filtered({ action })
          .orderBy('seq', 'desc')
          .first('seq');
        return row?.seq ?? 0;
      }),
    );
    return Math.max(0, ...last);
  }

  /** Entries by their numbers; numbers that the log lacks are left out. */
  async records(seqs: readonly number[]): Promise<Map<number, LogRecord>> {
    const found = new Map<number, LogRecord>();
    for (let at = 0; at < seqs.length; at += ROWS) {
      const rows: LogRecord[] = await this.database('log_entries')
        .whereIn('seq', seqs.slice(at, at + ROWS))
        .select(...LOG_COLUMNS);
      for (const row of rows) found.set(row.seq, await this.#whole(row));
    }
    return found;
  }

  /** Hashes of the entries with these numbers; numbers that the log lacks are left out. */
  async hashes(seqs: readonly number[]): Promise<Map<number, string>> {
    const found = new Map<number, string>();
    for (let at = 0; at < seqs.length; at += 500) {
      const rows: { seq: number; hash: string }[] = await this.database('log_entries')
        .whereIn('seq', seqs.slice(at, at + 500))
        .select('seq', 'hash');
      for (const row of rows) found.set(row.seq, row.hash);
    }
    return found;
  }

  /** Entries in order, from the number after `after`. */
  async page(after: number, limit: number, filter: LogFilter = {}): Promise<LogRecord[]> {
    return await this.#pages(limit, filter, after, (query, from = 0) =>
      query.where('seq', '>', from).orderBy('seq'),
    );
  }

  /** Rows of a filter, page by page, until there are enough: what an archived entry is about, only its text tells. */
  async #pages(
    limit: number,
    filter: LogFilter,
    start: number | undefined,
    order: (query: Knex.QueryBuilder, from: number | undefined) => Knex.QueryBuilder,
  ): Promise<LogRecord[]> {
    const found: LogRecord[] = [];
    for (let from = start; ; ) {
      const wanted = limit - found.length;
      const rows: LogRecord[] = await order(this.filtered(filter), from)
        .limit(wanted)
        .select(...LOG_COLUMNS);
      for (const row of rows) {
        const record = await this.#whole(row);
        if (row.entry !== '' || isAbout(record, filter.subject)) found.push(record);
      }
      from = rows.at(-1)?.seq;
      if (rows.length < wanted || found.length === limit) return found;
    }
  }

  async #whole(record: LogRecord): Promise<LogRecord> {
    if (record.entry !== '') return record;
    return { ...record, entry: (await this.#archived.text(record.seq)) ?? '' };
  }

  /**
   * Entries in order in one piece of memory, which is several times faster than a row at a time: for each a newline, then
   * entry, hash, number, time, operator and action with a newline after each. What a tampered row holds may break that
   * form; each row of text has at least one such record, so that all of the bytes are `count` records only where none does.
   */
  async pack(after: number, limit: number): Promise<{ count: number; bytes: Buffer }> {
    this.#archivedEnd ??= this.segments.end();
    if (!isSqlite(this.database) || after < (await this.#archivedEnd))
      return packed(await this.page(after, limit));
    const [row]: { count: number; bytes: Buffer | null }[] = await this.database.raw(PACK, [
      RECORD,
      after,
      after + limit,
    ]);
    return { count: row?.count ?? 0, bytes: row?.bytes ?? Buffer.alloc(0) };
  }

  /** Entries with the newest first, from the number before `before`, or from the last one. */
  async pageBefore(before: number | undefined, limit: number, filter: LogFilter = {}): Promise<LogRecord[]> {
    return await this.#pages(limit, filter, before, (query, from) =>
      (from === undefined ? query : query.where('seq', '<', from)).orderBy('seq', 'desc'),
    );
  }

  private filtered(filter: LogFilter): Knex.QueryBuilder {
    const query = this.database('log_entries');
    if (filter.operator !== undefined) query.where('operator', filter.operator);
    if (filter.since !== undefined) query.where('time', '>=', filter.since);
    if (filter.until !== undefined) query.where('time', '<=', filter.until);
    if (filter.subject !== undefined) {
      const members = membersOf(filter.subject);
      const member = isSqlite(this.database) ? `entry ->> ?` : `entry::json #>> string_to_array(?, '.')`;
      const root = isSqlite(this.database) ? '$.' : '';
      const any = members.map(() => `${member} = ?`).join(' or ');
      // That of an archived entry is looked at when its text has been read.
      const holds = `case when entry = '' then true else ${any} end`;
      const { id } = filter.subject;
      query.whereRaw(
        holds,
        members.flatMap((path) => [`${root}${path.join('.')}`, id]),
      );
    }
    const action = filter.action;
    const index = action === undefined ? undefined : indexOver(action);
    if (action !== undefined && index)
      query.whereRaw(conditionIn(this.database, index)).where('action', action);
    else if (action !== undefined) {
      query.andWhere((match) =>
        match
          .where('action', action)
          .orWhere((topic) => topic.where('action', '>=', `${action}.`).where('action', '<', `${action}/`)),
      );
    }
    return query;
  }
}

/** Where an entry can name what it is about. */
function membersOf({ kind, data }: NonNullable<LogFilter['subject']>): ['subject' | 'data', string][] {
  const members: ['subject' | 'data', string][] = [['subject', kind]];
  if (data !== undefined) members.push(['data', data]);
  return members;
}

/** Whether an entry is about something, by its text. */
function isAbout({ entry }: LogRecord, subject: LogFilter['subject']): boolean {
  if (subject === undefined) return true;
  try {
    const value = JSON.parse(entry) as Record<string, Record<string, unknown> | undefined>;
    return membersOf(subject).some(([part, name]) => value[part]?.[name] === subject.id);
  } catch {
    return false;
  }
}

function packed(records: readonly LogRecord[]): { count: number; bytes: Buffer } {
  const text = records
    .map(({ seq, time, operator, action, hash, entry }) =>
      ['', entry, hash, seq, time, operator, action, ''].join('\n'),
    )
    .join('');
  return { count: records.length, bytes: Buffer.from(text, 'utf8') };
}
