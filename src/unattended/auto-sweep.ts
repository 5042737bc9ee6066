import { requireFitToDestroy } from '../audit/index.js';
import {
  type CalendarDate,
  ExitCode,
  Fault,
  isDoneByProgram,
  type Plan,
  type PlanItem,
  refused,
} from '../model/index.js';
import {
  approvalsFor,
  decidePlan,
  type EndedItem,
  freezePlan,
  neededApprovals,
  type PlanDraft,
  runSweep,
  SweepQuota,
  validApprovals,
} from '../retention/index.js';
import type { Session } from '../session/index.js';
import type { DisposalStep, Throttle } from '../shred/index.js';
import { instant, type RunLock, takeRunLock } from '../workspace/index.js';
import {
  type AutoReport,
  countEnded,
  exitCodeOf,
  failureCode,
  newReport,
  type PlanRun,
} from './run-report.js';
import { approvedPlans, samePlan, unfinishedPlans } from './stored-plans.js';

export interface AutoOptions {
  /** Go on where the medium may keep residual copies; otherwise such items are left out. */
  acceptResidual?: boolean;
  signal?: AbortSignal;
  /** Over everything that is run; the caller closes it. */
  quota?: SweepQuota;
  throttle?: Throttle;
  /** Called after each item's outcome is durable. */
  ended?: (item: EndedItem & { plan: string }) => void;
  /** Called synchronously after each step of a disposal. */
  observe?: (step: Pick<DisposalStep, 'step'> | { step: string }) => void;
}

/**
 * One sweep without a person: finishes what was cut off or stopped at a quota, runs what people approved, plans, runs
 * what policy lets run without anybody, and leaves the rest as a plan that waits.
 *
 * Never throws: what ended it early is in the report, after what was done before.
 */
export async function sweepUnattended(session: Session, options: AutoOptions = {}): Promise<AutoReport> {
  const report = newReport(instant(session.clock));
  const quota = options.quota ?? new SweepQuota({}, session.clock);
  try {
    const lock = await takeRunLock(session.paths.lock, {
      operator: (await session.operator()).id,
      command: 'sweep auto',
      since: report.startedAt,
    });
    try {
      await requireFitToDestroy(session);
      await recorded(session, report, () => sweep({ session, report, lock, options, quota }));
    } finally {
      await lock.release();
    }
  } catch (failure) {
    report.failure ??= failure;
  } finally {
    if (options.quota === undefined) quota.close();
  }
  report.finishedAt = instant(session.clock);
  return report;
}

/** Runs it and appends what came of it to the log. */
async function recorded(session: Session, report: AutoReport, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (failure) {
    report.failure = failure ?? new Error('Something threw nothing');
  }
  const exitCode = exitCodeOf(report);
  const refusal = exitCode === ExitCode.refused;
  await session.store.transaction((transaction) =>
    session.recorder.append(transaction, {
      action: 'sweep.auto',
      outcome: report.failure === null ? 'done' : refusal ? 'refused' : 'failed',
      ...(report.waitingPlan === null ? {} : { subject: { plan: report.waitingPlan.id } }),
      data: {
        exit_code: exitCode,
        code: failureCode(report),
        runs: report.runs.length,
        items: report.runs.flatMap(({ outcomes }) => Object.values(outcomes)).reduce((sum, n) => sum + n, 0),
        bytes: report.runs.reduce((sum, { bytes }) => sum + bytes, 0),
        by_hand: report.byHand,
        reviews: report.reviews,
        gates: report.gates,
        by_other_means: report.byOtherMeans,
        defects: report.defects,
      },
    }),
  );
}

interface Work {
  session: Session;
  report: AutoReport;
  lock: RunLock;
  options: AutoOptions;
  quota: SweepQuota;
}

async function sweep(work: Work): Promise<void> {
  const { session, report, options } = work;
  for (const planId of await unfinishedPlans(session)) await resumeRun(work, planId);
  for (const plan of await approvedPlans(session)) await runPlan(work, plan.id);
  const draft = await decide(session, options.signal);
  if (draft === null) return;
  const due = draft.items.filter(({ decision }) => decision === 'dispose');
  countForPeople(report, draft.items);
  const free = due.filter((item) => isDoneByProgram(item) && approvalsFor(session, draft, [item]) === 0);
  if (free.length > 0 && mayBegin(work)) {
    const plan = (await samePlan(session, free, 0)) ?? (await freezePlan(session, draft, free));
    await runPlan(work, plan.id);
  }
  await leaveWaiting(work, draft, new Set(free));
}

