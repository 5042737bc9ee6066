import type {
  ByteInput,
  ByteOutput,
  CipherOptions,
  Decrypted,
  DecryptionKey,
  OutputChoice,
} from './encryption-format.js';

/** Bytes by which an output is chosen. */
const CHOICE_BYTES = 1024;

type Decrypt<Output> = (
  input: ByteInput,
  output: Output,
  keys: readonly DecryptionKey[],
  options?: CipherOptions,
) => Promise<Decrypted>;

/** Lets a format that writes to an output write to one that is chosen by what comes out of it. */
export function choosing(decrypt: Decrypt<ByteOutput>): Decrypt<ByteOutput | OutputChoice> {
  return async (input, output, keys, options) => {
    if (typeof output !== 'function') return await decrypt(input, output, keys, options);
    const later = new LaterOutput(output);
    const decrypted = await decrypt(input, later, keys, options);
    await later.end();
    return decrypted;
  };
}

/** A stream that becomes a file or another stream as soon as it is known how it begins. */
export class LaterOutput {
  readonly kind = 'stream';
  readonly #choice: OutputChoice;
  #held: Buffer[] = [];
  #heldBytes = 0;
  #chosen: ByteOutput | null = null;
  #position = 0;

  constructor(choice: OutputChoice) {
    this.#choice = choice;
  }

  /** Resolves when it wants more. */
  async write(bytes: Uint8Array): Promise<void> {
    if (this.#chosen !== null) return await this.#put(this.#chosen, bytes);
    this.#held.push(Buffer.from(bytes));
    this.#heldBytes += bytes.length;
    if (this.#heldBytes >= CHOICE_BYTES) await this.#choose();
  }

  /** Chooses by what there is, where it was less. */
  async end(): Promise<void> {
    if (this.#chosen === null) await this.#choose();
  }

  async #choose(): Promise<void> {
    const start = Buffer.concat(this.#held);
    this.#held = [];
    this.#chosen = await this.#choice(start);
    await this.#put(this.#chosen, start);
  }

  async #put(output: ByteOutput, bytes: Uint8Array): Promise<void> {
    if (output.kind === 'stream') return await output.write(bytes);
    for (let done = 0; done < bytes.length; ) {
      const { bytesWritten } = await output.file.write(bytes, done, bytes.length - done, this.#position);
      done += bytesWritten;
      this.#position += bytesWritten;
    }
    return undefined;
  }
}
