import { ExitCode, interrupted } from '../model/index.js';
import { reportError } from './error-report.js';

/**
 * SIGINT and SIGTERM for one command. The first signal aborts {@link signal} when the command watches it,
 * and ends the process at once when it does not (nothing irreversible is done without watching it). The
 * second one always ends the process.
 */
export class Interruption {
  readonly #controller = new AbortController();
  #watchers = 0;
  #json = false;
  #clearScreen: () => void = () => {};
  readonly #handler = (): void => this.#receive();

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

  /** True after the first SIGINT or SIGTERM. */
  get received(): boolean {
    return this.#controller.signal.aborted;
  }

  /** @param options `clearScreen` takes away what is being drawn, such as progress bars, before a message is printed */
  listen(options: { json: boolean; clearScreen: () => void }): void {
    this.#json = options.json;
    this.#clearScreen = options.clearScreen;
    process.on('SIGINT', this.#handler);
    process.on('SIGTERM', this.#handler);
  }

  stopListening(): void {
    process.off('SIGINT', this.#handler);
    process.off('SIGTERM', this.#handler);
  }

  #receive(): void {
    if (this.#watchers > 0 && !this.received) {
      this.#controller.abort(interrupted('Interrupted; what was finished is recorded'));
      this.#clearScreen();
      if (process.stderr.isTTY)
        process.stderr.write('\nStopping at the next safe point. Press Ctrl-C again to stop at once.\n');
      return;
    }
    this.#clearScreen();
    reportError(interrupted('Interrupted'), { json: this.#json });
    process.exit(ExitCode.interrupted);
  }
}

/** What a command that was told to stop threw, as what it ends with: its own Fault when it made one. */
export function asInterruption(error: unknown): unknown {
  const name = error instanceof Error ? error.name : '';
  const stopped = name === 'AbortError' || name === 'AbortPromptError' || name === 'ExitPromptError';
  return stopped ? interrupted('Interrupted; what was finished is recorded') : error;
}
