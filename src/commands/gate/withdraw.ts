import { Args, Flags, QuietusCommand } from '../../cli/index.js';

export default class GateWithdraw extends QuietusCommand {
  static override description =
    'Take back a statement about a gate that was a mistake, or end an open charge. The record stays, marked.';
  static override examples = ['<%= config.bin %> <%= command.id %> G-2026-0003 --on 2026-04-30'];
  static override args = {
    statement: Args.string({ description: 'Id of the statement, such as G-2026-0003.', required: true }),
  };
  static override flags = {
    on: Flags.string({
      description: 'Day from which it does not count, such as the day the charge was closed. Default: today.',
      helpValue: 'DATE',
    }),
  };

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(GateWithdraw);
    const { parseDay, withdrawStatement } = await import('../../retention/index.js');
    const on = flags.on === undefined ? {} : { on: parseDay(flags.on, '--on') };
    const statement = await withdrawStatement(await this.openSession(), { id: args.statement, ...on });
    this.print(`${statement.id} does not count from ${statement.withdrawnOn}`);
    return { statement: statement.id, kind: statement.kind, withdrawn_on: statement.withdrawnOn };
  }
}