/** Counts what nobody but a person can bring further. */
function countForPeople(report: AutoReport, items: readonly PlanItem[]): void {
  const count = (matches: (item: PlanItem) => boolean): number => items.filter(matches).length;
  report.defects = count(({ decision }) => decision === 'defect');
  report.reviews = count(({ reason }) => reason === 'awaits-review');
  report.byOtherMeans = count(({ reason }) => reason.startsWith('awaits-') && reason !== 'awaits-review');
  // An open charge is waited for, and nobody has to do anything meanwhile.
  report.gates = count(({ reason }) => reason.startsWith('gate-') && reason !== 'gate-open-charge');
}

/** What is due; null where everything of the inventory was disposed of. An inventory that never held anything is refused. */
async function decide(session: Session, signal: AbortSignal | undefined): Promise<PlanDraft | null> {
  try {
    return await decidePlan(session, signal ? { signal } : {});
  } catch (error) {
    const empty = error instanceof Fault && error.code === 'inventory-empty';
    if (empty && (await session.store.items.count({})) > 0) return null;
    if (error instanceof Fault && error.code === 'limit-reached') throw forPerson(error, session.today());
    throw error;
  }
}

/** The same refusal, with what a person can do about it: nobody can answer here. */
function forPerson(fault: Fault, today: CalendarDate): Fault {
  return refused(fault.code, fault.message, {
    hint: `Look at what is due: quietus inventory list --due-before ${today}. If it is right, plan it by hand: quietus sweep plan --limit N`,
    ...(fault.details ? { details: fault.details } : {}),
    cause: fault,
  });
}

/** Whether the quota leaves room. Ask only where there is something to do. */
function mayBegin({ quota, report }: Work): boolean {
  quota.expired();
  report.stoppedAt = quota.reached;
  return quota.reached === null;
}

/** A run that was cut off goes on only while its approvals count; otherwise it waits for a person. */
async function resumeRun(work: Work, planId: string): Promise<void> {
  try {
    await runPlan(work, planId);
  } catch (error) {
    const unapproved =
      error instanceof Fault && (error.code === 'approval-missing' || error.code === 'approval-lapsed');
    if (!unapproved) throw error;
    work.report.blockedPlans.push(planId);
  }
}

async function runPlan(work: Work, planId: string): Promise<void> {
  const { session, report, lock, options, quota } = work;
  if (!mayBegin(work)) return;
  const done: Pick<PlanRun, 'outcomes' | 'bytes'> = { outcomes: {}, bytes: 0 };
  try {
    const result = await runSweep(session, planId, {
      lock,
      quota,
      ...(options.acceptResidual === undefined ? {} : { acceptResidual: options.acceptResidual }),
      ...(options.signal ? { signal: options.signal } : {}),
      ...(options.throttle ? { throttle: options.throttle } : {}),
      ...(options.observe ? { observe: options.observe } : {}),
      ended(item) {
        countEnded(done, item);
        options.ended?.({ ...item, plan: planId });
      },
    });
    report.runs.push({
      ...done,
      plan: planId,
      run: result.run.id,
      resumed: result.resumed,
      left: result.notBegun + result.unfinished,
      certificate: result.certificate?.number ?? null,
    });
    report.stoppedAt = result.stoppedAt;
  } catch (error) {
    const run = await session.store.runs.sweepOf(planId);
    // What was finished before is told too.
    if (run !== undefined && Object.keys(done.outcomes).length > 0) {
      report.runs.push({
        ...done,
        plan: planId,
        run: run.id,
        resumed: false,
        left: 0,
        certificate: null,
      });
    }
    throw error;
  }
}

/** Leaves what nobody may run without a person as a plan, unless one says the same already. */
async function leaveWaiting(work: Work, draft: PlanDraft, free: ReadonlySet<PlanItem>): Promise<void> {
  const { session, report } = work;
  const rest = draft.items.filter((item) => !free.has(item));
  const due = rest.filter(({ decision }) => decision === 'dispose');
  report.byHand = due.filter((item) => !isDoneByProgram(item)).length;
  if (due.length === 0) return;
  const before = await samePlan(session, due, approvalsFor(session, draft, due));
  const plan = before ?? (await freezePlan(session, draft, rest));
  report.waitingPlan = {
    id: plan.id,
    items: due.length,
    approvals: (await isApproved(session, plan)) ? 'given' : 'missing',
    stored: before === undefined ? 'new' : 'before',
  };
}

async function isApproved(session: Session, plan: Plan): Promise<boolean> {
  return (await validApprovals(session, session.store, plan)).length >= neededApprovals(session, plan);
}
