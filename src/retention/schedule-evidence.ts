import { entriesOf, newestEntryOf } from '../audit/index.js';
import { sha256 } from '../crypto/index.js';
import { type StoredSchedule, verificationFailed } from '../model/index.js';
import { parseSchedule, parseScheduleCsv, rulesSha256 } from '../schedule/index.js';
import type { Repositories } from '../store/index.js';

/** What was found good, by the settings of a session: within one session a version is checked once. */
const found = new WeakMap<object, string>();

/**
 * Compares the schedule in force with the newest import in the log.
 *
 * @param session an object that lives as long as the session; what it was asked for before is not looked at again
 * @throws Fault `schedule-changed` (exit 5)
 */
export async function requireScheduleInForce(
  repositories: Repositories,
  schedule: StoredSchedule,
  session: object,
): Promise<void> {
  const text = JSON.stringify(schedule);
  if (found.get(session) === text) return;
  const newest = await newestEntryOf(repositories, 'schedule.import');
  if (newest?.subject.schedule !== String(schedule.version)) throw changed(schedule);
  await requireLoggedSchedule(repositories, schedule);
  found.set(session, text);
}

/**
 * Compares a version of the schedule, its rules and its source, with the digests in the entry of its import.
 *
 * @throws Fault `schedule-changed` (exit 5)
 */
export async function requireLoggedSchedule(
  repositories: Repositories,
  schedule: StoredSchedule,
): Promise<void> {
  const source = await repositories.schedules.source(schedule.version);
  if (source === undefined || sha256(source) !== schedule.sha256) throw changed(schedule);
  for await (const { subject, data } of entriesOf(repositories, 'schedule.import')) {
    if (subject.schedule !== String(schedule.version) || data.sha256 !== schedule.sha256) continue;
    if ((data.rules_sha256 ?? rulesOf(source)) === rulesSha256(schedule)) return;
  }
  throw changed(schedule);
}

/** For entries from before they held the digest of the rules. The format is not stored: CSV is never YAML of a schedule. */
function rulesOf(source: string): string | undefined {
  const yaml = parseSchedule(source, 'schedule.yaml');
  const parsed = 'schedule' in yaml ? yaml : parseScheduleCsv(source, 'schedule.csv');
  return 'schedule' in parsed ? rulesSha256(parsed.schedule) : undefined;
}

function changed({ version }: StoredSchedule): Error {
  return verificationFailed(
    'schedule-changed',
    `Version ${version} of the schedule in the database is not what was imported`,
    {
      hint: 'Somebody changed the database. Run: quietus log verify, keep the workspace as it is, and dispose of nothing until this is explained',
    },
  );
}
