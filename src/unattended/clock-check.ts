import { refused } from '../model/index.js';
import type { Session } from '../session/index.js';

/** A clock that is corrected over the network may go back by as much. */
const CORRECTION_MS = 60_000;
/** Nobody has used the workspace for as long, and then a clock says that years of records are due. */
const LONGEST_SILENCE_DAYS = 92;
const DAY_MS = 86_400_000;

/**
 * Compares the clock with the newest entry of the log. What is due depends on the date alone, and nobody watches.
 *
 * @throws Fault `clock-backwards` where the clock is before it, `clock-jump` where it is very long after it (exit 4).
 *   Neither may be logged: an entry with a wrong time would let the next run pass.
 */
export async function requireSoundClock(session: Session): Promise<void> {
  const head = await session.store.log.head();
  if (head === undefined) return;
  const since = session.clock.now().getTime() - Date.parse(head.time);
  if (since < -CORRECTION_MS) {
    throw refused('clock-backwards', `The clock is before the newest entry of the log, ${head.time}`, {
      hint: 'Set the clock right. If the entry was made by a clock that was ahead, run a command by hand that is logged: quietus sweep plan',
      details: { newest_entry: head.seq },
    });
  }
  if (since > LONGEST_SILENCE_DAYS * DAY_MS) {
    throw refused('clock-jump', `The newest entry of the log is more than ${LONGEST_SILENCE_DAYS} days old`, {
      hint: 'Check the clock. If it is right, show that a person looked: quietus sweep plan',
      details: { newest_entry: head.seq },
    });
  }
}
