import { isAboutClock, type LogEvent, type Recorder } from '../audit/index.js';
import { ExitCode, Fault } from '../model/index.js';
import type { Store } from '../store/index.js';
import type { LogPolicy } from '../workspace/index.js';

/** What the log needs to tell of a command beside what the command itself records. A session is one. */
interface CommandSession {
  readonly store: Store;
  readonly recorder: Recorder;
  logPolicy(): LogPolicy;
}

/**
 * Records that a command was refused or met something that does not verify: with its code, never with its message. Does
 * nothing where the command has recorded its refusal itself, where the clock is what was refused, for the entry would have
 * the wrong time, or where the log cannot be written: the refusal stands.
 *
 * @param subject ids of what was refused
 */
export async function recordRefusal(
  session: CommandSession,
  error: unknown,
  subject: Readonly<Record<string, string>> = {},
): Promise<void> {
  const refused =
    error instanceof Fault &&
    (error.exitCode === ExitCode.refused || error.exitCode === ExitCode.verificationFailed);
  if (!refused || isAboutClock(error.code) || session.recorder.hasRefusal) return;
  const event: LogEvent = {
    action: 'command.refuse',
    outcome: 'refused',
    subject,
    data: { code: error.code, exit: error.exitCode, ...reasonsOf(error) },
  };
  await session.store
    .transaction((transaction) => session.recorder.append(transaction, event))
    .catch(() => undefined);
}

/** Codes of what stood in the way, where one code stands for several reasons: a hold is not a link. */
function reasonsOf({ details }: Fault): { reasons?: string[] } {
  const reasons: unknown = details?.reasons;
  if (!Array.isArray(reasons)) return {};
  return { reasons: reasons.filter((each) => typeof each === 'string' && /^[a-z-]{1,60}$/.test(each)) };
}

/**
 * Records that a command has read out personal information or evidence, unless the workspace wants no such entries.
 *
 * @param subject ids of what was read
 */
export async function recordReading(
  session: CommandSession,
  subject: Readonly<Record<string, string>>,
): Promise<void> {
  if (!session.logPolicy().log.reads) return;
  await session.store.transaction((transaction) =>
    session.recorder.append(transaction, { action: 'command.read', outcome: 'done', subject }),
  );
}
