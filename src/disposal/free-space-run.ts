import { resolve } from 'node:path';
import { requireFitToDestroy } from '../audit/index.js';
import { badInput } from '../model/index.js';
import type { Session } from '../session/index.js';
import {
  assessFreeSpace,
  type FreeSpaceAssessment,
  type FreeSpaceOptions,
  type FreeSpaceOutcome,
  wipeFreeSpace,
} from '../shred/index.js';
import { instant, takeRunLock } from '../workspace/index.js';

/** What filling would reach; reads only. @throws Fault `path-unreadable` */
export function freeSpaceOf(folder: string): FreeSpaceAssessment {
  try {
    return assessFreeSpace(resolve(folder));
  } catch (error) {
    throw unreadable(error);
  }
}

function unreadable(error: unknown): unknown {
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (syscall === undefined) return error;
  return badInput('path-unreadable', `The folder cannot be read (${code})`, { cause: error });
}

/**
 * Fills the free space below a folder, and has the log tell of it: what was deleted there before is overwritten as far
 * as its blocks are free. No certificate comes of it, because nobody can say what was there.
 *
 * @throws Fault `path-unreadable`, `run-lock-held`
 */
export async function fillFreeSpace(
  session: Session,
  folder: string,
  options: FreeSpaceOptions,
): Promise<FreeSpaceOutcome> {
  await requireFitToDestroy(session);
  const operator = await session.operator();
  const lock = await takeRunLock(session.paths.lock, {
    operator: operator.id,
    command: 'dispose --free-space',
    since: instant(session.clock),
  });
  const record = (outcome: 'intent' | 'done' | 'refused' | 'failed', data: Record<string, unknown>) =>
    session.store.transaction((transaction) =>
      session.recorder.append(transaction, { action: 'space.fill', outcome, data }),
    );
  try {
    await record('intent', { trim: options.trim ?? true });
    const result = await wipeFreeSpace(folder, options);
    await record(LOGGED[result.outcome], {
      outcome: result.outcome,
      file_system: result.fileSystem,
      verified_bytes: String(result.verifiedBytes),
      reserve_bytes: String(result.reserveBytes),
      verified_from: result.verifiedFrom,
      trimmed: result.trim?.done ?? false,
      reasons: result.reasons.map(({ code }) => code),
    });
    return result;
  } catch (error) {
    await record('failed', { error: (error as NodeJS.ErrnoException).code ?? 'unknown' });
    throw unreadable(error);
  } finally {
    await lock.release();
  }
}

const LOGGED = {
  'filled-verified': 'done',
  'filled-partly': 'failed',
  refused: 'refused',
  failed: 'failed',
} as const;
