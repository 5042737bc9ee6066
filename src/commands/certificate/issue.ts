import { Args, confirmFlag, counted, Flags, QuietusCommand } from '../../cli/index.js';

export default class CertificateIssue extends QuietusCommand {
  static override description =
    'Issue the certificate of a run or a sanitized device that has none because it was cut off, or issue one again: with today\u2019s name of the organization, settings and signing identity. The earlier one stays and says what took its place.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> run-2026-11-22-a1b2c3',
    '<%= config.bin %> <%= command.id %> --replaces 2026-0001 --confirm 2026-0001',
  ];
  static override args = {
    run: Args.string({
      description:
        'Id of a finished run (of a sweep, a disposal, or statements of people), or of the sanitization of a device.',
    }),
  };
  static override flags = {
    replaces: Flags.string({
      description: 'Number of the certificate to issue again.',
      helpValue: 'NUMBER',
    }),
    confirm: confirmFlag('the number of the certificate that is replaced'),
  };

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(CertificateIssue);
    const { issueFor } = await import('../../retention/index.js');
    const session = await this.openSession();
    if (flags.replaces !== undefined) {
      await this.confirm({
        expected: flags.replaces,
        given: flags.confirm,
        question: `Certificate ${flags.replaces} will not be the one to use any more.`,
      });
    }
    const issued = await issueFor(session, { run: args.run ?? null, replaces: flags.replaces ?? null });
    this.print(`Certificate ${issued.number} (${counted(issued.items, 'item')})`);
    if (issued.replaces !== null) this.print(`  takes the place of ${issued.replaces}`);
    return {
      number: issued.number,
      replaces: issued.replaces,
      items: issued.items,
      subject: issued.subjectId,
    };
  }
}
