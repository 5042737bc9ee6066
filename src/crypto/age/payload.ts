import { createHash } from 'node:crypto';
import type { Fault } from '../../model/index.js';
import { inputChanged } from '../byte-flow.js';
import { damaged } from './age-faults.js';
import type { ByteReader } from './byte-reader.js';
import { openChunk, openedBytes, SEALED_CHUNK_BYTES, sealedBytes } from './chunk.js';
import { convertFile, type FileConversionOptions } from './file-conversion.js';
import type { PayloadKeys } from './payload-keys.js';
import { PayloadPool } from './payload-pool.js';
import {
  readAll,
  SEALED_SEGMENT_BYTES,
  SEGMENT_BYTES,
  type SegmentJob,
  type SegmentResult,
} from './segment.js';

/** Bytes to seal or to open: a part of an open file, or what a reader still has. */
export type PayloadSource = FileSource | { reader: ByteReader };

interface FileSource {
  fd: number;
  position: number;
  /** In bytes. */
  length: number;
}

/** Where the result goes; `discard` only checks it. */
export type PayloadTarget =
  | { fd: number; position: number }
  | { write(bytes: Uint8Array): Promise<void> }
  | 'discard';

export interface PayloadDone {
  plaintextBytes: number;
  /** Length of the sealed payload in bytes, without its nonce. */
  payloadBytes: number;
  /**
   * SHA-256 over the digest of each mebibyte of plaintext in turn, hex: the same for any number of threads, and for
   * the same keys only. Means nothing where no digests are wanted.
   */
  plaintextDigest: string;
}

/**
 * Encrypts a payload.
 *
 * @throws Fault `input-changed` where a file is shorter than it was, and what reading and writing throw
 */
export function sealPayload(
  keys: PayloadKeys,
  source: PayloadSource,
  target: PayloadTarget,
  options: FileConversionOptions = {},
): Promise<PayloadDone> {
  return convert('seal', keys, source, target, options);
}

/**
 * Decrypts a payload. A stream gets what was authenticated, in order. Of a payload in a file the last chunk is
 * opened first, so that nothing is given out of a file that was cut off.
 *
 * @throws Fault `ciphertext-damaged`, and what reading and writing throw
 */
export async function openPayload(
  keys: PayloadKeys,
  source: PayloadSource,
  target: PayloadTarget,
  options: FileConversionOptions = {},
): Promise<PayloadDone> {
  if ('fd' in source) requireEnd(keys.key, source);
  return convert('open', keys, source, target, options);
}

async function convert(
  task: SegmentJob['task'],
  keys: PayloadKeys,
  source: PayloadSource,
  target: PayloadTarget,
  options: FileConversionOptions,
): Promise<PayloadDone> {
  if ('fd' in source && (target === 'discard' || 'fd' in target)) {
    const plaintextDigest = await convertFile(keys, { task, source, target }, options, (problem) =>
      problemOf(task, { ...problem, final: false }),
    );
    return { ...sizesOf(task, source.length), plaintextDigest };
  }
  await options.first;
  const bytes = 'fd' in source ? source.length : null;
  const pool = new PayloadPool(keys, options.threads, bytes);
  const conversion = new Conversion(task, target, options);
  try {
    const pending: { job: SegmentJob; result: Promise<SegmentResult> }[] = [];
    for await (const job of segmentJobs(task, source, target, pool.slots)) {
      options.signal?.throwIfAborted();
      const result = pool.run(job);
      // Whoever waits for it hears of a failure; until then nobody listens.
      result.catch(() => {});
      pending.push({ job, result });
      const oldest = pending.length === pool.width ? pending.shift() : undefined;
      if (oldest) await conversion.take(oldest.job, await oldest.result);
    }
    for (const { job, result } of pending) {
      await conversion.take(job, await result);
      options.signal?.throwIfAborted();
    }
    return conversion.done();
  } finally {
    await pool.close();
  }
}

