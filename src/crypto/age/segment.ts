import { createCipheriv } from 'node:crypto';
import { readSync, writeSync } from 'node:fs';
import { CHUNK_BYTES, openChunk, SEALED_CHUNK_BYTES, sealChunk } from './chunk.js';

/** Chunks that are read, sealed or opened, and written at once: enough to make system calls and messages cheap. */
const SEGMENT_CHUNKS = 16;
/** Plaintext of a segment in bytes; also what one digest covers. */
export const SEGMENT_BYTES = SEGMENT_CHUNKS * CHUNK_BYTES;
export const SEALED_SEGMENT_BYTES = SEGMENT_CHUNKS * SEALED_CHUNK_BYTES;

/** One segment's work, done by whichever thread is free. */
export interface SegmentJob {
  task: 'seal' | 'open';
  /** Number of the segment in its file, from 0. */
  segment: number;
  /** Whether its last chunk is the last of the file. */
  final: boolean;
  /** Where its bytes are: at a position of an open file, or in one of the shared slots. */
  source: { fd: number; position: number } | { slot: number };
  /** Bytes to read there. */
  length: number;
  /** Where the result goes: to a position of an open file, back to who asked, or nowhere. */
  target: { fd: number; position: number } | 'return' | 'discard';
}

export interface SegmentResult {
  /** Bytes of the result; where a chunk was refused, of the chunks before it. */
  length: number;
  /** False where a chunk was refused. */
  intact: boolean;
  /** Digest of the segment's plaintext; null where nobody asked for it. */
  digest: Uint8Array | null;
  /** Present where the target is `return`. */
  bytes: Uint8Array | null;
  /** The file ended before the segment did. */
  short: boolean;
}

/** What a thread needs to work on segments. All of it is shared memory, so that one `fill(0)` clears it for all. */
export interface SegmentMemory {
  /** Of the payload, 32 bytes. */
  key: Uint8Array;
  /** Of the digests of plaintext, 32 bytes; empty where none are wanted. */
  digestKey: Uint8Array;
  slots: readonly Uint8Array[];
}

/** Works on segments with buffers that it keeps. Not for two at a time. */
export class SegmentWorker {
  readonly #memory: SegmentMemory;
  readonly #read = Buffer.allocUnsafeSlow(SEALED_SEGMENT_BYTES);
  readonly #result = Buffer.allocUnsafeSlow(SEALED_SEGMENT_BYTES);

  constructor(memory: SegmentMemory) {
    this.#memory = memory;
  }

  /** @throws the file system's error */
  run(job: SegmentJob): SegmentResult {
    const source = this.#load(job);
    if (source === null) return { length: 0, intact: false, digest: null, bytes: null, short: true };
    // What leaves this thread cannot be used again here.
    const result = job.target === 'return' ? Buffer.allocUnsafeSlow(SEALED_SEGMENT_BYTES) : this.#result;
    const { length, intact } = this.#convert(job, source, result);
    const plaintext = job.task === 'seal' ? source : result.subarray(0, length);
    const digest = intact ? this.#digest(job.segment, plaintext) : null;
    if (typeof job.target === 'object') {
      if (intact) writeAll(job.target.fd, result.subarray(0, length), job.target.position);
      return { length, intact, digest, bytes: null, short: false };
    }
    const bytes = job.target === 'return' ? result.subarray(0, length) : null;
    return { length, intact, digest, bytes, short: false };
  }

  /** Overwrites what it holds of plaintext. */
  clear(): void {
    this.#read.fill(0);
    this.#result.fill(0);
  }

  /**
   * GMAC (NIST SP 800-38D) with a random key that nobody else has: three times as fast as SHA-256 here, and as good
   * against everything that can happen to bytes between reading and reading back.
   */
  #digest(segment: number, plaintext: Uint8Array): Uint8Array | null {
    const { digestKey } = this.#memory;
    if (digestKey.length === 0) return null;
    const nonce = Buffer.alloc(12);
    nonce.writeUIntBE(segment, 6, 6);
    const mac = createCipheriv('aes-256-gcm', digestKey, nonce).setAAD(plaintext);
    mac.final();
    return mac.getAuthTag();
  }

  #load({ source, length }: SegmentJob): Uint8Array | null {
    if ('slot' in source) return (this.#memory.slots[source.slot] as Uint8Array).subarray(0, length);
    const read = readAll(source.fd, this.#read.subarray(0, length), source.position);
    return read === length ? this.#read.subarray(0, length) : null;
  }

  #convert(job: SegmentJob, source: Uint8Array, result: Uint8Array): { length: number; intact: boolean } {
    const size = job.task === 'seal' ? CHUNK_BYTES : SEALED_CHUNK_BYTES;
    const convert = job.task === 'seal' ? sealChunk : openChunk;
    const first = job.segment * SEGMENT_CHUNKS;
    const count = Math.max(1, Math.ceil(source.length / size));
    let length = 0;
    for (let index = 0; index < count; index += 1) {
      const part = source.subarray(index * size, (index + 1) * size);
      const final = job.final && index === count - 1;
      const written = convert(this.#memory.key, first + index, final, part, result.subarray(length));
      // An empty chunk is the only one of its file: otherwise two files would hold the same plaintext.
      const redundant = job.task === 'open' && written === 0 && first + index > 0;
      if (written < 0 || redundant) return { length, intact: false };
      length += written;
    }
    return { length, intact: true };
  }
}

/** Reads until the target is full or the file ends. @returns bytes read */
export function readAll(fd: number, target: Uint8Array, position: number): number {
  let done = 0;
  while (done < target.length) {
    const read = readSync(fd, target, done, target.length - done, position + done);
    if (read === 0) break;
    done += read;
  }
  return done;
}

function writeAll(fd: number, bytes: Uint8Array, position: number): void {
  let done = 0;
  while (done < bytes.length) done += writeSync(fd, bytes, done, bytes.length - done, position + done);
}
