import { Args, planItemData, QuietusCommand, reasonText } from '../../cli/index.js';
import type { PlanDifferenceItem } from '../../retention/index.js';

export default class SweepDiff extends QuietusCommand {
  static override description =
    'Compare two plans: what is newly in, what dropped out, what changed, each with the reason. Both plans are checked ' +
    'against their digests first.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> plan-2026-11-22-a1b2c3 plan-2026-12-01-d4e5f6',
    '<%= config.bin %> <%= command.id %> plan-2026-11-22-a1b2c3 plan-2026-12-01-d4e5f6 --json',
  ];
  static override args = {
    first: Args.string({ description: 'Id of the plan to compare with.', required: true }),
    second: Args.string({ description: 'Id of the plan that is looked at.', required: true }),
  };

  async run(): Promise<unknown> {
    const { args } = await this.parse(SweepDiff);
    const { comparePlans } = await import('../../retention/index.js');
    const result = await comparePlans(await this.openSession(), args.first, args.second);
    const { first, second, entered, left, changed } = result;
    this.print(`${first.id}, as of ${first.asOf}, against ${second.id}, as of ${second.asOf}`);
    this.list('Newly in the second plan', entered);
    this.list('No longer in the second plan', left);
    this.list('Changed', changed);
    this.print(
      `newly in ${entered.length}, dropped out ${left.length}, changed ${changed.length}, same ${result.same}`,
    );
    if (first.scheduleVersion !== second.scheduleVersion) {
      this.note(
        `The plans were made with versions ${first.scheduleVersion} and ${second.scheduleVersion} of the schedule.`,
      );
    }
    return {
      first: first.id,
      second: second.id,
      entered: entered.map(itemData),
      left: left.map(itemData),
      changed: changed.map(itemData),
      same: result.same,
    };
  }

  private list(head: string, items: readonly PlanDifferenceItem[]): void {
    if (items.length === 0) return;
    this.print(`${head} (${items.length}):`);
    for (const item of items) {
      const [was, is] = [item.first?.decision ?? 'not listed', item.second?.decision ?? 'not listed'];
      const what = was === is ? `${is}; ${item.changes.join(', ')} changed` : `${was} -> ${is}`;
      this.print(`  ${item.itemId}: ${what}\n${reasonText(item.why)}`);
    }
    this.print();
  }
}

function itemData({ itemId, first, second, changes, why }: PlanDifferenceItem): Record<string, unknown> {
  return {
    id: itemId,
    changes,
    why,
    first: first && planItemData(first),
    second: second && planItemData(second),
  };
}
