import { hostname } from 'node:os';
import { ExitCode, Fault, type Outcome } from '../model/index.js';
import type { EndedItem, QuotaName, SweepResult } from '../retention/index.js';
import type { Session } from '../session/index.js';
import { instant } from '../workspace/index.js';

/** What one unattended sweep did with one plan. */
export interface PlanRun {
  plan: string;
  run: string;
  resumed: boolean;
  /** Of the items that ended this time. */
  outcomes: Partial<Record<Outcome, number>>;
  bytes: number;
  /** Items that the run has not done yet. */
  left: number;
  certificate: string | null;
}

/** What an unattended sweep did, and what it leaves to people. */
export interface AutoReport {
  startedAt: string;
  finishedAt: string;
  runs: PlanRun[];
  /** A plan that waits for approval, or for people who destroy what it lists. */
  waitingPlan: { id: string; items: number; approvals: 'missing' | 'given'; stored: 'new' | 'before' } | null;
  /** Runs that were cut off and may not go on, because their approval does not count any more. */
  blockedPlans: string[];
  /** The limit of this invocation that left something for the next one. */
  stoppedAt: QuotaName | null;
  /** Items that are due and that people must destroy. */
  byHand: number;
  /** Items that are due for a review. */
  reviews: number;
  /** Items that are due and that a statement of a person is missing for: a notice, a permission, a check. */
  gates: number;
  /** Items that are due to be redacted, archived or handed over. */
  byOtherMeans: number;
  /** Items that are never due until somebody corrects the inventory. */
  defects: number;
  /** What ended the sweep early; thrown again by the command once everybody is told. */
  failure: unknown;
}

export function newReport(startedAt: string): AutoReport {
  return {
    startedAt,
    finishedAt: startedAt,
    runs: [],
    waitingPlan: null,
    blockedPlans: [],
    stoppedAt: null,
    byHand: 0,
    reviews: 0,
    gates: 0,
    byOtherMeans: 0,
    defects: 0,
    failure: null,
  };
}

export function countEnded(run: Pick<PlanRun, 'outcomes' | 'bytes'>, item: EndedItem): void {
  run.outcomes[item.outcome] = (run.outcomes[item.outcome] ?? 0) + 1;
  run.bytes += item.bytes;
}

/** Outcomes after which nothing about the item is left to do. Residual copies were accepted when the run was. */
const COMPLETE: ReadonlySet<string> = new Set<Outcome>([
  'overwritten-verified',
  'overwritten-residual',
  'unlinked-only',
  'archived',
]);

/** The exit code that the report stands for: a failure's own, then done in part, then waiting for a person. */
export function exitCodeOf(report: AutoReport): ExitCode {
  const { failure, runs, stoppedAt } = report;
  if (failure !== null) return failure instanceof Fault ? failure.exitCode : ExitCode.defect;
  const failed = runs.some(({ outcomes }) => Object.keys(outcomes).some((outcome) => !COMPLETE.has(outcome)));
  if (failed || stoppedAt !== null) return ExitCode.partial;
  const { waitingPlan, blockedPlans, byHand, reviews, gates, byOtherMeans, defects } = report;
  const waits =
    waitingPlan !== null || blockedPlans.length + byHand + reviews + gates + byOtherMeans + defects > 0;
  return waits ? ExitCode.waiting : ExitCode.done;
}

/** Code of what ended the sweep early; null where nothing did. */
export function failureCode({ failure }: AutoReport): string | null {
  if (failure === null) return null;
  return failure instanceof Fault ? failure.code : 'defect';
}

/** The same for a run that a person started; `failure` where it ended early. */
export function sweepSummary(
  session: Session,
  ended: {
    plan: string;
    startedAt: string;
    result: SweepResult | null;
    failure: unknown;
    exitCode: ExitCode;
  },
): Record<string, unknown> {
  const { result } = ended;
  const run: PlanRun | null = result && {
    plan: ended.plan,
    run: result.run.id,
    resumed: result.resumed,
    outcomes: Object.fromEntries(result.outcomes),
    bytes: result.bytes,
    left: result.notBegun + result.unfinished,
    certificate: result.certificate?.number ?? null,
  };
  const report: AutoReport = {
    ...newReport(ended.startedAt),
    finishedAt: instant(session.clock),
    runs: run === null ? [] : [run],
    stoppedAt: result?.stoppedAt ?? null,
    byHand: result?.waiting.length ?? 0,
    failure: ended.failure,
  };
  return { ...runSummary(session, report), command: 'sweep run', exit_code: ended.exitCode };
}

/** The report as `--json` prints it and hooks get it: ids that this program made and counts, nothing of the records. */
export function runSummary(session: Session, report: AutoReport): Record<string, unknown> {
  const { waitingPlan } = report;
  return {
    format: 'quietus-run-summary/1',
    workspace: session.settings().workspaceId,
    host: hostname(),
    command: 'sweep auto',
    started_at: report.startedAt,
    finished_at: report.finishedAt,
    exit_code: exitCodeOf(report),
    failure: failureCode(report),
    stopped_at: report.stoppedAt,
    runs: report.runs.map((run) => ({
      plan: run.plan,
      run: run.run,
      resumed: run.resumed,
      outcomes: run.outcomes,
      bytes: run.bytes,
      left: run.left,
      certificate: run.certificate,
    })),
    waiting: {
      plan: waitingPlan?.id ?? null,
      plan_items: waitingPlan?.items ?? 0,
      plan_is_new: waitingPlan?.stored === 'new',
      approvals_missing: waitingPlan?.approvals === 'missing',
      blocked_plans: report.blockedPlans,
      by_hand: report.byHand,
      reviews: report.reviews,
      gates: report.gates,
      by_other_means: report.byOtherMeans,
      defects: report.defects,
    },
  };
}
