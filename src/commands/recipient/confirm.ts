import { Args, Flags, fingerprintText, QuietusCommand, recipientData } from '../../cli/index.js';
import { CONFIRMATION_WAYS, type ConfirmationWay } from '../../model/index.js';

export default class RecipientConfirm extends QuietusCommand {
  static override description =
    'Record that you made sure that the key of a recipient is theirs: give the fingerprint that they read out to you, face to face or at a telephone number that you knew before. Never take it from the message that brought the key.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> acme --fingerprint "93d1a2f0 0c8e41b7 5f0a9cc2 7d2be310 4b6a88f1 e02d5c97 a1b3c4d5 e6f70819" --how telephone',
    '<%= config.bin %> <%= command.id %> drlee --how telephone',
  ];
  static override args = {
    name: Args.string({ description: 'Name of the recipient.', required: true }),
  };
  static override flags = {
    fingerprint: Flags.string({
      description: 'SHA-256 of the key, 64 hexadecimal digits, as they read it out.',
      helpValue: 'HEX',
    }),
    how: Flags.string({
      description: 'How you made sure. Needed where the recipient has no key.',
      options: CONFIRMATION_WAYS.filter((way) => way !== 'own-key'),
    }),
  };

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(RecipientConfirm);
    const { confirmRecipient, requireRecipient } = await import('../../recipients/index.js');
    const session = await this.openSession();
    const { fingerprint } = await requireRecipient(session, args.name);
    const said =
      flags.fingerprint ??
      (fingerprint !== null && this.interactive
        ? await this.askText({
            question: `Fingerprint that ${args.name} reads out`,
            flag: '--fingerprint HEX',
          })
        : null);
    const recipient = await confirmRecipient(session, {
      name: args.name,
      fingerprint: said,
      how: (flags.how as ConfirmationWay | undefined) ?? null,
    });
    this.print(`${recipient.name} is confirmed by ${recipient.confirmedBy}`);
    if (recipient.fingerprint !== null) this.print(`  ${fingerprintText(recipient.fingerprint)}`);
    this.note(`Next: quietus encrypt PATH --to ${recipient.name}`);
    return recipientData(recipient, session.today());
  }
}
