/** What stands for a folded name, in words of 32 bits; what stands for its spelling follows, then the value. */
export const FOLDED_WORDS = 3;
const SPELLING_WORDS = 2;
/** Words that stand for a name. */
export const NAME_WORDS = FOLDED_WORDS + SPELLING_WORDS;
const SLOT_WORDS = NAME_WORDS + 1;
const FIRST_SLOTS = 16;
/** Fuller than that, looking up begins to take longer. */
const FULLEST = 0.75;
const GROWTH = 1.5;

/** An open-addressing table of hashes in one array of numbers: 24 bytes a slot, of which at least half are used. */
export class HashSlots {
  #slots = new Uint32Array(FIRST_SLOTS * SLOT_WORDS);
  #count = 0;

  /**
   * @param words of a name
   * @returns what was set for its folded name, and whether that was for the same spelling
   */
  find(words: Uint32Array): { value: number; spelled: boolean } | undefined {
    const at = this.#slotOf(words, 0);
    const value = this.#slots[at + NAME_WORDS] as number;
    return value === 0 ? undefined : { value, spelled: isSame(this.#slots, at, words, 0, NAME_WORDS) };
  }

  /**
   * @param value from 1 to 2^32 - 1
   * @returns whether the folded name is new
   */
  set(words: Uint32Array, value: number): boolean {
    let at = this.#slotOf(words, 0);
    const fresh = this.#slots[at + NAME_WORDS] === 0;
    if (fresh) {
      if (this.#count >= FULLEST * (this.#slots.length / SLOT_WORDS)) {
        this.#grow();
        at = this.#slotOf(words, 0);
      }
      this.#count += 1;
    }
    this.#slots.set(words, at);
    this.#slots[at + NAME_WORDS] = value;
    return fresh;
  }

  #slotOf(words: Uint32Array, from: number): number {
    const slots = this.#slots;
    let at = ((words[from] as number) % (slots.length / SLOT_WORDS)) * SLOT_WORDS;
    while (slots[at + NAME_WORDS] !== 0 && !isSame(slots, at, words, from, FOLDED_WORDS)) {
      at += SLOT_WORDS;
      if (at === slots.length) at = 0;
    }
    return at;
  }

  #grow(): void {
    const old = this.#slots;
    const slots = Math.ceil((old.length / SLOT_WORDS) * GROWTH);
    this.#slots = new Uint32Array(slots * SLOT_WORDS);
    for (let from = 0; from < old.length; from += SLOT_WORDS) {
      if (old[from + NAME_WORDS] === 0) continue;
      const at = this.#slotOf(old, from);
      for (let word = 0; word < SLOT_WORDS; word += 1) this.#slots[at + word] = old[from + word] as number;
    }
  }
}

function isSame(slots: Uint32Array, at: number, words: Uint32Array, from: number, count: number): boolean {
  for (let word = 0; word < count; word += 1) if (slots[at + word] !== words[from + word]) return false;
  return true;
}
