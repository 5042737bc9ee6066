import {
  allowanceFlags,
  bytesInWords,
  counted,
  endedItemData,
  printJsonLine,
  QuietusCommand,
} from '../../cli/index.js';
import type { AutoReport } from '../../unattended/index.js';

export default class SweepAuto extends QuietusCommand {
  static override description =
    'One sweep without a person, for a timer: finish what was cut off, run what people approved, plan, run what the ' +
    'schedule and the workspace let run without approval, and leave the rest as a plan that waits. Never asks. Ends ' +
    'with 0, or with 6 where something waits for a person, 3 where something failed or was left, 4 where policy refuses.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --until 06:00 --rate 50MB/s --max-bytes 200GB',
    '<%= config.bin %> <%= command.id %> --json-lines',
  ];
  static override flags = { ...allowanceFlags() };

  async run(): Promise<unknown> {
    const { flags } = await this.parse(SweepAuto);
    const { exitCodeOf, readAllowance, runHooks, runSummary, sweepUnattended } = await import(
      '../../unattended/index.js'
    );
    const session = await this.openSession();
    const { quota, throttle } = readAllowance(session, {
      maxItems: flags['max-items'],
      maxBytes: flags['max-bytes'],
      until: flags.until,
      rate: flags.rate,
    });
    const lines = flags['json-lines'];
    const report = await sweepUnattended(session, {
      // A run that goes on keeps what was accepted when it began.
      ...(flags['accept-residual'] ? { acceptResidual: true } : {}),
      signal: this.interrupt,
      quota,
      ...(throttle ? { throttle } : {}),
      ended: (item) => {
        if (lines) printJsonLine({ plan: item.plan, ...endedItemData(item) });
      },
    });
    quota.close();
    const summary = runSummary(session, report);
    if (lines) printJsonLine(summary);
    else this.show(report);
    for (const { hook, problem } of await runHooks(session, summary)) {
      if (problem !== undefined) this.warn(`the hook "${hook}" of quietus.yaml failed: ${problem}`);
    }
    if (report.failure !== null) throw report.failure;
    this.endWith(exitCodeOf(report));
    return summary;
  }

  private show(report: AutoReport): void {
    for (const run of report.runs) {
      const counts = Object.entries(run.outcomes).map(([outcome, count]) => `${outcome} ${count}`);
      this.print(
        `${run.plan}: ${counts.join(', ') || 'nothing left to do'}; ${bytesInWords(run.bytes)} destroyed`,
      );
      if (run.certificate !== null) this.print(`  certificate ${run.certificate}`);
      if (run.left > 0) this.print(`  ${counted(run.left, 'item')} left`);
    }
    if (report.runs.length === 0) this.print('Nothing was run');
    if (report.stoppedAt !== null)
      this.print(`Stopped at --${report.stoppedAt}; the next run goes on with the rest`);
    this.showWaiting(report);
  }

  private showWaiting(report: AutoReport): void {
    const { waitingPlan, blockedPlans, byHand, reviews, gates, byOtherMeans, defects } = report;
    if (waitingPlan?.approvals === 'missing') {
      this.print(`${waitingPlan.id} waits for approval: ${counted(waitingPlan.items, 'item')}`);
      this.note(`Look at it with: quietus sweep show ${waitingPlan.id}`);
    }
    for (const plan of blockedPlans)
      this.print(`${plan} was cut off, and its approval does not count any more`);
    if (byHand > 0) this.print(`${counted(byHand, 'item')} for people to destroy`);
    if (reviews > 0) this.print(`${counted(reviews, 'item')} to review`);
    if (gates > 0) this.print(`${counted(gates, 'item')} for which a statement of a person is missing`);
    if (byOtherMeans > 0) this.print(`${counted(byOtherMeans, 'item')} to redact, archive or hand over`);
    if (defects > 0) this.print(`${counted(defects, 'defect')} in the inventory`);
  }
}
