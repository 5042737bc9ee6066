import { Args, Flags, QuietusCommand } from '../../cli/index.js';

export default class OperatorAdd extends QuietusCommand {
  static override description =
    'Register a person under an id that nobody else ever gets, bound to one account of this machine. The person then makes a key under that account (operator enroll), and an operator confirms it (operator confirm); before that the id gives no right.';
  static override examples = ['<%= config.bin %> <%= command.id %> mroe --name "Mary Roe" --account mroe'];
  static override args = {
    id: Args.string({
      description: 'Id of the operator: 2 to 32 of a-z, 0-9, dot, underscore, hyphen.',
      required: true,
    }),
  };
  static override flags = {
    name: Flags.string({
      description: 'Full name of the person, for certificates.',
      required: true,
      helpValue: 'NAME',
    }),
    account: Flags.string({
      description: 'Login name with which the person signs in to this machine.',
      required: true,
      helpValue: 'LOGIN',
    }),
  };

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(OperatorAdd);
    const { accountOf, addOperator, isMember } = await import('../../operators/index.js');
    const { groupOf } = await import('../../workspace/index.js');
    const session = await this.openSession();
    const account = await accountOf(flags.account);
    const operator = await addOperator(session, { id: args.id, name: flags.name, account });
    this.print(`Registered ${operator.id}, bound to the account ${account.name} (uid ${account.uid})`);
    const gid = groupOf(session.paths.root);
    if (gid !== null && (await isMember(account, gid)) === false) {
      this.note(`warning: the account ${account.name} is no member of the group ${gid} of this workspace;`);
      this.note('  an administrator can make it one (usermod -aG); it counts from the next login');
    }
    this.note(
      `Next: under the account ${account.name}, quietus operator enroll --workspace ${session.paths.root}`,
    );
    return { operator: operator.id, account_uid: account.uid, state: 'registered' };
  }
}
