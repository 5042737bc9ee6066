import {
  Args,
  allowanceFlags,
  bytesInWords,
  confirmFlag,
  counted,
  dryRunFlag,
  endedItemData,
  printJsonLine,
  QuietusCommand,
} from '../../cli/index.js';
import { ExitCode, Fault, isDestroyed, outcomeReasons } from '../../model/index.js';
import type { SweepResult } from '../../retention/index.js';

export default class SweepRun extends QuietusCommand {
  static override description =
    'Run an approved plan: overwrite, verify and remove what it lists, then issue the certificate. Holds, rules and ' +
    'the identity of every file are checked again right before. Run it again to continue after an interruption or a limit: until then there is no certificate.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> plan-2026-11-22-a1b2c3 --dry-run',
    '<%= config.bin %> <%= command.id %> plan-2026-11-22-a1b2c3',
    '<%= config.bin %> <%= command.id %> plan-2026-11-22-a1b2c3 --until 06:00 --rate 50MB/s',
    '<%= config.bin %> <%= command.id %> plan-2026-11-22-a1b2c3 --confirm plan-2026-11-22-a1b2c3 --json',
  ];
  static override args = { plan: Args.string({ description: 'Id of the plan.', required: true }) };
  static override flags = {
    confirm: confirmFlag('the id of the plan'),
    'dry-run': dryRunFlag(),
    ...allowanceFlags(),
  };

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(SweepRun);
    const { runSweep, verifiedPlan } = await import('../../retention/index.js');
    const { readAllowance, runHooks, sweepSummary } = await import('../../unattended/index.js');
    const session = await this.openSession();
    if (flags['dry-run']) return await this.preview(args.plan, flags['accept-residual']);
    const { plan } = await verifiedPlan(session, args.plan);
    const { quota, throttle } = readAllowance(session, {
      maxItems: flags['max-items'],
      maxBytes: flags['max-bytes'],
      until: flags.until,
      rate: flags.rate,
    });
    await this.confirm({
      expected: plan.id,
      given: flags.confirm,
      question: `The plan ${plan.id} disposes of ${plan.counts.dispose} items for ever.`,
    });
    const bar = await this.progress(plan.counts.dispose, 'items');
    const lines = flags['json-lines'];
    const startedAt = session.clock.now().toISOString();
    const tell = async (result: SweepResult | null, code: ExitCode, failure: unknown) => {
      const summary = sweepSummary(session, { plan: plan.id, startedAt, result, failure, exitCode: code });
      for (const { hook, problem } of await runHooks(session, summary)) {
        if (problem !== undefined) this.warn(`the hook "${hook}" of quietus.yaml failed: ${problem}`);
      }
    };
    const result = await runSweep(session, plan.id, {
      // A run that goes on keeps what was accepted when it began.
      ...(flags['accept-residual'] ? { acceptResidual: true } : {}),
      signal: this.interrupt,
      quota,
      ...(throttle ? { throttle } : {}),
      ended: (item) => {
        bar.advance();
        if (lines) printJsonLine({ plan: plan.id, ...endedItemData(item) });
      },
    })
      .catch(async (failure: unknown) => {
        await tell(null, failure instanceof Fault ? failure.exitCode : ExitCode.defect, failure);
        throw failure;
      })
      .finally(() => quota.close());
    bar.stop();
    this.endWith(exitCode(result));
    if (lines) printJsonLine(summaryData(result));
    else this.show(result, plan.id);
    await tell(result, exitCode(result), null);
    return { ...summaryData(result), items: itemData(result) };
  }

  private async preview(planId: string, acceptResidual: boolean): Promise<unknown> {
    const { previewSweep } = await import('../../retention/index.js');
    const { plan, items } = await previewSweep(await this.openSession(), planId);
    const words = {
      overwrite: 'overwrite and remove',
      'delete-rows': 'delete its rows, counted before and after',
      archive: 'encrypt into an archive, then overwrite and remove',
      wait: 'wait for a person',
      leave: 'leave',
    };
    for (const item of items) {
      const residual = item.would === 'overwrite' && item.reasons.length > 0;
      const would = residual && !acceptResidual ? 'leave (needs --accept-residual)' : words[item.would];
      this.print(`${item.itemId}: ${would}`);
      for (const reason of item.reasons) this.print(`    ${reason.text}`);
    }
    this.note('Nothing was changed.');
    return {
      plan: plan.id,
      dry_run: true,
      items: items.map((item) => ({ id: item.itemId, would: item.would, reasons: item.reasons })),
    };
  }

  private show(result: SweepResult, planId: string): void {
    if (result.resumed) this.note('Continued a run that was cut off or had stopped.');
    for (const [outcome, count] of result.outcomes) this.print(`${outcome}: ${count}`);
    this.print(`destroyed: ${bytesInWords(result.bytes)}`);
    for (const disposal of result.disposals) {
      if (disposal.outcome === null || disposal.outcome === 'overwritten-verified') continue;
      this.print(`  ${disposal.itemId}: ${disposal.outcome}`);
      for (const { text } of outcomeReasons(disposal.result)) this.print(`      ${text}`);
    }
    if (result.waiting.length > 0) {
      this.print(`wait for a person: ${result.waiting.length}`);
      for (const id of result.waiting) this.print(`  ${id}`);
      const archives = new Set(result.waitingArchives);
      const byHand = result.waiting.find((id) => !archives.has(id));
      if (byHand !== undefined)
        this.note(
          `When they are destroyed: quietus dispose record ${byHand} --plan ${planId} --method METHOD --by NAME --on DATE`,
        );
      for (const id of [...archives].slice(0, 1))
        this.note(`Archives end with their keys: quietus archive erase ${id} --plan ${planId}`);
    }
    if (result.stoppedAt !== null) {
      this.print(
        `Stopped at --${result.stoppedAt}: ${result.notBegun} not begun, ${result.unfinished} under way`,
      );
      this.note(`Go on with: quietus sweep run ${planId}. The certificate is issued when all is done.`);
    } else if (result.certificate) {
      this.print(`Certificate ${result.certificate.number} (${counted(result.certificate.items, 'item')})`);
      this.note(`Look at it with: quietus certificate show ${result.certificate.number}`);
    } else this.print('No item was destroyed as a whole, so no certificate was issued');
  }
}

/** Outcomes that are all that can be had on their medium. */
const COMPLETE: ReadonlySet<string> = new Set(['overwritten-verified', 'rows-deleted', 'archived']);

function exitCode(result: SweepResult): ExitCode {
  if (result.stoppedAt !== null) return ExitCode.partial;
  const partial = [...result.outcomes.keys()].some((outcome) => !COMPLETE.has(outcome));
  if (partial) return ExitCode.partial;
  return result.waiting.length > 0 ? ExitCode.waiting : ExitCode.done;
}

function summaryData(result: SweepResult): Record<string, unknown> {
  return {
    run: result.run.id,
    plan: result.run.planId,
    resumed: result.resumed,
    started_at: result.run.startedAt,
    finished_at: result.run.finishedAt,
    outcomes: Object.fromEntries(result.outcomes),
    bytes: result.bytes,
    stopped_at: result.stoppedAt,
    not_begun: result.notBegun,
    unfinished: result.unfinished,
    waiting: result.waiting,
    certificate: result.certificate?.number ?? null,
  };
}

function itemData({ disposals }: SweepResult): Record<string, unknown>[] {
  return disposals.map(({ itemId, outcome, result }) => ({
    id: itemId,
    outcome,
    destroyed: outcome !== null && isDestroyed(outcome),
    reasons: outcomeReasons(result),
  }));
}
