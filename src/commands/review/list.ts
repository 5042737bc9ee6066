import { counted, Flags, QuietusCommand, reasonText } from '../../cli/index.js';
import type { ReviewKind, WaitingItem } from '../../retention/index.js';

/** As `REVIEW_KINDS`, which the help must not load. */
const KINDS = ['review', 'limit', 'gate', 'defect', 'failure'] as const satisfies readonly ReviewKind[];

const HEADS: Readonly<Record<ReviewKind, string>> = {
  review: 'Due, and to be reviewed',
  limit: 'Past the day by which they should be gone',
  gate: 'Due, and waiting for a statement',
  defect: 'Not disposed of until somebody corrects them',
  failure: 'Not destroyed, or not as a whole, by the last run',
};

export default class ReviewList extends QuietusCommand {
  static override description =
    'List what waits for a person: items that are due for review, items past their limit, items that wait at a gate, defects of the inventory, what runs left behind, and statements that soon end.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --kind review --class discrimination-charge',
    '<%= config.bin %> <%= command.id %> --within 60 --json',
  ];
  static override flags = {
    kind: Flags.option({ description: 'Only this; may be repeated.', options: KINDS, multiple: true })(),
    class: Flags.string({ description: 'Only items of this record class.' }),
    custodian: Flags.string({ description: 'Only items of this custodian.' }),
    department: Flags.string({ description: 'Only items of this department.' }),
    location: Flags.string({ description: 'Only locations that begin with this.', helpValue: 'PREFIX' }),
    limit: Flags.integer({ description: 'Items listed of each kind.', default: 20, min: 1, max: 10_000 }),
    within: Flags.integer({
      description: 'List statements that end within so many days.',
      default: 30,
      min: 0,
      max: 3650,
      helpValue: 'DAYS',
    }),
  };

  async run(): Promise<unknown> {
    const { flags } = await this.parse(ReviewList);
    const { reviewQueue } = await import('../../retention/index.js');
    const queue = await reviewQueue(await this.openSession(), {
      ...(flags.kind === undefined ? {} : { kinds: flags.kind }),
      filter: {
        ...(flags.class === undefined ? {} : { recordClass: flags.class }),
        ...(flags.custodian === undefined ? {} : { custodian: flags.custodian }),
        ...(flags.department === undefined ? {} : { department: flags.department }),
        ...(flags.location === undefined ? {} : { locationPrefix: flags.location }),
      },
      limit: flags.limit,
      withinDays: flags.within,
      signal: this.interrupt,
    });
    for (const kind of KINDS) {
      const items = queue.items.filter((item) => item.kind === kind);
      if (items.length > 0) this.#printKind(kind, items, queue.counts[kind]);
    }
    if (queue.expiring.length > 0) {
      this.print(`Statements that soon end (${queue.expiring.length}):`);
      for (const { statement, until } of queue.expiring)
        this.print(`  ${statement.id} (${statement.kind} of ${statement.statedOn}) counts until ${until}`);
      this.print();
    }
    if (queue.items.length === 0 && queue.expiring.length === 0) this.note('Nothing waits for a person.');
    else if (queue.counts.review > 0)
      this.note('Next: quietus review decide ID --dispose, or --keep-until DATE, with --reason TEXT');
    return {
      as_of: queue.asOf,
      counts: queue.counts,
      items: queue.items.map((item) => ({
        kind: item.kind,
        id: item.itemId,
        record_class: item.recordClass,
        keep_until: item.keepUntil,
        delete_by: item.deleteBy,
        reason: item.reason,
        explanation: item.explanation,
      })),
      expiring: queue.expiring.map(({ statement, until }) => ({
        statement: statement.id,
        kind: statement.kind,
        stated_on: statement.statedOn,
        counts_until: until,
      })),
    };
  }

  #printKind(kind: ReviewKind, items: readonly WaitingItem[], count: number): void {
    this.print(`${HEADS[kind]} (${count}):`);
    for (const { itemId, explanation } of items) {
      this.print(`  ${itemId}`);
      this.print(reasonText(explanation));
    }
    if (items.length < count) this.print(`  ... and ${counted(count - items.length, 'more item')}: --limit`);
    this.print();
  }
}
