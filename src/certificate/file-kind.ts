import { badInput } from '../model/index.js';

/** How a zip begins (APPNOTE, 4.3.7). */
const ZIP = Buffer.from('PK\x03\x04', 'latin1');

/** @throws Fault `certificate-kind-unknown` (exit 2) */
export function kindOf(bytes: Buffer, path: string): 'json' | 'pdf' {
  if (bytes.subarray(0, 5).toString('latin1') === '%PDF-') return 'pdf';
  if (/^(\ufeff)?\s*\{/.test(bytes.subarray(0, 64).toString('utf8'))) return 'json';
  throw badInput(
    'certificate-kind-unknown',
    `${path} is neither the JSON file nor the PDF of a certificate`,
    {
      hint: bytes.subarray(0, 4).equals(ZIP)
        ? 'A bundle is checked with what you trust: add --trust signer.pem, and --public-key FILE for the log'
        : 'Name a file such as certificate-2026-0001.pdf or .json, or a number such as 2026-0001',
    },
  );
}

/** The number that stands in a JSON file, even where the file is no valid certificate any more. */
export function claimedNumber(bytes: Buffer): string | undefined {
  return /"number"\s*:\s*"(\d{4}-\d{4,9})"/.exec(bytes.subarray(0, 4096).toString('utf8'))?.[1];
}
