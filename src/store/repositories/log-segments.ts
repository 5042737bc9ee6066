import type { Knex } from 'knex';

/** A part of the log whose entries lie in a file. */
export interface LogSegment {
  /** Numbers of its first and its last entry. */
  first: number;
  last: number;
  /** Name of the file in the folder of segments. */
  file: string;
  bytes: number;
  /** SHA-256, hex, of the file, and of the manifest beside it. */
  sha256: string;
  manifestSha256: string;
  /** Where the blocks begin, each a gzip member of its own (RFC 1952): number of the first entry, and byte. */
  blocks: readonly (readonly [seq: number, offset: number])[];
}

interface SegmentRow {
  first: number;
  last: number;
  file: string;
  bytes: number;
  sha256: string;
  manifest_sha256: string;
  blocks: string;
}

export class LogSegmentRepository {
  constructor(private readonly database: Knex) {}

  /** In the order of their entries. */
  async list(): Promise<LogSegment[]> {
    const rows: SegmentRow[] = await this.database('log_segments').orderBy('first');
    return rows.map(segment);
  }

  /** The one that holds an entry. */
  async holding(seq: number): Promise<LogSegment | undefined> {
    const row: SegmentRow | undefined = await this.database('log_segments')
      .where('first', '<=', seq)
      .andWhere('last', '>=', seq)
      .first();
    return row && segment(row);
  }

  /** Number of the last entry that lies in a file; 0 where none does. */
  async end(): Promise<number> {
    const row: { last?: number | null } | undefined = await this.database('log_segments')
      .max({ last: 'last' })
      .first();
    return row?.last ?? 0;
  }

  /** Enters a segment and takes the text out of the rows of its entries; needs a transaction. */
  async insert({ blocks, manifestSha256, ...each }: LogSegment): Promise<void> {
    const row = { ...each, manifest_sha256: manifestSha256, blocks: JSON.stringify(blocks) };
    await this.database('log_segments').insert(row);
    await this.database('log_entries').whereBetween('seq', [each.first, each.last]).update({ entry: '' });
  }
}

function segment({ manifest_sha256: manifestSha256, blocks, ...row }: SegmentRow): LogSegment {
  return { ...row, manifestSha256, blocks: JSON.parse(blocks) as LogSegment['blocks'] };
}
