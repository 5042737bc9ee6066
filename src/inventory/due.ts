import type { DueDates, InventoryItem } from '../model/index.js';
import type { DueItem } from '../schedule/index.js';
import type { Session } from '../session/index.js';
import type { Repositories, WrittenItem } from '../store/index.js';

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

/** The item with the events of its subjects, if it has any. */
export async function withEvents(repositories: Repositories, item: InventoryItem): Promise<WrittenItem> {
  const [written] = await allWithEvents(repositories, [item]);
  return written ?? item;
}

/** The same for a batch; most batches have no subject in them, and cost nothing. */
export async function allWithEvents(
  repositories: Repositories,
  items: readonly InventoryItem[],
): Promise<readonly WrittenItem[]> {
  if (items.every(({ subjects }) => subjects.length === 0)) return items;
  const { withSubjectEvents } = await import('../schedule/index.js');
  return await withSubjectEvents(repositories, items);
}
