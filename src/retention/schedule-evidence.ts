import { entriesOf, newestEntryOf } from '../audit/index.js';
import { canonicalJson, sha256 } from '../crypto/index.js';
import { type Schedule, type StoredSchedule, verificationFailed } from '../model/index.js';
import { parseSchedule, parseScheduleCsv } from '../schedule/index.js';
import type { Repositories } from '../store/index.js';

/** What was found good, by the settings of a session: within one session a version is checked once. */
const found = new WeakMap<object, string>();

/**
 * Compares the schedule in force with the newest import in the log, and with what its source says.
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
 * Compares a version of the schedule with the entry of its import, and the rules that decisions rest on with the
 * source whose digest that entry holds: the source is read again.
 *
 * @throws Fault `schedule-changed` (exit 5)
 */
export async function requireLoggedSchedule(
  repositories: Repositories,
  schedule: StoredSchedule,
): Promise<void> {
  const source = await repositories.schedules.source(schedule.version);
  if (source === undefined || sha256(source) !== schedule.sha256) throw changed(schedule);
  const read = scheduleOf(source);
  if (read === undefined || rulesOf(read) !== rulesOf(schedule)) throw changed(schedule);
  for await (const { subject, data } of entriesOf(repositories, 'schedule.import')) {
    if (subject.schedule === String(schedule.version) && data.sha256 === schedule.sha256) return;
  }
  throw changed(schedule);
}

/** The format is not stored: CSV is never YAML of a schedule. */
function scheduleOf(source: string): Schedule | undefined {
  const yaml = parseSchedule(source, 'schedule.yaml');
  const parsed = 'schedule' in yaml ? yaml : parseScheduleCsv(source, 'schedule.csv');
  return 'schedule' in parsed ? parsed.schedule : undefined;
}

function rulesOf({ title, classes }: Schedule): string {
  return canonicalJson(JSON.parse(JSON.stringify({ title, classes })));
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
