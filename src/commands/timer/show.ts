import { Flags, QuietusCommand } from '../../cli/index.js';
import type { TimerOutlook } from '../../unattended/index.js';

export default class TimerShow extends QuietusCommand {
  static override description =
    "Show the timers of this workspace and their next runs, in the organization's time zone and in UTC.";
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --next 30 --json',
  ];
  static override flags = {
    next: Flags.integer({
      description: 'Number of runs to show.',
      helpValue: 'N',
      default: 5,
      min: 1,
      max: 1000,
    }),
  };

  async run(): Promise<unknown> {
    const { flags } = await this.parse(TimerShow);
    const { installedTimers, timerOutlook } = await import('../../unattended/index.js');
    const session = await this.openSession();
    const outlooks: TimerOutlook[] = [];
    for (const timer of await installedTimers(session)) {
      outlooks.push(await timerOutlook(session, timer, flags.next));
    }
    for (const outlook of outlooks) this.show(outlook);
    if (outlooks.length === 0) {
      this.print('No timer is installed');
      this.note('Install one with: quietus timer install --daily 02:00');
    }
    return {
      timers: outlooks.map(({ kind, paths, daily, timeZone, nextRuns, warnings }) => ({
        kind,
        paths,
        daily,
        time_zone: timeZone,
        next_runs: nextRuns,
        warnings,
      })),
    };
  }

  private show({ kind, paths, daily, timeZone, nextRuns, warnings }: TimerOutlook): void {
    this.print(`${kind}: daily at ${daily ?? 'an unknown time'}, ${timeZone}`);
    for (const path of paths) this.print(`  ${path}`);
    const clock = new Intl.DateTimeFormat('en-US', {
      timeZone,
      dateStyle: 'full',
      timeStyle: 'long',
      hourCycle: 'h23',
    });
    for (const run of nextRuns) this.print(`  ${clock.format(new Date(run))} (${run})`);
    for (const warning of warnings) this.warn(warning);
  }
}
