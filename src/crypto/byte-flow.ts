import type { FileHandle } from 'node:fs/promises';
import { ExitCode, Fault } from '../model/index.js';
import type { ByteInput, ByteOutput } from './encryption-format.js';

/** Files and streams are read in pieces of this size; only the last one is shorter. */
export const PIECE_BYTES = 1024 * 1024;

/** Something that is read at any position: a file, or what a stream held. */
export interface Source {
  /** In bytes. */
  readonly size: number;
  /** @throws Fault `input-changed` where fewer bytes are there */
  read(position: number, length: number): Promise<Buffer>;
  /** The bytes from one position up to another; a piece is overwritten once the next one is asked for. */
  pieces(from: number, to: number, signal?: AbortSignal): AsyncGenerator<Buffer, void>;
}

/**
 * @param cap most bytes of a stream that are kept in memory
 * @param tooLong what is thrown where a stream is longer
 */
export async function sourceOf(input: ByteInput, cap: number, tooLong: () => Fault): Promise<Source> {
  if (input.kind === 'file') return new FileSource(input.file, input.size);
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of input.stream) {
    size += part.length;
    if (size > cap) throw tooLong();
    parts.push(Buffer.from(part));
  }
  return new MemorySource(Buffer.concat(parts));
}

class FileSource implements Source {
  constructor(
    private readonly file: FileHandle,
    readonly size: number,
  ) {}

  async read(position: number, length: number): Promise<Buffer> {
    const buffer = Buffer.allocUnsafeSlow(length);
    await fill(this.file, buffer, position);
    return buffer;
  }

  pieces(from: number, to: number, signal?: AbortSignal): AsyncGenerator<Buffer, void> {
    return filePieces(this.file, from, to, signal);
  }
}

class MemorySource implements Source {
  constructor(private readonly bytes: Buffer) {}

  get size(): number {
    return this.bytes.length;
  }

  read(position: number, length: number): Promise<Buffer> {
    return Promise.resolve(this.bytes.subarray(position, position + length));
  }

  async *pieces(from: number, to: number): AsyncGenerator<Buffer, void> {
    for (let at = from; at < to; at += PIECE_BYTES)
      yield this.bytes.subarray(at, Math.min(to, at + PIECE_BYTES));
  }
}

/**
 * Reads an input from its start to its end. A piece is overwritten once the next one is asked for.
 * @throws Fault `input-changed` (exit 3) where a file is no longer what it was when this began
 */
export async function* piecesOf(input: ByteInput, signal?: AbortSignal): AsyncGenerator<Buffer, void> {
  if (input.kind === 'stream') {
    yield* fullPieces(input.stream, signal);
    return;
  }
  const before = await stateOf(input.file);
  yield* filePieces(input.file, 0, input.size, signal);
  if ((await stateOf(input.file)) !== before || !before.endsWith(` ${input.size}`)) throw inputChanged();
}

/** As `piecesOf`, for ciphertext, whose changes its authentication shows; parts of a stream have any size. */
export async function* rawPieces(input: ByteInput, signal?: AbortSignal): AsyncGenerator<Buffer, void> {
  if (input.kind === 'file') {
    yield* filePieces(input.file, 0, input.size, signal);
    return;
  }
  for await (const part of input.stream) {
    signal?.throwIfAborted();
    yield Buffer.from(part.buffer, part.byteOffset, part.byteLength);
  }
}

/** Reads ahead by one piece. */
async function* filePieces(
  file: FileHandle,
  from: number,
  to: number,
  signal?: AbortSignal,
): AsyncGenerator<Buffer, void> {
  const size = Math.min(PIECE_BYTES, to - from);
  const buffers = [Buffer.allocUnsafeSlow(size), Buffer.allocUnsafeSlow(size)];
  const start = (at: number, turn: number): Promise<Buffer> => {
    const piece = (buffers[turn] as Buffer).subarray(0, Math.min(PIECE_BYTES, to - at));
    const reading = fill(file, piece, at).then(() => piece);
    // Looked at when its turn comes, which an error before that prevents.
    reading.catch(() => undefined);
    return reading;
  };
  let next = start(from, 0);
  try {
    for (let at = from, turn = 0; at < to; turn ^= 1) {
      signal?.throwIfAborted();
      const piece = await next;
      at += piece.length;
      if (at < to) next = start(at, turn ^ 1);
      yield piece;
    }
  } finally {
    // The caller may close the file now.
    await next.catch(() => undefined);
    for (const buffer of buffers) buffer.fill(0);
  }
}

