import type { DisposalOutcome } from '../disposal/index.js';
import { isDoneByProgram, type Outcome, type Plan, type Reason } from '../model/index.js';
import type { Session } from '../session/index.js';
import type { CertificateRecord, Disposal, Run } from '../store/index.js';
import { plannedDisposals } from './plan-reading.js';
import type { QuotaName } from './sweep-quota.js';

/** What became of one item, as soon as it is durable. */
export interface EndedItem {
  itemId: string;
  outcome: Outcome;
  reasons: readonly Reason[];
  /** Of the files that were destroyed, as planned. */
  bytes: number;
}

export interface SweepResult {
  run: Run;
  outcomes: ReadonlyMap<Outcome, number>;
  /** Items that this program cannot reach, such as paper; they wait for a person. */
  waiting: readonly string[];
  /** Those of them that are archives: what a person ends there are keys. */
  waitingArchives: readonly string[];
  /** Every item that was begun or left out, with its outcome. */
  disposals: readonly Disposal[];
  /** Null where nothing was destroyed. */
  certificate: CertificateRecord | null;
  /** Whether this continued a run that was cut off or had stopped at a quota. */
  resumed: boolean;
  /** The quota at which the run stopped; it stays open, without a certificate, and running the plan again continues it. */
  stoppedAt: QuotaName | null;
  /** Items that the run has not begun yet. */
  notBegun: number;
  /** Items that the run is in the middle of. */
  unfinished: number;
  /** Of all files that the run has destroyed, as planned. */
  bytes: number;
}

export function endedItem({ itemId, outcome, reasons, bytes }: DisposalOutcome): EndedItem {
  return { itemId, outcome, reasons, bytes: Number(bytes) };
}

export interface Left {
  notBegun: number;
  unfinished: number;
}

/** Counts what of the plan the run has not done. */
export async function whatIsLeft(session: Session, plan: Plan, run: Run): Promise<Left> {
  const states = new Map(
    (await session.store.disposals.ofRun(run.id)).map(({ itemId, state }) => [itemId, state]),
  );
  const left: Left = { notBegun: 0, unfinished: 0 };
  for await (const lines of plannedDisposals(session, plan.id, 1000)) {
    for (const line of lines) {
      if (!isDoneByProgram(line)) continue;
      const state = states.get(line.itemId);
      if (state === undefined) left.notBegun += 1;
      else if (state === 'begun') left.unfinished += 1;
    }
  }
  return left;
}

/** Ids of those of the items that are disposed of, by whatever run. */
export async function disposedOf(
  session: Session,
  lines: readonly { itemId: string }[],
): Promise<Set<string>> {
  const items = await session.store.items.byIds(lines.map(({ itemId }) => itemId));
  return new Set([...items.values()].filter(({ state }) => state === 'disposed').map(({ id }) => id));
}

/** What the run has done so far, from the books. */
export async function sweepResult(
  session: Session,
  plan: Plan,
  run: Run,
  certificate: CertificateRecord | null,
  resumed: boolean,
): Promise<SweepResult> {
  const disposals = await session.store.disposals.ofRun(run.id);
  const outcomes = new Map<Outcome, number>();
  let bytes = 0;
  for (const { outcome, result } of disposals) {
    if (outcome !== null) outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    const told = result === null ? {} : (JSON.parse(result) as { bytes?: string });
    bytes += Number(told.bytes ?? 0);
  }
  const told = new Set(disposals.map(({ itemId }) => itemId));
  const waiting: string[] = [];
  const waitingArchives: string[] = [];
  for await (const lines of plannedDisposals(session, plan.id, 1000)) {
    const byHand = lines.filter((line) => !isDoneByProgram(line) && !told.has(line.itemId));
    const gone = await disposedOf(session, byHand);
    for (const { itemId, medium } of byHand) {
      if (gone.has(itemId)) continue;
      waiting.push(itemId);
      if (medium === 'archive') waitingArchives.push(itemId);
    }
  }
  return {
    run,
    outcomes,
    waiting,
    waitingArchives,
    disposals,
    certificate,
    resumed,
    stoppedAt: null,
    notBegun: 0,
    unfinished: 0,
    bytes,
  };
}
