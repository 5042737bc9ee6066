import { realpathSync } from 'node:fs';
import { allowanceFlags, dryRunFlag, Flags, QuietusCommand } from '../../cli/index.js';
import type { Timer, TimerFile, TimerKind } from '../../unattended/index.js';

export default class TimerInstall extends QuietusCommand {
  static override description =
    'Run "quietus sweep auto" once a day: as hardened systemd units that may write to the workspace and to the folders ' +
    'of the records only, and that catch up a missed run, or as a line of the crontab. The limits given here are those ' +
    'of every run. Installing it again replaces it.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> --daily 02:00 --dry-run',
    '<%= config.bin %> <%= command.id %> --daily 02:00 --user --until 06:00 --rate 50MB/s',
    '<%= config.bin %> <%= command.id %> --daily 02:00 --system --to units',
  ];
  static override flags = {
    daily: Flags.string({
      description: "Time of the organization's time zone at which it runs.",
      helpValue: 'HH:MM',
      required: true,
    }),
    user: Flags.boolean({
      description: "Units of your account's systemd (the default).",
      exclusive: ['system', 'cron'],
    }),
    system: Flags.boolean({
      description: "Units of the machine's systemd, run as your account.",
      exclusive: ['user', 'cron'],
    }),
    cron: Flags.boolean({ description: 'A line of your crontab.', exclusive: ['user', 'system', 'to'] }),
    to: Flags.string({
      description: 'Write the units to this folder, and start nothing.',
      helpValue: 'DIR',
      exclusive: ['cron'],
    }),
    'dry-run': dryRunFlag(),
    ...withoutLines(),
  };

  async run(): Promise<unknown> {
    const { flags } = await this.parse(TimerInstall);
    const { installTimer, readAllowance, timerFiles } = await import('../../unattended/index.js');
    const session = await this.openSession();
    const { quota } = readAllowance(session, {
      maxItems: flags['max-items'],
      maxBytes: flags['max-bytes'],
      until: flags.until,
      rate: flags.rate,
    });
    quota.close();
    const timer = await this.describeTimer(flags.daily, parametersOf(flags));
    const kind: TimerKind = flags.cron ? 'cron' : flags.system ? 'system' : 'user';
    const dry = flags['dry-run'];
    const files = dry
      ? timerFiles(timer, kind, flags.to)
      : await installTimer(session, timer, kind, flags.to);
    if (dry) this.show(files);
    else this.tell(files, kind, flags.to);
    return {
      kind,
      daily: timer.daily,
      time_zone: timer.timeZone,
      dry_run: dry,
      files: files.map(({ path, text }) => ({ path: path === '' ? null : path, text })),
    };
  }

  private async describeTimer(daily: string, parameters: readonly string[]): Promise<Timer> {
    const { recordFolders } = await import('../../unattended/index.js');
    const { parseWallTime } = await import('../../retention/index.js');
    const session = await this.openSession();
    const { workspaceId, timeZone } = session.settings();
    return {
      workspaceId,
      root: realpathSync(session.paths.root),
      daily: parseWallTime(daily, '--daily'),
      timeZone,
      account: (await session.operator()).account,
      program: [process.execPath, realpathSync(process.argv[1] ?? '')],
      parameters,
      recordFolders: await recordFolders(session),
    };
  }

  private show(files: readonly TimerFile[]): void {
    for (const { path, text } of files) {
      if (path !== '') this.print(`### ${path}`);
      this.print(text);
    }
    this.note('Nothing was changed.');
  }

  private tell(files: readonly TimerFile[], kind: TimerKind, to: string | undefined): void {
    for (const { path } of files) this.print(path === '' ? 'Wrote a line to the crontab' : `Wrote ${path}`);
    if (to !== undefined)
      this.note('Nothing was started. Copy the units to where systemd reads them, then enable the timer.');
    else if (kind === 'user')
      this.note('It runs while you are logged in; to let it run always: loginctl enable-linger');
    this.note('See the next runs with: quietus timer show');
  }
}

/** The limits of `sweep auto` that a timer can pass on. */
function withoutLines() {
  const { 'json-lines': _, ...flags } = allowanceFlags();
  return flags;
}

function parametersOf(flags: {
  'max-items'?: number | undefined;
  'max-bytes'?: string | undefined;
  until?: string | undefined;
  rate?: string | undefined;
  'accept-residual': boolean;
}): string[] {
  const parameters: string[] = [];
  for (const name of ['max-items', 'max-bytes', 'until', 'rate'] as const) {
    const value = flags[name];
    if (value !== undefined) parameters.push(`--${name}`, String(value));
  }
  if (flags['accept-residual']) parameters.push('--accept-residual');
  return parameters;
}
