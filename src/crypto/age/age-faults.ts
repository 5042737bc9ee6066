import type { Fault } from '../../model/index.js';
import { ciphertextDamaged, readbackDiffers } from '../format-faults.js';

/** @param why what is wrong, as a sentence about the file */
export function damaged(why: string, cause?: unknown): Fault {
  return ciphertextDamaged('age file', why, cause);
}

/** @param why as a sentence about the file */
export function notAsWritten(why: string): Fault {
  return readbackDiffers('age file', new Error(why));
}
