import { ciphertextDamaged } from '../format-faults.js';

export const WHAT = 'CMS file';

/** Takes bytes from pieces one after the other, as a parser asks for them. */
export class PullReader {
  readonly #pieces: AsyncIterator<Buffer>;
  #rest: Buffer = Buffer.alloc(0);
  /** Bytes taken so far. */
  position = 0;

  constructor(pieces: AsyncIterable<Buffer>) {
    this.#pieces = pieces[Symbol.asyncIterator]();
  }

  /** So many bytes, as a copy; for small numbers. @throws Fault `ciphertext-damaged` where there are fewer */
  async take(count: number): Promise<Buffer> {
    const parts: Buffer[] = [];
    for (let missing = count; missing > 0; ) {
      const part = Buffer.from(await this.some(missing));
      parts.push(part);
      missing -= part.length;
    }
    return Buffer.concat(parts);
  }

  /** One to so many bytes, in place: they are overwritten by what is read next. @throws as `take` */
  async some(most: number): Promise<Buffer> {
    if (await this.atEnd()) throw ciphertextDamaged(WHAT, 'it is cut off');
    const part = this.#rest.subarray(0, most);
    this.#rest = this.#rest.subarray(part.length);
    this.position += part.length;
    return part;
  }

  async atEnd(): Promise<boolean> {
    while (this.#rest.length === 0) {
      const { value, done } = await this.#pieces.next();
      if (done === true) return true;
      this.#rest = value;
    }
    return false;
  }

  /** The next byte, which stays where it is. @throws as `take` */
  async peek(): Promise<number> {
    if (await this.atEnd()) throw ciphertextDamaged(WHAT, 'it is cut off');
    return this.#rest[0] ?? 0;
  }

  /** Lets go of the file. Call it always. */
  async close(): Promise<void> {
    await this.#pieces.return?.();
  }
}
