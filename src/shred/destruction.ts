import { randomBytes } from 'node:crypto';
import { resolve } from 'node:path';
import type { Reason } from '../model/index.js';
import type { DisposalJournal } from './disposal-journal.js';
import type { DisposalStep, DisposalTarget, PlannedEntry, TargetOutcome } from './disposal-target.js';
import {
  createExaminer,
  type Examination,
  type ExaminationOptions,
  leadsThroughLink,
  sameFingerprint,
} from './examination.js';
import { emptyOutcome, ItemWork } from './item-work.js';
import { breathe } from './lanes.js';
import { DEFAULT_METHOD, type OverwriteMethodId } from './overwrite-method.js';
import { type DisposalContext, overwritePending } from './overwriting-phase.js';
import { reason } from './reasons.js';
import { removeOverwritten } from './removal-phase.js';
import type { Throttle } from './throttle.js';

export interface DisposalOptions extends ExaminationOptions {
  /** Stops cleanly: files under way are finished, what was not begun is left and reported with the reason `stopped`. */
  signal?: AbortSignal;
  /** Go on where the medium leaves data behind; the outcome says so. Default: such targets are refused. */
  acceptResidual?: boolean;
  /** How files are overwritten. Default: once, with pseudo-random data. A resumed run keeps what it was begun with. */
  method?: OverwriteMethodId;
  /** Called synchronously right after each step. Must not throw. */
  observe?: (step: DisposalStep) => void;
  /** Limits how fast files are overwritten and read back. */
  throttle?: Throttle;
}

/** A target that may be carried out, or the outcome that it already has. */
type Prepared = { work: ItemWork } | { outcome: TargetOutcome };

/** Overwrites, marks and removes; all outcomes are in the works afterwards. */
export async function carryOut(works: readonly ItemWork[], context: DisposalContext): Promise<void> {
  const marks = await overwritePending(works, context);
  if (marks.length > 0) await context.journal.overwritten(marks);
  for (const mark of marks) {
    context.observe({ step: 'marked', itemId: mark.itemId, fileIndex: mark.index });
  }
  await removeOverwritten(works, context);
}

export function contextOf(journal: DisposalJournal, options: DisposalOptions): DisposalContext {
  return {
    journal,
    signal: options.signal,
    observe: options.observe ?? (() => undefined),
    throttle: options.throttle,
  };
}

/** Refuses to work on a list that names an item twice: two outcomes for one item could contradict each other. */
export function assertDistinct(targets: readonly DisposalTarget[]): void {
  const ids = new Set(targets.map((target) => target.itemId));
  if (ids.size !== targets.length) throw new RangeError('a batch names the same item twice');
}

function refused(target: DisposalTarget, reasons: Reason[], examined?: Examination): Prepared {
  const assessment = examined?.status === 'ready' ? examined.assessment : null;
  return { outcome: emptyOutcome(target.itemId, 'refused', reasons, assessment) };
}

function absentOutcome(target: DisposalTarget, volumeDevice: string): Prepared {
  // An empty mount point looks like a deleted file; only the device number of the folder tells.
  if (volumeDevice !== target.fingerprint.device) return refused(target, [reason('volume-absent')]);
  return { outcome: emptyOutcome(target.itemId, 'already-gone', [reason('absent')], null) };
}

/** Gives 32 random hex digits at each call; asking for them one by one takes as long as writing a small file. */
function neutralNames(): () => string {
  let pool = Buffer.alloc(0);
  return () => {
    if (pool.length === 0) pool = randomBytes(16 * 256);
    const name = pool.toString('hex', 0, 16);
    pool = pool.subarray(16);
    return name;
  };
}

function judge(target: DisposalTarget, examined: Examination, options: DisposalOptions): Prepared {
  if (examined.status === 'refused') return refused(target, [examined.reason]);
  if (leadsThroughLink(target.location)) return refused(target, [reason('parent-is-symlink')]);
  if (examined.status === 'absent') return absentOutcome(target, examined.volumeDevice);
  if (!sameFingerprint(examined.fingerprint, target.fingerprint)) {
    return refused(target, [reason('changed')], examined);
  }
  const { residual } = examined.assessment;
  if (residual.length > 0 && options.acceptResidual !== true) {
    return refused(target, [reason('residual'), ...residual], examined);
  }
  const { method = DEFAULT_METHOD } = options;
  const chosen = method === DEFAULT_METHOD ? {} : { method };
  const names = neutralNames();
  const entries = examined.entries.map(
    (entry): PlannedEntry => ({
      ...entry,
      neutralName: entry.type === 'directory' ? null : names(),
      ...chosen,
    }),
  );
  const canonical = { ...target, location: resolve(target.location) };
  return { work: new ItemWork(canonical, entries, examined.assessment, false) };
}

