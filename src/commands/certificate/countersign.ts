import type { CountersigningRole } from '../../certificate/index.js';
import { Args, confirmFlag, Flags, passphraseFileFlag, QuietusCommand } from '../../cli/index.js';

export default class CertificateCountersign extends QuietusCommand {
  static override description =
    'Add your own signature to a certificate of somebody else\u2019s work, as approver or witness: Ed25519 over the digest of its document. The files of the certificate stay as they were issued.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> 2026-0001 --as witness --confirm 2026-0001',
    '<%= config.bin %> <%= command.id %> 2026-0001 --as approver --confirm 2026-0001 --passphrase-file /dev/fd/3',
  ];
  static override args = {
    number: Args.string({ description: 'Number of the certificate.', required: true }),
  };
  static override flags = {
    as: Flags.string({
      description: 'What you vouch for it as.',
      required: true,
      options: ['approver', 'witness'],
    }),
    confirm: confirmFlag('the number of the certificate'),
    'passphrase-file': passphraseFileFlag('of your operator key'),
  };

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(CertificateCountersign);
    const { countersign, requireCountersignable } = await import('../../certificate/index.js');
    const { unlockOperatorKey } = await import('../../operators/index.js');
    const session = await this.openSession();
    const operator = await session.operator();
    await requireCountersignable(session, args.number);
    await this.confirm({
      expected: args.number,
      given: flags.confirm,
      question: `You vouch for certificate ${args.number} as its ${flags.as}.`,
    });
    const key = await unlockOperatorKey(session, operator, () =>
      this.passphrase({
        file: flags['passphrase-file'],
        prompt: `Passphrase of the key of ${operator.id}`,
      }),
    );
    const made = await countersign(session, args.number, flags.as as CountersigningRole, key);
    this.print(`Countersigned by ${made.operator} as ${made.role}: certificate ${made.number}`);
    return {
      number: made.number,
      operator: made.operator,
      role: made.role,
      signed_at: made.signedAt,
      statement: made.statement,
      signature: made.signature,
    };
  }
}
