import { randomBytes } from 'node:crypto';
import { requireFitToDestroy } from '../audit/index.js';
import { requireHoldsAsLogged } from '../holds/index.js';
import { interrupted, isDestroyed, type Outcome, refused } from '../model/index.js';
import type { Session } from '../session/index.js';
import {
  DEFAULT_METHOD,
  type DisposalStep,
  type OverwriteMethodId,
  type TargetOutcome,
  type Throttle,
} from '../shred/index.js';
import type { CertificateRecord, Disposal, Run } from '../store/index.js';
import { instant, takeRunLock } from '../workspace/index.js';
import { destroyLines } from './ad-hoc-batches.js';
import { certifyAdHoc } from './ad-hoc-certificate.js';
import {
  type AdHocLine,
  adHocLines,
  cutOffRun,
  type DisposalStatement,
  frozenList,
  listDigest,
  runTargets,
} from './ad-hoc-list.js';
import type { Selection } from './selection.js';

export interface AdHocOptions {
  /** Go on where the medium may keep residual copies; otherwise such paths are left out. */
  acceptResidual?: boolean;
  /** How files are overwritten; one pass of pseudo-random data where it is not given. */
  method?: OverwriteMethodId;
  /** Attributes and permission bits that forbid changes may be taken away. */
  liftProtection?: boolean;
  /** Limits how fast files are overwritten and read back. */
  throttle?: Throttle;
  signal?: AbortSignal;
  /** Called synchronously after each step. */
  observe?: (step: DisposalStep | { step: 'run-begun' | 'run-finished' | 'certified'; itemId: null }) => void;
  /** Called after each outcome is durable. */
  ended?: (outcome: TargetOutcome) => void;
}

export interface AdHocResult {
  run: Run;
  /** In the order of the list. */
  disposals: readonly { itemId: string; location: string; outcome: Outcome; result: TargetOutcome }[];
  /** Of the list, what was not begun, because the person wanted it so. */
  notBegun: number;
  bytes: number;
  /** Null where nothing was destroyed. */
  certificate: CertificateRecord | null;
}

/**
 * Destroys what a person selected, and issues the certificate. Killing it at any instant loses nothing and repeats
 * nothing: {@link continueDisposal} goes on.
 *
 * @throws Fault `run-lock-held`, `hold-changed`, `disposal-cut-off` where an earlier disposal of the same paths was cut
 *   off, `interrupted`
 */
export async function disposeOf(
  session: Session,
  selection: Selection,
  statement: DisposalStatement,
  options: AdHocOptions = {},
): Promise<AdHocResult> {
  return await underLock(session, async () => {
    await requireNoneCutOff(session, selection);
    const run = await beginRun(session, selection, statement, options);
    options.observe?.({ step: 'run-begun', itemId: null });
    return await work(session, run, { ...options, onlyBegun: false });
  });
}

/**
 * Goes on with a disposal that was cut off: finishes what was begun, then the rest of the list.
 *
 * @param options.onlyBegun begin nothing more: what is left of the list stays where it is
 * @throws Fault `run-unknown`, `run-finished`, `disposal-changed`, and as {@link disposeOf}
 */
export async function continueDisposal(
  session: Session,
  runId: string,
  options: AdHocOptions & { onlyBegun: boolean },
): Promise<AdHocResult> {
  return await underLock(session, async () => work(session, await cutOffRun(session, runId), options));
}

/** Disposals that were cut off, oldest first, with how many paths each has. */
export async function cutOffDisposals(
  session: Session,
): Promise<{ run: Run; paths: number; begun: number; done: number }[]> {
  const { runs, disposals } = session.store;
  const result = [];
  for (const run of await runs.unfinishedAdHoc()) {
    const known = await disposals.ofRun(run.id);
    const begun = known.filter(({ state }) => state === 'begun').length;
    const paths = (await runs.targets(run.id)).length;
    result.push({ run, paths, begun, done: known.length - begun });
  }
  return result;
}

/** The cut-off disposal of exactly these places, which the same command line goes on with. */
export async function cutOffDisposalOf(
  session: Session,
  locations: readonly string[],
): Promise<Run | undefined> {
  const wanted = new Set(locations);
  for (const run of await session.store.runs.unfinishedAdHoc()) {
    const lines = await frozenList(session.store, run);
    if (lines.length === wanted.size && lines.every(({ location }) => wanted.has(location))) return run;
  }
  return undefined;
}

