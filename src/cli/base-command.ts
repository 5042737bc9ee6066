import { format } from 'node:util';
import { Command } from '@oclif/core/command';
import * as Flags from '@oclif/core/flags';
import type * as Interfaces from '@oclif/core/interfaces';
import { parse } from '@oclif/core/parser';
import { ExitCode } from '../model/index.js';
import type { Session } from '../session/index.js';
import { asksForJson } from './arguments.js';
import { recordUse } from './command-use.js';
import { reportError } from './error-report.js';
import { Interruption } from './interruption.js';
import { parseFailure } from './parse-failure.js';
import { parserInput } from './parser-input.js';
import { printableOutput } from './printable.js';
import { type Progress, SILENT_PROGRESS, startBar } from './progress.js';
import {
  type ChoiceQuestion,
  type ConfirmRequest,
  type PassphraseRequest,
  type PromptSurroundings,
  requireConfirmation,
  requirePassphrase,
  requireSelection,
  requireText,
  requireYesOrNo,
  type TextQuestion,
  type YesNoQuestion,
} from './prompts.js';
import { type Column, table } from './table.js';
import { canAsk, hasColour } from './terminal.js';

/** Flags of every command, under the heading GLOBAL FLAGS in its help. */
const BASE_FLAGS = {
  workspace: Flags.string({
    description: 'Workspace to use, instead of QUIETUS_WORKSPACE or the nearest folder with a quietus.yaml.',
    helpGroup: 'GLOBAL',
    helpValue: 'DIR',
  }),
  json: Flags.boolean({
    description: 'Print the result as JSON on stdout; messages stay on stderr.',
    helpGroup: 'GLOBAL',
  }),
  'no-input': Flags.boolean({
    description: 'Never ask; end with exit code 2 where an answer would be needed.',
    helpGroup: 'GLOBAL',
  }),
  quiet: Flags.boolean({
    description: 'Print no messages and no progress, only the result and errors.',
    helpGroup: 'GLOBAL',
  }),
};

interface GlobalFlags {
  workspace?: string | undefined;
  json?: boolean | undefined;
  'no-input'?: boolean;
  quiet?: boolean;
}

/**
 * What every command is built on. A command declares `description`, `examples`, `args` and `flags`, and has
 * a `run()` that parses, makes one call into the domain, prints for people and returns the data that `--json`
 * prints (a plain object with snake_case keys).
 *
 * Failures are thrown, a {@link Fault} for the expected ones; {@link endWith} sets the exit code of a run
 * that did not throw.
 */
export abstract class QuietusCommand extends Command {
  static override baseFlags = BASE_FLAGS;

  #globalFlags: GlobalFlags = {};
  #arguments: Readonly<Record<string, unknown>> = {};
  #session: Session | undefined;
  #exitCode: ExitCode = ExitCode.done;
  readonly #bars: Progress[] = [];
  readonly #interruption = new Interruption();

  abstract override run(): Promise<unknown>;

  /** Aborts at the first SIGINT, SIGTERM or SIGHUP; the command then stops at the next safe point (exit code 130 or 129). */
  get interrupt(): AbortSignal {
    return this.#interruption.signal;
  }

  /** True with `--json`, also before the command line is parsed. */
  override jsonEnabled(): boolean {
    return this.#globalFlags.json ?? asksForJson(this.argv);
  }

  /** Prints a result for people on stdout. With `--json` prints nothing. */
  print(text = ''): void {
    if (!this.jsonEnabled()) process.stdout.write(`${printableOutput(text, hasColour('stdout'))}\n`);
  }

  /** Prints rows as a table for people on stdout. With `--json` prints nothing. */
  printTable<Row>(rows: readonly Row[], columns: readonly Column<Row>[]): void {
    if (!this.jsonEnabled()) this.print(table(rows, columns));
  }

