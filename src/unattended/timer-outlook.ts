import { dayWithoutTime, parseWallTime, type WallTime, wallTimes } from '../retention/index.js';
import type { Session } from '../session/index.js';
import { recordFolders } from './record-folders.js';
import { calendarOf, isWithin, writableFolders } from './systemd-units.js';
import type { InstalledTimer } from './timer-installation.js';

/** What an installed timer will do. */
export interface TimerOutlook {
  kind: InstalledTimer['kind'];
  paths: string[];
  /** HH:MM; null where the files are not as this program wrote them. */
  daily: string | null;
  timeZone: string;
  /** UTC, RFC 3339. */
  nextRuns: string[];
  /** What a person should know, in words. */
  warnings: string[];
}

/** @param count number of runs to tell */
export async function timerOutlook(
  session: Session,
  timer: InstalledTimer,
  count: number,
): Promise<TimerOutlook> {
  const { timeZone } = session.settings();
  const paths = timer.files.map(({ path }) => path).filter((path) => path !== '');
  const calendar = timer.kind === 'cron' ? cronCalendar(timer, timeZone) : unitCalendar(timer);
  const outlook: TimerOutlook = {
    kind: timer.kind,
    paths,
    daily: calendar?.daily ?? null,
    timeZone: calendar?.timeZone ?? timeZone,
    nextRuns: [],
    warnings: [],
  };
  if (calendar === undefined) {
    outlook.warnings.push('It is not as quietus wrote it; write it again: quietus timer install');
    return outlook;
  }
  const daily = parseWallTime(calendar.daily, 'the time of the timer');
  for (const at of wallTimes(outlook.timeZone, daily, session.clock.now())) {
    outlook.nextRuns.push(at.toISOString());
    if (outlook.nextRuns.length >= count) break;
  }
  outlook.warnings.push(...clockWarnings(session, outlook, daily));
  if (timer.kind !== 'cron') outlook.warnings.push(...(await folderWarnings(session, timer)));
  return outlook;
}

function unitCalendar({ files }: InstalledTimer): ReturnType<typeof calendarOf> {
  return files.map(({ text }) => calendarOf(text)).find((found) => found !== undefined);
}

function cronCalendar({ files }: InstalledTimer, timeZone: string): ReturnType<typeof calendarOf> {
  const match = /^(\d+) (\d+) \* \* \* /m.exec(files[0]?.text ?? '');
  if (match === null) return undefined;
  const [, minute = '', hour = ''] = match;
  return { daily: `${hour.padStart(2, '0')}:${minute.padStart(2, '0')}`, timeZone };
}

function clockWarnings(session: Session, outlook: TimerOutlook, daily: WallTime): string[] {
  const warnings: string[] = [];
  const { timeZone } = session.settings();
  if (outlook.timeZone !== timeZone)
    warnings.push(`The organization's time zone is now ${timeZone}; write it again: quietus timer install`);
  const skipped = dayWithoutTime(outlook.timeZone, daily, session.today());
  if (skipped !== undefined)
    warnings.push(`On ${skipped} clocks are put forward past ${daily}: there is no run on that day`);
  if (outlook.kind === 'cron') warnings.push('cron does not catch up a run that was missed; systemd does');
  return warnings;
}

async function folderWarnings(session: Session, { files }: InstalledTimer): Promise<string[]> {
  const service = files.find(({ path }) => path.endsWith('.service'))?.text ?? '';
  const allowed = writableFolders(service);
  const missing = (await recordFolders(session)).filter(
    (folder) => !allowed.some((path) => isWithin(folder, path)),
  );
  if (missing.length === 0) return [];
  const folders = missing.length === 1 ? '1 folder' : `${missing.length} folders`;
  return [
    `The inventory has records in ${folders} that the timer may not write to; write it again: quietus timer install`,
  ];
}
