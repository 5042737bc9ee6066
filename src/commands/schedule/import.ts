import { Args, QuietusCommand } from '../../cli/index.js';

export default class ScheduleImport extends QuietusCommand {
  static override description =
    'Put a schedule file in force as a new version. Older versions stay; the due dates of all items follow.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> schedule.yaml',
    '<%= config.bin %> <%= command.id %> --json',
  ];
  static override args = {
    file: Args.string({ description: 'Schedule file (YAML). Default: schedule.yaml of the workspace.' }),
  };

  async run(): Promise<unknown> {
    const { args } = await this.parse(ScheduleImport);
    const { importSchedule, readScheduleFile } = await import('../../schedule/index.js');
    const session = await this.openSession();
    const result = await importSchedule(session, await readScheduleFile(args.file ?? session.paths.schedule));
    const { version, classes, items } = result;
    if (result.changed) {
      this.print(
        `Version ${version} of the schedule is in force: ${classes} record ${classes === 1 ? 'class' : 'classes'}`,
      );
      if (items.checked > 0) {
        this.print(
          `Due dates were computed for ${items.checked} items, and those of ${items.changed} changed`,
        );
      }
    } else {
      this.print(`Nothing was changed: version ${version} of the schedule is this very file`);
    }
    if (items.defects > 0) {
      this.note(`${items.defects} items have a defect and are never due: quietus inventory list --defects`);
    }
    return { changed: result.changed, version, sha256: result.sha256, classes, items };
  }
}
