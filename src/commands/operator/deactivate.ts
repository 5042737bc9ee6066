import { Args, Flags, QuietusCommand } from '../../cli/index.js';
import { DEACTIVATION_REASONS } from '../../model/index.js';

export default class OperatorDeactivate extends QuietusCommand {
  static override description =
    'Take all rights from an operator, for ever: the id is never used again. What the person approved and has not begun to run no longer counts; what was run stays verifiable.';
  static override examples = ['<%= config.bin %> <%= command.id %> mroe --reason left'];
  static override args = {
    id: Args.string({ description: 'Id of the operator.', required: true }),
  };
  static override flags = {
    reason: Flags.option({
      description:
        'Why, for the log. Not in free text, which could be personal information and can never be taken out of the log.',
      options: DEACTIVATION_REASONS,
      required: true,
    })(),
  };

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(OperatorDeactivate);
    const { deactivateOperator } = await import('../../operators/index.js');
    const session = await this.openSession();
    const operator = await deactivateOperator(session, args.id, flags.reason);
    this.print(`${operator.id} is deactivated`);
    this.note(`Also lock the account ${operator.account}, or take it out of the group of this workspace.`);
    return { operator: operator.id, state: 'deactivated', deactivated_at: operator.deactivatedAt };
  }
}
