import {
  type BigIntStats,
  closeSync,
  constants,
  fdatasync,
  fstatSync,
  openSync,
  readSync,
  write,
  writeSync,
} from 'node:fs';
import { promisify } from 'node:util';
import type { Reason } from '../model/index.js';
import type { VerifiedFrom } from './disposal-target.js';
import { MediumReader } from './medium-reader.js';
import { CHUNK, type OverwriteContent } from './overwrite-method.js';
import { reason, reasonOf } from './reasons.js';

const flush = promisify(fdatasync);
const { O_RDWR } = constants;
// A pipe that was put in the file's place must not make us wait. Neither flag is defined on Windows.
const SAFELY = (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);
/** Up to this many bytes a write into the page cache is over sooner than a thread has taken it on. */
const SMALL = 64 * 1024;
/** Bytes by which overwritten content is recognized; every write begins with at least the second number of them. */
const PREFIX = 4096;
const SHORTEST_PREFIX = 512;
const ZEROS = Buffer.alloc(CHUNK);

export interface OverwriteRequest {
  /** From `DirectoryHandle.child`. */
  path: Buffer;
  /** Judges the open file; a reason means that it is not the one that may be destroyed. */
  obstacle: (stat: BigIntStats, descriptor: number) => Reason | undefined;
  /** From an {@link OverwriteMethod}, for this file alone. */
  content: OverwriteContent;
  /** Two buffers of {@link CHUNK} bytes are never needed at once: this one takes what is read. Page aligned, or O_DIRECT fails and is not used. */
  buffer: Buffer;
  observe: (step: 'overwritten' | 'verified') => void;
}

/** State of the file after its overwriting; a later difference means that somebody wrote to it. */
export interface AfterOverwrite {
  size: bigint;
  modifiedNs: bigint;
}

export type OverwriteResult =
  | { done: true; verifiedFrom: VerifiedFrom | null; after: AfterOverwrite }
  /** `touched`: something may have been written. */
  | { done: false; touched: boolean; reason: Reason };

function writeAt(descriptor: number, from: Buffer, offset: number, position: number): Promise<number> {
  return new Promise((resolve, reject) => {
    write(descriptor, from, offset, from.length - offset, position, (error, count) =>
      error ? reject(error) : resolve(count),
    );
  });
}

/** How a file is laid over in chunks. */
class Layout {
  readonly blockSize: number;
  /** Size rounded up to the block, because the rest of the last block can hold older content. */
  readonly length: number;
  /** Fewer blocks than the size needs: there are holes, which writing would fill. */
  readonly sparse: boolean;
  readonly #size: number;
  readonly #holes: Uint8Array;

