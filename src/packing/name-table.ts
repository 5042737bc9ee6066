import { hash, randomBytes } from 'node:crypto';
import { foldedName } from './entry-name.js';

/** Of a slot, in words of 32 bits: what stands for the folded name, then for the spelling, then the value. */
const FOLDED_WORDS = 3;
const SPELLING_WORDS = 2;
const VALUE_AT = FOLDED_WORDS + SPELLING_WORDS;
const SLOT_WORDS = VALUE_AT + 1;
const FIRST_SLOTS = 64;
/** Fuller than that, looking up begins to take longer. */
const FULLEST = 0.7;

/**
 * Numbers that are kept of names, which are told apart by case, normalization and invisible characters, and found without
 * them. A million names take 24 bytes a slot and not their length, since no name is kept: 96 bits of SHA-256 stand for the
 * folded one and 64 for the spelling. Both are keyed with what nobody outside knows, so that no names can be made that meet.
 */
export class NameTable {
  readonly #key = randomBytes(16).toString('hex');
  #slots = new Uint32Array(FIRST_SLOTS * SLOT_WORDS);
  #count = 0;
  /** The words of the name that was asked for last: it is asked for again when it is taken up. */
  readonly #words = new Uint32Array(VALUE_AT);
  #name: string | null = null;

  /** Names that are in it. */
  get count(): number {
    return this.#count;
  }

  /** What was set for this name as it is spelled; undefined where nothing was. */
  get(name: string): number | undefined {
    const at = this.#find(name);
    return this.#isSpelled(at) ? this.#valueAt(at) : undefined;
  }

  /** What was set for another name that cannot lie at the same place everywhere; undefined where there is none. */
  rival(name: string): number | undefined {
    const at = this.#find(name);
    return this.#isSpelled(at) ? undefined : this.#valueAt(at);
  }

  /**
   * @param name that has no rival
   * @param value from 1 to 2^32 - 1
   */
  set(name: string, value: number): void {
    let at = this.#find(name);
    if (this.#slots[at + VALUE_AT] === 0) {
      if (this.#count >= FULLEST * (this.#slots.length / SLOT_WORDS)) {
        this.#grow();
        at = this.#slotOf(this.#words, 0);
      }
      this.#count += 1;
    }
    this.#slots.set(this.#words, at);
    this.#slots[at + VALUE_AT] = value;
  }

  #valueAt(at: number): number | undefined {
    return this.#slots[at + VALUE_AT] || undefined;
  }

  #isSpelled(at: number): boolean {
    for (let word = FOLDED_WORDS; word < VALUE_AT; word += 1)
      if (this.#slots[at + word] !== this.#words[word]) return false;
    return true;
  }

  /** Where the folded name is, or would be. */
  #find(name: string): number {
    if (name !== this.#name) {
      const folded = foldedName(name);
      const digest = this.#digest(folded);
      takeWords(digest, this.#words, 0, VALUE_AT);
      if (folded !== name) takeWords(this.#digest(name), this.#words, FOLDED_WORDS, VALUE_AT);
      this.#name = name;
    }
    return this.#slotOf(this.#words, 0);
  }

  #digest(text: string): string {
    return hash('sha256', this.#key + text, 'binary');
  }

  #slotOf(words: Uint32Array, from: number): number {
    const slots = this.#slots;
    const count = slots.length / SLOT_WORDS;
    let at = ((words[from] as number) & (count - 1)) * SLOT_WORDS;
    while (slots[at + VALUE_AT] !== 0 && !isSame(slots, at, words, from)) {
      at += SLOT_WORDS;
      if (at === slots.length) at = 0;
    }
    return at;
  }

  #grow(): void {
    const old = this.#slots;
    this.#slots = new Uint32Array(old.length * 2);
    for (let from = 0; from < old.length; from += SLOT_WORDS) {
      if (old[from + VALUE_AT] === 0) continue;
      const at = this.#slotOf(old, from);
      for (let word = 0; word < SLOT_WORDS; word += 1) this.#slots[at + word] = old[from + word] as number;
    }
  }
}

function isSame(slots: Uint32Array, at: number, words: Uint32Array, from: number): boolean {
  for (let word = 0; word < FOLDED_WORDS; word += 1)
    if (slots[at + word] !== words[from + word]) return false;
  return true;
}

/** @param digest one character a byte */
function takeWords(digest: string, words: Uint32Array, from: number, to: number): void {
  for (let word = from; word < to; word += 1) {
    const byte = word * 4;
    words[word] =
      (digest.charCodeAt(byte) << 24) |
      (digest.charCodeAt(byte + 1) << 16) |
      (digest.charCodeAt(byte + 2) << 8) |
      digest.charCodeAt(byte + 3);
  }
}
