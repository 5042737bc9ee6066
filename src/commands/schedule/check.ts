import { Args, QuietusCommand } from '../../cli/index.js';

export default class ScheduleCheck extends QuietusCommand {
  static override description =
    'Check a schedule file and explain every mistake with its line and column. Nothing is stored; no workspace is needed.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> schedule.yaml',
    '<%= config.bin %> <%= command.id %> schedule.csv --json',
  ];
  static override args = {
    file: Args.string({
      description: 'Schedule file (YAML, or CSV where its name ends with .csv).',
      required: true,
    }),
  };

  async run(): Promise<unknown> {
    const { args } = await this.parse(ScheduleCheck);
    const { parsedSchedule, readScheduleFile } = await import('../../schedule/index.js');
    const file = await readScheduleFile(args.file);
    const { title, classes } = parsedSchedule(file);
    const noun = classes.length === 1 ? 'class' : 'classes';
    this.print(`${file.fileName} is in order: ${title}, ${classes.length} record ${noun}`);
    return { title, classes: classes.length, problems: [] };
  }
}
