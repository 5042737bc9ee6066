import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inject, onTestFinished } from 'vitest';

export interface Outcome {
  /** Exit code, or null when a signal ended the process. */
  status: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

export interface RunOptions {
  cwd?: string;
  /** Added to the environment; `undefined` takes a variable away. */
  env?: Record<string, string | undefined>;
  /** Written to standard input, which is then closed. Default: nothing. */
  input?: string;
  /** Milliseconds. Default: 30,000. */
  timeout?: number;
  /** Another script of the program's folder, such as {@link PROBE}. */
  script?: string;
}

export interface TerminalOptions extends Omit<RunOptions, 'input'> {
  /** What a person types, each after the text that it answers has appeared. `\u0003` is Ctrl-C. */
  answers?: readonly { after: string | RegExp; type: string }[];
  /** Width of the terminal. Default: 80. */
  columns?: number;
}

const DEFAULT_TIMEOUT = 30_000;

/** Folder of the program under test. */
export function programFolder(): string {
  const folder = inject('program');
  if (folder === '') throw new Error(`the program could not be built: ${inject('buildFailure')}`);
  return folder;
}

/** The Node under test, and the program as its first argument. */
export function programCommand(script = join('bin', 'quietus.js')): [node: string, script: string] {
  return [process.env.QUIETUS_TEST_NODE ?? process.execPath, join(programFolder(), script)];
}

/** A new folder, removed when the test ends, or with the run when it is made outside of a test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'quietus-test-'));
  try {
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    return folder;
  } catch {
    rmSync(folder, { recursive: true });
    return mkdtempSync(join(inject('lasting'), 'test-'));
  }
}

/** The built program's manifest: every command by its id. */
export function manifest(): { commands: Record<string, ManifestCommand> } {
  return JSON.parse(readFileSync(join(programFolder(), 'oclif.manifest.json'), 'utf8'));
}

export interface ManifestCommand {
  id: string;
  description?: string;
  summary?: string;
  examples?: (string | { description: string; command: string })[];
  hidden?: boolean;
  flags: Record<string, { description?: string; helpGroup?: string; hidden?: boolean }>;
  args: Record<string, { description?: string; required?: boolean }>;
}

/** The probe: a program on the same machinery, with commands that fail, wait and ask on purpose. */
export const PROBE = join('dist', 'probe', 'probe-program.js');

/** Runs the program as it was built, without a terminal. */
export function quietus(args: readonly string[], options: RunOptions = {}): Promise<Outcome> {
  return start(args, options).finished;
}

/** Starts the program without a terminal and leaves it running, for tests that send it signals. */
export function start(
  args: readonly string[],
  options: RunOptions = {},
): { process: ChildProcess; finished: Promise<Outcome> } {
  const [node, script] = programCommand(options.script);
  const child = spawn(node, [script, ...args], {
    cwd: options.cwd ?? tmpdir(),
    env: environment(options.env),
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  child.stdin.on('error', () => {});
  child.stdin.end(options.input ?? '');
  return { process: child, finished: outcomeOf(child, options.timeout) };
}

/**
 * Runs the program in a pseudo terminal (`script` of util-linux), where stdout and stderr are one stream: the
 * outcome's `stdout`, with line ends as `\n`.
 */
export function terminal(args: readonly string[], options: TerminalOptions = {}): Promise<Outcome> {
  const command = [...programCommand(options.script), ...args].map(quoted).join(' ');
  const sized = `stty cols ${options.columns ?? 80} rows 40; exec ${command}`;
  const child = spawn('script', ['--quiet', '--return', '--echo', 'never', '--command', sized, '/dev/null'], {
    cwd: options.cwd ?? tmpdir(),
    env: environment({ TERM: 'xterm', SHELL: '/bin/sh', ...options.env }),
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const answers = [...(options.answers ?? [])];
  let seen = '';
  child.stdout.on('data', (chunk: Buffer) => {
    seen += chunk.toString();
    const next = answers[0];
    const place = next === undefined ? -1 : endOf(seen, next.after);
    if (next === undefined || place === -1) return;
    answers.shift();
    seen = seen.slice(place);
    // The prompt appears a moment before it listens for keys.
    setTimeout(() => child.stdin.write(next.type), 150);
  });
  child.stdin.on('error', () => {});
  return outcomeOf(child, options.timeout).then((outcome) => ({
    ...outcome,
    stdout: outcome.stdout.replaceAll('\r\n', '\n'),
  }));
}

function endOf(text: string, after: string | RegExp): number {
  if (typeof after === 'string') {
    const place = text.indexOf(after);
    return place === -1 ? -1 : place + after.length;
  }
  const match = after.exec(text);
  return match === null ? -1 : match.index + match[0].length;
}

/** What every run has: nothing of the developer's own settings that changes the output. */
export function environment(changes: RunOptions['env'] = {}): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(?:QUIETUS_|NO_COLOR$|FORCE_COLOR$|NODE_OPTIONS$|VITEST|TERM$|XDG_)/.test(name),
  );
  const env: NodeJS.ProcessEnv = Object.fromEntries(inherited);
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined) delete env[name];
    else env[name] = value;
  }
  return env;
}

export function outcomeOf(child: ChildProcess, timeout = DEFAULT_TIMEOUT): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    child.stdout?.on('data', (chunk: Buffer) => stdout.push(chunk));
    child.stderr?.on('data', (chunk: Buffer) => stderr.push(chunk));
    const text = (chunks: Buffer[]): string => Buffer.concat(chunks).toString();
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`no end after ${timeout} ms; stdout: ${text(stdout)}; stderr: ${text(stderr)}`));
    }, timeout);
    child.on('error', reject);
    child.on('close', (status, signal) => {
      clearTimeout(timer);
      resolve({ status, signal, stdout: text(stdout), stderr: text(stderr) });
    });
  });
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}
