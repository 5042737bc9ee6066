import type { WallTime } from '../retention/index.js';

/** `user`, `system`: units of systemd's user manager or of the system; `cron`: a line of the account's crontab. */
export type TimerKind = 'user' | 'system' | 'cron';

/** A timer that runs `sweep auto` once a day. */
export interface Timer {
  workspaceId: string;
  /** Folder of the workspace. */
  root: string;
  daily: WallTime;
  /** IANA name; the organization's. */
  timeZone: string;
  /** Login name of the account that the sweep runs as. */
  account: string;
  /** Absolute paths: Node and the program. */
  program: readonly [node: string, script: string];
  /** Further arguments of `sweep auto`. */
  parameters: readonly string[];
  /** Absolute folders that hold records: the sweep must be able to write there. */
  recordFolders: readonly string[];
}

/** The name of the units, and what marks the lines in a crontab: a machine can have timers for several workspaces. */
export function timerName(workspaceId: string): string {
  return `quietus-sweep-${workspaceId.slice(0, 8)}`;
}

/** The command line that the timer runs. */
export function timerCommand({ program, root, parameters }: Timer): string[] {
  return [...program, 'sweep', 'auto', '--workspace', root, '--no-input', '--quiet', ...parameters];
}
