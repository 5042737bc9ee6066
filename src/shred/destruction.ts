import { resolve } from 'node:path';
import type { Reason } from '../model/index.js';
import { carryOut } from './carrying-out.js';
import { createExaminer } from './disk-examiner.js';
import type { BeginAnswer, DisposalJournal, DisposalRequest } from './disposal-journal.js';
import type { DisposalStep, DisposalTarget, TargetOutcome } from './disposal-target.js';
import { type Examination, type ExaminationOptions, type Examiner, sameFingerprint } from './examination.js';
import { TreeChanged } from './folder-tree.js';
import { emptyOutcome, ItemWork } from './item-work.js';
import { breathe } from './lanes.js';
import { LinkedFiles } from './linked-files.js';
import { leadsThroughLink } from './links-on-the-way.js';
import { DEFAULT_METHOD, type OverwriteMethodId } from './overwrite-method.js';
import type { DisposalContext } from './overwriting-phase.js';
import { type PlannedEntries, planEntries, type SharedSeeds } from './planned-entries.js';
import { reason } from './reasons.js';
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
type Prepared = PreparedWork | { outcome: TargetOutcome };
interface PreparedWork {
  work: ItemWork;
  request: DisposalRequest;
  linked: PlannedEntries['linked'];
}

export function contextOf(journal: DisposalJournal, options: DisposalOptions): DisposalContext {
  return {
    journal,
    signal: options.signal,
    observe: options.observe ?? (() => undefined),
    throttle: options.throttle,
    linked: new LinkedFiles(),
    liftProtection: options.liftProtection === true,
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

function judge(
  target: DisposalTarget,
  examined: Examination,
  options: DisposalOptions,
  { journal, seeds }: { journal: DisposalJournal; seeds: SharedSeeds },
): Prepared {
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
  const canonical = { ...target, location: resolve(target.location) };
  try {
    const { toStore, pages, linked } = planEntries(canonical, examined, { method, seeds }, journal);
    const { assessment, files } = examined;
    const request = { target: canonical, entries: toStore, files, assessment };
    return { work: new ItemWork({ target: canonical, entries: pages, method, assessment }), request, linked };
  } catch (error) {
    if (error instanceof TreeChanged) return refused(target, [error.why], examined);
    throw error;
  }
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

/** What was refused for hard links may be complete with the others of the batch. */
function completeLinks(
  seen: (Examination | undefined)[],
  batch: readonly DisposalTarget[],
  examiner: Examiner,
): void {
  const linked = batch.flatMap((target, at) => {
    const examined = seen[at];
    return examined?.status === 'refused' && examined.linked !== undefined ? [{ target, at, examined }] : [];
  });
  if (linked.length < 2) return;
  const completed = examiner.completeLinks(
    linked.map(({ examined }) => examined),
    linked.map(({ target }) => target),
  );
  for (const [index, { at }] of linked.entries()) seen[at] = completed[index];
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
  completeLinks(seen, batch, examiner);
  examiner.survey(seen.filter((each) => each !== undefined));
  const seeds: SharedSeeds = new Map();
  const prepared = batch.map((target, index): Prepared => {
    const examined = seen[index];
    if (examined === undefined) return refused(target, [reason('stopped')]);
    const judged = judge(target, examined, options, { journal: context.journal, seeds });
    context.observe({ step: 'examined', itemId: target.itemId, fileIndex: null });
    return judged;
  });
  refuseOverlaps(prepared);
  return prepared;
}

/** Tells the journal the intent; items without a clear yes get their outcome. */
async function begin(prepared: Prepared[], context: DisposalContext): Promise<ItemWork[]> {
  const all = prepared.flatMap((each) => ('work' in each ? [each] : []));
  const small = all.filter(({ work }) => work.isSmall);
  const answers =
    small.length === 0 ? [] : [...(await context.journal.begin(small.map(({ request }) => request)))];
  for (const { request } of all.filter(({ work }) => !work.isSmall)) {
    if (context.signal?.aborted === true) {
      answers.push({ itemId: request.target.itemId, go: false, reason: reason('stopped') });
    } else answers.push(...(await beginLarge(request, context.journal)));
  }
  const byItem = new Map(answers.map((answer) => [answer.itemId, answer]));
  for (const [index, each] of prepared.entries()) {
    if (!('work' in each)) continue;
    const { target } = each.work;
    const answer = byItem.get(target.itemId);
    if (answer?.go === true) {
      context.linked.register(each.work, each.linked());
      context.observe({ step: 'begun', itemId: target.itemId, fileIndex: null });
    } else prepared[index] = refused(target, [answer?.reason ?? reason('no-authorization')]);
  }
  return prepared.flatMap((each) => ('work' in each ? [each.work] : []));
}

/** A large folder is read while the journal takes it down, and may have changed by then. */
async function beginLarge(
  request: DisposalRequest,
  journal: DisposalJournal,
): Promise<readonly BeginAnswer[]> {
  try {
    return await journal.begin([request]);
  } catch (error) {
    if (!(error instanceof TreeChanged)) throw error;
    return [{ itemId: request.target.itemId, go: false, reason: error.why }];
  }
}

/**
 * Destroys a batch of files and folders: the only function of this program that does.
 *
 * Phases: examine all and compare with the plan; `journal.begin`; overwrite, flush and read back each file after the
 * journal said yes again; `journal.overwritten`; rename, truncate, unlink, remove folders, flush the folders that
 * remain; `journal.finish`. Each journal call is one for all small targets of the batch, so some hundred of them cost
 * three commits; a folder of more entries than {@link PAGE} is begun alone and worked through page by page. Nothing is written before `begin` resolved, nothing is removed before `overwritten` resolved.
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
