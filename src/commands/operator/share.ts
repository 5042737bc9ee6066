import { Args, QuietusCommand } from '../../cli/index.js';

export default class OperatorShare extends QuietusCommand {
  static override description =
    'Share the workspace with a POSIX group, so that other accounts can work in it. Its members can then read and write the database; keys stay with their owners. Run again, it puts the permissions right.';
  static override examples = ['<%= config.bin %> <%= command.id %> quietus'];
  static override args = {
    group: Args.string({
      description: 'Group of the operating system, by name or number, with nobody in it but operators.',
      required: true,
    }),
  };

  async run(): Promise<unknown> {
    const { args } = await this.parse(OperatorShare);
    const { groupNumber, shareWithGroup } = await import('../../operators/index.js');
    const session = await this.openSession();
    const gid = await groupNumber(args.group);
    await shareWithGroup(session, gid);
    this.print(`The workspace is shared with the group ${args.group} (gid ${gid})`);
    this.note('Next: quietus operator add ID --name NAME --account LOGIN');
    return { group_id: gid };
  }
}
