import { Flags, identityData, QuietusCommand } from '../../cli/index.js';

export default class IdentityList extends QuietusCommand {
  static override description = 'List the keys of the workspace that open encrypted files.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --all --json',
  ];
  static override flags = {
    all: Flags.boolean({ description: 'Also list identities that were retired.' }),
  };

  async run(): Promise<unknown> {
    const { flags } = await this.parse(IdentityList);
    const session = await this.openSession();
    const identities = (await session.store.identities.list()).filter(
      ({ retiredAt }) => flags.all || retiredAt === null,
    );
    if (identities.length === 0) this.note('There are no identities; make one with: quietus identity create');
    else {
      this.printTable(identities, [
        { head: 'IDENTITY', value: ({ name }) => name, shrink: false },
        { head: 'KIND', value: ({ kind }) => kind, shrink: false },
        { head: 'OWNER', value: ({ owner }) => owner, shrink: false },
        { head: 'MADE', value: ({ createdAt }) => session.dayOf(createdAt), shrink: false },
        {
          head: 'RETIRED',
          value: ({ retiredAt }) => (retiredAt ? session.dayOf(retiredAt) : ''),
          shrink: false,
        },
        { head: 'FINGERPRINT', value: ({ fingerprint }) => fingerprint.slice(0, 16), shrink: false },
      ]);
    }
    return { identities: identities.map(identityData) };
  }
}
