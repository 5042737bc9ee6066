import { badInput } from '../model/index.js';

const HANDLE = /^[a-z0-9][a-z0-9._-]{1,31}$/;

/**
 * The name of a recipient. It stands in the log, in receipts and in commands, so it has the form of an operator's id.
 *
 * @throws Fault `recipient-name-invalid`
 */
export function requireRecipientName(name: string): string {
  if (HANDLE.test(name)) return name;
  throw badInput(
    'recipient-name-invalid',
    'The name of a recipient has 2 to 32 characters: a-z, 0-9, dot, underscore, hyphen',
    {
      hint: 'It goes into the log: use a short name of the organization, such as acme-payroll, and give people with --contact',
    },
  );
}

/** @returns the text without spaces around it, or null for none @throws Fault `recipient-text-invalid` */
export function requireLine(text: string | null, flag: string): string | null {
  if (text === null) return null;
  const line = text.trim();
  if (line !== '' && line.length <= 200 && !/\p{Cc}/u.test(line)) return line;
  throw badInput(
    'recipient-text-invalid',
    `The value of ${flag} must be text on one line of at most 200 characters`,
    {
      hint: `Give it in quotes: ${flag} "..."`,
    },
  );
}
