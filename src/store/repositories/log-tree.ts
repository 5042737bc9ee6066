import type { Knex } from 'knex';

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

export class LogTreeRepository {
  constructor(private readonly database: Knex) {}

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

  /** Stored nodes of some levels, each from `first` to before `end`, in order; as many lists as there are ranges. */
  async nodesIn(ranges: readonly { level: number; first: number; end: number }[]): Promise<Buffer[][]> {
    const query = this.database('log_nodes').orderBy(['level', 'position']).select('level', 'hash');
    for (const { level, first, end } of ranges)
      query.orWhere((range) =>
        range.where('level', level).andWhere('position', '>=', first).andWhere('position', '<', end),
      );
    const rows: { level: number; hash: Buffer }[] = ranges.length > 0 ? await query : [];
    return ranges.map(({ level }) => rows.filter((row) => row.level === level).map(({ hash }) => hash));
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
