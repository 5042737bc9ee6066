import { dryRunFlag, QuietusCommand } from '../../cli/index.js';

export default class TimerRemove extends QuietusCommand {
  static override description =
    'Stop and remove the timers of this workspace. A run that is under way is finished.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --dry-run',
  ];
  static override flags = { 'dry-run': dryRunFlag() };

  async run(): Promise<unknown> {
    const { flags } = await this.parse(TimerRemove);
    const { installedTimers, removeTimers } = await import('../../unattended/index.js');
    const session = await this.openSession();
    const dry = flags['dry-run'];
    const timers = dry ? await installedTimers(session) : await removeTimers(session);
    for (const { files } of timers) {
      for (const { path } of files) {
        const what = path === '' ? 'the lines of the crontab' : path;
        this.print(`${dry ? 'Would remove' : 'Removed'} ${what}`);
      }
    }
    if (dry) this.note('Nothing was changed.');
    return { dry_run: dry, removed: timers.map(({ kind }) => kind) };
  }
}
