import { Args, counted, Flags, QuietusCommand } from '../../cli/index.js';

export default class HoldRelease extends QuietusCommand {
  static override description =
    'Release a legal hold. What only it held follows its schedule again; nothing is disposed of before a new plan is made and approved.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> H-2026-0001 --reason "Settled on 3 March; counsel agreed in writing"',
  ];
  static override args = {
    hold: Args.string({ description: 'Id of the hold, such as H-2026-0001.', required: true }),
  };
  static override flags = {
    reason: Flags.string({ description: 'Why it may end.', required: true, helpValue: 'TEXT' }),
  };

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(HoldRelease);
    const { holdReach, releaseHold } = await import('../../retention/index.js');
    const session = await this.openSession();
    const hold = await releaseHold(session, { id: args.hold, reason: flags.reason });
    this.print(`Hold ${hold.id} is released`);
    if (hold.coolingOffUntil !== null)
      this.print(
        `What it reached is left alone until ${hold.coolingOffUntil}, should the release be a mistake`,
      );
    const total = await session.store.items.count({});
    const bar = await this.progress(total, 'Inventory');
    const reach = await holdReach(session, hold, {
      onProgress: (seen) => bar.update(seen),
      signal: this.interrupt,
    });
    bar.stop();
    const free = reach.dueByThisHoldOnly;
    this.print(
      `It reached ${counted(reach.items, 'item')}, of which ${free} ${free === 1 ? 'is' : 'are'} due now and under no other hold`,
    );
    if (free > 0) {
      this.note(
        hold.coolingOffUntil === null
          ? 'Next: quietus sweep plan'
          : `After ${hold.coolingOffUntil}: quietus sweep plan`,
      );
    }
    return {
      hold: hold.id,
      released_at: hold.releasedAt,
      released_by: hold.releasedBy,
      cooling_off_until: hold.coolingOffUntil,
      items: reach.items,
      due: reach.due,
      due_and_free: free,
    };
  }
}