/** The work on a payload, segment by segment. With as many jobs under way as slots, each has its own. */
async function* segmentJobs(
  task: SegmentJob['task'],
  source: PayloadSource,
  target: PayloadTarget,
  slots: readonly Uint8Array[],
): AsyncGenerator<SegmentJob> {
  const size = task === 'seal' ? SEGMENT_BYTES : SEALED_SEGMENT_BYTES;
  const resultSize = task === 'seal' ? SEALED_SEGMENT_BYTES : SEGMENT_BYTES;
  for (let segment = 0, final = false; !final; segment += 1) {
    let place: SegmentJob['source'];
    let length: number;
    if ('fd' in source) {
      place = { fd: source.fd, position: source.position + segment * size };
      length = Math.min(size, source.length - segment * size);
      final = (segment + 1) * size >= source.length;
    } else {
      const slot = segment % slots.length;
      place = { slot };
      length = await source.reader.fill((slots[slot] as Uint8Array).subarray(0, size));
      final = await source.reader.atEnd();
    }
    const to =
      target === 'discard' || 'write' in target
        ? target === 'discard'
          ? 'discard'
          : 'return'
        : { fd: target.fd, position: target.position + segment * resultSize };
    yield { task, segment, final, source: place, length, target: to };
  }
}

/** Takes results in order. */
class Conversion {
  readonly #task: SegmentJob['task'];
  readonly #target: PayloadTarget;
  readonly #options: FileConversionOptions;
  readonly #digest = createHash('sha256');
  #plaintextBytes = 0;
  #payloadBytes = 0;

  constructor(task: SegmentJob['task'], target: PayloadTarget, options: FileConversionOptions) {
    this.#task = task;
    this.#target = target;
    this.#options = options;
  }

  async take(job: SegmentJob, result: SegmentResult): Promise<void> {
    if (result.short) throw problemOf(this.#task, { short: true, final: job.final });
    if (result.bytes && typeof this.#target === 'object' && 'write' in this.#target && result.length > 0) {
      await this.#target.write(result.bytes);
    }
    if (!result.intact) throw problemOf(this.#task, { short: false, final: job.final });
    if (result.digest) this.#digest.update(result.digest);
    this.#plaintextBytes += this.#task === 'seal' ? job.length : result.length;
    this.#payloadBytes += this.#task === 'seal' ? result.length : job.length;
    this.#options.onProgress?.(this.#plaintextBytes);
  }

  done(): PayloadDone {
    return {
      plaintextBytes: this.#plaintextBytes,
      payloadBytes: this.#payloadBytes,
      plaintextDigest: this.#digest.digest('hex'),
    };
  }
}

function sizesOf(task: SegmentJob['task'], bytes: number): { plaintextBytes: number; payloadBytes: number } {
  return task === 'seal'
    ? { plaintextBytes: bytes, payloadBytes: sealedBytes(bytes) }
    : { plaintextBytes: openedBytes(bytes) ?? 0, payloadBytes: bytes };
}

function problemOf(task: SegmentJob['task'], { short, final }: { short: boolean; final: boolean }): Fault {
  if (short) return task === 'seal' ? inputChanged() : damaged('it became shorter while it was read');
  return damaged(
    final ? 'it is cut off, or its end was changed' : 'a part of it was changed, or its end is missing',
  );
}

/**
 * The plaintext of the first chunk of a file that was not cut off.
 *
 * @throws Fault `ciphertext-damaged`
 */
export function openStart(key: Uint8Array, source: FileSource): Buffer {
  if (source.length <= SEALED_CHUNK_BYTES) return openChunkOf(key, source, 0, true);
  requireEnd(key, source);
  return openChunkOf(key, source, 0, false);
}

/** @throws Fault `ciphertext-damaged` where the last chunk of the payload is not the last that was written */
function requireEnd(key: Uint8Array, source: FileSource): void {
  if (openedBytes(source.length) === null) throw damaged('it is cut off: no age file has this length');
  openChunkOf(key, source, Math.ceil(source.length / SEALED_CHUNK_BYTES) - 1, true).fill(0);
}

function openChunkOf(key: Uint8Array, source: FileSource, number: number, final: boolean): Buffer {
  const start = number * SEALED_CHUNK_BYTES;
  const chunk = Buffer.alloc(Math.max(0, Math.min(SEALED_CHUNK_BYTES, source.length - start)));
  const read = readAll(source.fd, chunk, source.position + start);
  const plaintext = read === chunk.length ? openChunk(key, number, final, chunk) : null;
  if (plaintext === null) throw problemOf('open', { short: false, final });
  return plaintext;
}
