import { ExitCode, Fault } from '../model/index.js';
import type { Session } from '../session/index.js';

/**
 * Does something that policy may refuse, and records a refusal in the log: who tried what, and the code of the reason.
 *
 * @throws what `work` throws
 */
export async function recordRefusal<Result>(
  session: Session,
  attempt: { action: string; recipient: string },
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Fault && error.exitCode === ExitCode.refused) {
      await session.store.transaction(async (transaction) => {
        await session.recorder.append(transaction, {
          action: attempt.action,
          outcome: 'refused',
          subject: { recipient: attempt.recipient },
          data: { code: error.code },
        });
      });
    }
    throw error;
  }
}
