import { spawn, spawnSync } from 'node:child_process';

/** Where the tools of the system are; the caller's PATH may lead to programs of anybody, and often lacks the first two. */
const TOOL_PATH = '/usr/sbin:/sbin:/usr/bin:/bin';
const MOST_OUTPUT = 64 * 1024 * 1024;

export type ToolResult =
  | { status: 'done'; stdout: string }
  | { status: 'failed'; code: number | null; stdout: string }
  | { status: 'missing' };

export interface ToolOptions {
  /** Open descriptors that the tool gets as 3, 4, … */
  descriptors?: readonly number[];
  timeoutMs?: number;
}

/** English messages, and nothing of the environment that a tool could be led astray with. */
const ENVIRONMENT = { PATH: TOOL_PATH, LC_ALL: 'C' };

/** Runs a tool of the system without a shell; its output as latin1, one character for each byte. */
export async function runTool(
  name: string,
  args: readonly string[],
  { descriptors = [], timeoutMs = 60_000 }: ToolOptions = {},
): Promise<ToolResult> {
  return await new Promise((resolve) => {
    const child = spawn(name, args, {
      env: ENVIRONMENT,
      stdio: ['ignore', 'pipe', 'ignore', ...descriptors],
      timeout: timeoutMs,
    });
    const parts: Buffer[] = [];
    let size = 0;
    child.stdout?.on('data', (part: Buffer) => {
      size += part.length;
      if (size <= MOST_OUTPUT) parts.push(part);
      else child.kill();
    });
    child.on('error', () => resolve({ status: 'missing' }));
    child.on('close', (code) => {
      const stdout = Buffer.concat(parts).toString('latin1');
      resolve(code === 0 ? { status: 'done', stdout } : { status: 'failed', code, stdout });
    });
  });
}

/** The same at once, for examinations, which are synchronous. */
export function runToolNow(
  name: string,
  args: readonly string[],
  { descriptors = [], timeoutMs = 60_000 }: ToolOptions = {},
): ToolResult {
  const run = spawnSync(name, args, {
    env: ENVIRONMENT,
    stdio: ['ignore', 'pipe', 'ignore', ...descriptors],
    timeout: timeoutMs,
    maxBuffer: MOST_OUTPUT,
    encoding: 'latin1',
  });
  if (run.error !== undefined && run.pid === 0) return { status: 'missing' };
  return run.status === 0 && run.error === undefined
    ? { status: 'done', stdout: run.stdout }
    : { status: 'failed', code: run.status, stdout: run.stdout ?? '' };
}
