import type { Knex } from 'knex';

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

export interface TreeNodeRecord {
  level: number;
  position: number;
  hash: Buffer;
}

/** A public key of the log. */
export interface LogKeyRecord {
  number: number;
  epoch: number;
  key: string;
  seq: number;
}

export interface CheckpointRecord {
  number: number;
  size: number;
  madeAt: string;
  note: string;
}

export interface WitnessRecord {
  name: string;
  delivered: number;
  failures: number;
  attemptedAt: string | null;
  code: string | null;
}

const ROWS = 300;

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

export class LogTreeRepository {
  constructor(private readonly database: Knex | Knex.Transaction) {}

  async state(): Promise<TreeState | undefined> {
    const row = await this.database('log_tree').where('id', 1).first();
    if (row === undefined) return undefined;
    const { size, head, peaks, checkpoint_size: checkpointSize, pin } = row;
    return { size, head, peaks, checkpointSize, pin };
  }

  /** The tree's state and the newest entry, in one query: every append begins with it. */
  async edge(): Promise<{ state: TreeState | undefined; end: { seq: number; hash: string } | undefined }> {
    const answer: unknown = await this.database.raw(EDGE);
    // The drivers wrap rows in different ways.
    const [row] = (Array.isArray(answer) ? answer : (answer as { rows: EdgeRow[] }).rows) as [EdgeRow];
    const { size, head, peaks, checkpoint_size: checkpointSize, pin, end_seq: seq, end_hash: hash } = row;
    return {
      state: size === null ? undefined : { size, head, peaks, checkpointSize, pin },
      end: seq === null ? undefined : { seq, hash },
    };
  }

  async save({ size, head, peaks, checkpointSize, pin }: TreeState): Promise<void> {
    await this.database.raw(SAVE, [size, head, peaks, checkpointSize, pin] as never[]);
  }

  /** A node that is there stays: that of a complete subtree never changes, and verification compares it. */
  async insertNodes(nodes: readonly TreeNodeRecord[]): Promise<void> {
    for (let at = 0; at < nodes.length; at += ROWS) {
      await this.database('log_nodes')
        .insert(nodes.slice(at, at + ROWS))
        .onConflict(['level', 'position'])
        .ignore();
    }
  }

  async node(level: number, position: number): Promise<Buffer | undefined> {
    const row: { hash: Buffer } | undefined = await this.database('log_nodes')
      .where({ level, position })
      .first('hash');
    return row?.hash;
  }

  /** Stored nodes of one level in order, from `first` to before `end`. */
  async nodesBetween(level: number, first: number, end: number): Promise<Buffer[]> {
    const rows: { hash: Buffer }[] = await this.database('log_nodes')
      .where('level', level)
      .andWhere('position', '>=', first)
      .andWhere('position', '<', end)
      .orderBy('position')
      .select('hash');
    return rows.map(({ hash }) => hash);
  }

  /** Public keys of the log, oldest first. */
  async keys(): Promise<LogKeyRecord[]> {
    return await this.database('log_keys').orderBy('number').select('number', 'epoch', 'key', 'seq');
  }

  async insertKey(key: LogKeyRecord): Promise<void> {
    await this.database('log_keys').insert(key);
  }

  async latestCheckpoint(): Promise<CheckpointRecord | undefined> {
    const row = await this.database('log_checkpoints').orderBy('number', 'desc').first();
    return row && checkpoint(row);
  }

  /** The newest checkpoints, newest first. */
  async newestCheckpoints(most: number): Promise<CheckpointRecord[]> {
    const rows = await this.database('log_checkpoints').orderBy('number', 'desc').limit(most);
    return rows.map(checkpoint);
  }

  async checkpoint(number: number): Promise<CheckpointRecord | undefined> {
    const row = await this.database('log_checkpoints').where({ number }).first();
    return row && checkpoint(row);
  }

  /** Checkpoints of more than `after` and at most `last` entries, in order of size. */
  async checkpointsOfSizes(after: number, last: number): Promise<CheckpointRecord[]> {
    const rows = await this.database('log_checkpoints')
      .where('size', '>', after)
      .andWhere('size', '<=', last)
      .orderBy(['size', 'number']);
    return rows.map(checkpoint);
  }

  async insertCheckpoint({ number, size, madeAt, note }: CheckpointRecord): Promise<void> {
    await this.database('log_checkpoints').insert({ number, size, made_at: madeAt, note });
  }

  async witnesses(): Promise<WitnessRecord[]> {
    const rows = await this.database('log_witnesses').orderBy('name');
    return rows.map(({ name, delivered, failures, attempted_at: attemptedAt, code }) => ({
      name,
      delivered,
      failures,
      attemptedAt,
      code,
    }));
  }

  async saveWitness({ name, delivered, failures, attemptedAt, code }: WitnessRecord): Promise<void> {
    const row = { name, delivered, failures, attempted_at: attemptedAt, code };
    await this.database('log_witnesses').insert(row).onConflict('name').merge();
  }
}

function checkpoint(row: { number: number; size: number; made_at: string; note: string }): CheckpointRecord {
  return { number: row.number, size: row.size, madeAt: row.made_at, note: row.note };
}
