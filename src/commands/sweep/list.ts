import { QuietusCommand } from '../../cli/index.js';

export default class SweepList extends QuietusCommand {
  static override description = 'List the plans of the workspace, the oldest first.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --json',
  ];

  async run(): Promise<unknown> {
    await this.parse(SweepList);
    const session = await this.openSession();
    const plans = await session.store.plans.list();
    if (plans.length === 0) this.note('There are no plans yet. Make one with: quietus sweep plan');
    else {
      this.printTable(plans, [
        { head: 'PLAN', value: (plan) => plan.id, shrink: false },
        { head: 'AS OF', value: (plan) => plan.asOf, shrink: false },
        { head: 'STATE', value: (plan) => plan.state },
        { head: 'DISPOSE', value: (plan) => plan.counts.dispose, align: 'right' },
        { head: 'HELD', value: (plan) => plan.counts.held, align: 'right' },
        { head: 'DEFECT', value: (plan) => plan.counts.defect, align: 'right' },
        { head: 'BY', value: (plan) => plan.plannedBy },
      ]);
    }
    return {
      plans: plans.map((plan) => ({
        plan: plan.id,
        state: plan.state,
        as_of: plan.asOf,
        created_at: plan.createdAt,
        planned_by: plan.plannedBy,
        counts: plan.counts,
        sha256: plan.sha256,
      })),
    };
  }
}
