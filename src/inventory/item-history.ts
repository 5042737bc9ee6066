import type { Outcome } from '../model/index.js';
import type { Session } from '../session/index.js';

/** What one run did with an item. */
export interface ItemDisposal {
  run: string;
  /** Null for what a person disposed of by name, without a plan. */
  plan: string | null;
  /** Null while the run is in the middle of it. */
  outcome: Outcome | null;
  /** UTC, RFC 3339; null while the run goes on. */
  endedAt: string | null;
  /** Number of the certificate that tells of it, as destroyed or as an exception. */
  certificate: string | null;
}

/** What runs have done with an item, the first first: which certificate tells of it, and what was refused before. */
export async function itemDisposals(session: Session, id: string): Promise<ItemDisposal[]> {
  const { store } = session;
  const disposals: ItemDisposal[] = [];
  for (const { runId, outcome } of await store.disposals.ofItem(id)) {
    const run = await store.runs.get(runId);
    const certificate = await store.certificates.ofRun(runId);
    disposals.push({
      run: runId,
      plan: run?.planId ?? null,
      outcome,
      endedAt: run?.finishedAt ?? null,
      certificate: certificate?.number ?? null,
    });
  }
  return disposals;
}
