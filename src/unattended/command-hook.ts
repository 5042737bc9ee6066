import { spawn } from 'node:child_process';
import { statSync } from 'node:fs';

/** Milliseconds until the program must have ended. */
const TIME_LIMIT = 30_000;

/**
 * Runs a program with a document on its standard input, no shell, the root folder as its own, and of the environment
 * only PATH, HOME, LANG and TZ. What it prints is thrown away. It and what it started are killed at the time limit.
 *
 * @param command absolute path and arguments
 * @returns undefined where it ended with 0, else a code that says what was wrong: `not-started`, `timeout`,
 *   `signal-SIGSEGV`, `exit-3`
 */
export function runCommand(
  command: readonly string[],
  input: string,
  timeLimit: number = TIME_LIMIT,
): Promise<string | undefined> {
  const [program = '', ...parameters] = command;
  return new Promise((resolve) => {
    const child = spawn(program, parameters, {
      cwd: '/',
      env: minimalEnvironment(),
      stdio: ['pipe', 'ignore', 'ignore'],
      detached: true,
    });
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      killGroup(child.pid);
    }, timeLimit);
    child.on('error', () => {
      clearTimeout(timer);
      resolve('not-started');
    });
    child.on('exit', (status, signal) => {
      clearTimeout(timer);
      if (late) resolve('timeout');
      else if (signal !== null) resolve(`signal-${signal}`);
      else resolve(status === 0 ? undefined : `exit-${status}`);
    });
    // A program that does not read ends the pipe; its exit code says how it went.
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
  });
}

function minimalEnvironment(): NodeJS.ProcessEnv {
  const { HOME, LANG, TZ } = process.env;
  return {
    PATH: '/usr/local/bin:/usr/bin:/bin',
    ...(HOME === undefined ? {} : { HOME }),
    ...(LANG === undefined ? {} : { LANG }),
    ...(TZ === undefined ? {} : { TZ }),
  };
}

function killGroup(leader: number | undefined): void {
  if (leader === undefined) return;
  try {
    process.kill(-leader, 'SIGKILL');
  } catch {
    // It ended by itself in the meantime.
  }
}

/** Whether nobody but the owner may write to a file: whoever may, decides what is run. */
export function onlyOwnerWrites(path: string): boolean {
  if (process.platform === 'win32') return true;
  const { mode, uid } = statSync(path);
  return (mode & 0o022) === 0 && (uid === process.getuid?.() || uid === 0);
}
