import { describe, expect, test } from 'vitest';
import { PROBE, start, terminal } from './harness.js';

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

describe.each(['SIGINT', 'SIGTERM'] as const)('%s', (signal) => {
  test('stops a command that watches for it, which cleans up, with 130', async () => {
    const outcome = await interrupted([], [signal]);
    expect(outcome).toMatchObject({ status: 130, signal: null, stdout: '' });
    expect(outcome.stderr).toBe('waiting\ncleaned up\nerror: Interrupted; what was finished is recorded\n');
  });

  test('ends a command that does not watch for it at once, with 130', async () => {
    const outcome = await interrupted(['--deaf'], [signal]);
    expect(outcome).toMatchObject({ status: 130, signal: null });
    expect(outcome.stderr).toBe('waiting\nerror: Interrupted\n');
  });

  test('ends a command that does not get to a safe point when it comes twice', async () => {
    const outcome = await interrupted(['--stubborn'], [signal, signal]);
    expect(outcome).toMatchObject({ status: 130, signal: null });
    expect(outcome.stderr).toBe('waiting\nerror: Interrupted\n');
  });
});

test('with --json the interruption is the JSON error', async () => {
  for (const args of [['--json'], ['--json', '--deaf']]) {
    const outcome = await interrupted(args, ['SIGINT']);
    expect(outcome.status).toBe(130);
    expect(JSON.parse(outcome.stdout).error).toMatchObject({ code: 'interrupted', exit_code: 130 });
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
