import { Flags, QuietusCommand, recipientData } from '../../cli/index.js';
import { recipientState } from '../../model/index.js';

export default class RecipientList extends QuietusCommand {
  static override description = 'List those who may be sent encrypted files.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --all --json',
  ];
  static override flags = {
    all: Flags.boolean({ description: 'Also list recipients that were removed.' }),
  };

  async run(): Promise<unknown> {
    const { flags } = await this.parse(RecipientList);
    const session = await this.openSession();
    const today = session.today();
    const recipients = (await session.store.recipients.list()).filter(
      ({ removedAt }) => flags.all || removedAt === null,
    );
    if (recipients.length === 0) this.note('There are no recipients; add one with: quietus recipient add');
    else {
      this.printTable(recipients, [
        { head: 'RECIPIENT', value: ({ name }) => name, shrink: false },
        { head: 'ORGANIZATION', value: ({ organization }) => organization ?? '' },
        { head: 'BY', value: ({ kind, channel }) => (channel === null ? kind : `${kind}, ${channel}`) },
        { head: 'FORMATS', value: ({ formats }) => formats.join(', ') },
        { head: 'STATE', value: (each) => recipientState(each, today), shrink: false },
        { head: 'EXPIRES', value: ({ expiresOn }) => expiresOn ?? '', shrink: false },
        { head: 'RECOVERY', value: ({ recovery }) => (recovery ? 'yes' : ''), shrink: false },
        { head: 'KEY', value: ({ fingerprint }) => fingerprint?.slice(0, 16) ?? '', shrink: false },
      ]);
    }
    return { recipients: recipients.map((recipient) => recipientData(recipient, today)) };
  }
}
