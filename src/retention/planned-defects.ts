import { newestEntryOf } from '../audit/index.js';
import type { Session } from '../session/index.js';
import type { StoredItem } from '../store/index.js';
import { itemDigest } from './item-digest.js';
import type { PlanItemLine } from './plan-document.js';
import { parsedLine } from './plan-reading.js';

const PAGE = 500;

/**
 * Due items in which the newest plan found a defect on the disk, such as a file that is not there, and of which the
 * inventory has said nothing else since. What the inventory itself lacks is not among them.
 */
export async function* plannedDefects({
  store,
}: Pick<Session, 'store'>): AsyncGenerator<{ item: StoredItem; line: PlanItemLine }> {
  const entry = await newestEntryOf(store, 'sweep.plan');
  const newest = await store.plans.get(String(entry?.subject.plan));
  if (newest === undefined) return;
  for (let after = -1; ; ) {
    const page = await store.plans.lines(newest.id, after, PAGE, 'defect');
    const lines = page.flatMap((stored) => parsedLine(stored) ?? []);
    const items = await store.items.byIds(lines.map(({ itemId }) => itemId));
    for (const line of lines) {
      const item = items.get(line.itemId);
      if (item?.state !== 'active' || item.due.defect !== null) continue;
      if (itemDigest(item) === line.itemSha256) yield { item, line };
    }
    const last = page.at(-1);
    if (page.length < PAGE || last === undefined) return;
    after = last.position;
  }
}
