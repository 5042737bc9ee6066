import { type BigIntStats, closeSync, constants, fdatasync, fstatSync, openSync } from 'node:fs';
import { promisify } from 'node:util';
import type { Reason } from '../model/index.js';
import { ChunkLayout } from './chunk-layout.js';
import type { VerifiedFrom } from './disposal-target.js';
import { MediumAccess } from './medium-access.js';
import { CHUNK, type OverwriteContent, type OverwriteMethod } from './overwrite-method.js';
import { isProtection } from './protection.js';
import { reason, reasonOf } from './reasons.js';
import type { Throttle } from './throttle.js';

const flush = promisify(fdatasync);
const { O_RDONLY, O_RDWR } = constants;
// A pipe that was put in the file's place must not make us wait. Neither flag is defined on Windows.
const SAFELY = (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);
const ZEROS = Buffer.alloc(CHUNK);

export interface OverwriteRequest {
  /** From `DirectoryHandle.child`. */
  path: Buffer;
  /** Judges the open file; a reason means that it is not the one that may be destroyed. */
  obstacle: (stat: BigIntStats, descriptor: number) => Promise<Reason | undefined> | Reason | undefined;
  method: OverwriteMethod;
  /** Drawn at random for this file alone, see {@link OverwriteMethod}. */
  seed: string;
  /** Asked once the size is known: buffers of {@link CHUNK} bytes, as many as transfers may be under way. Page aligned, or O_DIRECT fails and is not used. */
  buffers: (size: number) => BufferLoan | Promise<BufferLoan>;
  observe: (step: 'overwritten' | 'verified') => void;
  /** Limits what is written and read back; undefined for no limit. */
  throttle: Throttle | undefined;
  /** The file system keeps files in memory: what is read back then never comes from a medium. */
  inMemory: boolean;
  /** Takes away what forbids writing to the judged file; a reason where it cannot. Undefined: it is left then. */
  lift?: (file: { descriptor: number; stat: BigIntStats }) => Promise<Reason | undefined>;
  /** Opening for writing copies the file (overlay). */
  copiedWhenOpened: boolean;
}

