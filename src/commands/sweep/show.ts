import {
  Args,
  counted,
  Flags,
  planItemData,
  planItemText,
  QuietusCommand,
  reasonText,
} from '../../cli/index.js';
import { isDestroyed, outcomeReasons, type PlanItem } from '../../model/index.js';
import type { PlanObjection } from '../../retention/index.js';

const LEFT_OUT_SHOWN = 20;

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
    const {
      approvalsAtBeginning,
      approvalsNow,
      parsePlanLine,
      planObjections,
      neededApprovals,
      validApprovals,
      verifiedPlan,
    } = await import('../../retention/index.js');
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
    const run = await session.store.runs.sweepOf(plan.id);
    const moment = run ? approvalsAtBeginning(session, run) : approvalsNow(session);
    const approvals = await validApprovals(session, session.store, plan, moment);
    const { counts } = plan;
    this.print(`Plan ${plan.id}: ${plan.state}`);
    this.print(`  made ${plan.createdAt} by ${plan.plannedBy}, as of ${plan.asOf}`);
    this.print(
      `  dispose ${counts.dispose}, keep ${counts.keep}, held ${counts.held}, defect ${counts.defect}`,
    );
    this.print(`  SHA-256 ${plan.sha256} (checked)`);
    this.print(`  approvals: ${approvals.length} of ${neededApprovals(session, plan, moment)} needed`);
    for (const approval of approvals) this.print(`    ${approval.operatorId} at ${approval.approvedAt}`);
    const disposals = run ? await session.store.disposals.ofRun(run.id) : [];
    const ends = new Map(disposals.map((each) => [each.itemId, each]));
    const certificate = run ? await session.store.certificates.ofRun(run.id) : undefined;
    if (run) this.print(`  run ${run.id}, ${run.finishedAt ? `ended ${run.finishedAt}` : 'not finished'}`);
    if (certificate) this.print(`  certificate ${certificate.number}`);
    const leftOut = run ? [] : await planObjections(session, plan.id);
    this.#tellLeftOut(leftOut);
    this.print();
    for (const item of items) {
      const end = ends.get(item.itemId);
      this.print(planItemText(item, end?.outcome));
      if (end?.outcome && !isDestroyed(end.outcome))
        for (const { text } of outcomeReasons(end.result)) this.print(reasonText(text));
    }
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
      left_out_now: leftOut.map(({ itemId, code, text, holds }) => ({
        item: itemId,
        reason: code,
        explanation: text,
        holds,
      })),
      run: run?.id ?? null,
      certificate: certificate?.number ?? null,
      items: items.map((item) => {
        const end = ends.get(item.itemId);
        const reasons = end ? outcomeReasons(end.result) : [];
        return { ...planItemData(item), outcome: end?.outcome ?? null, outcome_reasons: reasons };
      }),
    };
  }

  /** A hold that was placed since freezes its items; the rest of the plan stays as it is. */
  #tellLeftOut(leftOut: readonly PlanObjection[]): void {
    if (leftOut.length === 0) return;
    this.note(`A run would leave out ${counted(leftOut.length, 'item')} now:`);
    for (const { itemId, text } of leftOut.slice(0, LEFT_OUT_SHOWN)) this.note(`  ${itemId}: ${text}`);
    const more = leftOut.length - LEFT_OUT_SHOWN;
    if (more > 0) this.note(`  and ${more} more; --json has all of them`);
  }
}
