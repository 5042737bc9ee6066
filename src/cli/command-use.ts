import type { Session } from '../session/index.js';
import { READING_COMMANDS } from './reading-commands.js';
import { SUBJECT_ARGUMENTS } from './subject-arguments.js';

/** A command as it was called. */
interface CommandUse {
  name: string;
  arguments: Readonly<Record<string, unknown>>;
}

/**
 * Records what the log tells of every command: that it was refused, or that it read out what is protected.
 *
 * @returns false where a reading could not be recorded
 */
export async function recordUse(
  session: Session,
  use: CommandUse,
  failure: { error: unknown } | undefined,
): Promise<boolean> {
  if (failure === undefined && !READING_COMMANDS.has(use.name)) return true;
  const { recordReading, recordRefusal } = await import('../session/index.js');
  const subject = await subjectOf(session, use);
  if (failure !== undefined) {
    await recordRefusal(session, failure.error, subject);
    return true;
  }
  try {
    await recordReading(session, subject);
    return true;
  } catch {
    return false;
  }
}

/** Ids of what the command line names, as far as the workspace knows them. */
async function subjectOf(session: Session, use: CommandUse): Promise<Readonly<Record<string, string>>> {
  const named = SUBJECT_ARGUMENTS[use.name];
  const id = named && use.arguments[named.argument];
  if (named === undefined || typeof id !== 'string') return {};
  const { knownSubject } = await import('../session/index.js');
  return await knownSubject(session.store, named.kind, id);
}