/** Buffers that nobody else uses until they are given back. */
export interface BufferLoan {
  readonly buffers: readonly Buffer[];
  giveBack(): void;
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
  /** `holes`: bytes that were left because they held nothing but zeros. */
  | { done: true; verifiedFrom: VerifiedFrom | null; after: AfterOverwrite; holes: number }
  /** `touched`: something may have been written. `left`: the state after a system error cut the writing off. */
  | { done: false; touched: boolean; reason: Reason; left?: AfterOverwrite };

/**
 * Finds the chunks of a sparse file that are only zeros: holes, or content that says nothing. Writing there would use up
 * space and protect nothing. Past the page cache, which would otherwise fill up with zeros.
 */
async function markHoles(
  access: MediumAccess,
  layout: ChunkLayout,
  throttle: Throttle | undefined,
): Promise<void> {
  if (!layout.sparse) return;
  await access.readAll(
    layout.chunks(),
    (old, position) => {
      const whole = old.length >= layout.oldLength(position);
      if (whole && old.equals(ZEROS.subarray(0, old.length))) layout.markHole(position);
      return true;
    },
    async (length) => throttle?.take(length),
  );
}

async function writePass(
  access: MediumAccess,
  content: OverwriteContent,
  layout: ChunkLayout,
  throttle: Throttle | undefined,
): Promise<void> {
  for (const { position, length } of layout.chunks()) {
    if (layout.isHole(position)) continue;
    await throttle?.take(length);
    await access.put(content.at(position, length), position);
  }
  await access.settle();
}

/** Reads all of it back and compares. Throws a system error of the medium. */
async function matches(
  access: MediumAccess,
  content: OverwriteContent,
  layout: ChunkLayout,
  throttle: Throttle | undefined,
): Promise<boolean> {
  return await access.readAll(
    layout.chunks(),
    (got, position) => {
      const wanted = layout.isHole(position)
        ? ZEROS.subarray(0, layout.oldLength(position))
        : content.at(position, layout.chunkLength(position));
      return got.subarray(0, wanted.length).equals(wanted);
    },
    throttle === undefined ? undefined : (length) => throttle.take(length),
  );
}

async function overwriteOpen(
  descriptor: number,
  stat: BigIntStats,
  request: OverwriteRequest,
): Promise<OverwriteResult> {
  const layout = new ChunkLayout(stat);
  const { method, seed, throttle } = request;
  const loan = await request.buffers(layout.length);
  const access = new MediumAccess(descriptor, loan.buffers, request.inMemory);
  try {
    await markHoles(access, layout, throttle);
    let content = method.content(seed, 0);
    for (let pass = 0; pass < method.passes; pass += 1) {
      if (pass > 0) content = method.content(seed, pass);
      await writePass(access, content, layout, throttle);
      // After each pass, or the cache would merge them into one.
      await flush(descriptor);
    }
    const after = stateOf(fstatSync(descriptor, { bigint: true }));
    request.observe('overwritten');
    if (after.size !== BigInt(layout.finalSize)) {
      return { done: false, touched: true, reason: reason('grew-while-running') };
    }
    if (!(await matches(access, content, layout, throttle))) {
      return { done: false, touched: true, reason: reason('verification-failed') };
    }
    request.observe('verified');
    return { done: true, verifiedFrom: access.source, after, holes: layout.holeBytes };
  } catch (error) {
    await access.close();
    return { done: false, touched: true, reason: reasonOf(error), ...stateLeft(descriptor) };
  } finally {
    await access.close();
    loan.giveBack();
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
 * Judges the file before it is opened for writing: on an overlay that alone copies it from its lower layer, and moves
 * the time of its inode.
 */
async function judgeUnopened(
  request: OverwriteRequest,
  prepare: OverwriteRequest['lift'],
): Promise<BigIntStats | Reason> {
  const descriptor = openSync(request.path, O_RDONLY | SAFELY);
  try {
    const stat = fstatSync(descriptor, { bigint: true });
    return (await request.obstacle(stat, descriptor)) ?? (await prepare?.({ descriptor, stat })) ?? stat;
  } finally {
    closeSync(descriptor);
  }
}

/** Where an attribute or a permission bit forbids it, that is taken away, if it may be: from the judged file and no other. */
async function openForWriting(
  request: OverwriteRequest,
): Promise<{ descriptor: number; judged?: BigIntStats } | Reason> {
  try {
    return { descriptor: openSync(request.path, O_RDWR | SAFELY) };
  } catch (error) {
    if (request.lift === undefined || !isProtection(error)) throw error;
  }
  const judged = await judgeUnopened(request, request.lift);
  return 'code' in judged ? judged : { descriptor: openSync(request.path, O_RDWR | SAFELY), judged };
}

/** The same file, but for the time of its inode's change. */
function isCopyOf(copy: BigIntStats, judged: BigIntStats): boolean {
  const sameFile = copy.dev === judged.dev && copy.ino === judged.ino && copy.nlink === judged.nlink;
  return sameFile && copy.size === judged.size && copy.mtimeNs === judged.mtimeNs;
}

/** Why the file that is open for writing is not the one that may be destroyed. */
async function obstacleOfOpen(
  descriptor: number,
  stat: BigIntStats,
  request: OverwriteRequest,
  judged: BigIntStats | undefined,
): Promise<Reason | undefined> {
  if (judged !== undefined) return isCopyOf(stat, judged) ? undefined : reason('changed');
  const judging = request.obstacle(stat, descriptor);
  if (!(judging instanceof Promise)) return judging;
  const obstacle = await judging;
  if (obstacle !== undefined) return obstacle;
  // Where judging took a while: what was written to meanwhile is no longer what was judged.
  return hasState(fstatSync(descriptor, { bigint: true }), stateOf(stat)) ? undefined : reason('changed');
}

/**
 * Overwrites one file in place, flushes it and compares what is read back. The name stays.
 * Memory does not grow with the size of the file. A file without content is left as it is, with `verifiedFrom: null`.
 * @throws only what is not a system error
 */
export async function overwriteFile(request: OverwriteRequest): Promise<OverwriteResult> {
  let descriptor: number;
  let judged: BigIntStats | undefined;
  try {
    if (request.copiedWhenOpened) {
      const result = await judgeUnopened(request, undefined);
      if ('code' in result) return { done: false, touched: false, reason: result };
      judged = result;
    }
    const opened = await openForWriting(request);
    if ('code' in opened) return { done: false, touched: false, reason: opened };
    descriptor = opened.descriptor;
    judged = opened.judged ?? judged;
  } catch (error) {
    return { done: false, touched: false, reason: reasonOf(error) };
  }
  try {
    const stat = fstatSync(descriptor, { bigint: true });
    const obstacle = await obstacleOfOpen(descriptor, stat, request, judged);
    if (obstacle !== undefined) return { done: false, touched: false, reason: obstacle };
    if (stat.size === 0n) {
      return { done: true, verifiedFrom: null, after: stateOf(stat), holes: 0 };
    }
    return await overwriteOpen(descriptor, stat, request);
  } finally {
    closeSync(descriptor);
  }
}
