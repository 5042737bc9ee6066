import { verificationFailed } from '../model/index.js';
import type { LogVerification } from './verification.js';

/**
 * The log verifies.
 *
 * @throws Fault `log-broken` (exit 5) with the first bad entry
 */
export function requireWholeLog({ problem, entries, head }: LogVerification): void {
  if (!problem) return;
  throw verificationFailed('log-broken', `The log does not verify at entry ${problem.seq}: ${problem.text}`, {
    hint:
      problem.code === 'clock-backwards'
        ? 'If entries were made by a clock that was wrong, and it is right now: quietus log accept-clock --reason TEXT'
        : 'Keep the workspace as it is, copy it, and compare the log with a backup; dispose of nothing until this is explained',
    details: { seq: problem.seq, problem: problem.code, good_entries: entries, head },
  });
}
