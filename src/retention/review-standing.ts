import { parseLogEntry } from '../audit/index.js';
import { sha256 } from '../crypto/index.js';
import { type Review, verificationFailed } from '../model/index.js';
import type { LogRecord, Repositories, WrittenItem } from '../store/index.js';
import { dateIn } from '../workspace/index.js';
import type { StandingReview } from './decision-reasons.js';
import { itemDigest } from './item-digest.js';

/** What was found in the log, by the text of the decision: a run asks for the same ones again with every batch. */
const found = new Map<string, string>();
const MOST_FOUND = 100_000;

/**
 * The decisions of people that stand, each compared with the log entry that tells of it: a row alone lets nothing go.
 *
 * @throws Fault `review-changed` (exit 5)
 */
export async function loggedReviews(repositories: Repositories): Promise<readonly Review[]> {
  const reviews = await repositories.reviews.standing();
  const hashes = await repositories.log.hashes(reviews.map(({ logSeq }) => logSeq));
  for (const review of reviews) {
    const text = JSON.stringify(review);
    const hash = hashes.get(review.logSeq);
    if (hash !== undefined && found.get(text) === hash) continue;
    const record = await repositories.log.get(review.logSeq);
    if (record === undefined || !tellsOf(record, review)) throw changed(review);
    if (found.size >= MOST_FOUND) found.clear();
    found.set(text, record.hash);
  }
  return reviews;
}

function tellsOf(record: LogRecord, review: Review): boolean {
  const entry = sha256(record.entry) === record.hash ? parseLogEntry(record.entry) : null;
  return (
    entry?.action === 'review.decide' &&
    entry.outcome === 'done' &&
    entry.operator === review.decidedBy &&
    entry.subject.item === review.itemId &&
    entry.data.decision === review.decision &&
    entry.data.keep_until === review.keepUntil &&
    entry.data.item_sha256 === review.itemSha256
  );
}

/**
 * Finds what still holds of the decision about an item: to keep it, whatever else changed; to let it go, while the
 * inventory says of it what it said then.
 *
 * @param timeZone the organization's
 */
export function compileReviews(
  reviews: readonly Review[],
  timeZone: string,
): (item: WrittenItem) => StandingReview | undefined {
  const byItem = new Map(reviews.map((review) => [review.itemId, review]));
  return (item) => {
    const review = byItem.size === 0 ? undefined : byItem.get(item.id);
    if (review === undefined) return undefined;
    if (review.decision !== 'keep' && review.itemSha256 !== itemDigest(item)) return undefined;
    const { decision, keepUntil, decidedBy, decidedAt } = review;
    return {
      ...{ decision, keepUntil, decidedBy },
      // Only explanations need it.
      get decidedOn() {
        return dateIn(timeZone, new Date(decidedAt));
      },
    };
  };
}

function changed({ itemId, logSeq }: Review): Error {
  return verificationFailed(
    'review-changed',
    `What the database holds of the review of ${itemId} is not what entry ${logSeq} of the log tells`,
    {
      hint: 'Somebody changed the database. Run: quietus log verify, keep the workspace as it is, and dispose of nothing until this is explained',
    },
  );
}
