import { basename } from 'node:path';
import { type CustodyStep, statedLine, type VendorCertificate } from '../certificate/index.js';
import { sha256 } from '../crypto/index.js';
import { badInput, parseCalendarDate } from '../model/index.js';
import { readAtMost } from '../workspace/index.js';

/** A scanned certificate of many pages has less. */
const MOST_BYTES = 64 << 20;

/**
 * Looks at the certificate that a vendor has given; the file stays where it is.
 *
 * @returns its name and digest, which go onto ours
 * @throws Fault `vendor-certificate-unreadable` (exit 2) for a file that cannot be read, is empty or too large,
 *   `statement-invalid` (exit 2) for a name that no certificate can hold
 */
export function vendorCertificate(path: string): VendorCertificate {
  let bytes: Buffer;
  try {
    bytes = readAtMost(path, MOST_BYTES);
  } catch (error) {
    throw unreadable(path, 'cannot be read', error);
  }
  if (bytes.length === 0) throw unreadable(path, 'is empty');
  if (bytes.length > MOST_BYTES) throw unreadable(path, 'is larger than 64 MiB');
  const fileName = statedLine(basename(path), '--vendor-certificate');
  if (fileName === null) throw unreadable(path, 'has no name');
  return { fileName, sha256: sha256(bytes) };
}

function unreadable(path: string, why: string, cause?: unknown): Error {
  return badInput('vendor-certificate-unreadable', `${path} ${why}`, {
    cause,
    hint: "Name the file of the vendor's certificate, such as a scan",
  });
}

const CUSTODY_HINT = 'Write it as in --custody "2026-11-20; A. Jones; Shred Co; sealed bin 7"';

/**
 * Reads a step of the chain of custody as it is written on the command line: `DATE; FROM; TO` or `DATE; FROM; TO; DETAIL`.
 *
 * @throws Fault `custody-invalid`, `date-invalid`, `statement-invalid` (exit 2)
 */
export function custodyStep(text: string): CustodyStep {
  const [on = '', from = '', to = '', ...detail] = text.split(';').map((part) => part.trim());
  if (from === '' || to === '' || detail.length > 1) {
    throw badInput(
      'custody-invalid',
      'A step of the chain of custody has a day, who handed over, and to whom',
      {
        hint: CUSTODY_HINT,
      },
    );
  }
  const day = parseCalendarDate(on);
  if (day === undefined) {
    throw badInput('date-invalid', 'A step of --custody has no day of the calendar written YYYY-MM-DD', {
      hint: CUSTODY_HINT,
    });
  }
  statedLine(text, '--custody');
  return { on: day, from, to, detail: detail[0] || null };
}

/**
 * Who did it, with the title and the telephone number that a certificate of sanitization asks for (NIST SP 800-88).
 *
 * @throws Fault `statement-invalid` (exit 2)
 */
export function performer(
  name: string,
  { title, phone }: { title?: string | undefined; phone?: string | undefined },
): string {
  const number = statedLine(phone, '--phone');
  return [statedLine(name, '--by'), statedLine(title, '--title'), number && `telephone ${number}`]
    .filter((part) => part !== null)
    .join(', ');
}

/**
 * Refuses a chain that is not one: steps out of order, or after the destruction.
 *
 * @throws Fault `custody-invalid` (exit 2)
 */
export function requireChain(custody: readonly CustodyStep[], performedOn: string): void {
  const days = [...custody.map(({ on }) => on as string), performedOn];
  if (days.every((day, at) => at === 0 || (days[at - 1] ?? '') <= day)) return;
  throw badInput(
    'custody-invalid',
    'The steps of the chain of custody are not in order, or lie after the destruction',
    {
      hint: 'Give them in the order in which they happened, the last on the day of the destruction or before',
    },
  );
}
