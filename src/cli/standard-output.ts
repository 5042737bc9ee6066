import { badInput } from '../model/index.js';

/**
 * Writes bytes to standard output, waiting while whoever reads is slow.
 *
 * @throws Fault `output-closed` (exit 2) where nobody reads any more
 */
export async function writeStandardOutput(bytes: Uint8Array): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    process.stdout.write(bytes, (error) => {
      if (error) reject(outputClosed(error));
      else resolve();
    });
  });
}

function outputClosed(cause: Error): Error {
  return badInput('output-closed', 'Whatever reads standard output has gone away', {
    cause,
    hint: 'Look at the program behind the pipe',
  });
}

/** @param otherwise what else a person can do, as the rest of a sentence @throws Fault `binary-to-terminal` (exit 2) */
export function refuseBinaryTerminal(otherwise: string): void {
  if (process.stdout.isTTY !== true) return;
  throw badInput('binary-to-terminal', 'Binary data is not written to a terminal', {
    hint: `Redirect it into a file or a pipe, or ${otherwise}`,
  });
}

/** Shows a secret once, on the terminal behind stderr, whatever --quiet and --json say; it is in no other place. */
export function showSecret(lines: readonly string[]): void {
  process.stderr.write(`${lines.join('\n')}\n`);
}

/** Whether somebody could read a secret from the terminal. */
export function canShowSecret(): boolean {
  return process.stderr.isTTY === true;
}
