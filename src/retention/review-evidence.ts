import { entriesOf, type LogEntry } from '../audit/index.js';
import { type Review, verificationFailed } from '../model/index.js';
import type { Repositories } from '../store/index.js';

const IDS_AT_ONCE = 500;

/**
 * Compares the decisions of people that stand with the log: of each item that is still there the last decision stands, and
 * nothing else lets it go or keeps it.
 *
 * @throws Fault `review-changed` (exit 5)
 */
export async function requireReviewsAsLogged(
  repositories: Repositories,
  reviews: readonly Review[],
): Promise<void> {
  const last = new Map<string, LogEntry>();
  for await (const entry of entriesOf(repositories, 'review.decide'))
    last.set(String(entry.subject.item), entry);
  for (const review of reviews) {
    const entry = last.get(review.itemId);
    if (entry === undefined || !tellsOf(entry, review)) throw changed(review.itemId);
    last.delete(review.itemId);
  }
  const ids = [...last.keys()];
  for (let at = 0; at < ids.length; at += IDS_AT_ONCE) {
    const items = await repositories.items.byIds(ids.slice(at, at + IDS_AT_ONCE));
    for (const { id, state } of items.values()) {
      if (state === 'active' || state === 'claimed') throw changed(id);
    }
  }
}

function tellsOf({ seq, operator, data }: LogEntry, review: Review): boolean {
  return (
    seq === review.logSeq &&
    operator === review.decidedBy &&
    data.decision === review.decision &&
    data.keep_until === review.keepUntil &&
    data.item_sha256 === review.itemSha256
  );
}

function changed(itemId: string): Error {
  return verificationFailed(
    'review-changed',
    `What the database holds of the review of ${itemId} is not what the log tells`,
    {
      hint: 'Somebody changed the database. Run: quietus log verify, keep the workspace as it is, and dispose of nothing until this is explained',
    },
  );
}
