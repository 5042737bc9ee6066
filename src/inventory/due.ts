import type { DueDates } from '../model/index.js';
import type { DueItem } from '../schedule/index.js';
import type { Session } from '../session/index.js';
import type { Repositories } from '../store/index.js';

/** Computes due dates under the schedule in force. */
export async function dueCalculator(
  session: Session,
  repositories: Repositories,
): Promise<(item: DueItem) => DueDates> {
  // Calendar arithmetic is not needed by the commands that only read.
  const { dueDateCalculator } = await import('../schedule/index.js');
  const { fiscalYearEnd } = session.settings();
  return dueDateCalculator(await repositories.schedules.latest(), { fiscalYearEnd });
}
