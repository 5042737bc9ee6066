import { Args, Flags, planItemData, planItemText, QuietusCommand } from '../../cli/index.js';
import type { PlanItem } from '../../model/index.js';

export default class SweepShow extends QuietusCommand {
  static override description =
    'Show a plan: its items with their reasons, its approvals and its state. The plan is checked against its digest.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> plan-2026-11-22-a1b2c3',
    '<%= config.bin %> <%= command.id %> plan-2026-11-22-a1b2c3 --decision dispose',
    '<%= config.bin %> <%= command.id %> plan-2026-11-22-a1b2c3 --export | sha256sum',
  ];
  static override args = { plan: Args.string({ description: 'Id of the plan.', required: true }) };
  static override flags = {
    decision: Flags.string({
      description: 'Only the items with this decision.',
      options: ['dispose', 'keep', 'held', 'defect'],
    }),
    export: Flags.boolean({
      description: 'Print the canonical lines that the digest covers; sha256sum of them gives the digest.',
      exclusive: ['decision', 'json'],
    }),
  };

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(SweepShow);
    const { parsePlanLine, validApprovals, verifiedPlan } = await import('../../retention/index.js');
    const session = await this.openSession();
    const verified = await verifiedPlan(session, args.plan);
    if (flags.export) {
      for await (const line of verified.lines()) process.stdout.write(`${line}\n`);
      return {};
    }
    const { plan } = verified;
    const items: PlanItem[] = [];
    let header = true;
    for await (const line of verified.lines()) {
      if (!header) {
        const item = parsePlanLine(line);
        if (flags.decision === undefined || item.decision === flags.decision) items.push(item);
      }
      header = false;
    }
    const approvals = await validApprovals(session, session.store, plan);
    const { counts } = plan;
    this.print(`Plan ${plan.id}: ${plan.state}`);
    this.print(`  made ${plan.createdAt} by ${plan.plannedBy}, as of ${plan.asOf}`);
    this.print(
      `  dispose ${counts.dispose}, keep ${counts.keep}, held ${counts.held}, defect ${counts.defect}`,
    );
    this.print(`  SHA-256 ${plan.sha256} (checked)`);
    this.print(`  approvals: ${approvals.length} of ${plan.approvalsRequired} needed`);
    for (const approval of approvals) this.print(`    ${approval.operatorId} at ${approval.approvedAt}`);
    this.print();
    for (const item of items) this.print(planItemText(item));
    return {
      plan: plan.id,
      state: plan.state,
      sha256: plan.sha256,
      created_at: plan.createdAt,
      planned_by: plan.plannedBy,
      as_of: plan.asOf,
      schedule_version: plan.scheduleVersion,
      counts,
      approvals_required: plan.approvalsRequired,
      approvals: approvals.map((each) => ({
        operator: each.operatorId,
        approved_at: each.approvedAt,
        statement: each.statement,
        signature: each.signature,
      })),
      items: items.map(planItemData),
    };
  }
}
