import type { Reason } from '../model/index.js';
import { reason } from './reasons.js';
import { runSystemTool } from './system-tool.js';

export interface TrimOutcome {
  /** The device was told which blocks are free. What it does with that is its own affair. */
  done: boolean;
  /** Bytes that fstrim reported; null where nothing was done. */
  bytes: bigint | null;
  /** Why it was not done. */
  reason: Reason | undefined;
}

/** @returns the bytes of `fstrim -v`, as in `/mnt: 1.2 GiB (1234567 bytes) trimmed`, or undefined */
function trimmedBytes(output: string): bigint | undefined {
  const bytes = /\((\d+) bytes\) trimmed/.exec(output)?.[1];
  return bytes === undefined ? undefined : BigInt(bytes);
}

/** Tells the device below a file system which blocks are free (FITRIM through fstrim, which needs root). */
export async function trimFileSystem(folder: string): Promise<TrimOutcome> {
  const refused = (detail: string): TrimOutcome => ({
    done: false,
    bytes: null,
    reason: reason('not-trimmed', detail),
  });
  if (process.platform !== 'linux') return refused(process.platform);
  const run = await runSystemTool('fstrim', ['-v', folder], { timeoutMs: 600_000 });
  if (run.status === 'missing') return refused('fstrim is not installed');
  if (run.status === 'failed') return refused(`fstrim ended with ${run.code ?? 'a signal'}`);
  const bytes = trimmedBytes(run.stdout);
  return bytes === undefined ? refused('fstrim reported nothing') : { done: true, bytes, reason: undefined };
}
