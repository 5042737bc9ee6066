import { confirmFlag, Flags, passphraseFileFlag, QuietusCommand } from '../../cli/index.js';

export default class LogAcceptClock extends QuietusCommand {
  static override description =
    'Confirm that the clock of this machine is right, after you have looked at a calendar; signed with your operator key. Needed where a plan or a run was refused because the log has entries of the future, or nothing for more than 92 days, and where log verify finds that a clock ran backwards. Times of earlier entries count for nothing from then on.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> --reason "The machine was off from March to July"',
    '<%= config.bin %> <%= command.id %> --reason "Battery of the clock replaced" --confirm 2026-11-26 --passphrase-file /dev/fd/3',
  ];
  static override flags = {
    reason: Flags.string({
      description: 'Why, on one line of at most 200 characters. It goes into the log: name no person.',
      required: true,
      helpValue: 'TEXT',
    }),
    confirm: confirmFlag('the date of today (YYYY-MM-DD)'),
    'passphrase-file': passphraseFileFlag('of your operator key'),
  };

  async run(): Promise<unknown> {
    const { flags } = await this.parse(LogAcceptClock);
    const { acceptClock, requireReason } = await import('../../audit/index.js');
    const { unlockOperatorKey } = await import('../../operators/index.js');
    const reason = requireReason(flags.reason);
    const session = await this.openSession();
    const operator = await session.operator();
    const day = session.today();
    const { timeZone } = session.settings();
    await this.confirm({
      expected: day,
      given: flags.confirm,
      question: `The clock of this machine says that it is ${day} in ${timeZone}. What is due depends on that: type the date only if a calendar says the same.`,
    });
    const operatorKey = await unlockOperatorKey(session, operator, () =>
      this.passphrase({ file: flags['passphrase-file'], prompt: `Passphrase of the key of ${operator.id}` }),
    );
    const seq = await acceptClock(session, { day, reason, operatorKey });
    this.print(`Entry ${seq} of the log says that the clock is right, and that it is ${day}`);
    return { seq, day };
  }
}
