import { spawn, spawnSync } from 'node:child_process';
import { accessSync, constants, realpathSync, statSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';

/** Where the tools of the system and of its administrator are; many accounts lack the latter in PATH. */
const SYSTEM_FOLDERS = ['/usr/sbin', '/usr/bin', '/sbin', '/bin'];
/** No tool here says more; one that does is not the one that was meant. */
const MOST_OUTPUT = 64 * 1024 * 1024;
/** Messages in English, and nothing of the caller's environment that a tool could be led astray with. */
const ENVIRONMENT = { PATH: SYSTEM_FOLDERS.join(':'), LC_ALL: 'C' };
const USUAL_MS = 60_000;

export interface ToolRun {
  /** Null where a signal ended it. Zero alone proves nothing. */
  status: number | null;
  stdout: Buffer;
  stderr: Buffer;
  /** What ended it before its time. */
  broken: 'time-out' | 'output-too-long' | null;
}

/** The same for callers to whom one way to fail is like the other; output as latin1, one character for each byte. */
export type ToolResult =
  | { status: 'done'; stdout: string }
  | { status: 'failed'; code: number | null; stdout: string }
  | { status: 'missing' };

export interface ToolOptions {
  /** A minute where it is not given. */
  timeoutMs?: number;
  /** Written to its standard input, which is closed then. */
  input?: string;
  /** Open descriptors that the tool gets as 3, 4, … */
  descriptors?: readonly number[];
}

/**
 * The absolute path of a tool: by PATH, then in the system's folders. Passed over is what others than root and this
 * account may change: it runs with this account's rights on a raw device.
 */
export function findTool(name: string): string | undefined {
  const folders = (process.env.PATH ?? '').split(':').filter(isAbsolute);
  return findIn([...folders, ...SYSTEM_FOLDERS], name);
}

function findIn(folders: readonly string[], name: string): string | undefined {
  return folders.map((folder) => join(folder, name)).find(isTrusted);
}

function isTrusted(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    const { uid, mode } = statSync(realpathSync(path));
    return (uid === 0 || uid === process.getuid?.()) && (mode & 0o022) === 0;
  } catch {
    return false;
  }
}

/**
 * Runs a tool by its absolute path, without a shell, in the C locale. Resolves when it has ended or was killed at the
 * time-out; a process that hangs in the kernel is left to it.
 *
 * @throws the system's error where it cannot be started
 */
export function runTool(
  path: string,
  parameters: readonly string[],
  { timeoutMs = USUAL_MS, input = '', descriptors = [] }: ToolOptions = {},
): Promise<ToolRun> {
  return new Promise((resolve, reject) => {
    const child = spawn(path, parameters, {
      stdio: ['pipe', 'pipe', 'pipe', ...descriptors],
      env: ENVIRONMENT,
    });
    const output = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
    let length = 0;
    let broken: ToolRun['broken'] = null;
    const end = (status: number | null): void => {
      clearTimeout(timer);
      resolve({
        status,
        stdout: Buffer.concat(output.stdout),
        stderr: Buffer.concat(output.stderr),
        broken,
      });
    };
    const kill = (why: NonNullable<ToolRun['broken']>): void => {
      broken ??= why;
      child.kill('SIGKILL');
      // What hangs in the kernel does not die; nobody waits for it.
      setTimeout(() => end(null), 2_000).unref();
    };
    const timer = setTimeout(() => kill('time-out'), timeoutMs);
    for (const name of ['stdout', 'stderr'] as const) {
      child[name]?.on('data', (chunk: Buffer) => {
        length += chunk.length;
        if (length > MOST_OUTPUT) kill('output-too-long');
        else output[name].push(chunk);
      });
    }
    child.on('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    child.on('close', (status) => end(status));
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(input);
  });
}

/** Runs a tool of the system's folders, whatever PATH says. */
export async function runSystemTool(
  name: string,
  parameters: readonly string[],
  options: ToolOptions = {},
): Promise<ToolResult> {
  const path = findIn(SYSTEM_FOLDERS, name);
  if (path === undefined) return { status: 'missing' };
  try {
    const { status, stdout, broken } = await runTool(path, parameters, options);
    return resultOf(broken === null ? status : null, stdout.toString('latin1'));
  } catch {
    return resultOf(null, '');
  }
}

/** The same at once, for examinations, which are synchronous. */
export function runSystemToolNow(
  name: string,
  parameters: readonly string[],
  { timeoutMs = USUAL_MS, descriptors = [] }: ToolOptions = {},
): ToolResult {
  const path = findIn(SYSTEM_FOLDERS, name);
  if (path === undefined) return { status: 'missing' };
  const run = spawnSync(path, parameters, {
    env: ENVIRONMENT,
    stdio: ['ignore', 'pipe', 'ignore', ...descriptors],
    timeout: timeoutMs,
    maxBuffer: MOST_OUTPUT,
    encoding: 'latin1',
  });
  return resultOf(run.error === undefined ? run.status : null, run.stdout ?? '');
}

function resultOf(status: number | null, stdout: string): ToolResult {
  return status === 0 ? { status: 'done', stdout } : { status: 'failed', code: status, stdout };
}
