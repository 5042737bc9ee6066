const CHUNK = 4096;

/** Numbers in the order in which they were added: 8 bytes each, and never copied when more are added. */
export class NumberList {
  readonly #chunks: Float64Array[] = [];
  #count = 0;

  get count(): number {
    return this.#count;
  }

  add(value: number): void {
    const at = this.#count % CHUNK;
    if (at === 0) this.#chunks.push(new Float64Array(CHUNK));
    this.#chunk(this.#count)[at] = value;
    this.#count += 1;
  }

  at(index: number): number {
    return this.#chunk(index)[index % CHUNK] as number;
  }

  #chunk(index: number): Float64Array {
    const chunk = this.#chunks[Math.floor(index / CHUNK)];
    if (chunk === undefined) throw new RangeError('there is no such number');
    return chunk;
  }
}
