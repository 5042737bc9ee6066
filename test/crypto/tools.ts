import { spawnSync } from 'node:child_process';
import type { TestContext } from 'vitest';

/**
 * Runs somebody else's program; a program that is missing skips the test, and fails it in CI.
 * @returns what it wrote and how it ended
 */
export function tool(
  context: TestContext,
  command: string,
  args: readonly string[],
  input?: string | Uint8Array,
): { status: number | null; stdout: Buffer; stderr: string } {
  const result = spawnSync(command, args, { maxBuffer: 1 << 28, ...(input === undefined ? {} : { input }) });
  if (result.error && (result.error as NodeJS.ErrnoException).code === 'ENOENT' && process.env.CI !== 'true')
    context.skip(`${command} is not installed`);
  if (result.error) throw result.error;
  return { status: result.status, stdout: result.stdout, stderr: result.stderr.toString() };
}

/** As `tool`, for a program that must end well. @returns what it wrote to its output */
export function mustRun(
  context: TestContext,
  command: string,
  args: readonly string[],
  input?: string | Uint8Array,
): Buffer {
  const { status, stdout, stderr } = tool(context, command, args, input);
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${status}: ${stderr}`);
  return stdout;
}
