import { Args, fingerprintText, QuietusCommand, recipientData } from '../../cli/index.js';
import { recipientState } from '../../model/index.js';

export default class RecipientShow extends QuietusCommand {
  static override description = 'Show one recipient with its key, its fingerprint, and who confirmed it.';
  static override examples = ['<%= config.bin %> <%= command.id %> acme'];
  static override args = {
    name: Args.string({ description: 'Name of the recipient.', required: true }),
  };

  async run(): Promise<unknown> {
    const { args } = await this.parse(RecipientShow);
    const { requireRecipient } = await import('../../recipients/index.js');
    const session = await this.openSession();
    const recipient = await requireRecipient(session, args.name);
    const today = session.today();
    const lines: [string, string | null][] = [
      ['Recipient', recipient.name],
      ['State', recipientState(recipient, today)],
      ['Organization', recipient.organization],
      ['Contact', recipient.contact],
      ['Passphrase by', recipient.channel],
      ['Formats', recipient.formats.join(', ')],
      ['Expires', recipient.expiresOn],
      ['Recovery', recipient.recovery ? 'yes: it can open what is encrypted here' : null],
      ['Added', `${session.dayOf(recipient.addedAt)} by ${recipient.addedBy}`],
      [
        'Confirmed',
        recipient.confirmedAt &&
          `${session.dayOf(recipient.confirmedAt)} by ${recipient.confirmedBy}${recipient.confirmedHow ? ` (${recipient.confirmedHow})` : ''}`,
      ],
      ['Fingerprint', recipient.fingerprint && fingerprintText(recipient.fingerprint)],
    ];
    for (const [head, value] of lines) if (value) this.print(`${head.padEnd(15)}${value}`);
    if (recipient.publicKey !== null) this.print(`\n${recipient.publicKey.trimEnd()}`);
    return { ...recipientData(recipient, today), public_key: recipient.publicKey };
  }
}
