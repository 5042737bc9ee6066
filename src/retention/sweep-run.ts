import { randomBytes } from 'node:crypto';
import { requireFitToDestroy, requireSoundClock } from '../audit/index.js';
import { protectedPaths, type RowStepName } from '../disposal/index.js';
import { badInput, interrupted, isDestroyed, type Plan, refused } from '../model/index.js';
import type { Session } from '../session/index.js';
import type { DisposalStep, Throttle } from '../shred/index.js';
import type { Run } from '../store/index.js';
import { instant, type RunLock, takeRunLock } from '../workspace/index.js';
import { approvalsAtBeginning, approvalsNow, requireApproved } from './approval.js';
import { requireFactsAsLogged } from './logged-facts.js';
import { type VerifiedPlan, verifiedPlan } from './plan-reading.js';
import { certifyRun } from './run-certificate.js';
import { requireRunAsLogged } from './run-evidence.js';
import { workThrough } from './sweep-batches.js';
import { SweepJournal } from './sweep-journal.js';
import { type QuotaName, SweepQuota } from './sweep-quota.js';
import {
  type EndedItem,
  endedItem,
  type Left,
  type SweepResult,
  sweepResult,
  whatIsLeft,
} from './sweep-result.js';

export interface SweepOptions {
  /** Go on where the medium may keep residual copies; otherwise such items are left out. */
  acceptResidual?: boolean;
  signal?: AbortSignal;
  /** Called synchronously after each step of the disposal. */
  observe?: (
    step:
      | DisposalStep
      | { step: 'run-begun' | 'run-finished' | 'certified'; itemId: null }
      | { step: RowStepName; itemId: string },
  ) => void;
  /** Called after each item's outcome is durable. */
  ended?: (item: EndedItem) => void;
  /** What may be done before the run stops by itself; the caller closes it. No limit where it is not given. */
  quota?: SweepQuota;
  /** Limits how fast files are overwritten and read back. */
  throttle?: Throttle;
  /** The run lock, where the caller holds it already; the caller releases it. */
  lock?: RunLock;
}

/**
 * Runs an approved plan: finishes what an earlier run left in the middle, disposes of what is left, and issues
 * the certificate. Killing it at any instant loses nothing and repeats nothing; running it again continues. At a
 * quota it stops, and what is left is not begun.
 *
 * @throws Fault `run-lock-held`, `plan-unknown`, `plan-changed`, `hold-changed`, `statement-changed`, `review-changed`, `event-changed`, `item-events-changed`, `schedule-changed`, `disposal-changed`, `run-changed`, `operator-changed`, `plan-finished`, `plan-in-future`,
 *   `approval-missing`, `clock-backwards`, `clock-jump`, `log-rewound`, `quota-too-small`, `interrupted`
 */
export async function runSweep(
  session: Session,
  planId: string,
  options: SweepOptions = {},
): Promise<SweepResult> {
  const operator = await session.operator();
  const own =
    options.lock === undefined
      ? await takeRunLock(session.paths.lock, {
          operator: operator.id,
          command: 'sweep run',
          since: instant(session.clock),
        })
      : undefined;
  const quota = options.quota ?? new SweepQuota({}, session.clock);
  try {
    const verified = await verifiedPlan(session, planId);
    const { plan } = verified;
    const earlier = await session.store.runs.sweepOf(plan.id);
    if (earlier) await requireRunAsLogged(session.store, verified, earlier);
    // First: by a wrong clock approvals have lapsed, or are yet to come.
    await requireSoundClock(session);
    await requireRunnable(session, plan, earlier);
    await requireFitToDestroy(session);
    await requireFactsAsLogged(session.store, session.settings());
    const run = earlier ?? (await beginRun(session, plan, options.acceptResidual ?? false));
    options.observe?.({ step: 'run-begun', itemId: null });
    const resumed = earlier !== undefined;
    if (run.finishedAt === null) {
      await disposeOfAll(session, verified, run, { ...options, quota });
      const left = await whatIsLeft(session, plan, run);
      if (left.notBegun + left.unfinished > 0) {
        const stoppedAt = await recordStop(session, plan, run, quota, left);
        return { ...(await sweepResult(session, plan, run, null, resumed)), ...left, stoppedAt };
      }
    }
    const finished = await finishRun(session, plan, run);
    options.observe?.({ step: 'run-finished', itemId: null });
    const certificate = await certifyRun(session, plan, finished);
    options.observe?.({ step: 'certified', itemId: null });
    return await sweepResult(session, plan, finished, certificate, resumed);
  } finally {
    if (options.quota === undefined) quota.close();
    await own?.release();
  }
}

