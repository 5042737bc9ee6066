import type { Knex } from 'knex';
import { boundConnection } from '../sqlite-transaction.js';
import { LOG_COLUMNS, type LogRecord, type LogRepository, logRowsText } from './log.js';

/** Right edge of the Merkle tree over the log. */
export interface TreeState {
  size: number;
  /** Hash, hex, of the newest entry in the tree. */
  head: string;
  /** Hashes of 32 bytes, one after the other. */
  peaks: Buffer;
  checkpointSize: number;
  /** What the next entry has to name of the newest checkpoint. */
  pin: string | null;
}

/** The edge as this process has left it, which may have been undone, or moved by another, since. */
export interface EdgeMemory {
  state?: TreeState;
}

interface EdgeRow {
  size: number | null;
  head: string;
  peaks: Buffer;
  checkpoint_size: number;
  pin: string | null;
  end_seq: number | null;
  end_hash: string;
}

const EDGE = `select t.size, t.head, t.peaks, t.checkpoint_size, t.pin, e.seq as end_seq, e.hash as end_hash
  from (select 1 as id) as one
  left join log_tree as t on t.id = one.id
  left join (select seq, hash from log_entries order by seq desc limit 1) as e on true`;

const SAVE = `insert into log_tree (id, size, head, peaks, checkpoint_size, pin) values (1, ?, ?, ?, ?, ?)
  on conflict (id) do update set size = excluded.size, head = excluded.head, peaks = excluded.peaks,
  checkpoint_size = excluded.checkpoint_size, pin = excluded.pin`;

const STATE = ['size', 'head', 'peaks', 'checkpoint_size', 'pin'];
const MOVED = 'the log does not end there';

/** An entry's columns beside those of the edge, of which one has the name of another. */
const ENTRY = LOG_COLUMNS.map((name) => `entry_${name}`);
const WAS = STATE.map((name) => `was_${name}`);

interface Appending {
  /** Statements that a connection needs once. */
  setUp: string[];
  insert: string;
}

/**
 * A temporary view; an insert into it becomes three things: a check that the log ends where the row says, its entries, and
 * the new edge. Temporary, so that it is in no file, where somebody could change it. Each statement takes a turn of
 * SQLite's thread, which takes longer than the statement.
 *
 * @param given columns that hold the entries @param rows where `log_entries` gets its rows from
 */
function appending(view: string, given: readonly string[], rows: string): Appending {
  const columns = [...given, ...WAS, ...STATE];
  const isEdge = STATE.map((name) => `${name} is new.was_${name}`).join(' and ');
  return {
    setUp: [
      `create temp view if not exists ${view} as select ${columns.map((name) => `null as ${name}`).join(', ')}`,
      `create temp trigger if not exists ${view}_insert instead of insert on ${view} begin
        select raise(abort, '${MOVED}')
          where not exists (select 1 from log_tree where id = 1 and ${isEdge})
          or (select seq from log_entries order by seq desc limit 1) is not new.was_size
          or (select hash from log_entries order by seq desc limit 1) is not new.was_head;
        insert into log_entries (${LOG_COLUMNS.join(', ')}) ${rows};
        update log_tree set ${STATE.map((name) => `${name} = new.${name}`).join(', ')} where id = 1;
      end`,
    ],
    insert: `insert into ${view} (${columns.join(', ')}) values (${columns.map(() => '?').join(', ')})`,
  };
}

/** By far the most appends are of one entry, which is sooner bound than put into a document and taken out again. */
const ONE = appending(
  'log_appending_one',
  ENTRY,
  `values (${ENTRY.map((name) => `new.${name}`).join(', ')})`,
);
const MANY = appending(
  'log_appending_many',
  ['entries'],
  `select ${LOG_COLUMNS.map((_, at) => `value ->> ${at}`).join(', ')} from json_each(new.entries)`,
);

/** Where the log ends: its newest entry, and the right edge of its tree, which change together. */
export class LogEnd {
  constructor(
    private readonly database: Knex,
    private readonly log: LogRepository,
    private readonly memory: EdgeMemory,
  ) {}

  /** The edge as this process left it, for an append that compares it; undefined where none does. */
  get remembered(): TreeState | undefined {
    return boundConnection(this.database) && this.memory.state;
  }

  async state(): Promise<TreeState | undefined> {
    return (await this.edge()).state;
  }

  /** The tree's state and the newest entry. */
  async edge(): Promise<{ state: TreeState | undefined; end: { seq: number; hash: string } | undefined }> {
    const bound = boundConnection(this.database);
    const answer: unknown = bound
      ? (await bound.execute('all', EDGE, [])).rows
      : await this.database.raw(EDGE);
    // The drivers wrap rows in different ways.
    const [row] = (Array.isArray(answer) ? answer : (answer as { rows: EdgeRow[] }).rows) as [EdgeRow];
    const { size, head, peaks, checkpoint_size: checkpointSize, pin, end_seq: seq, end_hash: hash } = row;
    return {
      state: size === null ? undefined : { size, head, peaks, checkpointSize, pin },
      end: seq === null ? undefined : { seq, hash },
    };
  }

  async save(state: TreeState): Promise<void> {
    await this.database.raw(SAVE, valuesOf(state) as never[]);
    this.memory.state = state;
  }

  /**
   * Appends entries and the edge after them.
   *
   * @param before the edge that they follow, to be compared in the same statement; undefined where it was read just now
   * @returns false where the log does not end at that edge; nothing is written then
   */
  async append(
    records: readonly LogRecord[],
    before: TreeState | undefined,
    after: TreeState,
  ): Promise<boolean> {
    const bound = boundConnection(this.database);
    if (bound && before) {
      const [record, second] = records;
      const isOne = record !== undefined && second === undefined;
      const { setUp, insert } = isOne ? ONE : MANY;
      const entries = isOne ? LOG_COLUMNS.map((name) => record[name]) : [logRowsText(records)];
      for (const sql of setUp) await bound.once(sql);
      try {
        await bound.execute('run', insert, [...entries, ...valuesOf(before), ...valuesOf(after)]);
      } catch (error) {
        if (error instanceof Error && error.message.includes(MOVED)) return false;
        throw error;
      }
      this.memory.state = after;
    } else {
      await this.log.insert(records);
      await this.save(after);
    }
    return true;
  }
}

function valuesOf({ size, head, peaks, checkpointSize, pin }: TreeState): unknown[] {
  return [size, head, peaks, checkpointSize, pin];
}
