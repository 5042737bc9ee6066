import { Args, QuietusCommand } from '../../cli/index.js';

export default class ScheduleCheck extends QuietusCommand {
  static override description =
    'Check a schedule file and explain every mistake with its line and column. Nothing is stored; no workspace is needed.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> schedule.yaml',
    '<%= config.bin %> <%= command.id %> schedule.yaml --json',
  ];
  static override args = {
    file: Args.string({ description: 'Schedule file (YAML).', required: true }),
  };

  async run(): Promise<unknown> {
    const { args } = await this.parse(ScheduleCheck);
    const { parseSchedule, readScheduleFile, scheduleInvalid } = await import('../../schedule/index.js');
    const file = await readScheduleFile(args.file);
    const parsed = parseSchedule(file.text, file.fileName);
    if ('problems' in parsed) throw scheduleInvalid(file.fileName, parsed.problems);
    const { title, classes } = parsed.schedule;
    const noun = classes.length === 1 ? 'class' : 'classes';
    this.print(`${file.fileName} is in order: ${title}, ${classes.length} record ${noun}`);
    return { title, classes: classes.length, problems: [] };
  }
}
