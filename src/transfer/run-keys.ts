import { Fault } from '../model/index.js';
import { decryptionKeys, type KeyChoice, type TriedKeys } from './decryption-keys.js';
import type { WantedKey } from './wanted-key.js';

/** Faults that say of a file that the chosen identity is of another kind. */
const UNFIT = new Set(['identity-unfit', 'identity-none']);

/** The keys for many files: an identity is unlocked once, however many there are. */
export class RunKeys {
  /** By the kinds of identities that a file says it wants. */
  readonly #known = new Map<string, TriedKeys | Fault>();
  readonly #answers = new Map<string, Promise<string>>();
  #failure: unknown;

  constructor(private readonly choice: KeyChoice) {}

  /**
   * @returns keys to try; a fault where the chosen identity is of another kind than the file wants
   * @throws Fault as `decryptionKeys`; after that there is no key for any file
   */
  async for(wanted: WantedKey): Promise<TriedKeys['keys'] | Fault> {
    // Keys from files are the same for all.
    const kinds = this.choice.identityFiles.length > 0 ? '' : wanted.kinds.join();
    const known = this.#known.get(kinds) ?? (await this.#find(wanted));
    this.#known.set(kinds, known);
    return known instanceof Fault ? known : known.keys;
  }

  /** Whether an error is that of a key: tried with the next file, a wrong passphrase would lock the identity. */
  hasFailed(error: unknown): boolean {
    return this.#failure !== undefined && error === this.#failure;
  }

  async #find(wanted: WantedKey): Promise<TriedKeys | Fault> {
    const never = () => Promise.reject(new Error('no passphrase is kept for a key'));
    try {
      return await decryptionKeys(wanted, { ...this.choice, ask: this.#ask }, never);
    } catch (error) {
      if (error instanceof Fault && UNFIT.has(error.code)) return error;
      this.#failure = error;
      throw error;
    }
  }

  /** Once for an identity, though files may want several kinds: the passphrase can come through a pipe. */
  readonly #ask = (what: string): Promise<string> => {
    const { identityFiles, ask } = this.choice;
    if (identityFiles.length > 0) return ask(what);
    const answer = this.#answers.get(what) ?? ask(what);
    this.#answers.set(what, answer);
    return answer;
  };
}
