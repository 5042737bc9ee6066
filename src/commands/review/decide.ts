import { Args, confirmFlag, counted, Flags, QuietusCommand } from '../../cli/index.js';
import { badInput } from '../../model/index.js';

/** Ids printed before the question. */
const SHOWN = 10;

export default class ReviewDecide extends QuietusCommand {
  static override description =
    'Decide about an item that awaits review, or about all that match: that they may go, with the next plan and its approvals; or that they are kept until a day. An item can be kept for longer whether it awaits review or not. The reason is kept in the database only, never in the log.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> CHARGE-7 --dispose --reason "Closed; nothing pending, checked with counsel"',
    '<%= config.bin %> <%= command.id %> HR-2019-07 --keep-until 2028-06-30 --reason "Audit of 2027"',
    '<%= config.bin %> <%= command.id %> --class discrimination-charge --dispose --reason "Reviewed on 3 March" --confirm 12',
  ];
  static override args = {
    item: Args.string({ description: 'Id of the item; without it, all that await review and match.' }),
  };
  static override flags = {
    dispose: Flags.boolean({ description: 'They may go.', exactlyOne: ['dispose', 'keep-until'] }),
    'keep-until': Flags.string({
      description: 'They are kept to the end of this day.',
      helpValue: 'DATE',
      exactlyOne: ['dispose', 'keep-until'],
    }),
    reason: Flags.string({ description: 'Why.', required: true, helpValue: 'TEXT' }),
    class: Flags.string({ description: 'All that await review and have this record class.' }),
    custodian: Flags.string({ description: 'All that await review and are in the care of this custodian.' }),
    department: Flags.string({ description: 'All that await review and belong to this department.' }),
    location: Flags.string({
      description: 'All that await review and whose location begins with this.',
      helpValue: 'PREFIX',
    }),
    confirm: confirmFlag('the number of items, where they are chosen by a filter'),
  };

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(ReviewDecide);
    const { decideReview, itemsAwaitingReview, parseDay } = await import('../../retention/index.js');
    const filter = {
      ...(flags.class === undefined ? {} : { recordClass: flags.class }),
      ...(flags.custodian === undefined ? {} : { custodian: flags.custodian }),
      ...(flags.department === undefined ? {} : { department: flags.department }),
      ...(flags.location === undefined ? {} : { locationPrefix: flags.location }),
    };
    const filtered = Object.keys(filter).length > 0;
    if (filtered === (args.item !== undefined)) {
      throw badInput('selection-unclear', 'Name one item, or choose items by a filter', {
        hint: 'Give an id, or one of --class, --custodian, --department, --location',
      });
    }
    const keepUntil =
      flags['keep-until'] === undefined ? null : parseDay(flags['keep-until'], '--keep-until');
    const session = await this.openSession();
    const ids =
      args.item === undefined ? await itemsAwaitingReview(session, filter, this.interrupt) : [args.item];
    if (args.item === undefined && ids.length > 0) {
      for (const id of ids.slice(0, SHOWN)) this.note(`  ${id}`);
      if (ids.length > SHOWN) this.note(`  ... and ${ids.length - SHOWN} more`);
      await this.confirm({
        expected: String(ids.length),
        given: flags.confirm,
        question: `${counted(ids.length, 'item')} that await review ${ids.length === 1 ? 'is' : 'are'} ${keepUntil === null ? 'to be let go' : `kept until ${keepUntil}`}.`,
      });
    }
    const reviews = await decideReview(session, {
      itemIds: ids,
      decision: keepUntil === null ? 'dispose' : 'keep',
      keepUntil,
      reason: flags.reason,
    });
    const what = keepUntil === null ? 'may go' : `kept until ${keepUntil}`;
    this.print(`${counted(reviews.length, 'item')}: ${what}`);
    if (keepUntil === null) this.note('Next: quietus sweep plan');
    return {
      decision: keepUntil === null ? 'dispose' : 'keep',
      keep_until: keepUntil,
      items: reviews.map(({ itemId, logSeq }) => ({ id: itemId, log_entry: logSeq })),
    };
  }
}
