import {
  type BigIntStats,
  closeSync,
  constants,
  fdatasync,
  fstatSync,
  openSync,
  write,
  writeSync,
} from 'node:fs';
import { promisify } from 'node:util';
import type { Reason } from '../model/index.js';
import type { VerifiedFrom } from './disposal-target.js';
import { MediumReader } from './medium-reader.js';
import { CHUNK, type OverwriteContent } from './overwrite-method.js';
import { reason, reasonOf } from './reasons.js';
import type { Throttle } from './throttle.js';

const flush = promisify(fdatasync);
const { O_RDWR } = constants;
// A pipe that was put in the file's place must not make us wait. Neither flag is defined on Windows.
const SAFELY = (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);
/** Up to this many bytes a write into the page cache is over sooner than a thread has taken it on. */
const SMALL = 64 * 1024;
const ZEROS = Buffer.alloc(CHUNK);

export interface OverwriteRequest {
  /** From `DirectoryHandle.child`. */
  path: Buffer;
  /** Judges the open file; a reason means that it is not the one that may be destroyed. */
  obstacle: (stat: BigIntStats, descriptor: number) => Promise<Reason | undefined>;
  /** From an {@link OverwriteMethod}, for this file alone. */
  content: OverwriteContent;
  /** Two buffers of {@link CHUNK} bytes are never needed at once: this one takes what is read. Page aligned, or O_DIRECT fails and is not used. */
  buffer: Buffer;
  observe: (step: 'overwritten' | 'verified') => void;
  /** Limits what is written and read back; undefined for no limit. */
  throttle: Throttle | undefined;
  /** The file system keeps files in memory: what is read back then never comes from a medium. */
  inMemory: boolean;
}

/** State of the file after its overwriting; a later difference means that somebody wrote to it. */
export interface AfterOverwrite {
  size: bigint;
  modifiedNs: bigint;
  /** Time of the inode's change, which no program can set back; our own renaming moves it. */
  changedNs: bigint;
}

/** What later states of the file are compared with. */
export function stateOf({ size, mtimeNs, ctimeNs }: BigIntStats): AfterOverwrite {
  return { size, modifiedNs: mtimeNs, changedNs: ctimeNs };
}

export function hasState(stat: BigIntStats, state: AfterOverwrite): boolean {
  return stat.size === state.size && stat.mtimeNs === state.modifiedNs && stat.ctimeNs === state.changedNs;
}

export type OverwriteResult =
  | { done: true; verifiedFrom: VerifiedFrom | null; after: AfterOverwrite }
  /** `touched`: something may have been written. `left`: the state after a system error cut the writing off. */
  | { done: false; touched: boolean; reason: Reason; left?: AfterOverwrite };

function writeAt(descriptor: number, from: Buffer, offset: number, position: number): Promise<number> {
  return new Promise((resolve, reject) => {
    write(descriptor, from, offset, from.length - offset, position, (error, count) =>
      error ? reject(error) : resolve(count),
    );
  });
}

/** A size in bytes, rounded up to the block of the file system that `stat` tells of. */
export function roundedSize(size: number, stat: BigIntStats): number {
  const reported = Number(stat.blksize);
  const usable = reported >= 512 && reported <= CHUNK && (reported & (reported - 1)) === 0;
  const block = usable ? reported : 4096;
  return Math.ceil(size / block) * block;
}

/** How a file is laid over in chunks. */
class Layout {
  /** Size rounded up to the block, because the rest of the last block can hold older content. */
  readonly length: number;
  /** Fewer blocks than the size needs: there are holes, which writing would fill. */
  readonly sparse: boolean;
  readonly #size: number;
  readonly #holes: Uint8Array;

  constructor(stat: BigIntStats) {
    this.#size = Number(stat.size);
    this.length = roundedSize(this.#size, stat);
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
  throttle: Throttle | undefined,
): Promise<void> {
  for (let at = 0; at < layout.length; at += CHUNK) {
    await throttle?.take(layout.chunkLength(at));
    if (layout.sparse && (await isEmptyChunk(reader, layout, at))) {
      layout.markHole(at);
      continue;
    }
    const chunk = content.at(at, layout.chunkLength(at));
    let done = chunk.length <= SMALL ? writeSync(descriptor, chunk, 0, chunk.length, at) : 0;
    while (done < chunk.length) done += await writeAt(descriptor, chunk, done, at + done);
  }
}

/** Reads all of it back and compares. Throws a system error of the medium. */
async function matches(
  content: OverwriteContent,
  layout: Layout,
  reader: MediumReader,
  throttle: Throttle | undefined,
): Promise<boolean> {
  for (let at = 0; at < layout.length; at += CHUNK) {
    const length = layout.chunkLength(at);
    await throttle?.take(length);
    const wanted = layout.isHole(at) ? ZEROS.subarray(0, layout.oldLength(at)) : content.at(at, length);
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
  const { content, throttle } = request;
  const reader = new MediumReader(descriptor, request.buffer, request.inMemory);
  try {
    // Through the page cache and not past it: a page that another process holds dirty would be written over ours later.
    await writeAll(descriptor, content, layout, reader, throttle);
    await flush(descriptor);
    const after = stateOf(fstatSync(descriptor, { bigint: true }));
    request.observe('overwritten');
    if (after.size !== BigInt(layout.finalSize)) {
      return { done: false, touched: true, reason: reason('grew-while-running') };
    }
    if (!(await matches(content, layout, reader, throttle))) {
      return { done: false, touched: true, reason: reason('verification-failed') };
    }
    request.observe('verified');
    return { done: true, verifiedFrom: reader.source, after };
  } catch (error) {
    return { done: false, touched: true, reason: reasonOf(error), ...stateLeft(descriptor) };
  } finally {
    reader.close();
  }
}

function stateLeft(descriptor: number): { left?: AfterOverwrite } {
  try {
    return { left: stateOf(fstatSync(descriptor, { bigint: true })) };
  } catch {
    return {};
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
    const obstacle = await request.obstacle(stat, descriptor);
    if (obstacle !== undefined) return { done: false, touched: false, reason: obstacle };
    // Judging may take a while; what is written to meanwhile is no longer what was judged.
    if (!hasState(fstatSync(descriptor, { bigint: true }), stateOf(stat))) {
      return { done: false, touched: false, reason: reason('changed') };
    }
    if (stat.size === 0n) {
      return { done: true, verifiedFrom: null, after: stateOf(stat) };
    }
    return await overwriteOpen(descriptor, stat, request);
  } finally {
    closeSync(descriptor);
  }
}
