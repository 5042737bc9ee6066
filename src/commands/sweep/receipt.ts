import { Args, confirmFlag, counted, Flags, QuietusCommand } from '../../cli/index.js';

export default class SweepReceipt extends QuietusCommand {
  static override description =
    'Record that the other party has received a hand-over and answers for the records from then on. No schedule disposes ' +
    'of them after that; copies that are still here are listed, and go with dispose.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> handover-2026-11-22-a1b2c3 --by "R. Roe, State Archives" --on 2026-11-23 --reference ACC-2026-118',
  ];
  static override args = { handover: Args.string({ description: 'Id of the hand-over.', required: true }) };
  static override flags = {
    by: Flags.string({ description: 'Who confirmed it.', required: true, helpValue: 'NAME' }),
    on: Flags.string({ description: 'On which day (YYYY-MM-DD).', required: true, helpValue: 'DATE' }),
    reference: Flags.string({
      description: "Such as the number of the receiver's accession or letter.",
      required: true,
      helpValue: 'TEXT',
    }),
    confirm: confirmFlag('the id of the hand-over'),
  };

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(SweepReceipt);
    const { parseDay, receiveHandover } = await import('../../retention/index.js');
    const session = await this.openSession();
    const receivedOn = parseDay(flags.on, '--on');
    await this.confirm({
      expected: args.handover,
      given: flags.confirm,
      question:
        'The records count as handed over after that, and no schedule of this workspace watches over them any more.',
    });
    const { itemIds, copiesLeft, handover } = await receiveHandover(session, {
      handoverId: args.handover,
      receivedBy: flags.by,
      receivedOn,
      reference: flags.reference,
    });
    this.print(`Received: ${counted(itemIds.length, 'item')} of ${handover.id}`);
    if (copiesLeft.length > 0) {
      this.print('Copies that are still here:');
      for (const { itemId, location } of copiesLeft) this.print(`  ${itemId}: ${location}`);
      this.note('Dispose of them with: quietus dispose PATH');
    }
    return {
      handover: handover.id,
      received_on: receivedOn,
      items: itemIds,
      copies_left: copiesLeft.map(({ itemId }) => itemId),
    };
  }
}
