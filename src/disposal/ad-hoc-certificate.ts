import { basename } from 'node:path';
import {
  type CertificateFacts,
  type CertifiedItemFacts,
  type ExceptionFacts,
  isCertified,
  issueCertificate,
} from '../certificate/index.js';
import type { Reason } from '../model/index.js';
import type { Session } from '../session/index.js';
import type { TargetOutcome } from '../shred/index.js';
import type { CertificateRecord, Run } from '../store/index.js';
import { type AdHocLine, frozenList, listEntry } from './ad-hoc-list.js';
import { disposalFacts, disposalMethods, logReference } from './certified-disposal.js';
import { loggedOutcomes, requireAllOutcomes } from './outcome-evidence.js';

/** The same for a run of which only the register is at hand. @throws Fault `disposal-changed` (exit 5) */
export async function certifyDisposal(session: Session, run: Run): Promise<CertificateRecord | null> {
  return await certifyAdHoc(session, run, await frozenList(session.store, run));
}

/** Issues the certificate of a finished disposal, once. A disposal that destroyed nothing gets none. */
export async function certifyAdHoc(
  session: Session,
  run: Run,
  lines: readonly AdHocLine[],
): Promise<CertificateRecord | null> {
  const disposals = await session.store.disposals.ofRun(run.id);
  await requireAllOutcomes(session, run, disposals, (await listEntry(session.store, run))?.seq ?? 0);
  if (!disposals.some(({ outcome }) => outcome !== null && isCertified(outcome))) return null;
  const issued = await session.store.certificates.ofRun(run.id);
  return issued ?? (await issueCertificate(session, await facts(session, run, lines)));
}

async function facts(session: Session, run: Run, lines: readonly AdHocLine[]): Promise<CertificateFacts> {
  const operator = await session.store.operators.get(run.startedBy);
  const { items, exceptions, limits } = await sortOut(session, run, lines);
  return {
    subject: { kind: 'disposal', id: run.id, ground: lines[0]?.stated.ground ?? null },
    startedAt: run.startedAt,
    finishedAt: run.finishedAt ?? run.startedAt,
    operator: {
      id: run.startedBy,
      name: operator?.name ?? run.startedBy,
      account: operator?.account ?? '',
    },
    approvals: [],
    items,
    exceptions,
    methods: disposalMethods(items),
    limits,
    holdsInForce: (await session.store.holds.active()).length,
  };
}

/** Parts what was destroyed from what was not. */
async function sortOut(
  session: Session,
  run: Run,
  lines: readonly AdHocLine[],
): Promise<{ items: CertifiedItemFacts[]; exceptions: ExceptionFacts[]; limits: Reason[] }> {
  const disposals = await session.store.disposals.ofRun(run.id);
  const hashes = await loggedOutcomes(session, run, disposals);
  const done = new Map(disposals.map((disposal) => [disposal.itemId, disposal]));
  const items: CertifiedItemFacts[] = [];
  const exceptions: ExceptionFacts[] = [];
  const limits = new Map<string, Reason>();
  for (const { itemId, location, medium, stated } of lines) {
    const { recordClass, classTitle, authority, piElements, dataSubjects } = stated;
    const disposal = done.get(itemId);
    const log = disposal ? logReference(disposal, hashes) : null;
    const result = disposal?.result ? (JSON.parse(disposal.result) as TargetOutcome) : undefined;
    for (const limit of result?.assessment?.limits ?? []) limits.set(limit.code, limit);
    // Printed only where the workspace prints titles: a name can be personal information.
    const base = { id: itemId, title: basename(location), recordClass, medium };
    if (result && log && isCertified(result.outcome)) {
      items.push({
        ...base,
        ...{ classTitle, authority, piElements, dataSubjects, keepUntil: null },
        ...disposalFacts(result),
        log,
      });
    } else if (result && !isCertified(result.outcome) && result.outcome !== 'archived') {
      exceptions.push({ ...base, outcome: result.outcome, reasons: result.reasons, log });
    } else {
      exceptions.push({ ...base, outcome: 'waiting', reasons: [NOT_BEGUN], log: null });
    }
  }
  return { items, exceptions, limits: [...limits.values()] };
}

const NOT_BEGUN: Reason = {
  code: 'not-begun',
  text: 'The disposal was stopped before it came to this, and nothing was done to it',
};
