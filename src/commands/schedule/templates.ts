import { Args, QuietusCommand } from '../../cli/index.js';

export default class ScheduleTemplates extends QuietusCommand {
  static override description =
    'List the schedules to start from, or print one. Each entry names its authority and the day it was checked; none ' +
    'is legal advice. No workspace is needed.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> medical-practice > schedule.yaml',
  ];
  static override args = { name: Args.string({ description: 'Template to print.' }) };

  async run(): Promise<unknown> {
    const { args } = await this.parse(ScheduleTemplates);
    const { readTemplate, scheduleTemplates } = await import('../../schedule/index.js');
    if (args.name !== undefined) {
      const text = readTemplate(args.name);
      this.print(text.trimEnd());
      return { name: args.name, text };
    }
    const templates = scheduleTemplates();
    this.printTable(templates, [
      { head: 'NAME', value: (each) => each.name, shrink: false },
      { head: 'CLASSES', value: (each) => each.schedule.classes.length, align: 'right' },
      { head: 'TITLE', value: (each) => each.schedule.title },
    ]);
    this.note(
      'Print one: quietus schedule templates NAME. Check every entry against its source before you use it.',
    );
    return {
      templates: templates.map(({ name, schedule }) => ({
        name,
        title: schedule.title,
        classes: schedule.classes.length,
        warnings: schedule.classes.filter(({ authority }) => authority.warning !== null).length,
      })),
    };
  }
}