  constructor(stat: BigIntStats) {
    const reported = Number(stat.blksize);
    const usable = reported >= 512 && reported <= CHUNK && (reported & (reported - 1)) === 0;
    this.blockSize = usable ? reported : 4096;
    this.#size = Number(stat.size);
    this.length = Math.ceil(this.#size / this.blockSize) * this.blockSize;
    this.sparse = stat.blocks * 512n < stat.size;
    this.#holes = new Uint8Array(this.sparse ? Math.ceil(this.length / CHUNK) : 0);
  }

  chunkLength(position: number): number {
    return Math.min(CHUNK, this.length - position);
  }

  /** What the file can give at this position before it is extended by the rounding. */
  oldLength(position: number): number {
    return Math.min(CHUNK, this.#size - position);
  }

  markHole(position: number): void {
    this.#holes[position / CHUNK] = 1;
  }

  isHole(position: number): boolean {
    return this.#holes[position / CHUNK] === 1;
  }

  /** Size that the file must have after the overwriting. */
  get finalSize(): number {
    const last = Math.floor((this.length - 1) / CHUNK) * CHUNK;
    return this.sparse && this.isHole(last) ? this.#size : this.length;
  }
}

/** Only zeros: a hole, or content that says nothing. Writing there would use up space and protect nothing. */
async function isEmptyChunk(reader: MediumReader, layout: Layout, at: number): Promise<boolean> {
  const old = await reader.read(layout.chunkLength(at), at);
  return old.length === layout.oldLength(at) && old.equals(ZEROS.subarray(0, old.length));
}

async function writeAll(
  descriptor: number,
  content: OverwriteContent,
  layout: Layout,
  reader: MediumReader,
): Promise<void> {
  for (let at = 0; at < layout.length; at += CHUNK) {
    if (layout.sparse && (await isEmptyChunk(reader, layout, at))) {
      layout.markHole(at);
      continue;
    }
    const chunk = content.next(layout.chunkLength(at));
    let done = chunk.length <= SMALL ? writeSync(descriptor, chunk, 0, chunk.length, at) : 0;
    while (done < chunk.length) done += await writeAt(descriptor, chunk, done, at + done);
  }
}

/**
 * True when the first bytes in the file that are not zero are the first of the content: then a cut-off run has begun
 * to overwrite it. Files are written from the beginning, except for holes.
 */
export function beginsWith(descriptor: number, content: OverwriteContent, size: bigint): boolean {
  const buffer = Buffer.alloc(CHUNK);
  for (let at = 0; at < size; at += CHUNK) {
    const got = buffer.subarray(0, readSync(descriptor, buffer, 0, CHUNK, at));
    if (got.equals(ZEROS.subarray(0, got.length))) continue;
    const wanted = content.next(Math.min(PREFIX, got.length));
    content.restart();
    return wanted.length >= SHORTEST_PREFIX && got.subarray(0, wanted.length).equals(wanted);
  }
  return false;
}

/** Reads all of it back and compares. Throws a system error of the medium. */
async function matches(content: OverwriteContent, layout: Layout, reader: MediumReader): Promise<boolean> {
  content.restart();
  for (let at = 0; at < layout.length; at += CHUNK) {
    const length = layout.chunkLength(at);
    const wanted = layout.isHole(at) ? ZEROS.subarray(0, layout.oldLength(at)) : content.next(length);
    const got = await reader.read(length, at);
    if (!got.subarray(0, wanted.length).equals(wanted)) return false;
  }
  return true;
}

async function overwriteOpen(
  descriptor: number,
  stat: BigIntStats,
  request: OverwriteRequest,
): Promise<OverwriteResult> {
  const layout = new Layout(stat);
  const { content } = request;
  const reader = new MediumReader(descriptor, request.buffer);
  try {
    // Through the page cache and not past it: a page that another process holds dirty would be written over ours later.
    await writeAll(descriptor, content, layout, reader);
    await flush(descriptor);
    const { size, mtimeNs } = fstatSync(descriptor, { bigint: true });
    request.observe('overwritten');
    if (size !== BigInt(layout.finalSize)) {
      return { done: false, touched: true, reason: reason('grew-while-running') };
    }
    if (!(await matches(content, layout, reader))) {
      return { done: false, touched: true, reason: reason('verification-failed') };
    }
    request.observe('verified');
    return { done: true, verifiedFrom: reader.source, after: { size, modifiedNs: mtimeNs } };
  } catch (error) {
    return { done: false, touched: true, reason: reasonOf(error) };
  } finally {
    reader.close();
  }
}

/**
 * Overwrites one file in place, flushes it and compares what is read back. The name stays.
 * Memory does not grow with the size of the file. A file without content is left as it is, with `verifiedFrom: null`.
 * @throws only what is not a system error
 */
export async function overwriteFile(request: OverwriteRequest): Promise<OverwriteResult> {
  let descriptor: number;
  try {
    descriptor = openSync(request.path, O_RDWR | SAFELY);
  } catch (error) {
    return { done: false, touched: false, reason: reasonOf(error) };
  }
  try {
    const stat = fstatSync(descriptor, { bigint: true });
    const obstacle = request.obstacle(stat, descriptor);
    if (obstacle !== undefined) return { done: false, touched: false, reason: obstacle };
    if (stat.size === 0n) {
      return { done: true, verifiedFrom: null, after: { size: 0n, modifiedNs: stat.mtimeNs } };
    }
    return await overwriteOpen(descriptor, stat, request);
  } finally {
    closeSync(descriptor);
  }
}
