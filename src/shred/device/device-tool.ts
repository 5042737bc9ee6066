import { spawn } from 'node:child_process';
import { accessSync, constants, realpathSync, statSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';

/** Where the tools of an administrator lie; many accounts lack the latter in PATH. */
const SYSTEM_FOLDERS = ['/usr/sbin', '/usr/bin', '/sbin', '/bin'];
/** No tool here says more; one that does is not the one that was meant. */
const LONGEST_OUTPUT = 4 * 1024 * 1024;

export interface ToolRun {
  /** Null where a signal ended it. Zero alone proves nothing. */
  status: number | null;
  stdout: Buffer;
  stderr: Buffer;
  /** What ended it before its time. */
  broken: 'time-out' | 'output-too-long' | null;
}

export interface ToolOptions {
  timeoutMs: number;
  /** Written to its standard input, which is closed then. */
  input?: string;
}

/**
 * The absolute path of a tool: by PATH, then in the system's folders. Passed over is what others than root and this
 * account may change: it runs with this account's rights on a raw device.
 */
export function findTool(name: string): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(':').filter(isAbsolute), ...SYSTEM_FOLDERS];
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
 * Runs a tool by its absolute path, without a shell, in the C locale and with nothing else in its environment but
 * PATH. Resolves when it has ended or was killed at the time-out; a process that hangs in the kernel is left to it.
 *
 * @throws the system's error where it cannot be started
 */
export function runTool(path: string, parameters: readonly string[], options: ToolOptions): Promise<ToolRun> {
  return new Promise((resolve, reject) => {
    const child = spawn(path, parameters, {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { LC_ALL: 'C', PATH: process.env.PATH ?? SYSTEM_FOLDERS.join(':') },
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
    const timer = setTimeout(() => kill('time-out'), options.timeoutMs);
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].on('data', (chunk: Buffer) => {
        length += chunk.length;
        if (length > LONGEST_OUTPUT) kill('output-too-long');
        else output[name].push(chunk);
      });
    }
    child.on('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    child.on('close', (status) => end(status));
    child.stdin.on('error', () => undefined);
    child.stdin.end(options.input ?? '');
  });
}
