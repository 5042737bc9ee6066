import { spawn } from 'node:child_process';

const TIME_LIMIT = 5_000;
/** util-linux and systemd; both read the text from standard input, so that it is in no argument. */
const PROGRAMS = {
  syslog: ['logger', '--tag', 'quietus', '--priority', 'auth.notice', '--size', '4096', '--socket-errors=on'],
  journald: ['systemd-cat', '--identifier=quietus', '--priority=notice'],
} as const;

/**
 * Writes a line to the system log of this machine.
 *
 * @returns undefined where the program took it, else a code that says what was wrong
 */
export async function writeToSystemLog(
  system: 'syslog' | 'journald',
  line: string,
): Promise<string | undefined> {
  const [program, ...parameters] = PROGRAMS[system];
  return await new Promise((done) => {
    const child = spawn(program, parameters, { stdio: ['pipe', 'ignore', 'pipe'], timeout: TIME_LIMIT });
    let complained = false;
    child.stderr.on('data', () => {
      complained = true;
    });
    child.on('error', (error: NodeJS.ErrnoException) =>
      done(error.code === 'ENOENT' ? `${program}-missing` : 'failed'),
    );
    // Older versions of `logger` end with 0 where nothing listens, and say so on standard error only.
    child.on('close', (status) => done(status === 0 && !complained ? undefined : 'not-taken'));
    child.stdin.on('error', () => {});
    child.stdin.end(`${line}\n`);
  });
}
