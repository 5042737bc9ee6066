import type { KeyObject } from 'node:crypto';
import { signText, verifyText } from '../crypto/index.js';
import type { CalendarDate } from '../model/index.js';
import type { Store } from '../store/index.js';
import { originOf } from './checkpoint.js';
import type { LogEntry } from './log-entry.js';
import type { Recorder } from './recorder.js';

const TITLE = 'quietus clock';
const ACTION = 'log.accept-clock';

/** What an operator signs who confirms the clock. */
interface ClockStatement {
  origin: string;
  /** The day that the clock says, in the organization's time zone. */
  day: string;
  reason: string;
}

function statementText({ origin, day, reason }: ClockStatement): string {
  return `${TITLE}\n${origin}\n${day}\n${reason}\n`;
}

/**
 * Records that a person has looked at a calendar and says that the clock is right: times of earlier entries count for
 * nothing from then on, and `log verify` lets clocks pass that ran backwards before.
 *
 * @param request `day`: what the clock says, which the person has confirmed; `operatorKey`: of the operator of the session
 * @returns number of the entry
 */
export async function acceptClock(
  desk: { store: Store; recorder: Recorder; settings(): { workspaceId: string } },
  request: { day: CalendarDate; reason: string; operatorKey: KeyObject },
): Promise<number> {
  const { day, reason, operatorKey } = request;
  const text = statementText({ origin: originOf(desk.settings().workspaceId), day, reason });
  const record = await desk.store.transaction((transaction) =>
    desk.recorder.append(transaction, {
      action: ACTION,
      outcome: 'done',
      data: { day, reason, signature: signText(text, operatorKey) },
    }),
  );
  return record.seq;
}

/** Whether an entry confirms the clock, with its operator's signature. @param publicKey the operator's, SubjectPublicKeyInfo PEM */
export function confirmsClock({ action, workspace, data }: LogEntry, publicKey: string): boolean {
  const { day, reason, signature } = data;
  return (
    action === ACTION &&
    [day, reason, signature].every((part) => typeof part === 'string') &&
    verifyText(
      statementText({ origin: originOf(workspace), day: String(day), reason: String(reason) }),
      String(signature),
      publicKey,
    )
  );
}
