import { compileHolds } from '../holds/index.js';
import { classesOf, type Hold } from '../model/index.js';
import type { Session } from '../session/index.js';
import type { StoredItem } from '../store/index.js';

/** What a hold reaches in the inventory as it is now. */
export interface HoldReach {
  /** Items that are not disposed of. */
  items: number;
  /** Those of them whose duty to keep has ended. */
  due: number;
  /** Those of the due ones that no other hold in force reaches. */
  dueByThisHoldOnly: number;
  /** Items that a sweep is disposing of at this moment; it was too late for what is overwritten already. */
  claimed: number;
  /** Positions in the hold's scopes of those that reach nothing. */
  idleScopes: readonly number[];
}

export interface ReachOptions {
  onProgress?: (items: number) => void;
  signal?: AbortSignal;
}

/** Counts what a hold reaches, or would reach if it were in force. Reads the inventory in pages. */
export async function holdReach(
  session: Session,
  hold: Hold,
  options: ReachOptions = {},
): Promise<HoldReach> {
  const today = session.today();
  const single = hold.scopes.map(
    (scope, index): Hold => ({ ...hold, id: String(index), releasedAt: null, scopes: [scope] }),
  );
  const byScope = compileHolds(single);
  const others = compileHolds((await session.store.holds.active()).filter((other) => other.id !== hold.id));
  const idle = new Set(hold.scopes.keys());
  const counts = { items: 0, due: 0, dueByThisHoldOnly: 0, claimed: 0 };
  let seen = 0;
  for await (const page of candidates(session, hold)) {
    options.signal?.throwIfAborted();
    for (const item of page) {
      const reaching = byScope.on(item);
      if (reaching.length === 0) continue;
      for (const index of reaching) idle.delete(Number(index));
      counts.items += 1;
      if (item.state === 'claimed') counts.claimed += 1;
      if (item.due.keepUntil === null || item.due.keepUntil >= today) continue;
      counts.due += 1;
      if (others.on(item).length === 0) counts.dueByThisHoldOnly += 1;
    }
    seen += page.length;
    options.onProgress?.(seen);
  }
  return { ...counts, idleScopes: [...idle] };
}

const IDS_AT_ONCE = 500;

/** Items that are not disposed of and that the scopes can reach: those named, those of the classes, or all. */
async function* candidates(session: Session, hold: Hold): AsyncGenerator<readonly StoredItem[]> {
  const { items } = session.store;
  const values = hold.scopes.map((scope) => scope.value);
  const present = (page: readonly StoredItem[]) => page.filter((item) => item.state !== 'disposed');
  if (hold.scopes.every((scope) => scope.kind === 'item')) {
    for (let at = 0; at < values.length; at += IDS_AT_ONCE) {
      yield present([...(await items.byIds(values.slice(at, at + IDS_AT_ONCE))).values()]);
    }
  } else if (hold.scopes.every((scope) => scope.kind === 'class')) {
    for (const recordClass of values) {
      // An item of two classes that are both held is counted with the first.
      const first = (item: StoredItem) => classesOf(item).find((id) => values.includes(id)) === recordClass;
      for await (const page of items.all({ recordClass })) yield present(page).filter(first);
    }
  } else if (hold.scopes.every((scope) => scope.kind === 'subject')) {
    for (const subject of values) {
      const first = (item: StoredItem) => item.subjects.find((id) => values.includes(id)) === subject;
      for await (const page of items.all({ subject })) yield present(page).filter(first);
    }
  } else {
    for await (const page of items.all({})) yield present(page);
  }
}
