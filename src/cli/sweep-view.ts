import * as Flags from '@oclif/core/flags';
import type { EndedItem } from '../retention/index.js';

/** Flags that limit what one invocation does. */
export function allowanceFlags() {
  return {
    'max-items': Flags.integer({
      description: 'Begin at most N items, then stop; the same command goes on with the rest.',
      helpValue: 'N',
      min: 1,
    }),
    'max-bytes': Flags.string({
      description: 'Begin items of at most this many bytes together, such as 20GB or 512MiB, then stop.',
      helpValue: 'SIZE',
    }),
    until: Flags.string({
      description: "Stop at this time of the organization's time zone.",
      helpValue: 'HH:MM',
    }),
    rate: Flags.string({
      description: 'Overwrite and read back at most this fast, such as 50MB/s.',
      helpValue: 'RATE',
    }),
    'accept-residual': Flags.boolean({
      description:
        'Go on where the file system may keep residual copies; otherwise such items are left out. The certificate says so.',
    }),
    'json-lines': Flags.boolean({
      description: 'Print one line of JSON for each item as it ends, and the summary as the last line.',
      exclusive: ['json'],
    }),
  };
}

/** An item that ended, as `--json-lines` prints it. */
export function endedItemData({ itemId, outcome, reasons, bytes }: EndedItem): Record<string, unknown> {
  return { id: itemId, outcome, reasons, bytes };
}

/** Writes one line of JSON on stdout. */
export function printJsonLine(data: unknown): void {
  process.stdout.write(`${JSON.stringify(data)}\n`);
}

/** `12,345,678 bytes`. */
export function bytesInWords(bytes: number): string {
  return `${bytes.toLocaleString('en')} ${bytes === 1 ? 'byte' : 'bytes'}`;
}
