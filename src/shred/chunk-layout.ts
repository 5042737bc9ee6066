import type { BigIntStats } from 'node:fs';
import { CHUNK } from './overwrite-method.js';

/** A size in bytes, rounded up to the block of the file system that `stat` tells of. */
export function roundedSize(size: number, stat: BigIntStats): number {
  const reported = Number(stat.blksize);
  const usable = reported >= 512 && reported <= CHUNK && (reported & (reported - 1)) === 0;
  const block = usable ? reported : 4096;
  return Math.ceil(size / block) * block;
}

/** How a file is laid over in chunks. */
export class ChunkLayout {
  /** Size rounded up to the block, because the rest of the last block can hold older content. */
  readonly length: number;
  /** Fewer blocks than the size needs: there are holes, which writing would fill. */
  readonly sparse: boolean;
  readonly #size: number;
  readonly #holes: Uint8Array;

  constructor(stat: BigIntStats) {
    this.#size = Number(stat.size);
    this.length = roundedSize(this.#size, stat);
    this.sparse = stat.blocks * 512n < stat.size;
    this.#holes = new Uint8Array(this.sparse ? Math.ceil(this.length / CHUNK) : 0);
  }

  chunkLength(position: number): number {
    return Math.min(CHUNK, this.length - position);
  }

  /** What the file can give at this position before it is extended by the rounding. */
  oldLength(position: number): number {
    return Math.min(CHUNK, this.#size - position);
  }

  markHole(position: number): void {
    this.#holes[position / CHUNK] = 1;
  }

  /** Bytes of the file in the chunks that were left. */
  get holeBytes(): number {
    let sum = 0;
    for (let at = 0; at < this.#holes.length; at += 1) {
      if (this.#holes[at] === 1) sum += this.oldLength(at * CHUNK);
    }
    return sum;
  }

  *chunks(): Generator<{ position: number; length: number }> {
    for (let position = 0; position < this.length; position += CHUNK) {
      yield { position, length: this.chunkLength(position) };
    }
  }

  isHole(position: number): boolean {
    return this.#holes[position / CHUNK] === 1;
  }

  /** Size that the file must have after the overwriting. */
  get finalSize(): number {
    const last = Math.floor((this.length - 1) / CHUNK) * CHUNK;
    return this.sparse && this.isHole(last) ? this.#size : this.length;
  }
}
