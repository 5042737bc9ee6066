import { Args, confirmFlag, Flags, QuietusCommand } from '../../cli/index.js';

export default class CertificateVoid extends QuietusCommand {
  static override description =
    'Declare a certificate void: it is not to be relied on any more. It stays where it is, and its verification fails from now on and says why.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> 2026-0001 --reason "Names the wrong drive" --confirm 2026-0001',
  ];
  static override args = {
    number: Args.string({ description: 'Number of the certificate.', required: true }),
  };
  static override flags = {
    reason: Flags.string({
      description: 'Why, in a sentence. The register keeps it; the log keeps its digest only.',
      helpValue: 'TEXT',
      required: true,
    }),
    confirm: confirmFlag('the number of the certificate'),
  };

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(CertificateVoid);
    const { registeredCertificate, voidCertificate } = await import('../../certificate/index.js');
    const session = await this.openSession();
    await this.confirm({
      expected: args.number,
      given: flags.confirm,
      question: `Certificate ${args.number} will be void for ever.`,
    });
    const made = await voidCertificate(session, args.number, flags.reason);
    this.print(`Certificate ${made.number} is void`);
    const { replacedBy } = await registeredCertificate(session, made.number);
    this.note(
      replacedBy === null
        ? `Issue another one of the same disposal with: quietus certificate issue --replaces ${made.number}`
        : `Certificate ${replacedBy} took its place before`,
    );
    return { number: made.number, voided_at: made.voidedAt, voided_by: made.voidedBy, log_seq: made.logSeq };
  }
}
