import { badInput } from '../model/index.js';
import { runTool } from './system-tool.js';
import { type Timer, timerCommand, timerName } from './timer.js';

/**
 * The lines of a crontab(5) between two marks. cron knows the machine's time zone only.
 *
 * @throws Fault `timer-zone` (exit 2) where that is not the organization's
 */
export function cronLines(timer: Timer, machineZone: string): string {
  if (machineZone !== timer.timeZone) {
    throw badInput(
      'timer-zone',
      `cron counts in the machine's time zone, ${machineZone}, and the organization's is ${timer.timeZone}`,
      { hint: "Use systemd, which knows both: --user or --system; or set the machine's time zone" },
    );
  }
  const [hour = '', minute = ''] = timer.daily.split(':').map(Number);
  const command = timerCommand(timer).map(shellWord).join(' ').replaceAll('%', '\\%');
  return `${beginMark(timer.workspaceId)}\n${minute} ${hour} * * * ${command}\n${endMark(timer.workspaceId)}\n`;
}

function beginMark(workspaceId: string): string {
  return `# ${timerName(workspaceId)} begin`;
}

function endMark(workspaceId: string): string {
  return `# ${timerName(workspaceId)} end`;
}

/** The crontab without the lines of this workspace, and those lines. */
export function partedCrontab(crontab: string, workspaceId: string): { others: string; own: string | null } {
  const begin = `${beginMark(workspaceId)}\n`;
  const end = `${endMark(workspaceId)}\n`;
  const from = crontab.indexOf(begin);
  const to = crontab.indexOf(end, from);
  if (from === -1 || to === -1) return { others: crontab, own: null };
  return {
    others: crontab.slice(0, from) + crontab.slice(to + end.length),
    own: crontab.slice(from, to + end.length),
  };
}

/** The account's crontab; empty where it has none, null where the machine has no cron. */
export async function readCrontab(): Promise<string | null> {
  const result = await runTool('crontab', ['-l']);
  if (result === null) return null;
  return result.status === 0 ? result.stdout : '';
}

/** @throws Fault `cron-missing` (exit 2) */
export async function writeCrontab(text: string): Promise<void> {
  const result = await runTool('crontab', ['-'], text);
  if (result?.status === 0) return;
  throw badInput('cron-missing', 'The program crontab is not there or did not take the line', {
    hint: 'Install cron, or use systemd: --user or --system',
  });
}

function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
