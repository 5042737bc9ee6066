import { badInput, type Fault, refused, verificationFailed } from '../model/index.js';

/** @param what such as `zip file` */
export function ciphertextDamaged(what: string, why: string, cause?: unknown): Fault {
  return verificationFailed('ciphertext-damaged', `The ${what} is damaged: ${why}`, {
    cause,
    hint: 'It was changed or cut off on its way: ask the sender for it again',
  });
}

/** @param tried such as `2 passphrases were tried` */
export function noKeyFits(what: string, tried: string, hint: string): Fault {
  return refused('no-key-fits', `None of the given keys opens the ${what}: ${tried}`, { hint });
}

export function recipientsUnfit(why: string, hint: string, cause?: unknown): Fault {
  return badInput('recipients-unfit', why, { hint, cause });
}

export function tooLarge(why: string, hint: string): Fault {
  return badInput('too-large', why, { hint });
}

/** The file is what it should be, but protected in a way that is not relied on. */
export function encryptionTooWeak(what: string, why: string, hint: string): Fault {
  return refused('encryption-too-weak', `The ${what} is not opened: ${why}`, { hint });
}

/** What was written is not what went in. */
export function readbackDiffers(what: string, cause?: unknown): Fault {
  return verificationFailed('readback-differs', `What was written of the ${what} is not what went in`, {
    cause,
    hint: 'Check the disk and the memory of this machine; the file must not be used',
  });
}

/** Formats that are authenticated at their end need the whole of it before they give anything out. */
export function needsFile(what: string): Fault {
  return badInput('needs-file', `A ${what} of more than 64 MiB cannot be opened from a pipe`, {
    hint: 'Save it as a file first, and give the path',
  });
}

/** Most that is kept in memory of such a format that comes through a pipe. */
export const PIPE_BYTES = 64 * 1024 * 1024;
