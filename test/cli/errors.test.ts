import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Outcome, PROBE, quietus, temporaryFolder } from './harness.js';

const MARKER = 'Marker-123.45.6789';

function probe(args: string[], env: Record<string, string> = {}): Promise<Outcome> {
  return quietus(args, { script: PROBE, env });
}

/** What was typed, or a stack trace, in anything that was printed. */
function leakIn({ stdout, stderr }: Outcome): string | undefined {
  return /.*(?:Marker|123\.45|\n\s+at ).*/i.exec(stdout + stderr)?.[0];
}

function errorOf(outcome: Outcome): {
  code: string;
  message: string;
  hint: string;
  exit_code: number;
  details: object;
} {
  const document = JSON.parse(outcome.stdout);
  expect(Object.keys(document)).toEqual(['error']);
  expect(Object.keys(document.error)).toEqual(['code', 'message', 'hint', 'exit_code', 'details']);
  expect(document.error.exit_code).toBe(outcome.status);
  return document.error;
}

describe('every kind of failure has its exit code and its code', () => {
  test.each([
    ['fault', 4, 'probe-fault'],
    ['wrapped', 2, 'inner-fault'],
    ['defect', 1, 'defect'],
    ['string', 1, 'defect'],
    ['constraint', 1, 'defect'],
    ['busy', 7, 'database-locked'],
    ['full', 2, 'disk-full'],
    ['corrupt', 5, 'database-damaged'],
    ['readonly', 2, 'database-not-writable'],
    ['enospc', 2, 'disk-full'],
    ['eacces', 2, 'no-permission'],
    ['enoent', 2, 'not-found'],
    ['binding', 2, 'sqlite3-binding'],
  ])('%s ends with %i', async (kind, status, code) => {
    const outcome = await probe(['probe', 'fail', '--kind', kind, '--json']);
    expect(outcome.status).toBe(status);
    const error = errorOf(outcome);
    expect(error.code).toBe(code);
    expect(error.hint).toBeTruthy();
    expect(outcome.stdout + outcome.stderr).not.toMatch(/123-45-6789|insert into/);
  });

  test('an error after the command has let go of it is told in the same form', async () => {
    const outcome = await probe(['probe', 'fail', '--kind', 'defect', '--late', '--json']);
    expect(errorOf(outcome).code).toBe('defect');
    expect(outcome.status).toBe(1);
  });

  test('a run that did its work in part ends with 3 and still prints its result', async () => {
    const people = await probe(['probe', 'part']);
    expect(people).toMatchObject({ status: 3, stdout: 'half of it\n', stderr: 'a note\n' });
    const json = await probe(['probe', 'part', '--json', '--quiet']);
    expect(json).toMatchObject({ status: 3, stderr: '' });
    expect(JSON.parse(json.stdout)).toEqual({ done: 1, left: 1 });
  });
});

describe('for people', () => {
  test('an error is one message and one hint on stderr, and stdout stays empty', async () => {
    const outcome = await probe(['probe', 'fail', '--kind', 'enoent']);
    expect(outcome.stdout).toBe('');
    expect(outcome.stderr).toBe(
      'error: /srv/x: there is no such file or folder (ENOENT)\nhint: Check the path\n',
    );
  });

  test('a file that is not complete yet is told by the name that it gets', async () => {
    const outcome = await probe(['probe', 'fail', '--kind', 'temporary']);
    expect(outcome.stderr).toContain('error: /srv/x.csv: there is no such file or folder (ENOENT)\n');
  });

  test('a defect asks for a report, and shows its stack only with QUIETUS_DEBUG=1', async () => {
    const plain = await probe(['probe', 'fail', '--kind', 'defect']);
    expect(plain.stderr).toMatch(
      /^error: This is a defect of quietus: TypeError at [\w.-]+:\d+:\d+\nhint: Please report/,
    );
    expect(plain.stderr.split('\n')).toHaveLength(3);
    const debug = await probe(['probe', 'fail', '--kind', 'defect'], { QUIETUS_DEBUG: '1' });
    expect(debug.stderr).toMatch(/\n {4}at /);
    expect(debug.stdout).toBe('');
  });
});

describe('with --json nothing of the person leaks', () => {
  test('no argument, flag value, home folder or stack trace is on stdout or stderr', async () => {
    const home = join(temporaryFolder(), `home-${MARKER}`);
    mkdirSync(home);
    const calls = [
      ['probe', 'fail', '--kind', 'fault', '--secret', MARKER],
      ['probe', 'fail', '--kind', 'defect', '--secret', MARKER],
      ['probe', 'fail', '--kind', MARKER],
      ['probe', 'flags', MARKER, MARKER],
      ['probe', 'flags', 'x', 'red', MARKER, MARKER],
      ['probe', 'flags', 'x', '--medium', MARKER],
      ['probe', 'flags', 'x', '--limit', MARKER],
      ['probe', 'flags', 'x', '--limit', '77'],
      ['probe', 'flags', 'x', '--due', MARKER],
      ['probe', 'flags', 'x', '--title', MARKER, '--title', MARKER],
      ['probe', 'flags', 'x', '--first', '--second', `${MARKER} cannot also be provided when using --second`],
      ['probe', 'flags', 'x', `--${MARKER}`, '1'],
      ['probe', 'flags', 'x', `--titel=${MARKER}`],
      ['probe', 'flags'],
      ['probe', 'required', '--with', MARKER],
      ['probe', MARKER],
      [MARKER],
      ['help', MARKER],
      [MARKER, '--help'],
    ];
    for (const call of calls) {
      const outcome = await probe([...call, '--json'], { HOME: home });
      expect({ call, status: outcome.status }).not.toEqual({ call, status: 0 });
      expect({ call, leak: leakIn(outcome) }).toEqual({ call, leak: undefined });
      errorOf(outcome);
    }
  });

  test('the same holds for the program itself and the files that it is given', async () => {
    const folder = join(temporaryFolder(), MARKER);
    mkdirSync(folder);
    for (const call of [
      ['schedule', 'check', join(folder, `${MARKER}.yaml`)],
      ['schedule', 'check', folder],
      ['sweep', 'list', '--workspace', folder],
      ['sweep', 'list', `--workspace=${folder}`],
    ]) {
      const outcome = await quietus([...call, '--json'], { env: { HOME: folder } });
      expect(outcome.status).toBe(2);
      errorOf(outcome);
      expect({ call, leak: leakIn(outcome) }).toEqual({ call, leak: undefined });
    }
  });

  test('the home folder is told as ~', async () => {
    const outcome = await probe(['probe', 'fail', '--kind', 'fault', '--json'], { HOME: '/home/ann' });
    const error = errorOf(outcome);
    expect(error.message).toBe('Refused in ~/records');
    expect(error.details).toEqual({ path: '~/records', count: 3 });
  });
});

