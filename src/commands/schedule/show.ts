import { Flags, QuietusCommand } from '../../cli/index.js';

export default class ScheduleShow extends QuietusCommand {
  static override description = 'Show the schedule in force, or an older version of it.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --version 1 --source',
    '<%= config.bin %> <%= command.id %> --json',
  ];
  static override flags = {
    version: Flags.integer({ description: 'Version to show. Default: the latest.', min: 1, helpValue: 'N' }),
    source: Flags.boolean({ description: 'Print the file as it was imported.' }),
  };

  async run(): Promise<unknown> {
    const { flags } = await this.parse(ScheduleShow);
    const { ruleOnOneLine, scheduleDocument, storedSchedule } = await import('../../schedule/index.js');
    const { schedule, source } = await storedSchedule(await this.openSession(), flags.version);
    if (flags.source) {
      this.print(source.trimEnd());
      return { ...scheduleDocument(schedule), source };
    }
    const effective = schedule.effective === undefined ? '' : `, effective ${schedule.effective}`;
    this.print(`${schedule.title}, version ${schedule.version}, imported ${schedule.importedAt}${effective}`);
    this.printTable(schedule.classes, [
      { head: 'CLASS', value: (each) => each.id, shrink: false },
      { head: 'KEEP', value: ruleOnOneLine },
      { head: 'THEN', value: (each) => each.disposition },
      { head: 'APPROVALS', value: (each) => each.approvals, align: 'right' },
      { head: 'AUTHORITY', value: (each) => each.authority.citation },
      { head: 'CHECKED', value: (each) => each.authority.checked },
    ]);
    for (const { id, authority } of schedule.classes) {
      if (authority.warning !== null) this.note(`${id}: ${authority.warning}`);
    }
    return scheduleDocument(schedule);
  }
}