async function requireRunnable(session: Session, plan: Plan, run: Run | undefined): Promise<void> {
  const certified = run !== undefined && (await session.store.certificates.ofRun(run.id)) !== undefined;
  if (run?.finishedAt && (certified || !(await anyDestroyed(session, run)))) {
    throw badInput('plan-finished', `The plan ${plan.id} was run on ${run.finishedAt}`, {
      hint: 'Make a new plan: quietus sweep plan',
    });
  }
  if (plan.asOf > session.today()) {
    throw refused('plan-in-future', `The plan ${plan.id} was made for ${plan.asOf}, which has not come yet`, {
      hint: 'Such a plan shows what will be due; make one for today: quietus sweep plan',
    });
  }
  if (plan.counts.dispose === 0) throw badInput('nothing-to-do', `The plan ${plan.id} disposes of nothing`);
  await requireApproved(session, plan, run ? approvalsAtBeginning(session, run) : approvalsNow(session));
}

async function anyDestroyed(session: Session, run: Run): Promise<boolean> {
  const disposals = await session.store.disposals.ofRun(run.id);
  return disposals.some(({ outcome }) => outcome !== null && isDestroyed(outcome));
}

async function beginRun(session: Session, plan: Plan, acceptResidual: boolean): Promise<Run> {
  const operator = await session.operator();
  const run: Run = {
    id: `run-${plan.id.replace(/^plan-/, '')}-${randomBytes(2).toString('hex')}`,
    planId: plan.id,
    kind: 'sweep',
    startedAt: instant(session.clock),
    startedBy: operator.id,
    finishedAt: null,
    acceptResidual,
  };
  await session.store.transaction(async (transaction) => {
    // Asked again under the lock: an operator who approved may have been deactivated since.
    const moment = { ...approvalsAtBeginning(session, run), begun: false };
    await requireApproved(session, plan, moment, transaction);
    await transaction.runs.insert(run);
    await transaction.plans.setState(plan.id, 'running');
    await session.recorder.append(transaction, {
      action: 'sweep.run',
      outcome: 'intent',
      subject: { plan: plan.id, run: run.id },
      data: { sha256: plan.sha256, dispose: plan.counts.dispose, accept_residual: acceptResidual },
    });
  });
  return run;
}

async function disposeOfAll(
  session: Session,
  verified: VerifiedPlan,
  run: Run,
  options: SweepOptions & { quota: SweepQuota },
): Promise<void> {
  const { plan, schedule } = verified;
  const { signal, quota, observe, throttle, ended } = options;
  const journal = new SweepJournal({
    session,
    plan,
    run,
    plannedClasses: new Map(schedule.classes.map((each) => [each.id, each])),
    today: session.today(),
  });
  await workThrough({
    session,
    verified,
    run,
    journal,
    quota,
    disposal: {
      protectedPaths: protectedPaths(session.paths),
      acceptResidual: options.acceptResidual ?? run.acceptResidual,
      signal: signal ? AbortSignal.any([signal, quota.deadline]) : quota.deadline,
      ...(observe ? { observe } : {}),
      ...(throttle ? { throttle } : {}),
    },
    ended: (outcome) => ended?.(endedItem(outcome)),
    ...(observe ? { rowStep: observe } : {}),
  });
  requireNotInterrupted(signal, plan);
}

async function recordStop(
  session: Session,
  plan: Plan,
  run: Run,
  quota: SweepQuota,
  left: Left,
): Promise<QuotaName> {
  quota.expired();
  const stoppedAt = quota.reached;
  if (stoppedAt === null) throw new Error('A run ended before its time without a reason');
  await session.store.transaction((transaction) =>
    session.recorder.append(transaction, {
      action: 'sweep.stop',
      outcome: 'done',
      subject: { plan: plan.id, run: run.id },
      data: { quota: stoppedAt, not_begun: left.notBegun, unfinished: left.unfinished },
    }),
  );
  return stoppedAt;
}

function requireNotInterrupted(signal: AbortSignal | undefined, plan: Plan): void {
  if (!signal?.aborted) return;
  throw interrupted('The run was stopped; what was finished is recorded', {
    hint: `Continue with: quietus sweep run ${plan.id}`,
  });
}

async function finishRun(session: Session, plan: Plan, run: Run): Promise<Run> {
  if (run.finishedAt !== null) return run;
  const finishedAt = instant(session.clock);
  await session.store.transaction(async (transaction) => {
    const counts: Record<string, number> = {};
    for (const { outcome } of await transaction.disposals.ofRun(run.id)) {
      if (outcome !== null) counts[outcome] = (counts[outcome] ?? 0) + 1;
    }
    await transaction.runs.finish(run.id, finishedAt);
    await transaction.plans.setState(plan.id, 'finished');
    await session.recorder.append(transaction, {
      action: 'sweep.run',
      outcome: 'done',
      subject: { plan: plan.id, run: run.id },
      data: { outcomes: counts },
    });
  });
  return { ...run, finishedAt };
}
