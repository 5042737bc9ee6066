import type { CertificateFacts, CertifiedItemFacts, ExceptionFacts } from '../../src/certificate/index.js';
import type { Session } from '../../src/session/index.js';
import { day, exception, hash, item } from './sample-facts.js';

/** Puts a finished run into the workspace: plan, run, and two log entries for each item. @returns its facts */
export async function recordRun(
  session: Session,
  runId: string,
  items: readonly CertifiedItemFacts[] = [item(0), item(1)],
  exceptions: readonly ExceptionFacts[] = [exception(9)],
): Promise<CertificateFacts> {
  const now = session.clock.now().toISOString();
  const plan = { id: `plan-of-${runId}`, sha256: hash(runId), asOf: day('2026-03-02'), scheduleVersion: 1 };
  const operator = await session.operator();
  const entries = await session.store.transaction(async (transaction) => {
    await transaction.plans.insert({
      ...plan,
      createdAt: now,
      plannedBy: operator.id,
      counts: { dispose: items.length, keep: 0, held: 0, defect: 0 },
      approvalsRequired: 0,
      state: 'running',
    });
    await transaction.runs.insert({
      id: runId,
      planId: plan.id,
      kind: 'sweep',
      startedAt: now,
      startedBy: operator.id,
      finishedAt: now,
      acceptResidual: false,
    });
    const outcomes = ['intent', 'done'] as const;
    return await session.recorder.appendAll(
      transaction,
      items.flatMap(({ id }) =>
        outcomes.map((outcome) => ({ action: 'item.destroy', outcome, subject: { item: id } })),
      ),
    );
  });
  const logOf = (index: number) => {
    const [intent, outcome] = entries.slice(2 * index, 2 * index + 2);
    if (!intent || !outcome) throw new Error('no entries');
    return {
      intentSeq: intent.seq,
      intentHash: intent.hash,
      outcomeSeq: outcome.seq,
      outcomeHash: outcome.hash,
    };
  };
  return {
    subject: { kind: 'sweep', id: runId, plan },
    startedAt: now,
    finishedAt: now,
    operator: { id: operator.id, name: operator.name, account: operator.account },
    approvals: [],
    items: items.map((facts, index) => ({ ...facts, log: logOf(index) })),
    exceptions,
    methods: [{ code: 'overwrite-random', text: 'Each file was overwritten once.' }],
    limits: [],
    holdsInForce: 0,
  };
}
