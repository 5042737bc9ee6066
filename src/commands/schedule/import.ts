import { Args, confirmFlag, counted, Flags, QuietusCommand } from '../../cli/index.js';
import type { ScheduleImport as Imported } from '../../schedule/index.js';

export default class ScheduleImport extends QuietusCommand {
  static override description =
    'Put a schedule file in force as a new version. Older versions stay; the due dates of all items follow. A schedule ' +
    'that makes more items due than the one in force, or has no longer a class that items name, needs a permission.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> schedule.yaml',
    '<%= config.bin %> <%= command.id %> schedule.csv --allow-more-due 12 --confirm 9f86d081884c',
    '<%= config.bin %> <%= command.id %> --template small-business',
  ];
  static override args = {
    file: Args.string({
      description:
        'Schedule file (YAML, or CSV where its name ends with .csv). Default: schedule.yaml of the workspace.',
    }),
  };
  static override flags = {
    template: Flags.string({
      description: 'Import a template instead of a file, as quietus schedule templates names it.',
      helpValue: 'NAME',
    }),
    'allow-more-due': Flags.integer({
      description:
        'Permit that up to N items become due by it. Must be confirmed where the workspace asks for approvals.',
      helpValue: 'N',
      min: 0,
    }),
    'allow-class-removal': Flags.boolean({
      description: 'Permit that classes go which items name. These items become defects, and are kept.',
    }),
    confirm: confirmFlag('the first 12 digits of the SHA-256 of the file'),
  };

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(ScheduleImport);
    const { importSchedule, readSchedule } = await import('../../schedule/index.js');
    if (flags.template !== undefined && args.file !== undefined) {
      const { badInput } = await import('../../model/index.js');
      throw badInput('flags-conflict', 'A file and --template exclude each other', {
        hint: 'Give one of them',
      });
    }
    const session = await this.openSession();
    const path = args.file ?? session.paths.schedule;
    const file = await readSchedule({ path, template: flags.template });
    const moreDue = flags['allow-more-due'];
    if (moreDue !== undefined && session.settings().approvals.minimum > 0) {
      const { sha256 } = await import('../../crypto/index.js');
      await this.confirm({
        expected: sha256(file.text).slice(0, 12),
        given: flags.confirm,
        question: `The schedule in ${file.fileName} may make up to ${counted(moreDue, 'more item')} due.`,
      });
    }
    const result = await importSchedule(session, file, {
      ...(moreDue === undefined ? {} : { moreDue }),
      classRemoval: flags['allow-class-removal'],
    });
    this.show(result);
    const { version, classes, items } = result;
    return {
      changed: result.changed,
      version,
      sha256: result.sha256,
      classes,
      items: {
        checked: items.checked,
        changed: items.changed,
        defects: items.defects,
        more_due: items.moreDue,
      },
    };
  }

  private show({ changed, version, classes, items }: Imported): void {
    if (changed) {
      this.print(
        `Version ${version} of the schedule is in force: ${counted(classes, 'record class', 'record classes')}`,
      );
      if (items.checked > 0) {
        this.print(
          `Due dates were computed for ${items.checked} items, and those of ${items.changed} changed`,
        );
      }
      if (items.moreDue > 0) this.print(`More items are due than before: ${items.moreDue}`);
    } else {
      this.print(`Nothing was changed: version ${version} of the schedule is this very file`);
    }
    if (items.defects > 0) {
      this.note(`${items.defects} items have a defect and are never due: quietus inventory list --defects`);
    }
  }
}
