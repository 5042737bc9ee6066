import type { Whereabouts } from './certificate-facts.js';
import { statedLine } from './stated-line.js';

/**
 * Reads where a medium came from and what becomes of it, as they are written on the command line.
 *
 * @throws Fault `statement-invalid` (exit 2) for a text that is empty, too long or not one line
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
