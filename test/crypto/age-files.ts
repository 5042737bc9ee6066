import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { ByteInput, ByteOutput } from '../../src/crypto/index.js';

/** The bytes as a file of its own, open for reading. */
export async function fileInput(folder: string, name: string, bytes: Uint8Array): Promise<ByteInput> {
  const file = await openFile(join(folder, name), 'w+');
  await file.writeFile(bytes);
  return { kind: 'file', file, size: bytes.length };
}

/** Opens a file until the test ends. */
export async function openFile(path: string, flags: string): Promise<FileHandle> {
  const file = await open(path, flags);
  onTestFinished(() => file.close());
  return file;
}

/** The bytes as a stream, in pieces of a length. */
export function streamInput(bytes: Uint8Array, piece = 64 * 1024): ByteInput {
  return {
    kind: 'stream',
    stream: (async function* () {
      for (let at = 0; at < bytes.length; at += piece) yield bytes.subarray(at, at + piece);
    })(),
  };
}

/** Bytes at each end of a long file that are given one at a time. */
const ENDS = 70_000;

/** The bytes one at a time; in the middle of a long file, where nothing but whole chunks passes, in odd pieces. */
export function singleBytes(bytes: Uint8Array): ByteInput {
  return {
    kind: 'stream',
    stream: (async function* () {
      for (let at = 0, size = 1; at < bytes.length; at += size) {
        const middle = at >= ENDS && at < bytes.length - ENDS;
        size = middle && bytes.length > 8 * ENDS ? Math.min(64_999, bytes.length - ENDS - at) : 1;
        yield bytes.subarray(at, at + size);
      }
    })(),
  };
}

/** A stream that keeps what is written to it. */
export class Collected {
  readonly #pieces: Buffer[] = [];
  readonly output: ByteOutput = {
    kind: 'stream',
    write: async (bytes) => {
      this.#pieces.push(Buffer.from(bytes));
    },
  };

  get bytes(): Buffer {
    return Buffer.concat(this.#pieces);
  }
}