  /** Prints a message on stderr. With `--quiet` prints nothing. */
  note(text: string): void {
    if (!this.#globalFlags.quiet) process.stderr.write(`${printableOutput(text, hasColour('stderr'))}\n`);
  }

  /** oclif's names for {@link print} and {@link note}, with this program's manners. */
  override log(message = '', ...values: unknown[]): void {
    this.print(format(message, ...values));
  }

  override logToStderr(message = '', ...values: unknown[]): void {
    this.note(format(message, ...values));
  }

  override warn(input: Error | string): Error | string {
    this.note(`warning: ${typeof input === 'string' ? input : input.message}`);
    return input;
  }

  /** Sets the exit code of a run that does not throw, e.g. {@link ExitCode}`.partial`. */
  endWith(code: ExitCode): void {
    this.#exitCode = code;
  }

  /**
   * Opens the workspace, once; closed when the command ends, however it ends.
   *
   * @param admit `anybody` for the commands that people need who are no active operators
   */
  async openSession(admit: 'operators' | 'anybody' = 'operators'): Promise<Session> {
    if (this.#session === undefined) {
      const [{ openSession }, { findWorkspace }] = await Promise.all([
        import('../session/index.js'),
        import('../workspace/index.js'),
      ]);
      const paths = findWorkspace({
        flag: this.#globalFlags.workspace,
        env: process.env,
        cwd: process.cwd(),
      });
      this.#session = await openSession({
        paths,
        command: this.commandName,
        admit,
        warn: (text) => this.note(`warning: ${text}`),
      });
    }
    return this.#session;
  }

  /** The command as it is typed, without the program's name: `inventory list`. */
  get commandName(): string {
    return (this.id ?? '').replaceAll(':', ' ');
  }

  /** Descriptions of the program's topics by name. */
  get topics(): Readonly<Record<string, string>> {
    return (this.config as unknown as { topicDescriptions: Record<string, string> }).topicDescriptions;
  }

  /** The value of `--workspace`, for the commands that make a workspace or work without one. */
  get workspaceFlag(): string | undefined {
    return this.#globalFlags.workspace;
  }

  /**
   * Goes on only when the person confirmed: `given` (the `--confirm` flag) equals `expected`, or it was typed
   * at the prompt.
   * @throws Fault `confirmation-needed` or `confirmation-wrong` (exit 2)
   */
  confirm(request: ConfirmRequest): Promise<void> {
    return requireConfirmation(request, this.#surroundings());
  }

  /**
   * Reads a passphrase from `file` or asks for it without echo; never from the arguments or the environment.
   * @throws Fault `passphrase-needed`, `passphrase-empty`, `passphrase-unreadable`, `passphrase-mismatch` (exit 2)
   */
  passphrase(request: PassphraseRequest): Promise<string> {
    return requirePassphrase(request, this.#surroundings());
  }

  /** Asks for a line of text, on a terminal only. @throws Fault `input-needed` (exit 2), naming the flag */
  askText(question: TextQuestion): Promise<string> {
    return requireText(question, this.#surroundings());
  }

  /** Asks for one of several choices, on a terminal only. @throws Fault `input-needed` (exit 2), naming the flag */
  askSelect<Value>(question: ChoiceQuestion<Value>): Promise<Value> {
    return requireSelection(question, this.#surroundings());
  }

  /** Asks yes or no, on a terminal only. @throws Fault `input-needed` (exit 2), naming the flag */
  askYesNo(question: YesNoQuestion): Promise<boolean> {
    return requireYesOrNo(question, this.#surroundings());
  }

  /** True when questions can be answered: a terminal and no `--no-input`. */
  get interactive(): boolean {
    return canAsk() && !this.#globalFlags['no-input'];
  }

  /**
   * Starts a progress bar; silent off a terminal and with `--quiet` or `--json`. Taken away when the command ends.
   *
   * @param amid whether standard output gets its content meanwhile: on a terminal the bar would be written over it
   */
  async progress(total: number, label: string, amid = false): Promise<Progress> {
    if (amid && process.stdout.isTTY === true) return SILENT_PROGRESS;
    if (this.jsonEnabled() || this.#globalFlags.quiet || process.stderr.isTTY !== true)
      return SILENT_PROGRESS;
    const bar = await startBar(total, label);
    this.#bars.push(bar);
    return bar;
  }

  /**
   * Parses the command line with oclif's parser, but never takes an argument from standard input (it may hold
   * a passphrase, and waiting for it costs time), and a repeatable flag takes one value each time it is given.
   * @throws Fault (exit 2) that repeats nothing of what was typed
   */
  protected override async parse<
    F extends Record<string, unknown>,
    B extends Record<string, unknown>,
    A extends Record<string, unknown>,
  >(
    options: Interfaces.Input<F, B, A> = this.ctor as Interfaces.Input<F, B, A>,
    argv: string[] = this.argv,
  ): Promise<Interfaces.ParserOutput<F, B, A>> {
    this.parsed = true;
    const input = parserInput(options, this);
    try {
      const output = await parse<F, B, A>(argv, input);
      this.#globalFlags = output.flags;
      this.#arguments = output.args;
      return output;
    } catch (error) {
      throw parseFailure(error, {
        argv,
        flags: input.flags ?? {},
        args: input.args ?? {},
        command: this.commandName,
        showTyped: !this.jsonEnabled(),
      });
    }
  }

  /** Runs the command from beginning to end and sets `process.exitCode`; never rejects. */
  async execute(): Promise<void> {
    await this._run();
  }

  /**
   * The whole life of a command. Replaces oclif's own, whose error output prints the arguments and paths and
   * whose exit code depends on `--json`.
   */
  protected override async _run<T>(): Promise<T> {
    this.#interruption.listen({
      json: this.jsonEnabled(),
      clearScreen: () => {
        for (const bar of this.#bars) bar.stop();
      },
    });
    let result: unknown;
    let failure: { error: unknown } | undefined;
    try {
      result = await this.run();
    } catch (error) {
      failure = { error };
    }
    try {
      for (const bar of this.#bars) bar.stop();
      if (this.#session !== undefined) await this.#recordUse(this.#session, failure);
      await this.#session?.close();
    } catch (error) {
      failure ??= { error };
    } finally {
      this.#interruption.stopListening();
    }
    if (failure !== undefined) {
      const error = this.#interruption.asEnd(failure.error);
      process.exitCode = reportError(error, { json: this.jsonEnabled(), command: this.commandName });
      return undefined as T;
    }
    if (this.jsonEnabled()) process.stdout.write(`${JSON.stringify(result ?? {}, null, 2)}\n`);
    process.exitCode = this.#interruption.exitCode ?? this.#exitCode;
    return result as T;
  }

  async #recordUse(session: Session, failure: { error: unknown } | undefined): Promise<void> {
    const use = { name: this.commandName, arguments: this.#arguments };
    if (await recordUse(session, use, failure)) return;
    this.note('warning: that this was read could not be recorded in the log');
  }

  #surroundings(): PromptSurroundings {
    return {
      interactive: this.interactive,
      watchWhile: (action) => this.#interruption.watchWhile(action),
      note: (text) => this.note(text),
    };
  }
}
