import { hash, randomBytes } from 'node:crypto';
import { foldedName } from './entry-name.js';
import { FOLDED_WORDS, HashSlots, NAME_WORDS } from './hash-slots.js';

/** Parts that grow each on its own: while one does, the others need no second copy. */
const PARTS = 64;

/**
 * Numbers that are kept of names, which are told apart by case, normalization and invisible characters, and found without
 * them. A million names take 24 bytes a slot ({@link HashSlots}) and not their length, since no name is kept: 96 bits of SHA-256 stand for the
 * folded one and 64 for the spelling. Both are keyed with what nobody outside knows, so that no names can be made that meet.
 */
export class NameTable {
  readonly #key = randomBytes(16).toString('hex');
  readonly #parts: HashSlots[] = [];
  #count = 0;
  /** The words of the name that was asked for last: it is asked for again when it is taken up. */
  readonly #words = new Uint32Array(NAME_WORDS);
  #name: string | null = null;

  /** Names that are in it. */
  get count(): number {
    return this.#count;
  }

  /** What was set for this name as it is spelled; undefined where nothing was. */
  get(name: string): number | undefined {
    const found = this.#part(name).find(this.#words);
    return found?.spelled ? found.value : undefined;
  }

  /** What was set for another name that cannot lie at the same place everywhere; undefined where there is none. */
  rival(name: string): number | undefined {
    const found = this.#part(name).find(this.#words);
    return found?.spelled === false ? found.value : undefined;
  }

  /**
   * @param name that has no rival
   * @param value from 1 to 2^32 - 1
   */
  set(name: string, value: number): void {
    if (this.#part(name).set(this.#words, value)) this.#count += 1;
  }

  /** The part that has a name, whose words are ready then. */
  #part(name: string): HashSlots {
    if (name !== this.#name) {
      const folded = foldedName(name);
      takeWords(this.#digest(folded), this.#words, 0);
      if (folded !== name) takeWords(this.#digest(name), this.#words, FOLDED_WORDS);
      this.#name = name;
    }
    const part = (this.#words[1] as number) % PARTS;
    this.#parts[part] ??= new HashSlots();
    return this.#parts[part];
  }

  #digest(text: string): string {
    return hash('sha256', this.#key + text, 'binary');
  }
}

/** @param digest one character a byte */
function takeWords(digest: string, words: Uint32Array, from: number): void {
  for (let word = from; word < NAME_WORDS; word += 1) {
    const byte = word * 4;
    words[word] =
      (digest.charCodeAt(byte) << 24) |
      (digest.charCodeAt(byte + 1) << 16) |
      (digest.charCodeAt(byte + 2) << 8) |
      digest.charCodeAt(byte + 3);
  }
}
