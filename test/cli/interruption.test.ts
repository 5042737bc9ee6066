import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import {
  environment,
  outcomeOf,
  PROBE,
  programCommand,
  start,
  temporaryFolder,
  terminal,
} from './harness.js';

/** Sends the signal as soon as the command says that it waits. */
async function interrupted(args: string[], signals: NodeJS.Signals[]) {
  const { process: child, finished } = start(['probe', 'wait', ...args], { script: PROBE });
  await new Promise<void>((resolve) =>
    child.stderr?.on('data', (text) => String(text).includes('waiting') && resolve()),
  );
  for (const signal of signals) {
    child.kill(signal);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  return finished;
}

/** Exit codes as a shell tells them: 128 and the number of the signal; SIGTERM ends with the one of Ctrl-C. */
const SIGNALS = [
  ['SIGINT', 130],
  ['SIGTERM', 130],
  ['SIGHUP', 129],
] as const;

describe.each(SIGNALS)('%s', (signal, status) => {
  test('stops a command that watches for it, which cleans up', async () => {
    const outcome = await interrupted([], [signal]);
    expect(outcome).toMatchObject({ status, signal: null, stdout: '' });
    expect(outcome.stderr).toBe('waiting\ncleaned up\nerror: Interrupted; what was finished is recorded\n');
  });

  test('ends a command that does not watch for it at once', async () => {
    const outcome = await interrupted(['--deaf'], [signal]);
    expect(outcome).toMatchObject({ status, signal: null });
    expect(outcome.stderr).toBe('waiting\nerror: Interrupted\n');
  });
});

describe.each(['SIGINT', 'SIGTERM'] as const)('%s', (signal) => {
  test('ends a command that does not get to a safe point when it comes twice', async () => {
    const outcome = await interrupted(['--stubborn'], [signal, signal]);
    expect(outcome).toMatchObject({ status: 130, signal: null });
    expect(outcome.stderr).toBe('waiting\nerror: Interrupted\n');
  });
});

test.each(SIGNALS)('with --json %s is the JSON error', async (signal, status) => {
  for (const args of [['--json'], ['--json', '--deaf']]) {
    const outcome = await interrupted(args, [signal]);
    expect(outcome.status).toBe(status);
    expect(JSON.parse(outcome.stdout).error).toMatchObject({ code: 'interrupted', exit_code: status });
  }
});

test('Ctrl-C on a terminal says what happens', async () => {
  const outcome = await terminal(['probe', 'wait'], {
    script: PROBE,
    answers: [{ after: 'waiting', type: '\u0003' }],
  });
  expect(outcome.status).toBe(130);
  expect(outcome.stdout).toContain('Stopping at the next safe point. Press Ctrl-C again to stop at once.');
  expect(outcome.stdout).toContain('cleaned up');
});

async function until(condition: () => boolean): Promise<void> {
  for (let waited = 0; !condition(); waited += 20) {
    if (waited > 20_000) throw new Error('it did not come to that');
    await delay(20);
  }
}

/** Id of the process that waits; 0, which must never be sent a signal, before all of it is written. */
function waitingPid(folder: string): number {
  const path = join(folder, 'waiting');
  return existsSync(path) ? Number(/^(\d+)\n$/.exec(readFileSync(path, 'utf8'))?.[1] ?? 0) : 0;
}

describe('a terminal that is closed', () => {
  // A shell passes on the hang-up that the kernel has told already; systemd sends it right after SIGTERM.
  test('is no second signal that ends the process at once', async () => {
    const twice = await interrupted(['--slow'], ['SIGHUP', 'SIGHUP']);
    expect(twice).toMatchObject({ status: 129, signal: null });
    expect(twice.stderr).toContain('cleaned up\n');
    const after = await interrupted(['--slow'], ['SIGTERM', 'SIGHUP']);
    expect(after).toMatchObject({ status: 130, signal: null });
    expect(after.stderr).toContain('cleaned up\n');
  });

  test('ends a stubborn command with the Ctrl-C or SIGTERM after it', async () => {
    const outcome = await interrupted(['--stubborn'], ['SIGHUP', 'SIGTERM']);
    expect(outcome).toMatchObject({ status: 130, signal: null });
  });

  test('lets the command clean up although nothing can be printed any more', async () => {
    const folder = temporaryFolder();
    const command = [...programCommand(PROBE), 'probe', 'wait', '--traces', folder].join(' ');
    const pty = spawn(
      'script',
      ['--quiet', '--command', `${command}; echo $? > ${join(folder, 'status')}`, '/dev/null'],
      { cwd: folder, env: environment({ TERM: 'xterm', SHELL: '/bin/sh' }), stdio: ['pipe', 'pipe', 'pipe'] },
    );
    await until(() => waitingPid(folder) > 0);
    const pid = waitingPid(folder);
    // The end of whoever holds the other side of the terminal is what closing its window is.
    pty.kill('SIGKILL');
    await until(() => !existsSync(`/proc/${pid}`));
    expect(existsSync(join(folder, 'cleaned up'))).toBe(true);
    expect(readFileSync(join(folder, 'exit code'), 'utf8')).toBe('129');
  });
});

/** Sends SIGHUP to what waits in this folder, and then, when that changed nothing, SIGTERM. */
async function hungUp(child: ChildProcess, folder: string) {
  const finished = outcomeOf(child);
  await until(() => waitingPid(folder) > 0);
  const pid = waitingPid(folder);
  process.kill(pid, 'SIGHUP');
  await delay(300);
  const survived = existsSync(`/proc/${pid}`) && !existsSync(join(folder, 'cleaned up'));
  if (survived) process.kill(pid, 'SIGTERM');
  await finished;
  return { survived, exitCode: readFileSync(join(folder, 'exit code'), 'utf8') };
}

// Node itself makes every signal that was ignored a deadly one again when it starts.
describe.skipIf(process.platform !== 'linux')('SIGHUP that was ignored when the program started', () => {
  const waiting = (folder: string): string[] => [
    ...programCommand(PROBE),
    'probe',
    'wait',
    '--traces',
    folder,
  ];

  test('stays ignored under nohup on a terminal', async () => {
    const folder = temporaryFolder();
    const nohup = `nohup ${waiting(folder).join(' ')}`;
    // Without the variable `_`, of which dash knows nothing.
    const child = spawn(
      'script',
      ['--quiet', '--return', '--command', `unset _; exec ${nohup}`, '/dev/null'],
      { cwd: folder, env: environment({ TERM: 'xterm', SHELL: '/bin/sh', _: undefined }) },
    );
    expect(await hungUp(child, folder)).toEqual({ survived: true, exitCode: '130' });
  });

  test('stays ignored under nohup of a shell that tells of it, without a terminal', async () => {
    const folder = temporaryFolder();
    const child = spawn('bash', ['-c', `nohup ${waiting(folder).join(' ')}`], {
      cwd: folder,
      env: environment({ _: undefined }),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    expect(await hungUp(child, folder)).toEqual({ survived: true, exitCode: '130' });
  });

  test('stays ignored in a script that nohup runs', async () => {
    const folder = temporaryFolder();
    const script = join(folder, 'script.sh');
    writeFileSync(script, `${waiting(folder).join(' ')}\nexit 0\n`);
    const child = spawn('nohup', ['bash', script], {
      cwd: folder,
      env: environment({ _: undefined }),
      stdio: [openSync('/dev/null', 'r'), 'pipe', 'pipe'],
    });
    expect(await hungUp(child, folder)).toEqual({ survived: true, exitCode: '130' });
  });

  test('is not taken for ignored in a shell, a pipe, or with nothing to read', async () => {
    for (const stdin of ['ignore', 'pipe'] as const) {
      const folder = temporaryFolder();
      const child = spawn('bash', ['-c', `${waiting(folder).join(' ')}; exit 0`], {
        cwd: folder,
        env: environment(),
        stdio: [stdin, 'pipe', 'pipe'],
      });
      expect(await hungUp(child, folder)).toEqual({ survived: false, exitCode: '129' });
    }
  });
});
