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

/**
 * Turns an insert into `log_appending` into three things: that the log ends where the row says, its entries, and the
 * new edge. Temporary, so that it is in no file, where somebody could change it. Each statement takes a turn of SQLite's
 * thread, which takes longer than the statement.
 */
const APPENDING = [
  `create temp view if not exists log_appending as
    select '' as entries, ${STATE.map((name) => `null as was_${name}, null as ${name}`).join(', ')}`,
  `create temp trigger if not exists log_append instead of insert on log_appending begin
    select raise(abort, '${MOVED}')
      where not exists (select 1 from log_tree where id = 1 and ${STATE.map((name) => `${name} is new.was_${name}`).join(' and ')})
      or (select seq from log_entries order by seq desc limit 1) is not new.was_size
      or (select hash from log_entries order by seq desc limit 1) is not new.was_head;
    insert into log_entries (${LOG_COLUMNS.join(', ')})
      select ${LOG_COLUMNS.map((_, at) => `value ->> ${at}`).join(', ')} from json_each(new.entries);
    update log_tree set ${STATE.map((name) => `${name} = new.${name}`).join(', ')} where id = 1;
  end`,
];
const APPEND = `insert into log_appending (entries, ${STATE.map((name) => `was_${name}`).join(', ')}, ${STATE.join(', ')})
  values (?, ${STATE.map(() => '?, ?').join(', ')})`;

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
      for (const sql of APPENDING) await bound.once(sql);
      const values = [logRowsText(records), ...valuesOf(before), ...valuesOf(after)];
      try {
        await bound.execute('run', APPEND, values);
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
