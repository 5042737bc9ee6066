import { type LogEvent, parseLogEntry, tellsOfEvent } from '../audit/index.js';
import type { AttestedStatement, Sanitization } from '../certificate/index.js';
import { verificationFailed } from '../model/index.js';
import type { Session } from '../session/index.js';
import type { Disposal, Run } from '../store/index.js';
import { outcomeEvent } from './disposal-events.js';
import type { DisposalOutcome } from './rows-outcome.js';

/**
 * Hashes of the entries of disposals, by their numbers, once each outcome was compared with the entry that tells of it:
 * nobody signs for what was only written into the database.
 *
 * @throws Fault `outcome-changed` (exit 5)
 */
export async function loggedOutcomes(
  session: Session,
  run: Run,
  disposals: readonly Disposal[],
): Promise<ReadonlyMap<number, string>> {
  const ended = disposals.filter(({ outcomeSeq }) => outcomeSeq !== null);
  const records = await session.store.log.records(ended.map(({ outcomeSeq }) => outcomeSeq ?? 0));
  for (const disposal of ended) {
    const event = eventOf(disposal, run);
    if (event === undefined || !tellsOfEvent(records.get(disposal.outcomeSeq ?? 0), event))
      throw outcomeChanged(disposal.itemId);
  }
  const intents = disposals.flatMap(({ intentSeq }) => intentSeq ?? []);
  const hashes = new Map(await session.store.log.hashes(intents));
  for (const [seq, { hash }] of records) hashes.set(seq, hash);
  return hashes;
}

const ACTIONS = ['item.dispose', 'item.attest'];
const PAGE = 500;

/**
 * Looks for entries of a run that has ended which no disposal names: what somebody took out of the database, such as an item
 * that could not be destroyed, would be missing on the certificate. So would what was begun and is not over.
 *
 * @param disposals all of the run
 * @param after number of an entry that is older than the run
 * @throws Fault `outcome-changed` (exit 5)
 */
export async function requireAllOutcomes(
  { store }: Session,
  run: Run,
  disposals: readonly Disposal[],
  after: number,
): Promise<void> {
  const named = new Map<number, string>();
  for (const { itemId, intentSeq, outcomeSeq } of disposals) {
    if (outcomeSeq === null) throw outcomeChanged(itemId);
    for (const seq of [intentSeq, outcomeSeq]) if (seq !== null) named.set(seq, itemId);
  }
  for (const action of ACTIONS) {
    for (let from = after; ; ) {
      const page = await store.log.page(from, PAGE, { action, subject: { kind: 'run', id: run.id } });
      for (const { seq, entry } of page) {
        const item = parseLogEntry(entry)?.subject.item ?? run.id;
        if (named.get(seq) !== item) throw outcomeChanged(item);
      }
      const last = page.at(-1);
      if (page.length < PAGE || last === undefined) break;
      from = last.seq;
    }
  }
}

/** @param what id of the item, archive or device whose outcome it is */
export function outcomeChanged(what: string): Error {
  return verificationFailed('outcome-changed', `What became of ${what} is not what the log tells of it`, {
    hint: 'Somebody changed the database, so no certificate is issued. Run: quietus log verify, and keep the workspace as it is',
    details: { items: [what] },
  });
}

interface Attested {
  attested: AttestedStatement;
  sanitization?: Sanitization | null;
}

/** What the entry must say; undefined where the register itself does not agree. */
function eventOf({ itemId, outcome, result }: Disposal, run: Run): LogEvent | undefined {
  const told = JSON.parse(result ?? '{}') as DisposalOutcome | Attested;
  if (!('attested' in told)) {
    return told.outcome === outcome && told.itemId === itemId ? outcomeEvent(told, run) : undefined;
  }
  if (outcome !== 'attested') return undefined;
  const { method, performedOn } = told.attested;
  return {
    action: 'item.attest',
    outcome: 'done',
    subject: { item: itemId, run: run.id },
    data: { method, performed_on: performedOn, sanitization: told.sanitization ?? null },
  };
}
