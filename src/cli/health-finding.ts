import { ExitCode } from '../model/index.js';
import type { Session } from '../session/index.js';

/** `note`: worth knowing; `warning`: a person should act; `bad`: something does not work or cannot be trusted. */
export type FindingState = 'good' | 'note' | 'warning' | 'bad';

/** What one check came to, on one line. */
export interface Finding {
  readonly check: string;
  readonly state: FindingState;
  readonly message: string;
  readonly hint: string | undefined;
  readonly exitCode: ExitCode;
}

/** What the checks may use of the command that asks for them. */
export interface HealthSurroundings {
  readonly workspace: {
    readonly flag: string | undefined;
    readonly env: NodeJS.ProcessEnv;
    readonly cwd: string;
  };
  readonly signal: AbortSignal;
  openSession(): Promise<Session>;
}

const EXIT_CODES: Readonly<Record<FindingState, ExitCode>> = {
  good: ExitCode.done,
  note: ExitCode.done,
  warning: ExitCode.waiting,
  bad: ExitCode.badInput,
};

/** A finding with the exit code of its state, unless it has one of its own. */
export function finding(
  check: string,
  state: FindingState,
  message: string,
  more: { hint?: string | undefined; exitCode?: ExitCode } = {},
): Finding {
  return { check, state, message, hint: more.hint, exitCode: more.exitCode ?? EXIT_CODES[state] };
}
