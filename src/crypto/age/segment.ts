import { type CipherChaCha20Poly1305, createCipheriv } from 'node:crypto';
import { readSync, writeSync } from 'node:fs';
import { CHUNK_BYTES, openChunk, SEALED_CHUNK_BYTES, sealChunk } from './chunk.js';
import { returnMemory } from './returned-memory.js';

/** Chunks that are written at once, and that one digest covers: enough to make system calls and messages cheap. */
const SEGMENT_CHUNKS = 16;
/** Chunks that are read at once: few, so that they are still in the processor's cache when they are worked on. */
const READ_CHUNKS = 2;
/** Plaintext of a segment in bytes. */
export const SEGMENT_BYTES = SEGMENT_CHUNKS * CHUNK_BYTES;
export const SEALED_SEGMENT_BYTES = SEGMENT_CHUNKS * SEALED_CHUNK_BYTES;

/** Bytes of one digest (Poly1305). */
export const DIGEST_BYTES = 16;

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

type Mac = CipherChaCha20Poly1305;
/** A MAC is made of what is authenticated only. */
const NO_PLAINTEXT = { plaintextLength: 0 };

interface Chunk {
  number: number;
  /** Whether it is the last of its file. */
  final: boolean;
  bytes: Uint8Array;
}

/** Works on segments with buffers that it keeps. Not for two at a time. */
export class SegmentWorker {
  readonly #memory: SegmentMemory;
  readonly #read = Buffer.allocUnsafeSlow(READ_CHUNKS * SEALED_CHUNK_BYTES);
  readonly #result = Buffer.allocUnsafeSlow(SEALED_SEGMENT_BYTES);

  constructor(memory: SegmentMemory) {
    this.#memory = memory;
  }

  /** @throws the file system's error */
  run(job: SegmentJob): SegmentResult {
    const { task, target } = job;
    // What leaves this thread cannot be used again here.
    const result = target === 'return' ? Buffer.allocUnsafeSlow(SEALED_SEGMENT_BYTES) : this.#result;
    const mac = this.#startDigest(job.segment);
    let length = 0;
    let intact = true;
    for (const chunk of this.#chunks(job)) {
      if (chunk === 'short') return { length: 0, intact: false, digest: null, bytes: null, short: true };
      const room = result.subarray(length);
      const written = task === 'seal' ? this.#seal(chunk, room, mac) : this.#open(chunk, room, mac);
      intact = written >= 0;
      if (!intact) break;
      length += written;
    }
    if (intact && typeof target === 'object')
      writeAll(target.fd, result.subarray(0, length), target.position);
    const digest = intact && mac !== null ? mac.final() && mac.getAuthTag() : null;
    const bytes = target === 'return' ? result.subarray(0, length) : null;
    return { length, intact, digest, bytes, short: false };
  }

  /** Overwrites what it holds of plaintext. */
  clear(): void {
    this.#read.fill(0);
    this.#result.fill(0);
  }

  /** The chunks of a segment, each before the next is read; `short` where its file ends too early. */
  *#chunks({ task, segment, length, final, source }: SegmentJob): Generator<Chunk | 'short', void> {
    const size = task === 'seal' ? CHUNK_BYTES : SEALED_CHUNK_BYTES;
    for (let from = 0; from === 0 || from < length; from += READ_CHUNKS * size) {
      const piece = this.#load(source, from, Math.min(READ_CHUNKS * size, length - from));
      if (piece === null) {
        yield 'short';
        return;
      }
      for (let at = 0; at === 0 || at < piece.length; at += size) {
        const end = from + at + size;
        const number = segment * SEGMENT_CHUNKS + (from + at) / size;
        yield { number, final: final && end >= length, bytes: piece.subarray(at, at + size) };
      }
    }
  }

  #load(source: SegmentJob['source'], from: number, length: number): Uint8Array | null {
    if ('slot' in source)
      return (this.#memory.slots[source.slot] as Uint8Array).subarray(from, from + length);
    const piece = this.#read.subarray(0, length);
    return readAll(source.fd, piece, source.position + from) === length ? piece : null;
  }

  #seal({ number, final, bytes }: Chunk, target: Uint8Array, mac: Mac | null): number {
    mac?.setAAD(bytes, NO_PLAINTEXT);
    return sealChunk(this.#memory.key, number, final, bytes, target);
  }

  /** @returns bytes written; -1 where the chunk is refused */
  #open({ number, final, bytes }: Chunk, target: Uint8Array, mac: Mac | null): number {
    const plaintext = openChunk(this.#memory.key, number, final, bytes);
    // An empty chunk is the only one of its file: otherwise two files would hold the same plaintext.
    if (plaintext === null || (plaintext.length === 0 && number > 0)) return -1;
    mac?.setAAD(plaintext, NO_PLAINTEXT);
    target.set(plaintext);
    const { length } = plaintext;
    returnMemory(plaintext);
    return length;
  }

  /**
   * Poly1305 (RFC 8439, of data that nothing is encrypted with) with a random key that nobody else has, and the segment
   * as its nonce: six times as fast as SHA-256 here, and as good against everything that can happen to bytes between
   * reading and reading back.
   */
  #startDigest(segment: number): Mac | null {
    const { digestKey } = this.#memory;
    if (digestKey.length === 0) return null;
    const nonce = Buffer.alloc(12);
    nonce.writeUIntBE(segment, 6, 6);
    return createCipheriv('chacha20-poly1305', digestKey, nonce, { authTagLength: DIGEST_BYTES });
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
