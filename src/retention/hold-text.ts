import { badInput } from '../model/index.js';

/**
 * Text of a hold as a person types it, without spaces around it.
 *
 * @param what the flag, for the message
 * @throws Fault `hold-text-invalid` (exit 2)
 */
export function requireLine(text: string, what: string): string {
  const line = text.trim();
  if (line !== '' && line.length <= 500 && !/\p{Cc}/u.test(line)) return line;
  throw badInput(
    'hold-text-invalid',
    `The value of ${what} must be text on one line of at most 500 characters`,
    {
      hint: `Give it in quotes: ${what} "..."`,
    },
  );
}
