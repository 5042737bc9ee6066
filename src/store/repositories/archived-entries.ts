import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { verificationFailed } from '../../model/index.js';
import type { LogSegment, LogSegmentRepository } from './log-segments.js';

/** Blocks held in memory: a listing goes through one after the other, a proof through two. */
const CACHED = 3;
/** No block of a whole segment is larger: entries are short, and a block has a few thousand. */
const MOST_BLOCK_BYTES = 256 << 20;

/** Reads entries that lie in segments. */
export class ArchivedEntries {
  readonly #blocks = new Map<string, ReadonlyMap<number, string>>();

  /** @param folder of the segments; null for a store that has none */
  constructor(
    private readonly segments: LogSegmentRepository,
    private readonly folder: string | null,
  ) {}

  /**
   * The text of an entry.
   *
   * @returns undefined where no segment holds it
   * @throws Fault `log-segment-missing`, `log-segment-changed` (exit 5)
   */
  async text(seq: number): Promise<string | undefined> {
    for (const block of this.#blocks.values()) {
      const text = block.get(seq);
      if (text !== undefined) return text;
    }
    const segment = await this.segments.holding(seq);
    if (segment === undefined || this.folder === null) return undefined;
    const at = segment.blocks.findLastIndex(([first]) => first <= seq);
    const [first = segment.first, offset = 0] = segment.blocks[at] ?? [];
    const end = segment.blocks[at + 1]?.[1] ?? segment.bytes;
    const lines = await readBlock(join(this.folder, segment.file), segment, offset, end);
    if (this.#blocks.size >= CACHED) this.#blocks.delete(this.#blocks.keys().next().value ?? '');
    const texts = new Map(lines.map((line, place) => [first + place, line]));
    this.#blocks.set(`${segment.file} ${first}`, texts);
    return texts.get(seq);
  }
}

async function readBlock(path: string, segment: LogSegment, offset: number, end: number): Promise<string[]> {
  const file = await open(path, 'r').catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'ENOENT' ? segmentMissing(segment) : error;
  });
  try {
    const bytes = Buffer.alloc(Math.max(0, end - offset));
    await file.read(bytes, 0, bytes.length, offset);
    const text = gunzipSync(bytes, { maxOutputLength: MOST_BLOCK_BYTES }).toString('utf8');
    return text.split('\n').slice(0, -1);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code?.startsWith('E')) throw error;
    throw segmentChanged(segment, error);
  } finally {
    await file.close();
  }
}

function entriesInWords(first: number, last: number): string {
  return first === last ? `entry ${first}` : `entries ${first} to ${last}`;
}

/** A file of the log is not there. */
function segmentMissing({ file, first, last }: LogSegment): Error {
  return verificationFailed(
    'log-segment-missing',
    `The file with ${entriesInWords(first, last)} of the log is missing: ${file}`,
    {
      hint: `Copy it back from a second copy or a backup, into the workspace's folder segments`,
      details: { file, first, last },
    },
  );
}

/** A file of the log is not what it was. */
function segmentChanged({ file, first, last }: LogSegment, cause?: unknown): Error {
  return verificationFailed(
    'log-segment-changed',
    `The file with ${entriesInWords(first, last)} of the log was changed: ${file}`,
    {
      cause,
      hint: `Keep it as it is, and copy it back from a second copy or a backup, into the workspace's folder segments`,
      details: { file, first, last },
    },
  );
}
