import { ExitCode, Fault } from '../model/index.js';

/** Hands plaintext from who decrypts to who extracts, a piece at a time. */
export class PlaintextPipe {
  #pieces: Uint8Array[] = [];
  #ended = false;
  #failure: { error: unknown } | null = null;
  #abandoned = false;
  #wake: (() => void) | null = null;
  #drained: (() => void) | null = null;

  /** Resolves when the piece was taken. */
  async write(bytes: Uint8Array): Promise<void> {
    if (this.#abandoned) throw new Fault('interrupted', ExitCode.interrupted, 'Nobody reads any more');
    this.#pieces.push(Buffer.from(bytes));
    this.#wake?.();
    if (this.#pieces.length > 4) await new Promise<void>((resolve) => (this.#drained = resolve));
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
