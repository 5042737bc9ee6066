/** Exit codes of every command; documented for administrators in docs/commands.md. */
export const ExitCode = {
  done: 0,
  defect: 1,
  badInput: 2,
  partial: 3,
  refused: 4,
  verificationFailed: 5,
  waiting: 6,
  locked: 7,
  /** The terminal was closed (SIGHUP); otherwise as `interrupted`. */
  hungUp: 129,
  interrupted: 130,
} as const;

export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

export interface FaultOptions {
  /** What the reader can do about it; one sentence, imperative. */
  hint?: string;
  cause?: unknown;
  /** Machine-readable particulars (ids, lines, counts). Never personal information, never a secret. */
  details?: Readonly<Record<string, unknown>>;
}

/**
 * An expected failure: something outside this program is not as it must be.
 * Anything else that is thrown is a defect of ours and exits with 1.
 */
export class Fault extends Error {
  readonly hint: string | undefined;
  readonly details: Readonly<Record<string, unknown>> | undefined;

  /**
   * @param code stable kebab-case identifier, for scripts that read `--json`
   * @param exitCode which of the documented exit codes the command ends with
   * @param message one sentence without a final period: what is wrong and where
   */
  constructor(
    readonly code: string,
    readonly exitCode: ExitCode,
    message: string,
    options: FaultOptions = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'Fault';
    this.hint = options.hint;
    this.details = options.details;
  }
}

/** The command line, a setting or an input file is wrong; nothing was done (exit 2). */
export function badInput(code: string, message: string, options?: FaultOptions): Fault {
  return new Fault(code, ExitCode.badInput, message, options);
}

/** Policy forbids it: a hold, a missing approval, a limit (exit 4). */
export function refused(code: string, message: string, options?: FaultOptions): Fault {
  return new Fault(code, ExitCode.refused, message, options);
}

/** A log, certificate or medium is not what it should be (exit 5). */
export function verificationFailed(code: string, message: string, options?: FaultOptions): Fault {
  return new Fault(code, ExitCode.verificationFailed, message, options);
}

/** Another process holds the lock (exit 7). */
export function locked(code: string, message: string, options?: FaultOptions): Fault {
  return new Fault(code, ExitCode.locked, message, options);
}

/** The person pressed Ctrl-C or a signal asked to stop (exit 130; the command ends with 129 where it was SIGHUP). */
export function interrupted(message: string, options?: FaultOptions): Fault {
  return new Fault('interrupted', ExitCode.interrupted, message, options);
}
