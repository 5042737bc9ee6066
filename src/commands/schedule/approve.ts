import { Args, confirmFlag, counted, Flags, passphraseFileFlag, QuietusCommand } from '../../cli/index.js';

export default class ScheduleApprove extends QuietusCommand {
  static override description =
    'Approve that another operator imports a schedule file which makes more items due: sign its digest and the number with your operator key. Needed where the workspace asks for two people.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> schedule.yaml --allow-more-due 12',
    '<%= config.bin %> <%= command.id %> schedule.yaml --allow-more-due 12 --confirm 9f86d081884c --passphrase-file /dev/fd/3',
  ];
  static override args = {
    file: Args.string({
      description:
        'Schedule file (YAML, or CSV where its name ends with .csv). Default: schedule.yaml of the workspace.',
    }),
  };
  static override flags = {
    template: Flags.string({
      description: 'A template instead of a file, as quietus schedule templates names it.',
      helpValue: 'NAME',
    }),
    'allow-more-due': Flags.integer({
      description: 'Number of items that may become due by it.',
      helpValue: 'N',
      min: 1,
      required: true,
    }),
    confirm: confirmFlag('the first 12 digits of the SHA-256 of the file'),
    'passphrase-file': passphraseFileFlag('of your operator key'),
  };

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(ScheduleApprove);
    const { approveSchedule, readSchedule } = await import('../../schedule/index.js');
    const { readOperatorKey, unlockOperatorKey } = await import('../../operators/index.js');
    const { sha256 } = await import('../../crypto/index.js');
    const session = await this.openSession();
    const operator = await session.operator();
    const file = await readSchedule({
      path: args.file ?? session.paths.schedule,
      template: flags.template,
    });
    readOperatorKey(session.paths.keys, operator.id);
    const moreDue = flags['allow-more-due'];
    await this.confirm({
      expected: sha256(file.text).slice(0, 12),
      given: flags.confirm,
      question: `The schedule in ${file.fileName} may then make up to ${counted(moreDue, 'more item')} due.`,
    });
    const key = await unlockOperatorKey(session, operator, () =>
      this.passphrase({
        file: flags['passphrase-file'],
        prompt: `Passphrase of the key of ${operator.id}`,
      }),
    );
    const approval = await approveSchedule(session, file, moreDue, key);
    this.print(
      `Approved by ${operator.id}: the schedule may make up to ${counted(moreDue, 'more item')} due`,
    );
    this.print(`  SHA-256 ${approval.sha256}`);
    return {
      sha256: approval.sha256,
      more_due: moreDue,
      operator: operator.id,
      approved_at: approval.approvedAt,
      statement: approval.statement,
      signature: approval.signature,
    };
  }
}