describe('a wrong command line ends with 2 and says what is right', () => {
  test.each([
    [['probe', 'flags'], 'ITEM is missing', ''],
    [['probe', 'flags', 'x', 'blue'], 'COLOUR is not one of red, green', ''],
    [['probe', 'flags', 'x', 'red', 'y'], 'This command takes 2 arguments, and 3 were given', ''],
    [['probe', 'flags', 'x', '--titel', 'y'], 'There is no flag --titel', 'Did you mean --title? '],
    [['probe', 'flags', 'x', '--medium', 'stone'], 'The value of --medium is not one of paper, file', ''],
    [['probe', 'flags', 'x', '--medium'], '--medium needs a value: one of paper, file', ''],
    [['probe', 'flags', 'x', '--title'], '--title needs a value', ''],
    [['probe', 'flags', 'x', '--limit', 'ten'], 'The value of --limit is not a whole number from 1 to 9', ''],
    [['probe', 'flags', 'x', '--limit', '10'], 'The value of --limit is not a whole number from 1 to 9', ''],
    [['probe', 'flags', 'x', '--title', 'a', '--title', 'b'], '--title is given more than once', ''],
    [
      ['probe', 'flags', 'x', '--first', '--second', 'b'],
      'These flags cannot be used together: --first, --second',
      '',
    ],
    [['probe', 'required', '--one', 'x'], '--matter is missing', ''],
    [['probe', 'required', '--matter', 'x'], 'Exactly one of these flags is needed: --one, --other', ''],
    [
      ['probe', 'required', '--matter', 'x', '--one', 'y', '--with', 'z'],
      'These flags only work together: --with, --also',
      '',
    ],
  ])('%j', async (args, message, suggestion) => {
    const outcome = await probe(args);
    const command = args.slice(0, 2).join(' ');
    expect(outcome).toMatchObject({
      status: 2,
      stdout: '',
      stderr: `error: ${message}\nhint: ${suggestion}See quietus ${command} --help\n`,
    });
  });

  test("a flag's own check keeps its message, code and hint", async () => {
    const outcome = await probe(['probe', 'flags', 'x', '--due', '02/30/2024', '--json']);
    expect(errorOf(outcome)).toMatchObject({
      code: 'date-invalid',
      message: '--due: Not a date',
      hint: 'Say 2026-11-22',
    });
  });

  test('a repeatable flag takes one value at a time, and no argument comes from standard input', async () => {
    const repeated = await probe(['probe', 'flags', '--class', 'a', '--class', 'b', 'x', '--json']);
    expect(JSON.parse(repeated.stdout)).toMatchObject({ args: { item: 'x' }, flags: { class: ['a', 'b'] } });
    const piped = await quietus(['probe', 'flags'], { script: PROBE, input: 'from-stdin\n' });
    expect(piped.status).toBe(2);
  });
});

describe('an unknown command', () => {
  test.each([
    [['schedul'], 'There is no command schedul', 'Did you mean quietus schedule? See quietus --help'],
    [
      ['schedule', 'chekc', 'x'],
      'There is no command schedule chekc',
      'Did you mean quietus schedule check? See quietus schedule --help',
    ],
    [['docotr'], 'There is no command docotr', 'Did you mean quietus doctor? See quietus --help'],
    [['help', 'docotr'], 'There is no command docotr', 'Did you mean quietus doctor? See quietus --help'],
    [['xyzzy', '--verbose'], 'There is no command xyzzy', 'See quietus --help'],
  ])('%j', async (args, message, hint) => {
    expect(await quietus(args)).toMatchObject({
      status: 2,
      stdout: '',
      stderr: `error: ${message}\nhint: ${hint}\n`,
    });
  });

  test('with --json it is a JSON error with the suggestion', async () => {
    const outcome = await quietus(['--json', 'schedule', 'chekc']);
    expect(outcome.status).toBe(2);
    expect(errorOf(outcome)).toMatchObject({
      code: 'unknown-command',
      details: { suggestion: 'schedule check' },
    });
  });

  test('a topic or nothing at all is help for people, and an error for --json', async () => {
    const topic = await quietus(['schedule']);
    expect(topic.status).toBe(0);
    expect(topic.stdout).toContain('schedule check');
    for (const args of [['schedule', '--json'], ['--json']]) {
      const outcome = await quietus(args);
      expect(outcome.status).toBe(2);
      expect(errorOf(outcome).code).toBe('command-missing');
    }
  });
});
