import { badInput } from '../model/index.js';

const MOST_CHARACTERS = 500;

/**
 * What a person states for a certificate, as it is written on the command line: found wanting before it is recorded, for
 * a record that no certificate can be made of cannot be taken back.
 *
 * @param flag that the message names
 * @returns null where nothing is stated
 * @throws Fault `statement-invalid` (exit 2) for a text that is empty, too long or not one line
 */
export function statedLine(text: string | undefined, flag: string): string | null {
  if (text === undefined) return null;
  const line = text.trim();
  if (line !== '' && line.length <= MOST_CHARACTERS && !/[\p{Cc}\p{Cs}\u2028\u2029]/u.test(line)) return line;
  throw badInput(
    'statement-invalid',
    `The value of ${flag} must be text on one line of at most ${MOST_CHARACTERS} characters`,
    { hint: `Give it in quotes: ${flag} "..."` },
  );
}
