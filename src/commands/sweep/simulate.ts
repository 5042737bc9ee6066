import { counted, Flags, QuietusCommand, reasonText } from '../../cli/index.js';
import type { SimulatedItem, Simulation } from '../../retention/index.js';

/** Items printed of each list unless `--all` is given. */
const SHOWN = 20;

/** Said of what is due in both schedules. */
const EASED = {
  due: '',
  'less-protective': ', and less protected then',
  'shorter-archive': ', and archived for less time',
  'fewer-gates': ', with fewer gates',
  'fewer-approvals': ', with fewer approvals',
};

export default class SweepSimulate extends QuietusCommand {
  static override description =
    'Show what a changed schedule would newly make due, and what no longer, before it is imported. Nothing is changed, ' +
    'and nothing is logged.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> --schedule schedule.yaml',
    '<%= config.bin %> <%= command.id %> --schedule schedule.csv --as-of 2027-12-31 --all',
    '<%= config.bin %> <%= command.id %> --template small-business --json',
  ];
  static override flags = {
    schedule: Flags.string({
      description: 'Schedule file (YAML or CSV) to try.',
      helpValue: 'FILE',
      exclusive: ['template'],
    }),
    template: Flags.string({
      description: 'Template to try, as quietus schedule templates names it.',
      helpValue: 'NAME',
    }),
    'as-of': Flags.string({
      description: 'Decide as of this day (YYYY-MM-DD). Default: today.',
      helpValue: 'DATE',
    }),
    all: Flags.boolean({ description: `List every item, not only the first ${SHOWN} of each kind.` }),
  };

  async run(): Promise<unknown> {
    const { flags } = await this.parse(SweepSimulate);
    const { parseDay, simulateSchedule } = await import('../../retention/index.js');
    const { parsedSchedule, readSchedule } = await import('../../schedule/index.js');
    const day = flags['as-of'] === undefined ? {} : { asOf: parseDay(flags['as-of'], '--as-of') };
    const session = await this.openSession();
    const file = await readSchedule({
      path: flags.schedule ?? session.paths.schedule,
      template: flags.template,
    });
    const options = { ...day, signal: this.interrupt };
    const result = await simulateSchedule(session, parsedSchedule(file), options);
    this.show(result, flags.all, flags['as-of'] === undefined);
    return simulationData(result);
  }

  private show(result: Simulation, all: boolean, importable: boolean): void {
    const { version } = result;
    const against = version === null ? 'no schedule is in force' : `against version ${version}, in force now`;
    this.print(`As of ${result.asOf}, ${against}; ${counted(result.items, 'active item')}`);
    this.printTable(result.classes, [
      { head: 'CLASS', value: (each) => each.recordClass ?? '(none)', shrink: false },
      { head: 'ITEMS', value: (each) => each.items, align: 'right' },
      { head: 'NEWLY DUE', value: (each) => each.newlyDue, align: 'right' },
      { head: 'NO LONGER', value: (each) => each.noLongerDue, align: 'right' },
      { head: 'SOONER', value: (each) => each.sooner, align: 'right' },
      { head: 'LATER', value: (each) => each.later, align: 'right' },
      { head: 'NEW DEFECTS', value: (each) => each.newDefects, align: 'right' },
    ]);
    this.print();
    this.list('Newly due', result.newlyDue, all);
    this.list('No longer due', result.noLongerDue, all);
    const count = result.newlyDue.length;
    if (count === 0) this.print('The schedule makes no item due that is not due already');
    else {
      this.print(`The schedule makes ${counted(count, 'more item')} due`);
      if (importable) this.note(`To import it, permit that number: --allow-more-due ${count}`);
    }
    this.note('Nothing was changed. Holds, gates and what lies on disk are looked at by: quietus sweep plan');
  }

  private list(head: string, items: readonly SimulatedItem[], all: boolean): void {
    if (items.length === 0) return;
    this.print(`${head} (${items.length}):`);
    const listed = all ? items : items.slice(0, SHOWN);
    for (const { itemId, keepUntil, explanation, widening } of listed) {
      const dates = `kept until ${keepUntil.before ?? '-'} -> ${keepUntil.after ?? '-'}`;
      this.print(`  ${itemId}: ${dates}${EASED[widening ?? 'due']}`);
      this.print(reasonText(`Now: ${explanation.before}`));
      this.print(reasonText(`Then: ${explanation.after}`));
    }
    if (listed.length < items.length)
      this.print(`  ... and ${items.length - listed.length} more: --all lists them`);
    this.print();
  }
}

function simulationData(result: Simulation): Record<string, unknown> {
  return {
    as_of: result.asOf,
    version: result.version,
    items: result.items,
    more_due: result.newlyDue.length,
    newly_due: result.newlyDue.map(itemData),
    no_longer_due: result.noLongerDue.map(itemData),
    classes: result.classes.map((each) => ({
      record_class: each.recordClass,
      items: each.items,
      newly_due: each.newlyDue,
      no_longer_due: each.noLongerDue,
      sooner: each.sooner,
      later: each.later,
      new_defects: each.newDefects,
    })),
  };
}

function itemData(item: SimulatedItem): Record<string, unknown> {
  return {
    id: item.itemId,
    record_class: item.recordClass,
    widening: item.widening,
    keep_until: item.keepUntil,
    decision: item.decision,
    explanation: item.explanation,
    holds: item.holds,
  };
}
