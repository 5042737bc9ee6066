import { existsSync, readFileSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { badInput, ExitCode, Fault, refused } from '../model/index.js';
import type { Session } from '../session/index.js';
import { writeFileAtomically } from '../workspace/index.js';
import { cronLines, partedCrontab, readCrontab, writeCrontab } from './crontab.js';
import { runTool } from './system-tool.js';
import { OWN_MARK, serviceUnit, timerUnit } from './systemd-units.js';
import { type Timer, type TimerKind, timerName } from './timer.js';

/** A file of a timer, or with `cron` the lines of a crontab, whose path is then empty. */
export interface TimerFile {
  path: string;
  text: string;
}

/** Folder of the unit files. */
function unitFolder(kind: 'user' | 'system', env: NodeJS.ProcessEnv): string {
  if (kind === 'system') return '/etc/systemd/system';
  const config = env.XDG_CONFIG_HOME;
  return join(config?.startsWith('/') ? config : join(homedir(), '.config'), 'systemd', 'user');
}

/**
 * What an installation writes.
 *
 * @param folder in place of the one that systemd reads
 * @throws Fault `timer-zone`
 */
export function timerFiles(timer: Timer, kind: TimerKind, folder?: string): TimerFile[] {
  if (kind === 'cron') {
    const { timeZone } = new Intl.DateTimeFormat().resolvedOptions();
    return [{ path: '', text: cronLines(timer, timeZone) }];
  }
  const name = join(folder ?? unitFolder(kind, process.env), timerName(timer.workspaceId));
  return [
    { path: `${name}.service`, text: serviceUnit(timer, kind) },
    { path: `${name}.timer`, text: timerUnit(timer) },
  ];
}

/**
 * Writes the timer and starts it; one that this program wrote before is replaced.
 *
 * @param folder writes unit files there and starts nothing
 * @throws Fault `timer-zone`, `cron-missing`, `unit-of-another`, `folder-not-yours`, `timer-not-started` (exit 3)
 */
export async function installTimer(
  session: Session,
  timer: Timer,
  kind: TimerKind,
  folder?: string,
): Promise<TimerFile[]> {
  const files = timerFiles(timer, kind, folder);
  if (kind === 'cron') {
    const { others } = partedCrontab((await readCrontab()) ?? '', timer.workspaceId);
    const line = others === '' || others.endsWith('\n') ? others : `${others}\n`;
    await writeCrontab(line + files.map(({ text }) => text).join(''));
  } else {
    await writeUnits(files, folder ?? unitFolder(kind, process.env));
  }
  await session.store.transaction((transaction) =>
    session.recorder.append(transaction, {
      action: 'timer.install',
      outcome: 'done',
      data: { kind, daily: timer.daily, time_zone: timer.timeZone, only_written: folder !== undefined },
    }),
  );
  if (kind !== 'cron' && folder === undefined) await start(timerName(timer.workspaceId), kind);
  return files;
}

async function writeUnits(files: readonly TimerFile[], folder: string): Promise<void> {
  for (const { path } of files) {
    if (!existsSync(path) || readFileSync(path, 'utf8').startsWith(OWN_MARK)) continue;
    throw badInput('unit-of-another', `${path} was not written by quietus`, {
      hint: 'Move it away, or write the units to another folder with --to',
    });
  }
  try {
    await mkdir(folder, { recursive: true });
    for (const { path, text } of files) await writeFileAtomically(path, text, { mode: 0o644 });
  } catch (error) {
    if (!['EACCES', 'EPERM', 'EROFS'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    throw refused('folder-not-yours', `Your account may not write to ${folder}`, {
      hint: 'Write the units to a folder of yours with --to DIR and let an administrator copy them, or use --user',
      cause: error,
    });
  }
}

async function start(name: string, kind: 'user' | 'system'): Promise<void> {
  const manager = kind === 'user' ? ['--user'] : [];
  const steps = [
    [...manager, 'daemon-reload'],
    [...manager, 'enable', '--now', `${name}.timer`],
  ];
  for (const step of steps) {
    if ((await runTool('systemctl', step))?.status === 0) continue;
    throw new Fault(
      'timer-not-started',
      ExitCode.partial,
      'The units are written, but systemd did not start them',
      {
        hint: `Run: ${steps.map((each) => `systemctl ${each.join(' ')}`).join(' && ')}`,
      },
    );
  }
}

/** An installed timer, as it lies on the machine. */
export interface InstalledTimer {
  kind: TimerKind;
  files: readonly TimerFile[];
}

/** The timers of the workspace that this program installed. */
export async function installedTimers(session: Session): Promise<InstalledTimer[]> {
  const { workspaceId } = session.settings();
  const found: InstalledTimer[] = [];
  for (const kind of ['user', 'system'] as const) {
    const name = join(unitFolder(kind, process.env), timerName(workspaceId));
    const paths = [`${name}.service`, `${name}.timer`].filter((path) => existsSync(path));
    const files = paths.map((path) => ({ path, text: readFileSync(path, 'utf8') }));
    if (files.some(({ text }) => text.startsWith(OWN_MARK))) found.push({ kind, files });
  }
  const { own } = partedCrontab((await readCrontab()) ?? '', workspaceId);
  if (own !== null) found.push({ kind: 'cron', files: [{ path: '', text: own }] });
  return found;
}

/**
 * Stops and removes the timers of the workspace.
 *
 * @throws Fault `timer-missing` (exit 2) where there is none, `folder-not-yours` (exit 4)
 */
export async function removeTimers(session: Session): Promise<InstalledTimer[]> {
  const { workspaceId } = session.settings();
  const timers = await installedTimers(session);
  if (timers.length === 0) {
    throw badInput('timer-missing', 'This workspace has no timer that quietus installed', {
      hint: 'Look with: quietus timer show',
    });
  }
  for (const { kind, files } of timers) {
    if (kind === 'cron') await writeCrontab(partedCrontab((await readCrontab()) ?? '', workspaceId).others);
    else await removeUnits(kind, timerName(workspaceId), files);
  }
  await session.store.transaction((transaction) =>
    session.recorder.append(transaction, {
      action: 'timer.remove',
      outcome: 'done',
      data: { kinds: timers.map(({ kind }) => kind) },
    }),
  );
  return timers;
}

async function removeUnits(
  kind: 'user' | 'system',
  name: string,
  files: readonly TimerFile[],
): Promise<void> {
  const manager = kind === 'user' ? ['--user'] : [];
  await runTool('systemctl', [...manager, 'disable', '--now', `${name}.timer`]);
  try {
    for (const { path, text } of files) if (text.startsWith(OWN_MARK)) await rm(path);
  } catch (error) {
    if (!['EACCES', 'EPERM', 'EROFS'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    throw refused('folder-not-yours', 'Your account may not remove the units', {
      hint: `Let an administrator remove ${files.map(({ path }) => path).join(' and ')}`,
      cause: error,
    });
  }
  await runTool('systemctl', [...manager, 'daemon-reload']);
}