/** Cuts a stream, whose parts have any size, into pieces of the full size. */
async function* fullPieces(
  stream: AsyncIterable<Uint8Array>,
  signal?: AbortSignal,
): AsyncGenerator<Buffer, void> {
  const piece = Buffer.allocUnsafeSlow(PIECE_BYTES);
  let filled = 0;
  for await (const part of stream) {
    signal?.throwIfAborted();
    for (let taken = 0; taken < part.length; ) {
      const take = part.subarray(taken, taken + PIECE_BYTES - filled);
      piece.set(take, filled);
      taken += take.length;
      filled += take.length;
      if (filled === PIECE_BYTES) {
        yield piece;
        filled = 0;
      }
    }
  }
  if (filled > 0) yield piece.subarray(0, filled);
  piece.fill(0);
}

async function fill(file: FileHandle, buffer: Buffer, position: number): Promise<void> {
  for (let done = 0; done < buffer.length; ) {
    const { bytesRead } = await file.read(buffer, done, buffer.length - done, position + done);
    if (bytesRead === 0) throw inputChanged();
    done += bytesRead;
  }
}

/** What changes when somebody writes to a file; ends with its size. */
export async function stateOf(file: FileHandle): Promise<string> {
  const { mtimeNs, ctimeNs, size } = await file.stat({ bigint: true });
  return `${mtimeNs} ${ctimeNs} ${size}`;
}

/** What was read of a file is not one state of it. */
export function inputChanged(): Fault {
  return new Fault('input-changed', ExitCode.partial, 'The file changed while it was read', {
    hint: 'Try again when nobody writes to it',
  });
}

/** Writes bytes one after the other, gathered into large writes, one of which goes on while the next are made. */
export class ByteSink {
  #position = 0;
  #gathered: Uint8Array[] = [];
  #gatheredBytes = 0;
  #writing: Promise<void> = Promise.resolve();

  constructor(private readonly output: ByteOutput) {}

  /** Bytes taken so far. */
  get bytes(): number {
    return this.#position + this.#gatheredBytes;
  }

  /** @param bytes that nobody changes any more */
  async write(bytes: Uint8Array): Promise<void> {
    if (bytes.length === 0) return;
    this.#gathered.push(bytes);
    this.#gatheredBytes += bytes.length;
    if (this.#gatheredBytes >= PIECE_BYTES) await this.#send();
  }

  /** Resolves when everything was handed over. */
  async flush(): Promise<void> {
    await this.#send();
    await this.#writing;
  }

  async #send(): Promise<void> {
    await this.#writing;
    const [gathered, position] = [this.#gathered, this.#position];
    this.#position += this.#gatheredBytes;
    this.#gathered = [];
    this.#gatheredBytes = 0;
    this.#writing = this.#put(gathered, position);
    // Looked at by whoever writes next.
    this.#writing.catch(() => undefined);
  }

  async #put(gathered: Uint8Array[], position: number): Promise<void> {
    if (this.output.kind === 'stream') {
      for (const bytes of gathered) await this.output.write(bytes);
      return;
    }
    let [rest, at] = [gathered, position];
    while (rest.length > 0) {
      const { bytesWritten } = await this.output.file.writev(rest, at);
      at += bytesWritten;
      rest = after(rest, bytesWritten);
    }
  }
}

/** What remains of the parts behind so many bytes. */
function after(parts: readonly Uint8Array[], bytes: number): Uint8Array[] {
  let skip = bytes;
  return parts.flatMap((part) => {
    const cut = Math.min(skip, part.length);
    skip -= cut;
    return cut === part.length ? [] : [part.subarray(cut)];
  });
}
