import { randomBytes } from 'node:crypto';
import {
  badInput,
  interrupted,
  isDestroyed,
  isOverwritable,
  type Outcome,
  type Plan,
  refused,
} from '../model/index.js';
import type { Session } from '../session/index.js';
import {
  type DisposalStep,
  type DisposalTarget,
  destroy,
  type PendingDisposal,
  resume,
} from '../shred/index.js';
import type { CertificateRecord, Disposal, Run } from '../store/index.js';
import { instant, takeRunLock } from '../workspace/index.js';
import { requireApproved } from './approval.js';
import type { PlanItemLine } from './plan-document.js';
import { plannedDisposals, type VerifiedPlan, verifiedPlan } from './plan-reading.js';
import { protectedPaths } from './protected-paths.js';
import { certifyRun } from './run-certificate.js';
import { SweepJournal } from './sweep-journal.js';

export interface SweepOptions {
  /** Go on where the medium may keep residual copies; otherwise such items are left out. */
  acceptResidual?: boolean;
  signal?: AbortSignal;
  /** Called synchronously after each step of the disposal. */
  observe?: (step: DisposalStep | { step: 'run-begun' | 'run-finished' | 'certified'; itemId: null }) => void;
}

export interface SweepResult {
  run: Run;
  outcomes: ReadonlyMap<Outcome, number>;
  /** Items that this program cannot reach, such as paper; they wait for a person. */
  waiting: readonly string[];
  /** Every item that was begun or left out, with its outcome. */
  disposals: readonly Disposal[];
  /** Null where nothing was destroyed. */
  certificate: CertificateRecord | null;
  /** Whether this continued a run that was cut off. */
  resumed: boolean;
}

/** Items a batch: two durable commits each, however many files they have. */
const BATCH = 64;

/**
 * Runs an approved plan: finishes what an earlier run left in the middle, disposes of what is left, and issues
 * the certificate. Killing it at any instant loses nothing and repeats nothing; running it again continues.
 *
 * @throws Fault `run-lock-held`, `plan-unknown`, `plan-changed`, `plan-finished`, `plan-in-future`,
 *   `approval-missing`, `interrupted`
 */
export async function runSweep(
  session: Session,
  planId: string,
  options: SweepOptions = {},
): Promise<SweepResult> {
  const operator = await session.operator();
  const lock = await takeRunLock(session.paths.lock, {
    operator: operator.id,
    command: 'sweep run',
    since: instant(session.clock),
  });
  try {
    const verified = await verifiedPlan(session, planId);
    const { plan } = verified;
    await requireRunnable(session, plan);
    const earlier = await session.store.runs.sweepOf(plan.id);
    const run = earlier ?? (await beginRun(session, plan, options.acceptResidual ?? false));
    options.observe?.({ step: 'run-begun', itemId: null });
    if (run.finishedAt === null) await disposeOfAll(session, verified, run, options);
    const finished = await finishRun(session, plan, run);
    options.observe?.({ step: 'run-finished', itemId: null });
    const certificate = await certifyRun(session, plan, finished);
    options.observe?.({ step: 'certified', itemId: null });
    return await summary(session, plan, finished, certificate, earlier !== undefined);
  } finally {
    await lock.release();
  }
}

async function requireRunnable(session: Session, plan: Plan): Promise<void> {
  const run = await session.store.runs.sweepOf(plan.id);
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
  await requireApproved(session, plan);
}

async function anyDestroyed(session: Session, run: Run): Promise<boolean> {
  const disposals = await session.store.runs.disposals(run.id);
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
  { plan, schedule }: VerifiedPlan,
  run: Run,
  options: SweepOptions,
): Promise<void> {
  const journal = new SweepJournal({
    session,
    plan,
    run,
    plannedClasses: new Map(schedule.classes.map((each) => [each.id, each])),
    today: session.today(),
  });
  const settings = {
    protectedPaths: protectedPaths(session.paths),
    acceptResidual: options.acceptResidual ?? run.acceptResidual,
    ...(options.signal ? { signal: options.signal } : {}),
    ...(options.observe ? { observe: options.observe } : {}),
  };
  await resumeBegun(session, plan, run, journal, settings);
  const seen = new Set((await session.store.runs.disposals(run.id)).map(({ itemId }) => itemId));
  for await (const lines of plannedDisposals(session, plan.id, BATCH)) {
    requireNotInterrupted(options.signal, plan);
    const batch = lines.filter((line) => isOverwritable(line.medium) && !seen.has(line.itemId));
    if (batch.length === 0) continue;
    journal.expect(batch);
    await destroy(batch.map(target), journal, settings);
  }
  requireNotInterrupted(options.signal, plan);
}

async function resumeBegun(
  session: Session,
  plan: Plan,
  run: Run,
  journal: SweepJournal,
  settings: Parameters<typeof resume>[2],
): Promise<void> {
  const begun = await session.store.runs.disposals(run.id, 'begun');
  if (begun.length === 0) return;
  const positions = new Set(begun.map(({ position }) => position));
  for await (const lines of plannedDisposals(session, plan.id, 1000)) {
    const mine = lines.filter((line) => positions.has(line.position));
    if (mine.length === 0) continue;
    journal.expect(mine);
    const ids = new Set(mine.map(({ itemId }) => itemId));
    const pending = await Promise.all(
      begun.filter(({ itemId }) => ids.has(itemId)).map((disposal) => pendingDisposal(session, disposal)),
    );
    await resume(pending, journal, settings);
  }
}

async function pendingDisposal(session: Session, disposal: Disposal): Promise<PendingDisposal> {
  const records = await session.store.runs.entries(disposal.runId, disposal.itemId);
  return {
    target: JSON.parse(disposal.target) as DisposalTarget,
    entries: records.map((record) => ({
      ...(JSON.parse(record.entry) as PendingDisposal['entries'][number]),
      state: record.state,
      verifiedFrom: record.verifiedFrom,
    })),
  };
}

function target(line: PlanItemLine): DisposalTarget {
  const { itemId, location, medium, fingerprint } = line;
  if (location === null || fingerprint === null || !isOverwritable(medium)) {
    throw new Error('A line of the plan names nothing that can be overwritten');
  }
  return { itemId, location, medium, fingerprint };
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
    for (const { outcome } of await transaction.runs.disposals(run.id)) {
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

async function summary(
  session: Session,
  plan: Plan,
  run: Run,
  certificate: CertificateRecord | null,
  resumed: boolean,
): Promise<SweepResult> {
  const disposals = await session.store.runs.disposals(run.id);
  const outcomes = new Map<Outcome, number>();
  for (const { outcome } of disposals) {
    if (outcome !== null) outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
  }
  const waiting: string[] = [];
  for await (const lines of plannedDisposals(session, plan.id, 1000)) {
    for (const line of lines) if (!isOverwritable(line.medium)) waiting.push(line.itemId);
  }
  return { run, outcomes, waiting, disposals, certificate, resumed };
}
