import { opendirSync } from 'node:fs';

/** Names that the system hands over at once. */
const AT_ONCE = 512;

/**
 * The names in one folder, sorted by their bytes. All of them lie in one piece of memory: as an object each would take
 * ten times as much, and a folder can have a million.
 */
export class NameList {
  #bytes = Buffer.allocUnsafe(1024);
  /** Where each name ends in the bytes; it begins where the one before ends. */
  #ends = new Uint32Array(64);
  #count = 0;
  #order = new Uint32Array(0);

  /** Reads a folder without following anything in it. Throws a system error. */
  static of(path: Buffer): NameList {
    const names = new NameList();
    const folder = opendirSync(path, {
      // The type declarations lack names as bytes, which it gives as readdir does.
      encoding: 'buffer' as never,
      bufferSize: AT_ONCE,
    });
    try {
      for (let entry = folder.readSync(); entry !== null; entry = folder.readSync()) {
        names.#add(entry.name as unknown as Buffer);
      }
    } finally {
      folder.closeSync();
    }
    names.#sort();
    return names;
  }

  get length(): number {
    return this.#count;
  }

  /** A view of the name at this place of the order; undefined behind the last. */
  at(place: number): Buffer | undefined {
    const which = this.#order[place];
    return which === undefined ? undefined : this.#bytes.subarray(this.#begin(which), this.#ends[which]);
  }

  #begin(which: number): number {
    return which === 0 ? 0 : (this.#ends[which - 1] ?? 0);
  }

  #add(name: Buffer): void {
    const begin = this.#begin(this.#count);
    const end = begin + name.length;
    if (end > this.#bytes.length) {
      const larger = Buffer.allocUnsafe(Math.max(end, this.#bytes.length * 2));
      this.#bytes.copy(larger);
      this.#bytes = larger;
    }
    if (this.#count === this.#ends.length) {
      const larger = new Uint32Array(this.#ends.length * 2);
      larger.set(this.#ends);
      this.#ends = larger;
    }
    name.copy(this.#bytes, begin);
    this.#ends[this.#count] = end;
    this.#count += 1;
  }

  #sort(): void {
    const bytes = this.#bytes;
    const ends = this.#ends;
    const compare = (a: number, b: number): number => {
      let at = a === 0 ? 0 : (ends[a - 1] ?? 0);
      let other = b === 0 ? 0 : (ends[b - 1] ?? 0);
      const end = ends[a] ?? 0;
      const otherEnd = ends[b] ?? 0;
      while (at < end && other < otherEnd) {
        const difference = (bytes[at++] ?? 0) - (bytes[other++] ?? 0);
        if (difference !== 0) return difference;
      }
      return end - at - (otherEnd - other);
    };
    this.#order = Uint32Array.from({ length: this.#count }, (_, which) => which).sort(compare);
  }
}
