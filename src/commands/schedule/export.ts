import { Flags, QuietusCommand } from '../../cli/index.js';

export default class ScheduleExport extends QuietusCommand {
  static override description =
    'Write the schedule in force, or an older version of it, to standard output: as it was imported, or as CSV.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> --csv > schedule.csv',
    '<%= config.bin %> <%= command.id %> --version 1 > schedule-1.yaml',
  ];
  static override flags = {
    csv: Flags.boolean({
      description: 'A row for the schedule, each class and each clause; imports again to the same schedule.',
    }),
    version: Flags.integer({ description: 'Version to write. Default: the latest.', min: 1, helpValue: 'N' }),
  };

  async run(): Promise<unknown> {
    const { flags } = await this.parse(ScheduleExport);
    const { scheduleCsv, storedSchedule } = await import('../../schedule/index.js');
    const { schedule, source } = await storedSchedule(await this.openSession(), flags.version);
    const text = flags.csv ? scheduleCsv(schedule) : source;
    if (!this.jsonEnabled()) process.stdout.write(text);
    return { version: schedule.version, text };
  }
}
