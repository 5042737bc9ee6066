import { entriesOf, type LogEntry, requireSoundDatabase } from '../audit/index.js';
import { canonicalJson, sha256 } from '../crypto/index.js';
import { type Hold, type HoldScope, verificationFailed } from '../model/index.js';
import type { Repositories } from '../store/index.js';

/** SHA-256, hex, over the canonical JSON of what a hold says for as long as there is one. */
export function holdDigest(hold: Pick<Hold, 'id' | 'matter' | 'reason' | 'scopes' | 'placedAt'>): string {
  const scopes = hold.scopes.map(({ kind, value }) => `${kind} ${value}`).toSorted();
  const { id, matter, reason, placedAt } = hold;
  return sha256(canonicalJson({ hold: id, matter, reason, scopes, placed_at: placedAt }));
}

/**
 * Compares the holds with the log, before anything is destroyed: each that was placed is there, reaches what it
 * reached, and is released only where the log tells of it. A hold that the log does not know holds all the same.
 *
 * @throws Fault `hold-changed`, `schema-changed`, `table-damaged` (exit 5)
 */
export async function requireHoldsAsLogged(repositories: Repositories): Promise<void> {
  await requireSoundDatabase(repositories, ['holds', 'hold_scopes']);
  const released = new Map<string, LogEntry>();
  for await (const entry of entriesOf(repositories, 'hold.release')) {
    released.set(String(entry.subject.hold), entry);
  }
  const holds = new Map((await repositories.holds.list()).map((hold) => [hold.id, hold]));
  for await (const { subject, data } of entriesOf(repositories, 'hold.place')) {
    const id = String(subject.hold);
    const hold = holds.get(id);
    if (hold === undefined) throw changed(id, 'it is gone');
    if (!reachesTheSame(hold, data)) throw changed(id, 'it reaches something else');
    const release = released.get(id);
    if (hold.releasedAt !== null && release === undefined) throw changed(id, 'nobody released it');
    const until = release?.data.cooling_off_until;
    if (release && until !== undefined && until !== hold.coolingOffUntil) {
      throw changed(id, 'its cooling-off period differs');
    }
  }
}

/** Entries of the first version hold no digest, only how many scopes of each kind there are. */
function reachesTheSame(hold: Hold, data: LogEntry['data']): boolean {
  if (data.hold_sha256 !== undefined) return data.hold_sha256 === holdDigest(hold);
  return canonicalJson(data.scopes ?? {}) === canonicalJson(counts(hold.scopes));
}

function counts(scopes: readonly HoldScope[]): Record<string, number> {
  const result: Record<string, number> = {};
  for (const { kind } of scopes) result[kind] = (result[kind] ?? 0) + 1;
  return result;
}

function changed(id: string, what: string): Error {
  return verificationFailed('hold-changed', `The hold ${id} is not what the log says of it: ${what}`, {
    hint: 'Somebody changed the database. Run: quietus log verify, and dispose of nothing until this is explained',
  });
}
