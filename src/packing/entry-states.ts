import { crc32 } from 'node:zlib';
import type { FoundEntry } from './tree-walk.js';

/**
 * What changes when somebody writes to a file, adds to a folder, or puts another thing in its place. No inode number: FAT
 * and some network file systems give out another one when theirs was forgotten, and a replacement shows in the folder.
 */
export interface EntryState {
  size: bigint;
  mtimeNs: bigint;
  ctimeNs: bigint;
}

/** Numbers that are kept of an entry: 32 bytes, since a pack may have a million. */
const NUMBERS = 4;
/** Entries that room is made for at a time. */
const CHUNK = 4096;
/** Stands where an entry was left out: no name has it. */
const LEFT_OUT = -1n;

/** The states of a pack's entries in the order of the walk. */
export class EntryStates {
  readonly #chunks: BigInt64Array[] = [];
  #count = 0;

  get count(): number {
    return this.#count;
  }

  add(found: FoundEntry, state: EntryState): void {
    this.#put(named(found), state);
  }

  /** Takes up an entry that is not in the pack: whatever becomes of it is no matter. */
  leaveOut(): void {
    this.#put(LEFT_OUT, { size: 0n, mtimeNs: 0n, ctimeNs: 0n });
  }

  /** Whether the entry at this place was left out. */
  isLeftOut(index: number): boolean {
    return this.#chunk(index)[(index % CHUNK) * NUMBERS] === LEFT_OUT;
  }

  /** Whether the entry at this place of the walk is the one that was there, as it was. */
  has(index: number, found: FoundEntry, { size, mtimeNs, ctimeNs }: EntryState): boolean {
    if (index >= this.#count) return false;
    const chunk = this.#chunk(index);
    const at = (index % CHUNK) * NUMBERS;
    return (
      chunk[at] === named(found) &&
      chunk[at + 1] === size &&
      chunk[at + 2] === inAWord(mtimeNs) &&
      chunk[at + 3] === inAWord(ctimeNs)
    );
  }

  #put(name: bigint, { size, mtimeNs, ctimeNs }: EntryState): void {
    const at = (this.#count % CHUNK) * NUMBERS;
    if (at === 0) this.#chunks.push(new BigInt64Array(CHUNK * NUMBERS));
    const chunk = this.#chunk(this.#count);
    chunk[at] = name;
    chunk[at + 1] = size;
    chunk[at + 2] = mtimeNs;
    chunk[at + 3] = ctimeNs;
    this.#count += 1;
  }

  #chunk(index: number): BigInt64Array {
    const chunk = this.#chunks[Math.floor(index / CHUNK)];
    if (chunk === undefined) throw new RangeError('there is no such entry');
    return chunk;
  }
}

/** A time as it is kept: nanoseconds of 2263 and later take more than the 64 bits that a number has here. */
function inAWord(nanoseconds: bigint): bigint {
  return BigInt.asIntN(64, nanoseconds);
}

function named({ type, name, target }: FoundEntry): bigint {
  return BigInt(crc32(`${type}\0${name}\0${target}`));
}