/** Of two targets that lie in each other only the outer one is carried out: it covers the other. */
function refuseOverlaps(prepared: Prepared[]): void {
  const byPath = prepared
    .flatMap((each, index) => ('work' in each ? [{ index, path: `${each.work.target.location}/` }] : []))
    .toSorted((a, b) => (a.path < b.path ? -1 : 1));
  let outer: string | undefined;
  for (const { index, path } of byPath) {
    if (outer === undefined || !path.startsWith(outer)) {
      outer = path;
      continue;
    }
    const each = prepared[index];
    if (each !== undefined && 'work' in each) {
      prepared[index] = refused(each.work.target, [reason('overlaps')]);
    }
  }
}

async function examineAll(
  batch: readonly DisposalTarget[],
  options: DisposalOptions,
  context: DisposalContext,
): Promise<Prepared[]> {
  const examiner = createExaminer(options);
  const seen: (Examination | undefined)[] = [];
  for (const { location, medium } of batch) {
    if (seen.length % 256 === 255) await breathe();
    seen.push(context.signal?.aborted === true ? undefined : examiner.glance(location, medium));
  }
  examiner.survey(seen.filter((each) => each !== undefined));
  const prepared = batch.map((target, index): Prepared => {
    const examined = seen[index];
    if (examined === undefined) return refused(target, [reason('stopped')]);
    const judged = judge(target, examined, options);
    context.observe({ step: 'examined', itemId: target.itemId, fileIndex: null });
    return judged;
  });
  refuseOverlaps(prepared);
  return prepared;
}

/** Tells the journal the intent; items without a clear yes get their outcome. */
async function begin(prepared: Prepared[], context: DisposalContext): Promise<ItemWork[]> {
  const works = prepared.flatMap((each) => ('work' in each ? [each.work] : []));
  if (works.length === 0) return [];
  const answers = await context.journal.begin(
    works.map(({ target, entries, assessment }) => ({ target, entries, assessment })),
  );
  const byItem = new Map(answers.map((answer) => [answer.itemId, answer]));
  for (const [index, each] of prepared.entries()) {
    if (!('work' in each)) continue;
    const { target } = each.work;
    const answer = byItem.get(target.itemId);
    if (answer?.go === true) context.observe({ step: 'begun', itemId: target.itemId, fileIndex: null });
    else prepared[index] = refused(target, [answer?.reason ?? reason('no-authorization')]);
  }
  return prepared.flatMap((each) => ('work' in each ? [each.work] : []));
}

/**
 * Destroys a batch of files and folders: the only function of this program that does.
 *
 * Phases: examine all and compare with the plan; `journal.begin`; overwrite, flush and read back each file after the
 * journal said yes again; `journal.overwritten`; rename, truncate, unlink, remove folders, flush the folders that
 * remain; `journal.finish`. Each journal call is one for the whole batch, so a batch of some hundred targets costs
 * three commits. Nothing is written before `begin` resolved, nothing is removed before `overwritten` resolved.
 * When the process dies, `resume` goes on from what the journal holds.
 *
 * @param batch locations must be canonical, as `examine` gave them; each item once
 * @returns one outcome for each target, in the order of the batch; failures are outcomes and not errors
 * @throws what the journal throws (then nothing further was done, and `resume` is due), or a defect of this program
 */
export async function destroy(
  batch: readonly DisposalTarget[],
  journal: DisposalJournal,
  options: DisposalOptions,
): Promise<TargetOutcome[]> {
  assertDistinct(batch);
  if (batch.length === 0) return [];
  const context = contextOf(journal, options);
  const prepared = await examineAll(batch, options, context);
  const works = await begin(prepared, context);
  await carryOut(works, context);
  const outcomes = prepared.map((each) => ('work' in each ? each.work.outcome() : each.outcome));
  await journal.finish(outcomes);
  for (const { itemId } of outcomes) context.observe({ step: 'finished', itemId, fileIndex: null });
  return outcomes;
}
