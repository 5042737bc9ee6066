import { ExitCode, Fault, interrupted } from '../model/index.js';
import { reportError } from './error-report.js';
import { startedWithoutHangUp } from './hang-up.js';

/**
 * SIGINT, SIGTERM and SIGHUP for one command. The first signal aborts {@link signal} when the command watches it,
 * and ends the process at once when it does not (nothing irreversible is done without watching it). A second
 * SIGINT or SIGTERM always ends the process. A second SIGHUP does not: a shell passes on to its jobs what the kernel
 * has told them already, and systemd sends one right after SIGTERM.
 */
export class Interruption {
  readonly #controller = new AbortController();
  #exitCode: ExitCode | null = null;
  #watchers = 0;
  #json = false;
  #clearScreen: () => void = () => {};
  readonly #stop = (): void => this.#receive(ExitCode.interrupted);
  readonly #hangUp = (): void => {
    if (this.#exitCode === null) this.#receive(ExitCode.hungUp);
  };

  /** The signal that the command watches; asking for it is the promise to watch it. */
  get signal(): AbortSignal {
    this.#watchers += 1;
    return this.#controller.signal;
  }

  /** Runs something that watches the signal, such as a prompt; the promise to watch ends with it. */
  async watchWhile<Result>(action: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
    try {
      return await action(this.signal);
    } finally {
      this.#watchers -= 1;
    }
  }

  /** What the process ends with after the first signal; null before it. */
  get exitCode(): ExitCode | null {
    return this.#exitCode;
  }

  /** @param options `clearScreen` takes away what is being drawn, such as progress bars, before a message is printed */
  listen(options: { json: boolean; clearScreen: () => void }): void {
    this.#json = options.json;
    this.#clearScreen = options.clearScreen;
    process.on('SIGINT', this.#stop);
    process.on('SIGTERM', this.#stop);
    // A listener that does nothing is how Node ignores a signal; it stays until the process ends.
    if (startedWithoutHangUp()) process.on('SIGHUP', () => {});
    else process.on('SIGHUP', this.#hangUp);
  }

  stopListening(): void {
    process.off('SIGINT', this.#stop);
    process.off('SIGTERM', this.#stop);
    process.off('SIGHUP', this.#hangUp);
  }

  /**
   * What a command that failed ends with. After a signal that is, where the signal was why it stopped, its own Fault
   * when it made one, with the exit code of the signal.
   */
  asEnd(error: unknown): unknown {
    if (this.#exitCode === null) return error;
    const name = error instanceof Error ? error.name : '';
    const stopped = name === 'AbortError' || name === 'AbortPromptError' || name === 'ExitPromptError';
    return this.#ofSignal(stopped ? interrupted('Interrupted; what was finished is recorded') : error);
  }

  #receive(exitCode: ExitCode): void {
    const first = this.#exitCode === null;
    this.#exitCode = exitCode;
    if (this.#watchers > 0 && first) {
      this.#controller.abort(interrupted('Interrupted; what was finished is recorded'));
      this.#clearScreen();
      if (process.stderr.isTTY)
        process.stderr.write('\nStopping at the next safe point. Press Ctrl-C again to stop at once.\n');
      return;
    }
    this.#clearScreen();
    reportError(this.#ofSignal(interrupted('Interrupted')), { json: this.#json });
    process.exit(exitCode);
  }

  #ofSignal(error: unknown): unknown {
    if (!(error instanceof Fault) || error.exitCode !== ExitCode.interrupted) return error;
    const { code, message, hint, details, cause } = error;
    return new Fault(code, this.#exitCode ?? ExitCode.interrupted, message, {
      ...(hint === undefined ? {} : { hint }),
      ...(details === undefined ? {} : { details }),
      cause,
    });
  }
}
