import { counted, Flags, planItemData, planItemText, QuietusCommand, stepsText } from '../../cli/index.js';
import type { Decision, PlanItem } from '../../model/index.js';
import type { BuiltPlan, SettingChange } from '../../retention/index.js';

/** Items printed of each decision unless `--all` is given. */
const SHOWN = 20;
const HEADS: Readonly<Record<Decision, string>> = {
  dispose: 'To dispose of',
  held: 'Due, but on hold',
  defect: 'Defects: never due until somebody corrects them',
  keep: 'To keep',
};

export default class SweepPlan extends QuietusCommand {
  static override description =
    'Decide for every item and freeze the result: dispose, keep, held or defect, each with its reason and rule. ' +
    'Nothing is disposed of. The plan is refused where it reaches more than the limits of the workspace allow.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --limit 1200',
    '<%= config.bin %> <%= command.id %> --as-of 2027-01-01 --all --json',
    '<%= config.bin %> <%= command.id %> --explain HR-2019-07',
  ];
  static override flags = {
    'as-of': Flags.string({
      description: 'Decide as of this day (YYYY-MM-DD). A plan for a later day than today cannot be run.',
      helpValue: 'DATE',
    }),
    limit: Flags.integer({
      description: 'Allow the plan to dispose of up to N items, instead of the limits of the workspace.',
      helpValue: 'N',
      min: 1,
    }),
    explain: Flags.string({
      description: 'Make no plan; print step by step what one would decide for this item, and why.',
      helpValue: 'ID',
      exclusive: ['limit', 'all'],
    }),
    all: Flags.boolean({ description: `List every item, not only the first ${SHOWN} of each decision.` }),
  };

  async run(): Promise<unknown> {
    const { flags } = await this.parse(SweepPlan);
    const { buildPlan, keptItems, parseDay, settingsChangedSinceLastPlan } = await import(
      '../../retention/index.js'
    );
    const session = await this.openSession();
    if (flags.explain !== undefined) return await this.explain(flags.explain, flags['as-of']);
    const built = await buildPlan(session, {
      ...(flags['as-of'] === undefined ? {} : { asOf: parseDay(flags['as-of'], '--as-of') }),
      ...(flags.limit === undefined ? {} : { limit: flags.limit }),
      signal: this.interrupt,
    });
    const kept: PlanItem[] = [];
    for await (const item of keptItems(session, built)) {
      if (!flags.all && kept.length >= SHOWN) break;
      kept.push(item);
    }
    this.show(built, kept, { all: flags.all, today: session.today() });
    const changes = await settingsChangedSinceLastPlan(session.store);
    this.noteSettings(changes);
    const { plan } = built;
    const items = flags.all ? [...built.items, ...kept] : built.items;
    return {
      plan: plan.id,
      sha256: plan.sha256,
      as_of: plan.asOf,
      schedule_version: plan.scheduleVersion,
      planned_by: plan.plannedBy,
      approvals_required: plan.approvalsRequired,
      counts: plan.counts,
      settings_changed: changes,
      items: items.map(planItemData),
    };
  }

  private noteSettings(changes: readonly SettingChange[]): void {
    if (changes.length === 0) return;
    const each = changes.map(({ key, from, to }) => `${key} ${String(from ?? 'unknown')} -> ${String(to)}`);
    this.note(`Settings changed since the last plan: ${each.join(', ')}`);
  }

  private async explain(itemId: string, asOf: string | undefined): Promise<unknown> {
    const { explainItem, parseDay } = await import('../../retention/index.js');
    const day = asOf === undefined ? undefined : parseDay(asOf, '--as-of');
    const explained = await explainItem(await this.openSession(), itemId, day);
    this.print(`${explained.item.itemId}, as of ${explained.asOf}: ${explained.item.decision}`);
    this.print(stepsText([...explained.steps, `${explained.item.explanation}.`]));
    this.note('No plan was made.');
    return { as_of: explained.asOf, ...planItemData(explained.item), steps: explained.steps };
  }

  private show(
    { plan, items }: BuiltPlan,
    kept: readonly PlanItem[],
    { all, today }: { all: boolean; today: string },
  ): void {
    const { counts } = plan;
    for (const decision of ['dispose', 'held', 'defect', 'keep'] as const) {
      const count = counts[decision];
      if (count === 0) continue;
      const due = items.filter((item) => item.decision === decision);
      const shown = decision === 'keep' ? [...due, ...kept] : due;
      const listed = all ? shown : shown.slice(0, SHOWN);
      this.print(`${HEADS[decision]} (${count}):`);
      for (const item of listed) this.print(planItemText(item));
      if (listed.length < count) this.print(`  ... and ${count - listed.length} more: --all lists them`);
      this.print();
    }
    this.print(`Plan ${plan.id}, as of ${plan.asOf}, schedule version ${plan.scheduleVersion}`);
    this.print(
      `  dispose ${counts.dispose}, keep ${counts.keep}, held ${counts.held}, defect ${counts.defect}`,
    );
    this.print(`  SHA-256 ${plan.sha256}`);
    this.noteOthers(plan.id, items);
    if (counts.dispose === 0) this.note('Nothing is to be disposed of.');
    else if (plan.asOf > today)
      this.note(`A plan for a later day than ${today} shows what will be due, and cannot be run.`);
    else if (plan.approvalsRequired > 0) this.note(`Next: quietus sweep approve ${plan.id}`);
    else this.note(`Next: quietus sweep run ${plan.id}`);
  }

  /** What is due for something else than destruction, and what can be done about it. */
  private noteOthers(planId: string, items: readonly PlanItem[]): void {
    const awaiting = (reason: string) => items.filter((item) => item.reason === reason).length;
    const transfers = awaiting('awaits-transfer');
    const redactions = awaiting('awaits-redaction');
    if (transfers > 0) {
      this.note(`${counted(transfers, 'item')} to hand over: quietus sweep handover ${planId} --to NAME`);
    }
    if (redactions > 0) {
      this.note(
        `${counted(redactions, 'item')} to redact, which this program does not do: redact them, and correct the inventory.`,
      );
    }
  }
}
