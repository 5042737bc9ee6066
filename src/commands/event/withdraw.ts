import { Args, counted, Flags, QuietusCommand } from '../../cli/index.js';
import { badInput } from '../../model/index.js';

export default class EventWithdraw extends QuietusCommand {
  static override description =
    'Take back an event that did not happen. The earlier record stays, marked as corrected; items that count from the event wait for it again.';
  static override examples = ['<%= config.bin %> <%= command.id %> termination --subject EMP-1042'];
  static override args = { event: Args.string({ description: 'Name of the event.', required: true }) };
  static override flags = {
    subject: Flags.string({
      description: 'Opaque id of the person or the case.',
      helpValue: 'ID',
      required: true,
    }),
  };

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(EventWithdraw);
    const { recordEvents, requireEventName, requireSubject } = await import('../../retention/index.js');
    const statement = {
      event: requireEventName(args.event),
      subject: requireSubject(flags.subject),
      date: null,
    };
    const { recorded, refused, items } = await recordEvents(await this.openSession(), [statement]);
    const refusal = refused.get(0);
    if (refusal) throw badInput(refusal.code, refusal.reason, { hint: refusal.hint });
    if (recorded.length === 0) this.print('Nothing changed: the event was withdrawn before');
    else this.print(`Withdrawn; the due dates of ${counted(items.changed, 'item')} changed`);
    return { record: recorded[0]?.id ?? null, items: items.reached, items_changed: items.changed };
  }
}
