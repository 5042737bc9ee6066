import { type Timer, timerCommand } from './timer.js';

/** Folders that all accounts share; records there must stay visible to the service. */
const TEMPORARY = ['/tmp', '/var/tmp'];

/** The first line of what this program wrote; nothing else is ever replaced or removed. */
export const OWN_MARK = '# Written by "quietus timer install". Change it there, not here.';

/** Text of the timer unit, see systemd.timer(5). A run that was missed is caught up when the machine is on again. */
export function timerUnit(timer: Timer): string {
  return `${OWN_MARK}
[Unit]
Description=Daily retention sweep of Quietus (${timer.workspaceId})

[Timer]
OnCalendar=*-*-* ${timer.daily}:00 ${timer.timeZone}
Persistent=true
AccuracySec=1min

[Install]
WantedBy=timers.target
`;
}

/**
 * Text of the service unit, see systemd.service(5) and systemd.exec(5). The service can write to the workspace and to
 * the folders of the records, and to nothing else; it can gain no privilege. Waiting for a person (6) is no failure.
 *
 * @param kind where the units go: in a user manager, file systems are closed off by a user namespace
 */
export function serviceUnit(timer: Timer, kind: 'user' | 'system'): string {
  const writable = [timer.root, ...timer.recordFolders];
  const shared = writable.some((path) => TEMPORARY.some((folder) => isWithin(path, folder)));
  return `${OWN_MARK}
[Unit]
Description=Retention sweep of Quietus (${timer.workspaceId})
Documentation=man:systemd.exec(5)
RequiresMountsFor=${word(timer.root)}

[Service]
Type=oneshot
ExecStart=${timerCommand(timer).map(commandWord).join(' ')}
SuccessExitStatus=6
${kind === 'system' ? `User=${timer.account}\n` : 'PrivateUsers=yes\n'}UMask=0077
Nice=10
IOSchedulingClass=idle
KillMode=mixed
TimeoutStopSec=15min
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=read-only
ReadWritePaths=${word(timer.root)}
${[...timer.recordFolders, ...(shared ? TEMPORARY : [])].map((path) => `ReadWritePaths=${word(`-${path}`)}\n`).join('')}PrivateTmp=${shared ? 'no' : 'yes'}
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
SystemCallArchitectures=native
`;
}

export function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder === '/' ? '/' : `${folder}/`);
}

/** A word in a list of a unit: quoted, with "%" doubled, because it begins a specifier. */
function word(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('%', '%%')}"`;
}

/** A word of ExecStart, where "$" begins a variable too. */
function commandWord(text: string): string {
  return word(text).replaceAll('$', '$$$$');
}

/** The folders that a service unit of ours lets the sweep write to. */
export function writableFolders(service: string): string[] {
  return [...service.matchAll(/^ReadWritePaths="-?(.*)"$/gm)].map(([, text = '']) =>
    text.replaceAll('%%', '%').replaceAll('\\"', '"').replaceAll('\\\\', '\\'),
  );
}

/** Time and zone of a timer unit of ours; undefined for any other text. */
export function calendarOf(unit: string): { daily: string; timeZone: string } | undefined {
  if (!unit.startsWith(OWN_MARK)) return undefined;
  const match = /^OnCalendar=\*-\*-\* (\d\d:\d\d):00 (\S+)$/m.exec(unit);
  return match ? { daily: match[1] ?? '', timeZone: match[2] ?? '' } : undefined;
}
