import { Args, QuietusCommand, recipientData } from '../../cli/index.js';

export default class RecipientRemove extends QuietusCommand {
  static override description =
    'Take a recipient out of use: nothing is encrypted for it any more. It stays in the register as removed; files that it has can still be opened with its key.';
  static override examples = ['<%= config.bin %> <%= command.id %> acme'];
  static override args = {
    name: Args.string({ description: 'Name of the recipient.', required: true }),
  };

  async run(): Promise<unknown> {
    const { args } = await this.parse(RecipientRemove);
    const { removeRecipient } = await import('../../recipients/index.js');
    const session = await this.openSession();
    const recipient = await removeRecipient(session, args.name);
    this.print(`${recipient.name} is removed`);
    if (recipient.recovery)
      this.note('warning: files that are encrypted from now on have no such recovery recipient');
    return recipientData(recipient, session.today());
  }
}
