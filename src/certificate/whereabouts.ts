import { badInput } from '../model/index.js';
import type { Whereabouts } from './certificate-facts.js';

const MOST_CHARACTERS = 500;

/**
 * Reads where a medium came from and what becomes of it, as they are written on the command line.
 *
 * @throws Fault `whereabouts-invalid` (exit 2) for a text that is empty, too long or not one line
 */
export function whereabouts(given: {
  source?: string | undefined;
  destination?: string | undefined;
}): Whereabouts {
  return {
    source: statedLine(given.source, '--source'),
    destination: statedLine(given.destination, '--destination'),
  };
}

function statedLine(text: string | undefined, flag: string): string | null {
  if (text === undefined) return null;
  const line = text.trim();
  if (line !== '' && line.length <= MOST_CHARACTERS && !/[\p{Cc}\p{Cs}\u2028\u2029]/u.test(line)) return line;
  throw badInput(
    'whereabouts-invalid',
    `The value of ${flag} must be text on one line of at most ${MOST_CHARACTERS} characters`,
    { hint: `Give it in quotes: ${flag} "..."` },
  );
}
