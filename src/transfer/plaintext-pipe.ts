import { ExitCode, Fault } from '../model/index.js';

/**
 * Bytes that are copied at a time. Larger copies outlive the extraction of the entries before them, and then fill memory
 * until all of it is searched for what can go.
 */
const PART_BYTES = 64 * 1024;
const WAITING = 4;

/** Hands plaintext from who decrypts to who extracts, a piece at a time. */
export class PlaintextPipe {
  #pieces: Uint8Array[] = [];
  #ended = false;
  #failure: { error: unknown } | null = null;
  #abandoned = false;
  #wake: (() => void) | null = null;
  #drained: (() => void) | null = null;

  /** Resolves when most of the piece was taken, and the rest copied. */
  async write(bytes: Uint8Array): Promise<void> {
    for (let from = 0; from < bytes.length; from += PART_BYTES) {
      if (this.#abandoned) throw new Fault('interrupted', ExitCode.interrupted, 'Nobody reads any more');
      this.#pieces.push(Buffer.from(bytes.subarray(from, from + PART_BYTES)));
      this.#wake?.();
      if (this.#pieces.length > WAITING) await new Promise<void>((resolve) => (this.#drained = resolve));
    }
  }

  end(): void {
    this.#ended = true;
    this.#wake?.();
  }

  fail(error: unknown): void {
    this.#failure = { error };
    this.#wake?.();
  }

  /** Nobody reads any more: whoever writes is told so. */
  abandon(): void {
    this.#abandoned = true;
    this.#drained?.();
  }

  async *read(): AsyncGenerator<Uint8Array, void> {
    for (;;) {
      const piece = this.#pieces.shift();
      if (piece !== undefined) {
        this.#drained?.();
        yield piece;
        continue;
      }
      if (this.#failure !== null) throw this.#failure.error;
      if (this.#ended) return;
      await this.#more();
    }
  }

  #more(): Promise<void> {
    return new Promise((resolve) => (this.#wake = resolve));
  }
}
