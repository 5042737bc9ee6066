import type { ByteInput } from '../encryption-format.js';

const PIECE_BYTES = 256 * 1024;

/** Reads bytes one after the other from pieces of any size. */
export class ByteReader {
  readonly #pieces: AsyncIterator<Uint8Array>;
  #rest: Uint8Array = new Uint8Array(0);
  #ended = false;

  constructor(pieces: AsyncIterable<Uint8Array>) {
    this.#pieces = pieces[Symbol.asyncIterator]();
  }

  /** From the start of the input. */
  static of(input: ByteInput): ByteReader {
    return new ByteReader(input.kind === 'stream' ? input.stream : fileBytes(input));
  }

  /** What comes next, as much as is at hand and at least one byte; null at the end. */
  async next(): Promise<Uint8Array | null> {
    if (await this.atEnd()) return null;
    const piece = this.#rest;
    this.#rest = new Uint8Array(0);
    return piece;
  }

  /** Puts back what was taken last and not used. */
  unread(bytes: Uint8Array): void {
    this.#rest = this.#rest.length === 0 ? bytes : Buffer.concat([bytes, this.#rest]);
  }

  /** Fills the target as far as there are bytes. @returns bytes written to it */
  async fill(target: Uint8Array): Promise<number> {
    let done = 0;
    while (done < target.length) {
      if (this.#rest.length === 0 && (await this.atEnd())) break;
      const part = this.#rest.subarray(0, target.length - done);
      target.set(part, done);
      done += part.length;
      this.#rest = this.#rest.subarray(part.length);
    }
    return done;
  }

  /** Whether nothing comes any more. Waits until that is known. */
  async atEnd(): Promise<boolean> {
    while (this.#rest.length === 0 && !this.#ended) {
      const { done, value } = await this.#pieces.next();
      if (done) this.#ended = true;
      else this.#rest = value;
    }
    return this.#rest.length === 0;
  }

  /** Lets go of the source, also before its end. */
  async close(): Promise<void> {
    if (!this.#ended) await this.#pieces.return?.();
    this.#ended = true;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    for (let piece = await this.next(); piece !== null; piece = await this.next()) yield piece;
  }
}

/** The bytes of a file from its start, whatever its position is. */
async function* fileBytes({ file }: Extract<ByteInput, { kind: 'file' }>): AsyncGenerator<Uint8Array> {
  for (let position = 0; ; ) {
    const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(PIECE_BYTES), 0, PIECE_BYTES, position);
    if (bytesRead === 0) return;
    yield buffer.subarray(0, bytesRead);
    position += bytesRead;
  }
}
