import { readFile } from 'node:fs/promises';
import { newestEntryOf } from '../audit/index.js';
import { sha256 } from '../crypto/index.js';
import { refused, type StoredSchedule } from '../model/index.js';
import type { Session } from '../session/index.js';
import type { Repositories } from '../store/index.js';

/** The fiscal year (MM-DD of its last day) that the stored dates were computed for; undefined where nobody knows. */
export async function fiscalYearOfDates(repositories: Repositories): Promise<string | undefined> {
  const year = (await newestEntryOf(repositories, 'schedule.import'))?.data.fiscal_year_end;
  return typeof year === 'string' ? year : undefined;
}

/**
 * Stored dates find the items that a plan looks at. After the fiscal year was changed in quietus.yaml they are computed
 * again by an import, which asks for a permission where that makes more items due.
 *
 * @throws Fault `dates-outdated` (exit 4) with the command that computes them
 */
export async function requireDatesOfThisYear(
  session: Pick<Session, 'store' | 'settings' | 'paths'>,
  schedule: StoredSchedule,
): Promise<void> {
  const { fiscalYearEnd } = session.settings();
  const year = (await fiscalYearOfDates(session.store)) ?? fiscalYearEnd;
  if (year === fiscalYearEnd) return;
  const inPlace = await readFile(session.paths.schedule, 'utf8').then(
    (text) => sha256(text) === schedule.sha256,
    () => false,
  );
  const command = inPlace
    ? 'quietus schedule import'
    : 'quietus schedule show --source > FILE, then: quietus schedule import FILE';
  throw refused(
    'dates-outdated',
    `Due dates were computed for a fiscal year that ends on ${year}; quietus.yaml says ${fiscalYearEnd}`,
    {
      hint: `Compute them again by the schedule in force: ${command}`,
      details: { computed_for: year, fiscal_year_end: fiscalYearEnd },
    },
  );
}