async function underLock<T>(session: Session, action: () => Promise<T>): Promise<T> {
  const operator = await session.operator();
  const lock = await takeRunLock(session.paths.lock, {
    operator: operator.id,
    command: 'dispose',
    since: instant(session.clock),
  });
  try {
    await requireFitToDestroy(session);
    await requireHoldsAsLogged(session.store);
    return await action();
  } finally {
    await lock.release();
  }
}

/** Two runs with an intent for one file could contradict each other. */
async function requireNoneCutOff(session: Session, { paths }: Selection): Promise<void> {
  const places = paths.map(({ location }) => `${location}/`);
  for (const run of await session.store.runs.unfinishedAdHoc()) {
    const lines = await frozenList(session.store, run);
    const touched = lines.some(({ location }) =>
      places.some((place) => place.startsWith(`${location}/`) || `${location}/`.startsWith(place)),
    );
    if (!touched) continue;
    throw refused('disposal-cut-off', `The disposal ${run.id} of some of these paths was cut off`, {
      hint: `Finish it first with: quietus dispose --continue ${run.id}`,
      details: { run: run.id },
    });
  }
}

async function beginRun(
  session: Session,
  { paths }: Selection,
  statement: DisposalStatement,
  { acceptResidual = false, method = DEFAULT_METHOD, liftProtection = false }: AdHocOptions,
): Promise<Run> {
  const operator = await session.operator();
  const run: Run = {
    id: `dispose-${session.today()}-${randomBytes(4).toString('hex')}`,
    planId: null,
    kind: 'ad-hoc',
    startedAt: instant(session.clock),
    startedBy: operator.id,
    finishedAt: null,
    acceptResidual,
  };
  const targets = runTargets(adHocLines(run.id, paths, statement, { method, liftProtection }));
  await session.store.transaction(async (transaction) => {
    await transaction.runs.insert(run);
    await transaction.runs.insertTargets(run.id, targets);
    await session.recorder.append(transaction, {
      action: 'dispose.list',
      outcome: 'done',
      subject: { run: run.id },
      data: {
        sha256: listDigest(targets),
        paths: targets.length,
        method,
        accept_residual: acceptResidual,
        ...(liftProtection && { lift_protection: true }),
      },
    });
  });
  return run;
}

async function work(
  session: Session,
  run: Run,
  options: AdHocOptions & { onlyBegun: boolean },
): Promise<AdHocResult> {
  const lines = await frozenList(session.store, run);
  let finished = run;
  if (run.finishedAt === null) {
    await destroyLines(session, run, lines, options);
    if (options.signal?.aborted) {
      throw interrupted('The disposal was stopped; what was finished is recorded', {
        hint: `Go on with: quietus dispose --continue ${run.id}; or only finish what was begun: --only-begun`,
        details: { run: run.id },
      });
    }
    finished = await finishRun(session, run);
    options.observe?.({ step: 'run-finished', itemId: null });
  }
  const certificate = await certifyAdHoc(session, finished, lines);
  options.observe?.({ step: 'certified', itemId: null });
  return await resultOf(session, finished, lines, certificate);
}

async function finishRun(session: Session, run: Run): Promise<Run> {
  const finishedAt = instant(session.clock);
  await session.store.transaction(async (transaction) => {
    const counts: Record<string, number> = {};
    for (const { outcome } of await transaction.disposals.ofRun(run.id)) {
      if (outcome !== null) counts[outcome] = (counts[outcome] ?? 0) + 1;
    }
    await transaction.runs.finish(run.id, finishedAt);
    await session.recorder.append(transaction, {
      action: 'dispose.run',
      outcome: 'done',
      subject: { run: run.id },
      data: { outcomes: counts },
    });
  });
  return { ...run, finishedAt };
}

async function resultOf(
  session: Session,
  run: Run,
  lines: readonly AdHocLine[],
  certificate: CertificateRecord | null,
): Promise<AdHocResult> {
  const told = new Map((await session.store.disposals.ofRun(run.id)).map((each) => [each.itemId, each]));
  const disposals = lines.flatMap(({ itemId, location }) => {
    const { outcome, result } = told.get(itemId) ?? ({ outcome: null, result: null } as Partial<Disposal>);
    if (!outcome || !result) return [];
    return [{ itemId, location, outcome, result: JSON.parse(result) as TargetOutcome }];
  });
  const bytes = disposals.reduce(
    (sum, { outcome, result }) => sum + (isDestroyed(outcome) ? Number(result.bytes) : 0),
    0,
  );
  return { run, disposals, notBegun: lines.length - disposals.length, bytes, certificate };
}
