import { Args, identityData, QuietusCommand } from '../../cli/index.js';

export default class IdentityRetire extends QuietusCommand {
  static override description =
    'Take an identity out of use. Its key file stays: it still opens what was encrypted for it.';
  static override examples = ['<%= config.bin %> <%= command.id %> records'];
  static override args = { name: Args.string({ description: 'Name of the identity.', required: true }) };

  async run(): Promise<unknown> {
    const { args } = await this.parse(IdentityRetire);
    const { retireIdentity } = await import('../../identities/index.js');
    const { holdersOf } = await import('../../recipients/index.js');
    const session = await this.openSession();
    const identity = await retireIdentity(session, args.name);
    this.print(`${identity.name} is retired`);
    for (const { name } of await holdersOf(session, identity))
      this.note(
        `warning: the recipient ${name} has its key, and files go on being encrypted for it. Give it another one: quietus recipient remove ${name}, then quietus recipient add ${name}`,
      );
    this.note('Tell those who encrypt for it; what they still send can be opened as before.');
    return identityData(identity);
  }
}
