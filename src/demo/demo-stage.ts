import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { ExitCode, interrupted } from '../model/index.js';

export interface StageOptions {
  /** Path of the program, to run its commands as a user would. */
  program: string;
  /** Folder that the commands are typed in. */
  root: string;
  signal: AbortSignal;
  print: (text: string) => void;
}

export interface DemoStep {
  command: string;
  exitCode: number;
}

/** Lines of a long output that are shown, at its beginning and at its end; the rest is counted. */
const FIRST_LINES = 9;
const LAST_LINES = 5;

/** Types commands and shows what comes of them. */
export class DemoStage {
  readonly steps: DemoStep[] = [];
  readonly workspace: string;

  constructor(private readonly options: StageOptions) {
    this.workspace = join(options.root, 'workspace');
  }

  /**
   * Runs a command and shows it.
   *
   * @param why one line for the reader
   * @param expected exit codes that are right here
   * @throws Error where the command ends otherwise
   */
  async run(
    why: string,
    args: readonly string[],
    expected: readonly number[] = [ExitCode.done],
  ): Promise<void> {
    const { print } = this.options;
    const command = `quietus ${args.map(shellWord).join(' ')}`;
    print(`\n# ${why}\n$ ${command}`);
    const { exitCode, output } = await this.spawn(args);
    const lines = output.trimEnd().split('\n');
    for (const line of shortened(lines)) print(`  ${line}`.trimEnd());
    if (exitCode !== ExitCode.done) print(`  (exit code ${exitCode})`);
    this.steps.push({ command, exitCode });
    if (!expected.includes(exitCode))
      throw new Error(`A command of the demo ended with ${exitCode}: ${args[0]}`);
  }

  /** Runs a command with `--json`, unseen, and gives its data. */
  async ask(args: readonly string[]): Promise<unknown> {
    const { exitCode, output } = await this.spawn([...args, '--json', '--quiet']);
    if (exitCode !== ExitCode.done)
      throw new Error(`A command of the demo ended with ${exitCode}: ${args[0]}`);
    return JSON.parse(output) as unknown;
  }

  /** What the command prints, results and messages in the order they come. */
  private spawn(args: readonly string[]): Promise<{ exitCode: number; output: string }> {
    const { program, root, signal } = this.options;
    if (signal.aborted) throw interrupted('The demo was stopped');
    const child = spawn(process.execPath, [program, ...args], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, QUIETUS_WORKSPACE: this.workspace, NO_COLOR: '1' },
    });
    const chunks: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk));
    return new Promise((done, fail) => {
      child.on('error', fail);
      child.on('close', (code) => {
        if (signal.aborted) fail(interrupted('The demo was stopped'));
        else done({ exitCode: code ?? ExitCode.defect, output: Buffer.concat(chunks).toString('utf8') });
      });
    });
  }
}

function shortened(lines: readonly string[]): string[] {
  const left = lines.length - FIRST_LINES - LAST_LINES;
  if (left <= 1) return [...lines];
  return [...lines.slice(0, FIRST_LINES), `... ${left} more lines ...`, ...lines.slice(-LAST_LINES)];
}

function shellWord(word: string): string {
  return /^[\w./:=-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
